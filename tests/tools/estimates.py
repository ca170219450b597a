"""What a preview predicts of a job beside what the job then takes, for several clips and engines.

    python -m tests.tools.estimates [--engines gatys fast] [--clips FILE ...] [-- OPTION ...]

Each pair is made right after one another by the command line itself, each in a process and a
workspace of its own: a machine that others use is never the same for long. Without clips, three are
drawn: one shot that moves slowly, three shots, and the demo clip.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from stylecore.preview import Costs, Extent, estimate_job
from stylecore.store import Workspace
from tests.support import clips

ROOT = Path(__file__).resolve().parents[2]
DEMO, STYLE = ROOT / "data/demo.mp4", ROOT / "data/styles/wave_pattern.jpg"
OPTIONS = {
    "gatys": ("--first-iterations", "40", "--iterations", "8"),
    "fast": (),
    "identity": (),
}
FAR = 0.25
"""Share from which on a prediction is too far from what came."""


def main(argv: Sequence[str] | None = None) -> int:
    """Prints a table; returns 1 if a prediction is too far off."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engines", nargs="+", default=["gatys", "fast"], choices=OPTIONS)
    parser.add_argument("--clips", nargs="+", type=Path)
    parser.add_argument("--size", default="160")
    parser.add_argument("options", nargs="*", help="options of both commands, after --")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        sources = arguments.clips or _drawn(Path(folder))
        print(f"{'clip':<14}{'engine':<10}{'predicted':>10}{'real':>9}{'ratio':>7}"
              f"{'result':>18}{'frames':>18}{'memory':>16}")  # fmt: skip
        ratios = [
            _compare(source, engine, [*OPTIONS[engine], "--size", arguments.size,
                                      *arguments.options])
            for source in sources
            for engine in arguments.engines
        ]  # fmt: skip
    return int(any(abs(ratio - 1) > FAR for ratio in ratios))


def _drawn(folder: Path) -> list[Path]:
    slow = clips.write_clip(folder / "slow.mp4", frames=60)
    cut = clips.write_clip(folder / "cuts.mp4", frames=72, cuts=(20, 50), sounds=1)
    return [slow, cut, DEMO]


def _compare(source: Path, engine: str, options: list[str]) -> float:
    """Predicted over real seconds of one job."""
    with tempfile.TemporaryDirectory() as folder:
        previewed, painted = Path(folder, "previewed"), Path(folder, "painted")
        common = [str(source), "--style", str(STYLE), "--engine", engine, *options]
        _command("preview", *common, "-o", f"{folder}/sheet.png", "--samples", "3",
                 "--workspace", str(previewed))  # fmt: skip
        (space,) = Workspace.all_in(previewed)
        costs, job = space.samples().read_measured(Costs), space.job
        assert costs is not None
        shots = tuple(stop - start for start, stop in job.shots)
        told = estimate_job(costs, Extent(shots), job.settings)
        output = Path(folder, "result.mp4")
        seconds, memory = _command("video", *common, "-o", str(output), "--keep", "--no-prefect",
                                   "--workspace", str(painted))  # fmt: skip
        (space,) = Workspace.all_in(painted)
        stored = space.bytes_per_frame() * space.count_finished()
        result = output.stat().st_size
    ratio = told.seconds / seconds
    sizes = ((told.result_bytes, result), (told.store_bytes, stored), (told.memory_bytes, memory))
    shown = [f"{(one or 0) / 1e6:.1f}/{other / 1e6:.1f} MB" for one, other in sizes]
    print(f"{source.stem[:13]:<14}{engine:<10}{told.seconds:>8.1f} s{seconds:>7.1f} s{ratio:>7.2f}"
          f"{shown[0]:>18}{shown[1]:>18}{shown[2]:>16}", flush=True)  # fmt: skip
    return ratio


def _command(*words: str) -> tuple[float, int]:
    """Runs ``stylecore`` as a person does; its seconds, and its most memory in bytes."""
    measured = ["/usr/bin/env", "python3", "-c", _PEAK, sys.executable, "-m", "flows", *words]
    began = time.perf_counter()
    run = subprocess.run(measured, cwd=ROOT, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    assert run.returncode == 0, run.stderr
    return seconds, 1024 * int(re.findall(r"peak (\d+)", run.stdout)[-1])


_PEAK = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
print('peak', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""


if __name__ == "__main__":
    sys.exit(main())
