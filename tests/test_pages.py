"""README and the pages: commands can be typed, links lead somewhere, nothing is fetched."""

import re
import shlex
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from docs.knob_pictures import FOLDER, KNOBS
from docs.settings_page import default_of, range_of, settings_page
from flows.options import leaf_fields, option_of, read_options
from flows.parser import build_parser
from stylecore.settings import FolderSettings, ImageSettings, VideoSettings
from tests.support import pages
from tests.support.pages import DOCS, ROOT, Saying

MAKEFILE = (ROOT / "Makefile").read_text()
PICTURES_AT_MOST = 1_500_000
MODELS = {"video": VideoSettings, "image": ImageSettings}
FETCHED = re.compile(
    r"<(?:script|img|iframe|source|video|link)\b[^>]*\b(?:src|href)=[\"']?(?:https?:)?//"
    r"|url\([\"']?(?:https?:)?//|@import",
    re.IGNORECASE,
)


@pytest.mark.parametrize("saying", pages.commands(), ids=str)
def test_a_command_in_the_pages_can_be_typed(saying: Saying) -> None:
    words = [word for word in shlex.split(saying.text) if not re.match(r"[A-Z_]+=|time$", word)]
    if words[0] == "make":
        for target in words[1:]:
            assert re.search(rf"^{re.escape(target)}:", MAKEFILE, re.MULTILINE), target
    elif words[0] == "python":
        assert find_spec(words[2]), words[2]
    elif any(word.startswith("-") for word in words):
        _parse(words[1:])
    else:
        _name(words[1:])


def _name(words: list[str]) -> None:
    """Accepts a command without its arguments too, as a sentence speaks of it."""
    with pytest.raises(SystemExit) as stop:
        build_parser().parse_args([*words, "--help"])
    assert stop.value.code == 0, f"stylecore {shlex.join(words)}"


def _parse(words: list[str]) -> None:
    try:
        arguments = build_parser().parse_args(words)
    except SystemExit as stop:
        assert stop.code == 0, f"stylecore {shlex.join(words)}"  # --help
        return
    if words[0] in MODELS and not getattr(arguments, "cuts", None):
        read_options(arguments, MODELS[words[0]])


@pytest.mark.parametrize("saying", pages.files(), ids=str)
def test_a_file_that_the_pages_name_is_there(saying: Saying) -> None:
    assert any(ROOT.glob(saying.text.rstrip("/")))


@pytest.mark.parametrize("saying", pages.modules(), ids=str)
def test_a_module_that_the_pages_name_is_there(saying: Saying) -> None:
    name, held = saying.text, []
    while not _is_module(name):
        name, _, last = name.rpartition(".")
        held.insert(0, last)
    thing = import_module(name) if held else None
    for last in held:
        thing = getattr(thing, last)


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize("saying", pages.links(), ids=str)
def test_a_link_leads_somewhere(saying: Saying) -> None:
    file, _, anchor = saying.text.partition("#")
    target = saying.page.parent / file if file else saying.page
    assert target.exists()
    if anchor:
        assert anchor in pages.anchors(target)


def test_every_setting_is_on_its_page() -> None:
    page = settings_page(DOCS)
    for name, field in {**leaf_fields(VideoSettings), **leaf_fields(FolderSettings)}.items():
        assert page.count(f"### `{option_of(name)}`\n") == 1
        assert str(field.description)[1:] in page
        assert f"*Range:* {range_of(field)}. *Default:* {default_of(field)}." in page


def test_settings_are_told_as_a_person_would_write_them() -> None:
    fields = leaf_fields(VideoSettings)
    told = {
        name: (range_of(fields[name]), default_of(fields[name]))
        for name in ("coherence", "averaging", "engine", "size", "style_layers", "weights")
    }
    assert told == {
        "coherence": ("a number from 0 to 1", "`0.8`"),
        "averaging": ("a number from 0 to below 1", "`0`"),
        "engine": ("one of `gatys`, `fast`, `identity`", "`gatys`"),
        "size": ("a whole number from 16 to 16,384", "none"),
        "style_layers": (
            "names with weights",
            "`block1_conv1=1,block2_conv1=1,block3_conv1=1,block4_conv1=1,block5_conv1=1`",
        ),
        "weights": ("a file", "none"),
    }


def test_every_room_has_its_line() -> None:
    page = (DOCS / "how-it-works.md").read_text()
    for room in (ROOT / "stylecore").iterdir():
        if (room / "__init__.py").is_file():
            assert f"| `stylecore/{room.name}/` |" in page, room.name


def test_pictures_of_settings_are_of_settings_and_small() -> None:
    pictures = list(FOLDER.iterdir())
    assert {picture.name for picture in pictures} == {f"{name}.jpg" for name in KNOBS}
    assert KNOBS.keys() <= leaf_fields(VideoSettings).keys()
    assert sum(picture.stat().st_size for picture in pictures) < PICTURES_AT_MOST


def test_the_site_is_built_and_fetches_nothing(tmp_path: Path) -> None:
    site = tmp_path / "site"
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html",
         "-d", tmp_path / "doctrees", DOCS, site],
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    for page in pages.PAGES:
        assert page.parent != DOCS or (site / f"{page.stem}.html").is_file()
    for file in (*site.rglob("*.html"), *site.rglob("*.css")):
        assert not (found := FETCHED.search(file.read_text())), f"{file}: {found}"
