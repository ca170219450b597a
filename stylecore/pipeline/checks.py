"""What can be checked of a request before and between its steps."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from stylecore.errors import MediaError, OutputError, SettingsError
from stylecore.media import (
    PICTURE_SUFFIXES,
    check_output,
    check_source,
    estimated_bytes,
    find_ffmpeg,
    is_sequence,
    path_on_disk,
    require_utf8,
    wants_folder,
)
from stylecore.pipeline.styles import read_style
from stylecore.store import FileFact, Job, Request, Workspace, seen_fact, stamp_of


def check_request(request: Request) -> None:
    """Checks in a moment, before anything heavy is loaded, what can be checked so.

    Raises:
        SettingsError: an option or the output does not fit the rest.
        MediaError: the source or a style cannot be read, or a name is not UTF-8.
        OutputError: the result cannot be written where it should go.
    """
    settings = request.settings
    check_source(request.source, max_megapixels=settings.max_megapixels)
    for picture in request.styles:
        read_style(picture, max_megapixels=settings.max_megapixels)
    for mask in request.masks:
        require_utf8(mask)
    if settings.split == "disk":
        find_ffmpeg()
    check_output(request.output, settings.output)
    _require_apart(request.output, request.source, (*request.styles, *request.masks))


def _require_apart(output: Path, source: Path, tools: Sequence[Path]) -> None:
    """Checks that the result does not become a part of what it is made from, or replaces it.

    Raises:
        SettingsError: it would.
    """
    place, origin = real(path_on_disk(output)), real(path_on_disk(source))
    if place == origin:
        raise SettingsError("The output is the source itself; choose another name with -o.")
    if place in map(real, tools):
        raise SettingsError("The output is a style or mask itself; choose another name with -o.")
    is_picture = output.suffix.lower() in PICTURE_SUFFIXES
    if is_sequence(source) and is_picture and place.parent == origin:
        raise SettingsError(
            f"{output.name} would be taken for a frame of the source; choose another folder."
        )
    for given in (source, *tools) if wants_folder(output) else ():
        if real(given).is_relative_to(place):
            raise SettingsError(
                f"{given} is in {path_on_disk(output)}, which the result would replace; choose "
                "another folder with -o."
            )


def real(path: Path) -> Path:
    """The path without links; one that leads to itself stays, where ``resolve`` would fail."""
    return Path(os.path.realpath(path))


def space_needed(workspace: Workspace, request: Request) -> tuple[int, int]:
    """About how many bytes the frames to come and the result will take, of a planned job."""
    job = workspace.job
    result = estimated_bytes(
        request.output,
        request.settings.output,
        job.index,
        (job.width, job.height),
        job.frame_count,
    )
    return workspace.missing_bytes(), result


def check_space(workspace: Workspace, request: Request) -> None:
    """Checks that the frames to come and the result fit on their disks.

    Raises:
        OutputError: they do not.
    """
    frames, result = space_needed(workspace, request)
    places = [
        ("the frames", workspace.folder, frames, "--workspace"),
        ("the result", path_on_disk(request.output).parent, result, "-o"),
    ]
    needs: dict[int, int] = {}
    for what, folder, needed, option in places:
        disk = folder.stat().st_dev
        needs[disk] = needs.get(disk, 0) + needed
        free = shutil.disk_usage(folder).free
        if free < needs[disk]:
            raise OutputError(
                f"Not enough space for {what}: about {needs[disk] / 1e6:.0f} MB are needed and "
                f"{folder} has {free / 1e6:.0f} MB; free some or choose another disk with {option}."
            )


def require_unchanged(request: Request, job: Job) -> None:
    """Checks that the source is the planned one, by its size and time, or else by its content.

    Raises:
        MediaError: it is another one now.
    """
    if request.stamp != stamp_of(request.source):
        unchanged((request.source,), (job.source,))


def unchanged(paths: Sequence[Path], facts: Sequence[FileFact]) -> Sequence[Path]:
    """The paths, whose files hold what they held when the job was planned.

    Raises:
        MediaError: one is another file now.
    """
    for path, fact in zip(paths, facts, strict=True):
        if seen_fact(path).sha256 != fact.sha256:
            raise changed(path)
    return paths


def changed(path: Path) -> MediaError:
    """What is raised where a file is another one than the planned."""
    return MediaError(
        f"{path} has changed since the job was planned, and nothing is made of two different "
        "files: put the first one back to go on, or run the command again to begin a job with the "
        "new one."
    )
