"""``stylecore evaluate``."""

import argparse
from pathlib import Path

from flows.commands.arguments import add_output, add_quiet, add_workspace
from flows.commands.command import Command
from flows.help import Parser
from flows.options import add_options, read_options
from flows.topics import SOURCE, STYLE
from stylecore.settings.evaluation import EvaluationSettings


def run(arguments: argparse.Namespace) -> None:
    """Measures a result beside its source: steadiness, style, content, sharpness."""
    from flows.evaluate import Judged, judge

    judged = Judged(
        result=arguments.result, source=arguments.source, styles=arguments.style,
        frames=arguments.frames, cuts=arguments.cuts, root=arguments.workspace,
    )  # fmt: skip
    judge(
        judged, read_options(arguments, EvaluationSettings),
        output=arguments.output, overwrite=arguments.overwrite, quiet=arguments.quiet,
    )  # fmt: skip


def add_arguments(parser: Parser) -> None:
    group = parser.topic(SOURCE)
    group.add_argument(
        "result", type=Path, metavar="RESULT",
        help="video, animation, folder of frames or pattern to judge, whoever made it; or a job, "
        "by its folder or the beginning of its name",
    )  # fmt: skip
    group.add_argument(
        "--source", type=Path, metavar="SOURCE", help="what it was made of [that of its job]"
    )
    group.add_argument("--frames", metavar="A:B", help="frames of the source that it is made of")
    group.add_argument(
        "--cuts", type=Path, metavar="FILE", help="a cut list of the source [cuts are found]"
    )
    parser.topic(STYLE).add_argument(
        "--style", type=Path, nargs="+", default=(), metavar="PICTURE",
        help="styles that it is in [those of its job]",
    )  # fmt: skip
    add_output(parser, "every figure of every frame, shot and all as JSON [none]")
    add_quiet(parser)
    add_workspace(parser)
    add_options(parser, EvaluationSettings)


COMMAND = Command(
    "evaluate",
    run,
    add_arguments,
    examples=(
        ("stylecore evaluate holiday-wave.mp4", "the result of a job, whose source is known"),
        (
            "stylecore evaluate theirs.mp4 --source holiday.mp4 --style wave.jpg -o theirs.json",
            "anybody's result",
        ),
    ),
)
