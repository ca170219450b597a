"""Every command, in the order of the help.

A new one is a module in this folder that ends with ``COMMAND = Command(name, run, add_arguments)``
(``cuts.py`` is a short one), an import and a line here. ``arguments.py`` holds the arguments that
several have, ``flows.options`` adds those of a settings model; ``parser.topic(...)`` is the group
under whose title the help lists an argument.
"""

from flows.commands import (
    completion,
    cuts,
    doctor,
    evaluate,
    features,
    folder,
    image,
    jobs,
    learn,
    preview,
    reconstruct,
    report,
    train,
    video,
)
from flows.commands.command import Command, CommandGroup
from flows.help import Example

COMMANDS: dict[str, tuple[Command | CommandGroup, ...]] = {
    "Repaint": (
        video.COMMAND,
        image.COMMAND,
        folder.COMMAND,
        learn.COMMAND,
    ),
    "Look closer": (
        preview.COMMAND,
        cuts.COMMAND,
        evaluate.COMMAND,
        features.COMMAND,
        reconstruct.COMMAND,
        report.COMMAND,
    ),
    "Go on": (
        jobs.COMMAND,
    ),
    "This program": (
        doctor.COMMAND,
        train.COMMAND,
        completion.COMMAND,
    ),
}  # fmt: skip
"""Commands by the heading under which they are listed."""
BEGIN_WITH: tuple[Example, ...] = (
    (
        "stylecore preview holiday.mp4 --style wave.jpg",
        "a few frames on a sheet, and how long the whole takes: try styles and settings so",
    ),
    (
        "stylecore video holiday.mp4 --style wave.jpg",
        "then all of it at its finest, which takes hours",
    ),
)
