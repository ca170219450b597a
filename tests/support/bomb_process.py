"""Reads one file in a process of its own; prints how its memory grew, in MB, and what was said."""

import resource
import sys
from pathlib import Path

from stylecore.errors import MediaError
from stylecore.media import (
    Excerpt,
    check_source,
    index_source,
    open_container,
    read_frames,
    read_picture,
)
from stylecore.sequence.masks import MaskedFrames, index_masks
from stylecore.settings import SourceSettings


def read_video(path: Path) -> None:
    check_source(path)
    index = index_source(path, SourceSettings(allow_damaged=True))
    for _ in read_frames(Excerpt.of_all(path, index)):
        pass


def read_mask(path: Path) -> None:
    index_masks([path], MaskedFrames(size=(96, 64), stop=1))


def open_and_close(path: Path) -> None:
    with open_container(path):
        pass


READERS = {
    "container": open_and_close,
    "video": read_video,
    "picture": read_picture,
    "mask": read_mask,
}


def main() -> None:
    kind, path = sys.argv[1:]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        READERS[kind](Path(path))
        said = "read"
    except MediaError as error:
        said = str(error)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(grown // (1 << (20 if sys.platform == "darwin" else 10)), said)


if __name__ == "__main__":
    main()
