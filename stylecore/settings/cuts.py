"""Cut lists: where shots begin, as a person or another program says.

A list is a text file with one cut a line, after which a comment may follow::

    # Cuts of holiday.mp4
    48              the number of a shot's first frame, from 0
    3.25            or when it is shown, in seconds from the first frame,
    0:01:02.500     hours, minutes and seconds, or minutes and seconds

or the CSV file that PySceneDetect's ``list-scenes`` writes. Frames are counted in the whole source,
also where only a part of it is painted.
"""

import csv
import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from stylecore.errors import SettingsError

MOST_BYTES = 16_000_000
"""Of a file that is looked into; a video that was given by mistake is larger."""
COMMENT = "#"
SEPARATORS = ",;\t|"
"""Of columns of a CSV file."""
CSV_MARKS = ("timecode list", "start frame", "start timecode")
"""What the first line of PySceneDetect's file holds."""
CSV_COLUMNS = (
    "Scene Number", "Start Frame", "Start Timecode", "Start Time (seconds)", "End Frame",
    "End Timecode", "End Time (seconds)", "Length (frames)", "Length (timecode)",
    "Length (seconds)",
)  # fmt: skip


def canonical_cut(text: str) -> str:
    """A cut in its shortest spelling: ``48`` for a frame, ``3.25s`` for a time.

    Raises:
        ValueError: it is neither a frame's number nor a time.
    """
    if re.fullmatch(r"\d+", text):
        return str(int(text))
    time = re.fullmatch(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)s?", text)
    if time is None:
        raise ValueError(
            f"{text!r} is neither a frame's number like 48 nor a time like 3.25 or 0:01:02.500"
        )
    hours, minutes, seconds = time.groups()
    total = 3600 * int(hours or 0) + 60 * int(minutes or 0) + Fraction(seconds)
    return f"{float(total):.6f}".rstrip("0").rstrip(".") + "s"


def read_cut_list(path: Path) -> tuple[str, ...]:
    """The cuts of a list, canonical, in the order of the file.

    Raises:
        SettingsError: it cannot be read, or a line of it is no cut.
    """
    lines = [line.strip() for line in _text(path).splitlines()]
    filled = [line for line in lines if line.partition(COMMENT)[0].strip()]
    try:
        if filled and any(mark in filled[0].lower() for mark in CSV_MARKS):
            return tuple(_cuts_of_csv(filled))
    except ValueError as error:
        raise SettingsError(f"{path.name} cannot be used as a cut list: {error}.") from error
    cuts = []
    for number, line in enumerate(lines, start=1):
        if written := line.partition(COMMENT)[0].strip():
            try:
                cuts.append(canonical_cut(written))
            except ValueError as error:
                raise SettingsError(f"Line {number} of {path.name}: {error}.") from error
    return tuple(cuts)


def cut_frames(cuts: Iterable[str], boundaries: Sequence[Fraction]) -> list[int]:
    """The first frames of all shots but the first one, in order.

    Args:
        cuts: canonical; times mean the frame that begins nearest to them.
        boundaries: seconds, when each frame of the source begins and the last one ends.

    Raises:
        SettingsError: a cut is behind the last frame.
    """
    count = len(boundaries) - 1
    times = [time - boundaries[0] for time in boundaries]
    numbers = set()
    for cut in cuts:
        number = _nearest(Fraction(cut[:-1]), times) if cut.endswith("s") else int(cut)
        if number > count:
            raise SettingsError(
                f"The cut at {cut} is behind the last frame: the source has {count} frames, "
                f"numbered from 0, and lasts {float(times[-1]):.3f} s."
            )
        numbers.add(number)
    return sorted(numbers - {0, count})


def written_cuts(name: str, cuts: Sequence[int], boundaries: Sequence[Fraction]) -> str:
    """The text of a cut list.

    Args:
        name: of the source, for a comment.
        cuts: first frames of all shots but the first one.
        boundaries: as of ``cut_frames``.
    """
    lines = [f"{COMMENT} Cuts of {name}: the first frame of every shot but the first, from 0"]
    for number in cuts:
        lines.append(f"{number:<8}{COMMENT} {_clock(boundaries[number] - boundaries[0])}")
    return "\n".join([*lines, ""])


def written_csv(cuts: Sequence[int], boundaries: Sequence[Fraction]) -> str:
    """The same as PySceneDetect writes it, with frames that are numbered from 1."""
    edges = [0, *cuts, len(boundaries) - 1]
    rows = [("Timecode List:", *(_clock(boundaries[n] - boundaries[0]) for n in cuts)), CSV_COLUMNS]
    for scene, (start, stop) in enumerate(pairwise(edges), start=1):
        begin, end = (boundaries[number] - boundaries[0] for number in (start, stop))
        rows.append(
            (str(scene), str(start + 1), _clock(begin), f"{float(begin):.3f}",
             str(stop), _clock(end), f"{float(end):.3f}",
             str(stop - start), _clock(end - begin), f"{float(end - begin):.3f}")
        )  # fmt: skip
    return "\n".join([*(",".join(row) for row in rows), ""])


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            raise SettingsError(
                f"There is no cut list {path}; write one with: stylecore cuts VIDEO -o {path.name}"
            )
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        if len(content) > MOST_BYTES or b"\0" in content:
            raise ValueError("no text")
        return content.decode("utf-8-sig")
    except ValueError as error:
        raise SettingsError(
            f"{path.name} is no cut list: give a text file with one frame or time a line, or the "
            "CSV file of PySceneDetect."
        ) from error


def _cuts_of_csv(lines: list[str]) -> list[str]:
    """The cuts of PySceneDetect's file, of any version.

    Since version 0.6 its frames are numbered from 1, before from 0; the first scene tells.

    Raises:
        ValueError: it holds no scenes.
    """
    separator = max(SEPARATORS, key=lines[0].count)
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator)]
    listed = rows.pop(0)[1:] if lines[0].lower().startswith("timecode list") else []
    if not rows:
        return [canonical_cut(cell) for cell in listed if cell]
    header = [cell.lower() for cell in rows.pop(0)]
    for column in ("start frame", "start timecode", "start time (seconds)"):
        if column in header:
            starts = [row[header.index(column)] for row in rows if len(row) == len(header)]
            break
    else:
        raise ValueError("it has no column 'Start Frame' or 'Start Timecode'")
    if len(starts) != len(rows) or not all(starts):
        raise ValueError("a row of it is not whole")
    if column != "start frame":
        return [canonical_cut(start) for start in starts]
    if not all(start.isdecimal() for start in starts):
        raise ValueError("a 'Start Frame' of it is no number")
    first = min(1, min(map(int, starts), default=0))
    return [str(int(start) - first) for start in starts]


def _nearest(time: Fraction, times: list[Fraction]) -> int:
    """Number of the boundary that is nearest; one more than there are where all are before it."""
    if time > times[-1] + (times[-1] - times[-2]):
        return len(times)
    later = min(bisect_left(times, time), len(times) - 1)
    earlier = max(later - 1, 0)
    return earlier if time - times[earlier] <= times[later] - time else later


def _clock(seconds: Fraction) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
