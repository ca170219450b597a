"""Every command, in the order of the help.

A new one is a module in this folder that ends with ``COMMAND = Command(name, run, add_arguments)``
(``cuts.py`` is a short one), and a line here. ``arguments.py`` holds the arguments that several
have, ``flows.options`` adds those of a settings model.
"""

from flows.commands import (
    cuts,
    doctor,
    folder,
    image,
    jobs,
    train,
    video,
)
from flows.commands.command import Command, CommandGroup

COMMANDS: tuple[Command | CommandGroup, ...] = (
    video.COMMAND,
    image.COMMAND,
    folder.COMMAND,
    cuts.COMMAND,
    jobs.COMMAND,
    train.COMMAND,
    doctor.COMMAND,
)
