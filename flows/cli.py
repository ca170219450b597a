"""The command ``stylecore``: parse, call, report. What is heavy is imported by the command itself.

Exit status: 0 done, 2 something given cannot be used, 3 to 5 see ``stylecore.errors``, 6 Prefect
cannot be reached, 70 a defect of this program, 74 the system refused something, 129, 130 or 143
stopped (see ``flows.stopping``).
"""

import argparse
import io
import logging
import os
import shlex
import sys
import traceback
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial
from importlib.metadata import version
from pathlib import Path

from flows.options import add_options, read_options
from flows.printing import printable
from flows.stopping import Stop, stoppable
from flows.way import CHOICES
from stylecore.errors import SettingsError, StyleError
from stylecore.settings import (
    FolderSettings,
    ImageSettings,
    OutputSettings,
    SourceSettings,
    VideoSettings,
    checked,
)
from stylecore.training.settings import FastTraining, PerceptualTraining

INTERNAL_ERROR = 70
SYSTEM_ERROR = 74


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Where the terminal's encoding lacks a letter of a name, it is shown by its number.
        sys.stdout.reconfigure(errors="backslashreplace")
    given = sys.argv[1:] if argv is None else argv
    with stoppable(partial(_stopped, given)) as stop:
        arguments = _parser().parse_args(given)
        arguments.stop, arguments.again = stop, _as_typed(given)
        _quiet_libraries(arguments)
        if argv is None and not arguments.debug:
            _mute_c_libraries()
        status = _run(arguments)
        if stop.is_requested and argv is None:
            os._exit(status)  # threads that compute would hold up an end in order
    return status


def _run(arguments: argparse.Namespace) -> int:
    """Runs the command; whatever ends it is said in one sentence."""
    stop: Stop = arguments.stop
    try:
        return arguments.command(arguments) or 0
    except BaseException as error:
        if stop.is_requested or isinstance(error, KeyboardInterrupt):
            stop.say()
            return stop.exit_status
        if not isinstance(error, Exception):
            raise
        if arguments.debug:
            traceback.print_exc()
        sentence, status = _explained(error)
        print(f"stylecore: {_one_line(sentence)}", file=sys.stderr)
        return status


def _explained(error: Exception) -> tuple[str, int]:
    """What is said of an error, and the exit status."""
    if isinstance(error, StyleError):
        return str(error), error.exit_status
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return (
            f"{where}{error.strerror}. Mend that, and run the same command again; finished frames "
            "are kept.",
            SYSTEM_ERROR,
        )
    return (
        f"internal error, {type(error).__name__}: {error}; run again with --debug for the "
        "traceback. Finished frames are kept.",
        INTERNAL_ERROR,
    )


def _stopped(given: Sequence[str]) -> str:
    """What is said after a stop before there is anything to keep."""
    return f"stopped; no result was written. The same command begins again:   {_as_typed(given)}"


def _as_typed(given: Sequence[str]) -> str:
    return printable(shlex.join(["stylecore", *given]))


def video(arguments: argparse.Namespace) -> None:
    """Repaints a video."""
    from flows import screen
    from stylecore.store import Request

    settings = read_options(arguments, VideoSettings)
    output = arguments.output or default_output(arguments.source, arguments.style, settings)
    request = Request(
        source=arguments.source, style=arguments.style, output=output, settings=settings,
        root=arguments.workspace, overwrite=arguments.overwrite, keep=arguments.keep,
    )  # fmt: skip
    screen.run_video(request, prefect=arguments.prefect, quiet=arguments.quiet, stop=arguments.stop)


def image(arguments: argparse.Namespace) -> None:
    """Repaints a still picture."""
    from stylecore.pipeline import stylize_image

    settings = read_options(arguments, ImageSettings)
    output = arguments.output or default_output(arguments.source, arguments.style, settings)
    written = stylize_image(
        arguments.source, arguments.style, output, settings, overwrite=arguments.overwrite
    )
    if not arguments.quiet:
        print(printable(str(written)))


def folder(arguments: argparse.Namespace) -> int:
    """Repaints everything in a folder that is not done yet."""
    from flows import screen

    settings = checked(
        FolderSettings,
        {
            "settle_seconds": arguments.settle_seconds,
            "video": read_options(arguments, VideoSettings),
        },
    )
    again = f"The same command goes on:   {arguments.again}"
    return screen.run_folder(
        arguments.inbox, arguments.outbox, arguments.style, settings,
        workspace=arguments.workspace, prefect=arguments.prefect, quiet=arguments.quiet,
        stop=arguments.stop, again=again,
    )  # fmt: skip


def cuts(arguments: argparse.Namespace) -> None:
    """Finds the cuts of a video and lists them, to be mended and given with --cuts."""
    from flows.cuts import list_cuts

    settings = read_options(arguments, SourceSettings)
    list_cuts(arguments.source, arguments.output, settings, overwrite=arguments.overwrite)


def doctor(arguments: argparse.Namespace) -> int:
    """Says what was found, what is missing, and how to get it."""
    from flows.doctor import examine

    return examine(arguments.workspace)


def jobs_list(arguments: argparse.Namespace) -> None:
    """Lists the jobs."""
    from flows import jobs

    jobs.show_all(arguments.workspace)


def jobs_cuts(arguments: argparse.Namespace) -> None:
    """Lists the cuts that a job is painted by, to be mended and given with --cuts."""
    from flows.cuts import list_cuts_of_job

    list_cuts_of_job(
        arguments.workspace, arguments.name, arguments.output, overwrite=arguments.overwrite
    )


def jobs_show(arguments: argparse.Namespace) -> None:
    """Shows one job."""
    from flows import jobs

    jobs.show(arguments.workspace, arguments.name)


def jobs_resume(arguments: argparse.Namespace) -> None:
    """Goes on with all that was asked of a job and is not there yet; makes only what is missing."""
    from flows import jobs, screen
    from stylecore.store import Workspace, default_root

    root = arguments.workspace or default_root()
    workspace = Workspace.find(root, arguments.name)
    for request in workspace.open_requests() or [workspace.request]:
        request = request.model_copy(update={"root": root})
        if not arguments.quiet:
            jobs.say_if_anew(workspace, request)
        screen.run_video(
            request, prefect=arguments.prefect, quiet=arguments.quiet, stop=arguments.stop
        )


def jobs_assemble(arguments: argparse.Namespace) -> None:
    """Encodes the stored frames of a job again, perhaps with another codec or name."""
    from flows import jobs

    encoding = read_options(arguments, OutputSettings)
    kept = f"stopped; all frames are kept. The same command begins again:   {arguments.again}"
    with arguments.stop.saying(lambda: kept):
        jobs.assemble_again(
            arguments.workspace,
            arguments.name,
            output=arguments.output,
            encoding=encoding,
            overwrite=arguments.overwrite,
        )


def jobs_clean(arguments: argparse.Namespace) -> None:
    """Frees the disk space of finished jobs, or removes jobs altogether."""
    from flows import jobs

    if not arguments.names and not arguments.all:
        raise SettingsError("Name the jobs to clean, or give --all.")
    jobs.clean(arguments.workspace, arguments.names, remove=arguments.remove)


def train_perceptual(arguments: argparse.Namespace) -> None:
    """Trains the compact perceptual network, or goes on from its last checkpoint."""
    from stylecore.training.perceptual import train

    settings = read_options(arguments, PerceptualTraining)
    with _training(arguments):
        train(arguments.content, arguments.style, arguments.out, settings, on_epoch=_print_epoch)


def train_fast(arguments: argparse.Namespace) -> None:
    """Trains the compact fast network, or goes on from its last checkpoint."""
    from stylecore.training.fast import train

    settings = read_options(arguments, FastTraining)
    with _training(arguments):
        train(arguments.content, arguments.style, arguments.out, settings, on_epoch=_print_epoch)


def _training(arguments: argparse.Namespace) -> AbstractContextManager[None]:
    """While the context lasts, a stop says what of a training is kept."""
    return arguments.stop.saying(
        lambda: (
            f"stopped; what was learned up to the last checkpoint is kept in {arguments.out}. The "
            f"same command goes on:   {arguments.again}"
        )
    )


def _print_epoch(epoch: int, means: dict[str, float]) -> None:
    shown = "  ".join(f"{name} {value:.4g}" for name, value in sorted(means.items()))
    print(f"epoch {epoch}  {shown}", flush=True)


LIST = "the list; .csv is written as PySceneDetect does [the terminal]"


def default_output(source: Path, style: Path, settings: VideoSettings | ImageSettings) -> Path:
    """Beside the source, named after both; of a folder of frames or a pattern, a video."""
    from stylecore.media import is_sequence, place_of, usual_suffix

    suffix = source.suffix
    if isinstance(settings, VideoSettings):
        suffix = usual_suffix(source, settings.output)
    if is_sequence(source):
        folder = place_of(source).resolve()
        return folder.with_name(f"{folder.name}-{style.stem}{suffix}")
    return source.with_name(f"{source.stem}-{style.stem}{suffix}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="stylecore",
        description="Repaints videos in the style of a picture: stable in time, same length, same "
        "timing, same sound. If it is stopped, the same command goes on where it was.",
    )
    parser.add_argument("--version", action="version", version=f"stylecore {version('stylecore')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = _command(commands, "video", video)
    _add_source_and_style(
        command, "video, animation, folder of frames or pattern like frames/%%06d.png to repaint"
    )
    _add_run_options(command)
    keeping = command.add_mutually_exclusive_group()
    keeping.add_argument("--keep", action="store_true", help="keep the stored frames afterwards")
    keeping.add_argument(
        "--clean", dest="keep", action="store_false",
        help="remove the stored frames once the result is verified [default]",
    )  # fmt: skip
    add_options(command, VideoSettings)

    command = _command(commands, "image", image)
    _add_source_and_style(command, "picture to repaint")
    command.add_argument("--quiet", action="store_true", help="print nothing but errors")
    add_options(command, ImageSettings)

    command = _command(commands, "folder", folder)
    command.add_argument("inbox", type=Path, metavar="INBOX", help="folder of videos and pictures")
    command.add_argument("outbox", type=Path, metavar="OUTBOX", help="folder for the results")
    command.add_argument(
        "--style", type=Path, required=True, metavar="PICTURE", help="style picture"
    )
    command.add_argument(
        "--settle-seconds", type=float, metavar="VALUE",
        default=FolderSettings().settle_seconds,
        help=f"{FolderSettings.model_fields['settle_seconds'].description} [%(default)s]",
    )  # fmt: skip
    _add_run_options(command)
    add_options(command, VideoSettings)

    command = _command(commands, "cuts", cuts)
    command.add_argument("source", type=Path, metavar="SOURCE", help="video to look through")
    _add_output(command, LIST)
    add_options(command, SourceSettings)

    _add_jobs(_command(commands, "jobs", None, help="list, show, cuts, resume, assemble, clean"))

    _add_trainings(_command(commands, "train", None, help="train the networks that ship"))
    _add_workspace(_command(commands, "doctor", doctor))
    return parser


def _add_jobs(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_workspace(_command(commands, "list", jobs_list))
    for name, function in (
        ("show", jobs_show), ("cuts", jobs_cuts), ("resume", jobs_resume),
        ("assemble", jobs_assemble),
    ):  # fmt: skip
        command = _command(commands, name, function)
        command.add_argument("name", metavar="NAME", help="beginning of the job's name")
        if name == "resume":
            _add_run_options(command)
            continue
        _add_workspace(command)
        if name == "cuts":
            _add_output(command, LIST)
        if name == "assemble":
            _add_output(command)
            add_options(command, OutputSettings)
    command = _command(commands, "clean", jobs_clean)
    command.add_argument("names", nargs="*", metavar="NAME", help="beginnings of jobs' names")
    command.add_argument("--all", action="store_true", help="every finished job")
    command.add_argument(
        "--remove", action="store_true",
        help="remove the jobs altogether, with frames that no result was made of yet",
    )  # fmt: skip
    _add_workspace(command)


def _add_trainings(parser: argparse.ArgumentParser) -> None:
    networks = parser.add_subparsers(required=True, metavar="NETWORK")
    for name, function, model in (
        ("perceptual", train_perceptual, PerceptualTraining),
        ("fast", train_fast, FastTraining),
    ):
        command = _command(networks, name, function)
        for option, meaning in (
            ("--content", "folder of photographs"),
            ("--style", "folder of artworks and textures"),
            ("--out", "folder for checkpoints, weights, log, loss plot and sample sheets"),
        ):
            command.add_argument(option, type=Path, required=True, metavar="DIR", help=meaning)
        add_options(command, model)


def _command(commands, name, function, help: str | None = None) -> argparse.ArgumentParser:
    text = help or function.__doc__
    parser = commands.add_parser(name, help=text, description=text)
    parser.add_argument(
        "--debug", action="store_true", help="show tracebacks, and what libraries say"
    )
    parser.set_defaults(command=function)
    return parser


def _add_source_and_style(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("source", type=Path, metavar="SOURCE", help=what)
    parser.add_argument(
        "--style", type=Path, required=True, metavar="PICTURE", help="picture with the style"
    )
    _add_output(parser)


def _add_output(parser: argparse.ArgumentParser, what: str = "result [beside the source]") -> None:
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", help=what)
    parser.add_argument("--overwrite", action="store_true", help="replace an existing result")


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--prefect", choices=CHOICES, default="auto",
        help="run the steps as a Prefect flow, with records and pages: where an API is configured "
        "(auto), always, with a private server where none is (on), or never (off); the result is "
        "the same [auto]",
    )  # fmt: skip
    parser.add_argument(
        "--no-prefect", dest="prefect", action="store_const", const="off", help=argparse.SUPPRESS
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    _add_workspace(parser)


def _add_workspace(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workspace", type=Path, metavar="DIR",
        help="folder of all jobs [$STYLECORE_WORKSPACE, or the user's state folder]",
    )  # fmt: skip


def _quiet_libraries(arguments: argparse.Namespace) -> None:
    """Keeps what libraries have to say off the screen, unless asked for."""
    quiet = getattr(arguments, "quiet", False)
    for name, value in {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TFHUB_DOWNLOAD_PROGRESS": "" if quiet else "1",
        "OPENCV_LOG_LEVEL": "SILENT",
        "SVT_LOG": "1",
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        # A server that Prefect started by itself would not end with a command that is stopped.
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }.items():
        os.environ.setdefault(name, value)
    if not arguments.debug:
        warnings.filterwarnings("ignore")
    if quiet:
        logging.getLogger("stylecore").setLevel(logging.ERROR)


def _mute_c_libraries() -> None:
    """Keeps what libraries print past Python off the screen; TensorFlow has no setting for it."""
    own = os.fdopen(os.dup(2), "w", buffering=1, errors="backslashreplace")
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    sys.stderr = own


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()))
