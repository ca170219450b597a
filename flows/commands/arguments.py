"""Arguments that several commands have, and what is said of those that are left out."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from flows.help import Parser
from flows.topics import JOB, RESULT, SOURCE, STYLE
from flows.way import CHOICES
from stylecore.settings import ImageSettings, VideoSettings

if TYPE_CHECKING:
    from flows.events import Events


def add_source_and_style(parser: Parser, what: str) -> None:
    parser.topic(SOURCE).add_argument("source", type=Path, metavar="SOURCE", help=what)
    add_style(parser)
    add_output(parser)


def add_style(parser: Parser) -> None:
    parser.topic(STYLE).add_argument(
        "--style", type=Path, required=True, metavar="PICTURE", help="picture with the style"
    )


def add_picture(parser: Parser) -> None:
    """What a sheet is drawn of, and where it goes."""
    parser.topic(SOURCE).add_argument(
        "picture", type=Path, metavar="PICTURE",
        help="picture, or a video's frame by its number from 0, like clip.mp4@48",
    )  # fmt: skip
    add_output(parser, "sheet [beside the picture]")


def add_output(parser: Parser, what: str = "result [beside the source]") -> None:
    group = parser.topic(RESULT)
    group.add_argument("-o", "--output", type=Path, metavar="OUT", help=what)
    group.add_argument("--overwrite", action="store_true", help="replace an existing result")


def add_run_options(parser: Parser) -> None:
    """How the steps of a job are run, what is shown of them, and where they are kept."""
    add_prefect(parser)
    add_quiet(parser)
    add_workspace(parser)


def add_prefect(parser: Parser) -> None:
    group = parser.topic(JOB)
    group.add_argument(
        "--prefect", choices=CHOICES, default="auto", metavar="|".join(CHOICES),
        help="run the steps as a Prefect flow, with records and pages: where an API is configured "
        "(auto), always, with a private server where none is (on), or never (off); the result is "
        "the same [auto]",
    )  # fmt: skip
    group.add_argument(
        "--no-prefect", dest="prefect", action="store_const", const="off", help=argparse.SUPPRESS
    )


def add_progress(parser: Parser) -> None:
    parser.topic(JOB).add_argument(
        "--progress", choices=("bars", "json"), default="bars", metavar="bars|json",
        help="how the progress is told: bars on a terminal and lines elsewhere, or for other "
        "programs as one event of JSON a line [bars]",
    )  # fmt: skip


def events_of(arguments: argparse.Namespace) -> "Events | None":
    """What tells of a job as JSON, where that is wanted: of its stop and its failure too."""
    if arguments.progress != "json":
        return None
    from flows.events import Events

    arguments.events = Events()
    arguments.stop.listeners.append(arguments.events.stopped)
    return arguments.events


def add_quiet(parser: Parser) -> None:
    parser.topic(JOB).add_argument("--quiet", action="store_true", help="print nothing but errors")


def add_report(parser: Parser) -> None:
    parser.topic(RESULT).add_argument(
        "--no-report", dest="report", action="store_false",
        help="leave out the page about the job beside the result, NAME.html",
    )  # fmt: skip


def add_workspace(parser: Parser) -> None:
    parser.topic(JOB).add_argument(
        "--workspace", type=Path, metavar="DIR",
        help="folder of all jobs [$STYLECORE_WORKSPACE, or the user's state folder]",
    )  # fmt: skip


def beside(picture: Path, what: str) -> Path:
    """The name of a PNG file about a picture, or a video's frame, that nobody named."""
    from stylecore.media import named_frame

    source, number = named_frame(picture) or (picture, None)
    stem = source.name if source.is_dir() else source.stem
    frame = "" if number is None else f"@{number}"
    return source.absolute().with_name(f"{stem}{frame}-{what}.png")


def default_output(source: Path, style: Path, settings: VideoSettings | ImageSettings) -> Path:
    """Beside the source, named after both; of a folder of frames or a pattern, a video."""
    from stylecore.media import is_sequence, named_frame, path_on_disk, usual_suffix

    if isinstance(settings, ImageSettings) and named_frame(source):
        return beside(source, style.stem)
    suffix = source.suffix
    if isinstance(settings, VideoSettings):
        suffix = usual_suffix(source, settings.output)
    if is_sequence(source):
        folder = path_on_disk(source).resolve()
        return folder.with_name(f"{folder.name}-{style.stem}{suffix}")
    return source.with_name(f"{source.stem}-{style.stem}{suffix}")
