"""``stylecore learn``."""

import argparse
from pathlib import Path
from shlex import quote

from flows.commands.arguments import add_output
from flows.commands.command import Command
from flows.help import Parser
from flows.options import add_options, read_options
from flows.topics import SETTINGS
from stylecore.training.settings import StyleLearning


def run(arguments: argparse.Namespace) -> None:
    """Learns one style for minutes, so that the fast engine paints it with brushes of its own."""
    from stylecore.training.learned import folder_of, learn_from_files

    settings = read_options(arguments, StyleLearning)
    output = arguments.output or arguments.style.with_suffix(".style")

    def stopped() -> str:
        return (
            f"stopped; what was learned up to the last checkpoint is kept in {folder_of(output)}. "
            f"The same command goes on:   {arguments.again}"
        )

    def tell(epoch: int, epochs: int, means: dict[str, float]) -> None:
        print(
            f"epoch {epoch} of {epochs}  loss {means['loss']:.4g}  style distance "
            f"{means['style_distance']:.4g}   pictures: {folder_of(output) / 'learn.png'}",
            flush=True,
        )

    with arguments.stop.saying(stopped):
        learn_from_files(
            arguments.style, output, settings, content=arguments.content,
            overwrite=arguments.overwrite, on_epoch=tell,
        )  # fmt: skip
    usage = f"stylecore video ... --engine fast --style {quote(str(output))}"
    print(f"learned: {output}   paint with it: {usage}")


def add_arguments(parser: Parser) -> None:
    topic = parser.topic(SETTINGS)
    topic.add_argument("style", type=Path, metavar="PICTURE", help="picture with the style")
    topic.add_argument(
        "--content", type=Path, metavar="DIR|VIDEO",
        help="pictures, or a video, like those that will be painted [synthetic scenes]",
    )  # fmt: skip
    add_output(parser, "the learned style, NAME.style [beside the picture]")
    add_options(parser, StyleLearning)


COMMAND = Command(
    "learn",
    run,
    add_arguments,
    examples=(
        (
            "stylecore learn wave.jpg --minutes 10 --content holiday.mp4",
            "ten minutes of learning, on frames of the clip it is for",
        ),
    ),
)
