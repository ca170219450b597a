"""Kills jobs at chosen moments, and shows that each goes on as if nothing had happened.

    python -m tests.tools.kills --count 250

Every job is killed twice, then the same command is run to its end. It must end with 0, give the
bytes of an undisturbed run, make no frame a second time, and leave nothing but the result. Kills go
round all engines and stages of a job; half of them come just before a change in the file system,
half at any time in the stage. Jobs are forked from a process that has imported everything.
"""

import argparse
import hashlib
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flows.cli import main as stylecore
from tests.support import clips
from tests.support.job_process import SERVER

ENGINES = {
    "gatys": ["--first-iterations", "3", "--iterations", "2", "--chunk-frames", "3"],
    "fast": ["--engine", "fast", "--chunk-frames", "3"],
}
STAGES = ("planning", "rehearsal", "painting", "assembly", "publishing")
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "open"}
"""Audit events of Python that change the file system; ``open`` if it is for writing."""
PATIENCE_SECONDS = 300


@dataclass(frozen=True)
class Kill:
    """When a job kills itself: before the nth change in a stage, or so long after its first."""

    stage: str
    change: int | None = None
    seconds: float | None = None


@dataclass
class Watch:
    """Sees every change that a job makes below its folder, and kills it when its time has come."""

    folder: str
    kill: Kill | None
    told: int
    """File descriptor for what was seen: a line for each stage's changes."""
    seen: Counter[str] = field(default_factory=Counter)
    begun: dict[str, float] = field(default_factory=dict)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in CHANGES or not arguments or not isinstance(arguments[0], str | Path):
            return
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & os.O_WRONLY):
            return
        paths = [str(path) for path in arguments[:2] if isinstance(path, str | Path)]
        if paths[0].startswith(self.folder):
            self._count(stage_of(paths[-1] if event == "os.rename" else paths[0], self.folder))

    def _count(self, stage: str) -> None:
        kill = self.kill
        if not self.seen[stage]:
            self.begun[stage] = time.monotonic()
            if kill and kill.stage == stage and kill.seconds is not None:
                threading.Timer(kill.seconds, self._die, [stage]).start()
        if kill and kill.stage == stage and self.seen[stage] == kill.change:
            self._die(stage)
        self.seen[stage] += 1

    def _die(self, stage: str) -> None:
        os.write(self.told, f"killed {stage}\n".encode())
        os.kill(os.getpid(), signal.SIGKILL)

    def tell(self) -> None:
        """Writes down how many changes each stage made, and how long it took to the next."""
        order = sorted(self.begun, key=lambda stage: self.begun[stage])
        ends = [*(self.begun[stage] for stage in order[1:]), time.monotonic()]
        for stage, end in zip(order, ends, strict=True):
            line = f"{stage} {self.seen[stage]} {end - self.begun[stage]:.4f}\n"
            os.write(self.told, line.encode())


def stage_of(path: str, folder: str) -> str:
    """The stage of a job that changes this path."""
    inside = Path(path).relative_to(folder).parts
    if inside[0] != "jobs":
        return "assembly" if inside[0].startswith(".") else "publishing"
    part = inside[2] if len(inside) > 2 else ""
    by_part = {"rehearsal": "rehearsal", "results": "publishing", "requests": "planning"}
    if part == "locks":
        return {"assembly.lock": "assembly", "requests.lock": "planning"}.get(
            inside[-1], "painting"
        )
    if part in by_part:
        return by_part[part]
    return "painting" if len(inside) > 3 else "planning"


def run_watched(argv: list[str], folder: str, kill: Kill | None, told: str) -> None:
    """What a job's process does: the command, under a watch."""
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    watch = Watch(folder, kill, os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND))
    sys.addaudithook(watch)
    status = stylecore(argv)
    watch.tell()
    sys.exit(status)


class Trial:
    """One job, its folder, and what is found to be wrong with it."""

    def __init__(self, folder: Path, engine: str, inputs: Path) -> None:
        self.folder, self.told = folder, folder.with_suffix(".told")
        shutil.copytree(inputs, folder)
        self.output = folder / "out.mp4"
        self.argv = [
            "video", f"{folder / 'clip.mp4'}", "--style", f"{folder / 'style.png'}",
            "-o", f"{self.output}", "--workspace", f"{folder / 'jobs'}", "--keep",
            "--prefect", "off", "--quiet", *ENGINES[engine],
        ]  # fmt: skip

    def run(self, kill: Kill | None = None) -> tuple[int | None, list[list[str]]]:
        """The exit status, and what the watch told."""
        self.told.unlink(missing_ok=True)
        arguments = (self.argv, str(self.folder), kill, str(self.told))
        process = SERVER.Process(target=run_watched, args=arguments)
        process.start()
        process.join(PATIENCE_SECONDS)
        if process.exitcode is None:
            process.kill()
            process.join()
        lines = self.told.read_text().splitlines() if self.told.exists() else []
        return process.exitcode, [line.split() for line in lines]

    def frames(self) -> dict[str, tuple[int, int]]:
        """Stored frames, with what would change if one were made again."""
        return {
            path.name: (path.stat().st_ino, path.stat().st_mtime_ns)
            for path in self.folder.glob("jobs/*/frames/0*.png")
        }

    def digest(self) -> str:
        return hashlib.sha256(self.output.read_bytes()).hexdigest() if self.output.exists() else ""

    def left_over(self) -> list[str]:
        """What should not be there when a job is done."""
        wanted = {"clip.mp4", "style.png", "out.mp4", "jobs"}
        beside = [path.name for path in self.folder.iterdir() if path.name not in wanted]
        inside = [path.name for path in self.folder.glob("jobs/*/**/.*") if path.is_file()]
        return beside + inside + [path.name for path in self.folder.glob("jobs/*/**/*.damaged")]


@dataclass
class Tally:
    """How often each engine was killed in each stage, and what was wrong afterwards."""

    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def tried(trial: Trial, kills: list[Kill], digest: str) -> Iterator[tuple[str, str]]:
    """Kills a job and lets it end; yields ("killed", stage) and ("fault", what is wrong)."""
    before: dict[str, tuple[int, int]] = {}
    for kill in kills:
        status, told = trial.run(kill)
        if status == -signal.SIGKILL and told and told[-1][0] == "killed":
            yield "killed", told[-1][1]
        elif status != 0:
            yield "fault", f"{kill}: it ended with {status}"
        if trial.digest() not in ("", digest):
            yield "fault", f"{kill}: the output is not whole"
        if any(trial.frames().get(name) != facts for name, facts in before.items()):
            yield "fault", f"{kill}: a frame was lost or made again"
        before = trial.frames()
    status, _ = trial.run()
    after = trial.frames()
    if status != 0:
        yield "fault", f"{kills}: the same command ended with {status}"
    if trial.digest() != digest:
        yield "fault", f"{kills}: other bytes"
    if any(after.get(name) != facts for name, facts in before.items()):
        yield "fault", f"{kills}: a frame was lost or made again in the end"
    if left := trial.left_over():
        yield "fault", f"{kills}: left over: {', '.join(left)}"


def kill_jobs(count: int, folder: Path, tally: Tally, *, seed: int = 0) -> None:
    """Kills jobs of every engine, ``count`` times in all; what is found is added to ``tally``."""
    chosen, inputs = random.Random(seed), folder / "inputs"
    inputs.mkdir()
    clips.write_clip(inputs / "clip.mp4", frames=8, cuts=(5,), sounds=1)
    clips.write_picture(inputs / "style.png")
    digests, spans = {}, {}
    for engine in ENGINES:
        trial = Trial(folder / f"{engine}-undisturbed", engine, inputs)
        status, told = trial.run()
        assert status == 0, f"the undisturbed job of {engine} ended with {status}"
        digests[engine] = trial.digest()
        spans[engine] = {stage: (int(many), float(span)) for stage, many, span in told}
    turns = [(engine, stage) for stage in STAGES for engine in ENGINES]
    for number in range(10 * count):  # a stage that is over sooner than its kill comes has none
        if tally.kills.total() >= count:
            break
        engine, stage = turns[number % len(turns)]
        kills = [_chosen(chosen, spans[engine], one) for one in (stage, chosen.choice(STAGES))]
        trial = Trial(folder / f"{engine}-{number}", engine, inputs)
        for what, text in tried(trial, kills, digests[engine]):
            if what == "killed":
                tally.kills[engine, text] += 1
            else:
                tally.faults.append(f"{engine}: {text}")
        shutil.rmtree(trial.folder)


def _chosen(chosen: random.Random, spans: dict[str, tuple[int, float]], stage: str) -> Kill:
    changes, seconds = spans.get(stage, (1, 0.1))
    if chosen.random() < 0.5:
        return Kill(stage, change=chosen.randrange(changes))
    return Kill(stage, seconds=chosen.uniform(0, seconds))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=250, help="kills [%(default)s]")
    parser.add_argument("--seed", type=int, default=0, help="of the moments [%(default)s]")
    arguments = parser.parse_args()
    begun, tally = time.monotonic(), Tally()
    with tempfile.TemporaryDirectory() as folder, suppress(KeyboardInterrupt):
        kill_jobs(arguments.count, Path(folder), tally, seed=arguments.seed)
    print(f"{'killed in':<12}" + "".join(f"{engine:>8}" for engine in ENGINES))
    for stage in STAGES:
        counts = "".join(f"{tally.kills[engine, stage]:>8}" for engine in ENGINES)
        print(f"{stage:<12}{counts}")
    for fault in tally.faults:
        print(f"fault: {fault}")
    seconds = time.monotonic() - begun
    print(f"{tally.kills.total()} kills in {seconds:.0f} s, {len(tally.faults)} faults")
    return int(bool(tally.faults))


if __name__ == "__main__":
    sys.exit(main())
