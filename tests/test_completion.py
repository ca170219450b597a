"""Completion: what a real shell offers once it has read the script."""

import shlex
import subprocess
from pathlib import Path

import pytest

from flows.cli import main
from flows.commands.completion import SHELLS

ASK = """
source ./script
COMP_WORDS=({words}) COMP_CWORD={last}
_shtab_stylecore
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with the script for bash and some files."""
    assert main(["completion", "bash"]) == 0
    (tmp_path / "script").write_text(capsys.readouterr().out)
    (tmp_path / "holiday trip.mp4").touch()
    (tmp_path / "wave.jpg").touch()
    (tmp_path / "inbox").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["vid"], {"video"}),
        (["jobs", "re"], {"resume"}),
        (["video", "hol"], {"holiday trip.mp4"}),
        (["video", "holiday trip.mp4", "--style", "wa"], {"wave.jpg"}),
        (["video", "a.mp4", "--engine", ""], {"gatys", "fast", "identity"}),
        (["video", "a.mp4", "--style-w"], {"--style-weight", "--style-weights"}),
        (["video", "a.mp4", "--help"], {"--help", "--help-all"}),
        (["folder", ""], {"inbox"}),
        (["completion", ""], set(SHELLS)),
    ],
)
def test_bash_completes_what_is_typed(typed: list[str], offered: set[str], folder: Path) -> None:
    words = ["stylecore", *typed]
    asked = ASK.format(words=shlex.join(words), last=len(typed))
    shown = subprocess.run(
        ["bash", "--norc", "--noprofile", "-c", asked], cwd=folder, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert set(shown.stdout.splitlines()) == offered


@pytest.mark.parametrize(("shell", "first"), [("zsh", "#compdef stylecore"), ("tcsh", "complete")])
def test_the_other_shells_have_a_script(
    shell: str, first: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert first in script
    assert "assemble" in script and "style-weight" in script
