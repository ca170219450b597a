"""Pages that hold everything themselves: they request nothing, and run only what is in them."""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from stylecore.errors import OutputError
from stylecore.media import path_on_disk
from stylecore.media.files import temporary_beside

GENERATOR = "stylecore report"
HEAD_BYTES = 4096
"""What is read of a page to find out whose it is."""
MARK = re.compile(rb'<meta name="generator" content="stylecore report ([0-9a-f]{16})">')


def report_path(output: Path) -> Path:
    """Where the report of a result goes: beside it, ``holiday-wave.html``.

    Where that is something else, or about another result, it is ``holiday-wave.mp4.html``.

    Raises:
        OutputError: both names are taken.
    """
    place = path_on_disk(output)
    usual, longer = place.with_suffix(".html"), place.with_name(f"{place.name}.html")
    for path in dict.fromkeys((usual, longer)):
        if is_free_for(path, place.name):
            return path
    raise OutputError(
        f"{usual} is there and is not the report of {place.name}: move it away, or leave the "
        "report out with --no-report."
    )


def is_free_for(path: Path, subject: str) -> bool:
    """Whether nothing is at ``path`` but an earlier page about the same."""
    if not path.exists() and not path.is_symlink():
        return True
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        found = MARK.search(file.read(HEAD_BYTES))
    return found is not None and found[1].decode() == _tag(subject)


def write_page(path: Path, template: str, *, subject: str, **values: Any) -> None:
    """Renders a page and puts it in place at once.

    Args:
        path: of the page; an earlier one is replaced.
        template: name of the template in ``assets``.
        subject: name of what the page is about, by which it is known again.
        values: of the template.

    Raises:
        OutputError: it cannot be written.
    """
    text = rendered(template, subject=subject, **values)
    with temporary_beside(path) as temporary:
        try:
            temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
            temporary.replace(path)
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror}.") from error


def rendered(template: str, *, subject: str, **values: Any) -> str:
    """A page as HTML; every value is escaped."""
    return (
        _templates()
        .get_template(template)
        .render(subject_tag=_tag(subject), generator=GENERATOR, asset=_asset, **values)
    )


@dataclass(frozen=True)
class Asset:
    """A script or a style that is written into a page, with the hash by which it is allowed."""

    text: Markup
    allowed: str


@cache
def _asset(*names: str) -> Asset:
    """The files of these names, one behind the other."""
    folder = files("stylecore.report")
    text = "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Asset(Markup(text), f"'sha256-{digest}'")


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("stylecore.report", "assets"), autoescape=True,
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["base64"] = lambda data: base64.b64encode(data).decode()
    return environment


def _tag(subject: str) -> str:
    return hashlib.sha256(subject.encode(errors="surrogateescape")).hexdigest()[:16]
