"""What can go wrong, each with one sentence for the person.

    StyleError                  anything this project reports on purpose
    ├── InputError              what was given cannot be used as it is
    │   ├── SettingsError       an option or a combination of options
    │   └── MediaError          a picture, video or folder of frames
    │       ├── DamagedError    a picture that is not whole
    │       └── UnreadableError the system does not let a file be read
    ├── WeightsError            a network's weights are missing or do not fit
    ├── StoreError              a workspace is busy, damaged or from another version
    └── OutputError             the result cannot be written, or did not pass verification
        ├── OutputExistsError   the output is there already and may not be replaced
        └── UnverifiedError     what was written is not what it should be

The text of every error says what is wrong and what to do about it; the technical cause travels as
``__cause__`` for the log. After any of them the workspace holds all finished frames and no output
file has been touched.
"""

from pathlib import Path


class StyleError(Exception):
    """Base of all errors meant for the person; ``exit_status`` is the command line's."""

    exit_status = 1


class InputError(StyleError):
    """What was given cannot be used as it is."""

    exit_status = 2


class SettingsError(InputError):
    """An option, or a combination of options, has no meaning."""


class MediaError(InputError):
    """A picture, video or folder of frames cannot be read or is not supported."""


class DamagedError(MediaError):
    """A picture is not whole; where it is one of many, it may be left out."""


class UnreadableError(MediaError):
    """The system does not let a file be read: permission, or a disk; says nothing of the file."""

    def __init__(self, path: Path, error: Exception) -> None:
        reason = getattr(error, "strerror", None) or error
        super().__init__(
            f"{path} cannot be read: {reason}. Mend that, and run the same command again."
        )


class WeightsError(StyleError):
    """A network's weights are missing, unreachable or do not fit the network."""

    exit_status = 3


class StoreError(StyleError):
    """A workspace is busy, damaged or belongs to another version."""

    exit_status = 4


class OutputError(StyleError):
    """The result cannot be written here, or did not pass verification; nothing was replaced."""

    exit_status = 5


class OutputExistsError(OutputError):
    """The output is there already and may not be replaced."""

    exit_status = 2

    def __init__(self, output: Path) -> None:
        super().__init__(
            f"{output} exists already; give --overwrite to replace it, or choose another name."
        )


class UnverifiedError(OutputError):
    """What was written is not what it should be.

    Attributes:
        difference: how it differs, as the rest of a sentence about "it".
    """

    def __init__(self, difference: str, remedy: str = "try another --codec or container") -> None:
        self.difference = difference
        super().__init__(
            f"The result does not pass verification: {difference}. Nothing was replaced and all "
            f"frames are kept; {remedy}."
        )
