"""The ffmpeg program: finding it, and the one place that runs it.

ffmpeg-python builds the command lines; it does not run them, since it knows no time limit and
stalls when nobody reads what ffmpeg complains about.
"""

import os
import re
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import ffmpeg

from stylecore.errors import MediaError
from stylecore.runtime.cleanup import cleaned_up

FFMPEG_VARIABLE = "STYLECORE_FFMPEG"
FFMPEG_VARIABLES = (FFMPEG_VARIABLE, "IMAGEIO_FFMPEG_EXE")
OLDEST = (5, 1)
"""The first release with all options that are used here; the newest that was tried is 9.0."""
COMPLAINT_LENGTH = 400
VERSION_SECONDS = 60.0


def find_ffmpeg() -> Path:
    """Finds the ffmpeg program: $STYLECORE_FFMPEG or $IMAGEIO_FFMPEG_EXE, on the PATH, the wheel's.

    Raises:
        MediaError: there is none, or it is older than ``OLDEST``.
    """
    named = (os.environ.get(name) for name in FFMPEG_VARIABLES)
    chosen = next(filter(None, named), None) or shutil.which("ffmpeg")
    program = Path(chosen) if chosen else _bundled_ffmpeg()
    version = ffmpeg_version(program)
    release = release_of(version)
    if release is not None and release < OLDEST:
        raise MediaError(
            f"{program} is ffmpeg {version}, which is too old: {OLDEST[0]}.{OLDEST[1]} or newer "
            f"is needed; install one, or name it in the variable {FFMPEG_VARIABLE}."
        )
    return program


def _bundled_ffmpeg() -> Path:
    import imageio_ffmpeg

    try:
        return Path(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise MediaError(
            f"There is no ffmpeg; install it, or name it in the variable {FFMPEG_VARIABLE}."
        ) from error


@lru_cache
def ffmpeg_version(program: Path) -> str:
    """Asks an ffmpeg program for its version, like ``5.1.9-0+deb12u1``.

    Raises:
        MediaError: it cannot be started, or is not ffmpeg.
    """
    try:
        told = subprocess.run(
            [program, "-version"], capture_output=True, stdin=subprocess.DEVNULL,
            timeout=VERSION_SECONDS, check=True,
        ).stdout.decode(errors="replace")  # fmt: skip
    except OSError as error:
        raise MediaError(
            f"{program} cannot be started: {error.strerror}; name an ffmpeg in the variable "
            f"{FFMPEG_VARIABLE}."
        ) from error
    except subprocess.SubprocessError:
        told = ""
    version = re.match(r"ffmpeg version (\S+)", told)
    if version is None:
        raise MediaError(
            f"{program} does not answer like ffmpeg; name one in the variable {FFMPEG_VARIABLE}."
        )
    return version[1]


def release_of(version: str) -> tuple[int, int] | None:
    """The first two numbers of a version; None of a build between releases, which has none."""
    found = re.match(r"n?(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else None


def run_ffmpeg(command: Any, *, timeout_seconds: float) -> None:
    """Runs a command that ffmpeg-python built.

    Raises:
        MediaError: ffmpeg failed or took too long; what it complained about is in the sentence.
    """
    program, *arguments = ffmpeg.compile(command, cmd=str(find_ffmpeg()))
    argv = [program, "-nostdin", "-hide_banner", "-v", "error", *arguments]
    with tempfile.TemporaryFile() as complaints:
        try:
            running = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=complaints
            )
        except OSError as error:
            raise MediaError(f"{program} cannot be started: {error.strerror}.") from error
        with running, cleaned_up(running.kill):
            try:
                running.wait(timeout_seconds)
            except subprocess.TimeoutExpired as error:
                raise MediaError(f"ffmpeg took more than {timeout_seconds:.0f} s.") from error
            finally:
                running.kill()
        if running.returncode != 0:
            complaints.seek(0)
            last = " ".join(complaints.read()[-COMPLAINT_LENGTH:].decode(errors="replace").split())
            raise MediaError(f"ffmpeg failed: {last}")
