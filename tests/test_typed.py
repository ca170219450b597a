"""What a type checker sees of the library from outside, where it is installed."""

import shutil
import site
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CONSUMER = """
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from stylecore import Engine, FrameInput, FrameRecord, Progress, VideoSettings, stylize_video

def tell(progress: Progress) -> None:
    print(progress.done / progress.total)

published = stylize_video("a.mp4", Path("s.jpg"), "b.mp4", VideoSettings(size=64), on_progress=tell)
reveal_type(published)
reveal_type(published.output)
reveal_type(VideoSettings().gatys.style_layers)

class Mine(Engine):
    def prepare(self, styles: Sequence[np.ndarray], *, shape: tuple[int, int]) -> None:
        reveal_type(shape)

    def render(self, frame: FrameInput) -> tuple[np.ndarray, FrameRecord]:
        reveal_type(frame.number)
        return frame.content, FrameRecord(iterations=1)
"""
MISTAKES = {
    "from stylecore import Nonsense": 'has no attribute "Nonsense"',
    "from stylecore import stylize_video; stylize_video(1, 2, 3)": 'incompatible type "int"',
    "from stylecore import VideoSettings; VideoSettings(size='large')": 'incompatible type "str"',
    "from stylecore import VideoSettings; VideoSettings(sise=3)": "Unexpected keyword argument",
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the library as a wheel would put it there."""
    home = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    (packages,) = home.glob("lib/python*/site-packages")
    shutil.copytree(
        ROOT / "stylecore", packages / "stylecore", ignore=shutil.ignore_patterns("__pycache__")
    )
    (packages / "others.pth").write_text("\n".join(site.getsitepackages()))
    return home / "bin" / "python"


def checked(installed: Path, folder: Path, texts: dict[str, str]) -> str:
    """What mypy says of some modules, in its strictest way."""
    for name, text in texts.items():
        (folder / name).write_text(text)
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--python-executable", installed,
         "--cache-dir", folder / "cache", "--config-file", "", *texts],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip
    return run.stdout + run.stderr


@pytest.mark.long
def test_types_reach_whoever_imports_the_library(installed: Path, tmp_path: Path) -> None:
    mistakes = {f"mistake_{number}.py": text for number, text in enumerate(MISTAKES)}
    said = checked(installed, tmp_path, {"consumer.py": CONSUMER, **mistakes})
    for number, complaint in enumerate(MISTAKES.values()):
        assert any(
            line.startswith(f"mistake_{number}.py") and complaint in line
            for line in said.splitlines()
        ), f"{complaint}\n{said}"
    revealed = [line.partition("note: ")[2] for line in said.splitlines() if "Revealed" in line]
    types = [text.partition("is ")[2].strip('"').replace("builtins.", "") for text in revealed]
    assert types == [
        "stylecore.store.model.Published", "pathlib.Path", "dict[str, float]",
        "tuple[int, int]", "int",
    ]  # fmt: skip
    wrong = [
        line for line in said.splitlines() if line.startswith("consumer.py") and "error:" in line
    ]
    assert not wrong


def test_the_wheel_says_that_it_is_typed() -> None:
    assert (ROOT / "stylecore" / "py.typed").is_file()
