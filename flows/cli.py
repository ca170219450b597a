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
from functools import partial
from pathlib import Path

from flows.help import MISTAKE
from flows.mistakes import about_words
from flows.parser import build_parser
from flows.printing import printable
from flows.stopping import Stop, stoppable
from stylecore.errors import StyleError

INTERNAL_ERROR = 70
SYSTEM_ERROR = 74


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Where the terminal's encoding lacks a letter of a name, it is shown by its number.
        sys.stdout.reconfigure(errors="backslashreplace")
    given = sys.argv[1:] if argv is None else argv
    with stoppable(partial(_stopped, given)) as stop:
        arguments = _parsed(given)
        arguments.stop, arguments.again = stop, _as_typed(given)
        _quiet_libraries(arguments)
        if argv is None and not arguments.debug:
            _mute_c_libraries()
        status = _run(arguments)
        if stop.is_requested and argv is None:
            os._exit(status)  # threads that compute would hold up an end in order
    return status


def _parsed(given: Sequence[str]) -> argparse.Namespace:
    """What was asked for; ends with a sentence where that has no meaning, or with the help."""
    parser = build_parser()
    if not given:
        parser.print_help()
        parser.exit(MISTAKE)
    arguments, left_over = parser.parse_known_args(given)
    if left_over:
        arguments.parser.error(about_words(left_over))
    return arguments


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
        if (events := getattr(arguments, "events", None)) is not None:
            events.failed(sentence, status)
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
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
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
