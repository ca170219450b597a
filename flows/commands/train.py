"""``stylecore train``: the networks that ship."""

import argparse
from contextlib import AbstractContextManager
from pathlib import Path

from flows.commands.command import Command, CommandGroup
from flows.help import Parser
from flows.options import add_options, read_options
from flows.topics import SETTINGS
from stylecore.training.settings import FastTraining, PerceptualTraining


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


def _print_epoch(epoch: int, epochs: int, means: dict[str, float]) -> None:
    shown = "  ".join(f"{name} {value:.4g}" for name, value in sorted(means.items()))
    print(f"epoch {epoch} of {epochs}  {shown}", flush=True)


def _add_folders(parser: Parser) -> None:
    for option, meaning in (
        ("--content", "folder of photographs"),
        ("--style", "folder of artworks and textures"),
        ("--out", "folder for checkpoints, weights, log, loss plot and sample sheets"),
    ):
        parser.topic(SETTINGS).add_argument(
            option, type=Path, required=True, metavar="DIR", help=meaning
        )


def _add_perceptual(parser: Parser) -> None:
    _add_folders(parser)
    add_options(parser, PerceptualTraining)


def _add_fast(parser: Parser) -> None:
    _add_folders(parser)
    add_options(parser, FastTraining)


COMMAND = CommandGroup(
    "train",
    "Trains the networks that ship: perceptual, fast.",
    (
        Command("perceptual", train_perceptual, _add_perceptual),
        Command("fast", train_fast, _add_fast),
    ),
    metavar="NETWORK",
)
