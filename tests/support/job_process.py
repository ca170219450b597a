"""Runs one job in a process of its own, so that tests can kill it."""

import multiprocessing
import os
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

from stylecore.pipeline import stylize_video
from stylecore.settings import VideoSettings

SERVER = multiprocessing.get_context("forkserver")
# Processes are forked from one that has imported all that takes long, and has computed nothing.
SERVER.set_forkserver_preload([
    "tests.support.job_process", "keras", "stylecore.engines.gatys.engine",
    "stylecore.engines.fast",
])  # fmt: skip


def start_job(
    source: Path, style: Path, output: Path, workspace: Path, settings: VideoSettings
) -> BaseProcess:
    """Starts a job whose frames are kept; whoever starts it joins it."""
    arguments = (source, style, output, workspace, settings.model_dump_json())
    process = SERVER.Process(target=run_job, args=[str(argument) for argument in arguments])
    process.start()
    return process


def run_job(source: str, style: str, output: str, workspace: str, settings: str) -> None:
    """What the process does; what it says goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    stylize_video(
        Path(source),
        Path(style),
        Path(output),
        VideoSettings.model_validate_json(settings),
        workspace=Path(workspace),
        keep=True,
        overwrite=True,
    )


if __name__ == "__main__":
    run_job(*sys.argv[1:])
