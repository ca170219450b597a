"""Lists the project's functions that a small job calls, in the order of their first call.

    python -m tests.tools.trace_calls [ENGINE]

The page *How it works* was written with it; ``tests/test_how_it_works.py`` holds that page to it.
"""

import argparse
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CLIP = ROOT / "data" / "demo.mp4"
STYLE = ROOT / "data" / "styles" / "mosaic.jpg"
FRAMES = "54:59"
"""Five frames with a cut before the third."""
FLOORS = tuple(str(ROOT / floor) for floor in ("flows", "tasks", "stylecore"))
SHORT = ("--first-iterations", "3", "--iterations", "2")


@dataclass
class Call:
    """A function, and how it was called in a job."""

    name: str
    """With its module, like ``stylecore.pipeline.plan.open_job``."""
    thread: str
    """Of the first call."""
    count: int = 1


def calls_of(engine: str, folder: Path) -> dict[str, Call]:
    """Every function that a job in small calls, by name, in the order of the first calls.

    Args:
        engine: what paints.
        folder: for the job and its result.
    """
    from flows.cli import main

    calls: dict[str, Call] = {}

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(FLOORS):
            return
        name = f"{frame.f_globals.get('__name__')}.{code.co_qualname}"
        if name in calls:
            calls[name].count += 1
        elif "<" not in name:
            calls[name] = Call(name, threading.current_thread().name)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        status = main(
            ["video", str(CLIP), "--style", str(STYLE), "-o", str(folder / "out.mp4"),
             "--engine", engine, "--size", "96", "--frames", FRAMES, "--prefect", "off",
             "--workspace", str(folder / "jobs"), *(SHORT if engine == "gatys" else ())]
        )  # fmt: skip
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
    if status:
        raise RuntimeError(f"The job ended with status {status}.")
    return calls


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", nargs="?", default="fast", choices=("gatys", "fast", "identity"))
    engine = parser.parse_args().engine
    with tempfile.TemporaryDirectory() as folder:
        for call in calls_of(engine, Path(folder)).values():
            print(f"{call.name:75} {call.count:6}  {call.thread}")


if __name__ == "__main__":
    main()
