"""The help: short and about what matters, and whole when it is asked for."""

import re
import shlex

import pytest

from flows.cli import main
from flows.commands.command import Command, CommandGroup
from flows.commands.registry import BEGIN_WITH, COMMANDS
from flows.options import leaf_fields, read_options
from flows.parser import build_parser
from stylecore.settings import FolderSettings, ImageSettings, VideoSettings
from stylecore.settings.evaluation import EvaluationSettings

REGISTERED = [command for listed in COMMANDS.values() for command in listed]
SINGLE = [
    *((one.name, one) for one in REGISTERED if isinstance(one, Command)),
    *(
        (f"{group.name} {one.name}", one)
        for group in REGISTERED if isinstance(group, CommandGroup) for one in group.commands
    ),
]  # fmt: skip
"""Every command that can be run, with the words that are typed for it."""
SHORTENED = [words for words, command in SINGLE if command.matters]
MODELS = {
    "video": VideoSettings,
    "image": ImageSettings,
    "folder": VideoSettings,
    "evaluate": EvaluationSettings,
}
EXAMPLES = [*BEGIN_WITH, *(example for _, one in SINGLE for example in one.examples)]
SCREEN = 64
"""Lines that the short help may have at 80 columns."""


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """What a command shows in a terminal of so many columns."""

    def show(words: str, columns: int = 80) -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        with pytest.raises(SystemExit) as ended:
            main(shlex.split(words))
        assert ended.value.code == 0
        return capsys.readouterr().out

    return show


def option(name: str) -> str:
    return "--" + name.replace("_", "-")


def test_the_first_help_names_every_command_and_where_to_begin(shown) -> None:
    text = shown("--help")
    assert all(f"\n  {command.name} " in text for command in REGISTERED)
    assert text.rstrip().endswith(BEGIN_WITH[-1][1])


@pytest.mark.parametrize("words", SHORTENED)
def test_the_short_help_fits_and_names_what_matters(words: str, shown) -> None:
    command = dict(SINGLE)[words]
    text = shown(f"{words} --help")
    names = {name for listed in command.matters.values() for name in listed}
    settings = names & leaf_fields(VideoSettings).keys()
    assert len(text.splitlines()) <= SCREEN
    assert all(f"  {option(name)} " in text for name in settings)
    assert "--help-all" in text and "--chunk-frames" not in text


@pytest.mark.parametrize("words", ["", *(words for words, _ in SINGLE)])
@pytest.mark.parametrize("columns", [80, 120])
def test_no_line_of_a_help_is_longer_than_the_terminal(words: str, columns: int, shown) -> None:
    for asked in ("--help", "--help-all") if words in SHORTENED else ("--help",):
        lines = shown(f"{words} {asked}", columns).splitlines()
        assert max(map(len, lines)) <= columns


def test_a_long_example_goes_on_after_a_backslash(shown) -> None:
    line = max((line for line, _ in EXAMPLES), key=len)
    text = shown(f"{line.split()[1]} --help", 60)
    assert line not in text
    assert line in re.sub(r" \\\n +", " ", text)


@pytest.mark.parametrize(
    ("words", "model"),
    [("video", VideoSettings), ("image", ImageSettings), ("folder", FolderSettings)],
)
def test_the_whole_help_names_every_setting_under_a_topic(words: str, model, shown) -> None:
    lines = shown(f"{words} --help-all").splitlines()
    for name in leaf_fields(model):
        assert sum(line.startswith(f"  {option(name)}") and
                   line.split()[0] == option(name) for line in lines) == 1  # fmt: skip
    assert "Settings:" not in lines
    assert {"Style:", "Engine gatys:", "Engine fast:", "Result:", "Job:"} <= set(lines)


@pytest.mark.parametrize("line", [line for line, _ in EXAMPLES if line.startswith("stylecore")])
def test_an_example_can_be_typed(line: str) -> None:
    words = shlex.split(line.partition(" > ")[0])[1:]
    arguments = build_parser().parse_args(words)
    if words[0] in MODELS:
        read_options(arguments, MODELS[words[0]])
