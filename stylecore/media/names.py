"""What a path says: one file, a folder of frames, or a pattern for the names of frames.

``frames/`` stands for all pictures in it, ``frames/shot_%06d.png`` for those that are named so.
"""

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from stylecore.errors import MediaError, SettingsError

VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg"}
    | {".flv", ".wmv", ".3gp", ".3g2", ".ogv", ".gif", ".apng"}
)
PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"})
LAST_NUMBER = re.compile(r"\d+(?=\D*$)")
PLACEHOLDERS = re.compile(r"(%%|%(?:0\d+)?d)")


def require_utf8(path: Path) -> None:
    """Checks that a name is text: job files, Prefect and terminals hold nothing else.

    Raises:
        MediaError: it is not, or no system has such a name; the sentence shows what is wrong.
    """
    name = str(path.absolute())
    if "\0" in name:
        raise MediaError(f"The name {name!r} holds a null byte; no file can have it.")
    try:
        os.fsencode(name).decode()
    except UnicodeDecodeError as error:
        raise MediaError(
            f"The name {as_utf8(name)} is not valid UTF-8; rename it first."
        ) from error


def as_utf8(name: str) -> str:
    """A file name in which bytes that are not UTF-8 are written like ``\\xff``."""
    return os.fsencode(name).decode(errors="backslashreplace")


def is_sequence(path: Path) -> bool:
    """Whether ``path`` stands for many files: it is a folder, or a pattern."""
    return _is_folder(path) or is_pattern(path)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is too long, say
        return False


def is_pattern(path: Path) -> bool:
    """Whether ``path`` is meant as a pattern; a file that is there is that file."""
    could_be = "%" in path.name and path.suffix.lower() in PICTURE_SUFFIXES
    return could_be and not path.is_file()


def path_on_disk(path: Path) -> Path:
    """The file or the folder itself; of a pattern, the folder that it names files in."""
    return path.parent if is_pattern(path) else path


def wants_folder(output: Path) -> bool:
    """Whether a result with this name is a folder of frames."""
    is_file = output.suffix.lower() in VIDEO_SUFFIXES | PICTURE_SUFFIXES
    return is_pattern(output) or (not is_file and (not output.suffix or _is_folder(output)))


def frame_name(pattern: Path, number: int) -> str:
    """The name that a pattern gives to a number.

    Raises:
        SettingsError: there is not exactly one place for it.
    """
    before, width, after = _pattern_parts(pattern)
    return f"{before}{number:0{width}d}{after}"


def frame_files(path: Path) -> tuple[str, ...]:
    """Lists the names of the frames of a folder or pattern, in their order.

    They are ordered by the last number in their names, whatever its length; names without any are
    ordered as they are.

    Raises:
        MediaError: there are none, or their order is not certain.
        SettingsError: the pattern is none.
    """
    folder = path_on_disk(path)
    try:
        names = [entry.name for entry in os.scandir(folder) if entry.is_file()]
        names.sort()
    except OSError as error:
        raise MediaError(f"The folder {folder} cannot be read: {error.strerror}.") from error
    found = _matching(path, names) if is_pattern(path) else _pictures(path, names)
    if not found:
        what = f"picture named like {path.name}" if is_pattern(path) else "picture"
        raise MediaError(f"There is no {what} in the folder {folder}; check the name.")
    return tuple(name for _, name in sorted(found))


def frame_numbers(path: Path, names: Sequence[str]) -> list[int] | None:
    """The numbers of frames that were found in a folder or by a pattern; None where one has none.

    Args:
        path: the folder or the pattern.
        names: of all or some of its frames.
    """
    number_in = _by_pattern(path) if is_pattern(path) else _last_number
    numbers = [number for name in names if (number := number_in(name)) is not None]
    return numbers if len(numbers) == len(names) else None


def _matching(pattern: Path, names: list[str]) -> list[tuple[int, str]]:
    """(number, name) of the files that are named by the pattern."""
    number_in = _by_pattern(pattern)
    found = [(number, name) for name in names if (number := number_in(name)) is not None]
    _require_once(pattern, found)
    return found


def _by_pattern(pattern: Path) -> Callable[[str], int | None]:
    """What finds the number in a name; None where the name is not the pattern's."""
    before, width, after = _pattern_parts(pattern)
    form = re.compile(rf"{re.escape(before)}(\d{{{width},}}){re.escape(after)}")

    def number_in(name: str) -> int | None:
        match = form.fullmatch(name)
        return int(match[1]) if match else None

    return number_in


def _last_number(name: str) -> int | None:
    """The last number in a name without its ending."""
    match = LAST_NUMBER.search(Path(name).stem)
    return int(match[0]) if match else None


def _pictures(folder: Path, names: list[str]) -> list[tuple[int, str]]:
    """(number, name) of all pictures of a folder; the number is 0 where none has one."""
    pictures = [
        name for name in names if _suffix(name) in PICTURE_SUFFIXES and not name.startswith(".")
    ]
    numbers = {name: _last_number(name) for name in pictures}
    if all(number is None for number in numbers.values()):
        _require_once(folder, [(Path(name).stem, name) for name in pictures])
        return [(0, name) for name in pictures]
    forms = {LAST_NUMBER.sub("*", Path(name).stem): name for name in reversed(pictures)}
    if len(forms) > 1:
        one, other, *_ = sorted(forms.values())
        raise MediaError(
            f"{folder} holds pictures with different names, like {one} and {other}; say which "
            f"with a pattern, like '{folder / _pattern_for(one)}'."
        )
    found = [(number, name) for name, number in numbers.items() if number is not None]
    _require_once(folder, found)
    return found


def _pattern_for(name: str) -> str:
    """A pattern that a name fits, its last number taken for the frame's."""
    stem = Path(name).stem.replace("%", "%%")
    stem = LAST_NUMBER.sub(lambda m: f"%0{len(m[0])}d" if m[0].startswith("0") else "%d", stem)
    return f"{stem}{Path(name).suffix}"


def _require_once(path: Path, found: Sequence[tuple[int | str, str]]) -> None:
    seen: dict[int | str, str] = {}
    for number, name in found:
        if number in seen:
            raise MediaError(
                f"{seen[number]} and {name} in {path_on_disk(path)} are the same frame; remove one."
            )
        seen[number] = name


def _pattern_parts(pattern: Path) -> tuple[str, int, str]:
    """What stands before and after the number, and the digits that it has at least."""
    before, after, width = "", "", None
    for position, piece in enumerate(PLACEHOLDERS.split(pattern.name)):
        is_literal = position % 2 == 0
        if (is_literal and "%" in piece) or (piece.endswith("d") and not is_literal and width):
            raise _no_pattern(pattern)
        if is_literal or piece == "%%":
            text = piece.replace("%%", "%")
            before, after = (before, after + text) if width else (before + text, after)
        else:
            width = max(1, int(piece[1:-1] or 1))
    if width is None:
        raise _no_pattern(pattern)
    return before, width, after


def _no_pattern(pattern: Path) -> SettingsError:
    return SettingsError(
        f"{pattern.name} must say once where the number goes, like frame_%06d.png or %d.png; write "
        "%% for a percent sign."
    )


def _suffix(name: str) -> str:
    return Path(name).suffix.lower()
