"""``stylecore jobs``: what exists, and what became of it."""

import argparse

from flows.commands.arguments import (
    add_output,
    add_progress,
    add_run_options,
    add_workspace,
    events_of,
)
from flows.commands.command import Command, CommandGroup
from flows.commands.cuts import LIST
from flows.help import Parser
from flows.options import add_options, read_options
from flows.topics import JOB
from stylecore.errors import SettingsError
from stylecore.settings import OutputSettings


def show_all(arguments: argparse.Namespace) -> None:
    """Lists the jobs."""
    from flows import jobs

    jobs.show_all(arguments.workspace)


def show(arguments: argparse.Namespace) -> None:
    """Shows one job."""
    from flows import jobs

    jobs.show(arguments.workspace, arguments.name)


def list_cuts(arguments: argparse.Namespace) -> None:
    """Lists the cuts that a job is painted by, to be mended and given with --cuts."""
    from flows.cuts import list_cuts_of_job

    list_cuts_of_job(
        arguments.workspace, arguments.name, arguments.output, overwrite=arguments.overwrite
    )


def resume(arguments: argparse.Namespace) -> None:
    """Goes on with all that was asked of a job and is not there yet; makes only what is missing."""
    from flows import screen
    from stylecore.store import Workspace, default_root

    events = events_of(arguments)
    root = arguments.workspace or default_root()
    workspace = Workspace.find(root, arguments.name)
    for request in workspace.open_requests() or [workspace.request]:
        request = request.model_copy(update={"root": root})
        screen.run_video(
            request, prefect=arguments.prefect, quiet=arguments.quiet, stop=arguments.stop,
            going_on_with=workspace, events=events,
        )  # fmt: skip


def assemble(arguments: argparse.Namespace) -> None:
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


def clean(arguments: argparse.Namespace) -> None:
    """Frees the disk space of finished jobs, or removes jobs altogether."""
    from flows import jobs

    if not arguments.names and not arguments.all:
        raise SettingsError("Name the jobs to clean, or give --all.")
    jobs.clean(arguments.workspace, arguments.names, remove=arguments.remove)


def _add_name(parser: Parser) -> None:
    parser.topic(JOB).add_argument("name", metavar="NAME", help="beginning of the job's name")


def _add_show(parser: Parser) -> None:
    _add_name(parser)
    add_workspace(parser)


def _add_cuts(parser: Parser) -> None:
    _add_show(parser)
    add_output(parser, LIST)


def _add_resume(parser: Parser) -> None:
    _add_name(parser)
    add_run_options(parser)
    add_progress(parser)


def _add_assemble(parser: Parser) -> None:
    _add_show(parser)
    add_output(parser)
    add_options(parser, OutputSettings)


def _add_clean(parser: Parser) -> None:
    group = parser.topic(JOB)
    group.add_argument("names", nargs="*", metavar="NAME", help="beginnings of jobs' names")
    group.add_argument("--all", action="store_true", help="every finished job")
    group.add_argument(
        "--remove", action="store_true",
        help="remove the jobs altogether, with frames that no result was made of yet",
    )  # fmt: skip
    add_workspace(parser)


COMMAND = CommandGroup(
    "jobs",
    "Lists, shows, resumes, assembles and cleans jobs, and lists their cuts.",
    (
        Command("list", show_all, add_workspace),
        Command("show", show, _add_show),
        Command("cuts", list_cuts, _add_cuts),
        Command("resume", resume, _add_resume),
        Command("assemble", assemble, _add_assemble),
        Command("clean", clean, _add_clean),
    ),
)
