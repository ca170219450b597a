"""Files and folders that appear only when they are whole."""

import ctypes
import errno
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from stylecore.errors import OutputError, OutputExistsError
from stylecore.media.names import PICTURE_SUFFIXES, is_pattern, path_on_disk, wants_folder
from stylecore.runtime.cleanup import cleaned_up

AT_FDCWD, RENAME_EXCHANGE = -100, 2
"""Of Linux's renameat2."""
RENAME_SWAP = 2
"""Of macOS's renamex_np."""
REFUSALS = (errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.ESTALE,
            errno.ENODEV, errno.ENXIO, errno.ENOTCONN, errno.EMFILE, errno.ENFILE)  # fmt: skip
"""What a system says when the place is to blame, not what is written there."""
STEM_LENGTH = 40
"""Characters of a name that go into a temporary one, so that the rest fits beside them."""


def is_disk_full(error: Exception) -> bool:
    """Whether something could not be written for want of space, by a system or by ffmpeg."""
    return getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)


def no_space(folder: str) -> OutputError:
    """What is said when a disk is full."""
    return OutputError(
        f"No space is left for {folder}; all finished frames are kept. Free some space and run the "
        "same command again."
    )


def not_written(output: Path, error: Exception) -> OutputError | None:
    """What is said where the system refused to write a result; None where it is not to blame.

    Args:
        output: the result, or the unfinished one beside its place.
        error: of the system, or of ffmpeg.
    """
    folder, code = path_on_disk(output).parent, getattr(error, "errno", None)
    if is_disk_full(error):
        return no_space(f"the result in {folder}")
    if code in (errno.ENOENT, errno.ENOTDIR) and not folder.is_dir():
        what = f"The folder {folder} is not there any more"
        remedy = "make it again"
    elif code == errno.EFBIG:
        what = f"The result is larger than a file in {folder} may be (4 GB on FAT32)"
        remedy = "choose a smaller --size or a lower --quality"
    elif code in REFUSALS:
        what = f"The result cannot be written in {folder} ({os.strerror(code)})"
        remedy = "mend that"
    else:
        return None
    return OutputError(
        f"{what}; all finished frames are kept. To go on, {remedy} and run the same command "
        "again, or choose another place with -o."
    )


@contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """A name beside ``path``, with its suffix, for a file that is removed unless it is renamed."""
    unique = f"{os.getpid()}-{os.urandom(4).hex()}"
    temporary = path.with_name(f".{path.stem[:STEM_LENGTH]}.{unique}{path.suffix}")
    with cleaned_up(partial(temporary.unlink, missing_ok=True)):
        try:
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)


def hidden_beside(output: Path, tag: str) -> Path:
    """Another name for a result that is not finished: hidden, beside it, and of the same kind."""
    if not wants_folder(output):
        return output.with_name(f".{output.stem[:STEM_LENGTH]}.{tag}.part{output.suffix}")
    final = path_on_disk(output)
    # Without a dot in it, which would begin an ending.
    stem = final.name.replace(".", "-")[:STEM_LENGTH]
    hidden = final.with_name(f".{stem}-{tag}-part")
    return hidden / output.name if is_pattern(output) else hidden


def discard(path: Path) -> None:
    """Removes a file or folder of frames, if it is there."""
    final = path_on_disk(path)
    if final.is_dir() and not final.is_symlink():
        shutil.rmtree(final)
    else:
        final.unlink(missing_ok=True)


def require_free(output: Path, *, overwrite: bool) -> None:
    """Checks that a result may get this name; an empty folder is as good as none.

    Raises:
        OutputExistsError: something is there, and it may not be replaced.
        OutputError: it may, and is of another kind, or a folder that holds more than pictures.
    """
    final = path_on_disk(output)
    is_folder = final.is_dir() and not final.is_symlink()
    if not os.path.lexists(final):
        return
    if wants_folder(output) and is_folder and not any(final.iterdir()):
        return
    if not overwrite:
        raise OutputExistsError(final)
    if wants_folder(output) != is_folder:
        kinds = ("a folder", "a file") if is_folder else ("a file or link", "a folder")
        raise OutputError(
            f"{final} is {kinds[0]} and the result is {kinds[1]}; choose another name."
        )
    for path in final.iterdir() if is_folder else ():
        if path.suffix.lower() not in PICTURE_SUFFIXES or not path.is_file():
            raise OutputError(
                f"{final} is not replaced, since it holds more than pictures ({path.name}); choose "
                "another folder."
            )


def publish(temporary: Path, output: Path, *, overwrite: bool) -> None:
    """Renames a finished file or folder into place, so that it survives a power failure.

    Raises:
        OutputExistsError: there is one, and it may not be replaced.
        OutputError: the place cannot be written, or holds something else.
    """
    require_free(output, overwrite=overwrite)
    made, final = path_on_disk(temporary), path_on_disk(output)
    try:
        for path in made.iterdir() if made.is_dir() else ():
            _flush(path)
        _flush(made)
        if made.is_dir() and final.is_dir():
            _replace_folder(made, final)
        else:
            made.replace(final)
        _flush(final.parent)
    except OSError as error:
        known = not_written(output, error)
        raise known or OutputError(f"{final} cannot be written: {error.strerror}.") from error


def _replace_folder(made: Path, final: Path) -> None:
    """Puts one folder in the place of another, which is then removed.

    Both exchange their names at once where the system can do that. Else there is a moment in which
    the old one has another name: it gets its own back when the same output is next written.
    """
    if exchange(made, final):
        shutil.rmtree(made)
        return
    aside = _aside(final)
    final.rename(aside)
    try:
        made.rename(final)
    except OSError:
        aside.rename(final)
        raise
    shutil.rmtree(aside)


def restore(output: Path) -> None:
    """Undoes what a killed ``publish`` left half done: an old folder that has lost its name."""
    final = path_on_disk(output)
    aside = _aside(final)
    if not aside.is_dir() or aside.is_symlink():
        return
    if os.path.lexists(final):
        shutil.rmtree(aside)
    else:
        aside.rename(final)


def _aside(final: Path) -> Path:
    return final.with_name(f".{final.name.replace('.', '-')[:STEM_LENGTH]}-replaced")


def exchange(one: Path, other: Path) -> bool:
    """Exchanges the names of two files or folders at once; False where that cannot be done."""
    paths = os.fsencode(one), os.fsencode(other)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            return bool(libc.renamex_np(*paths, RENAME_SWAP) == 0)
        return bool(libc.renameat2(AT_FDCWD, paths[0], AT_FDCWD, paths[1], RENAME_EXCHANGE) == 0)
    except (AttributeError, OSError, TypeError):  # another system, or an older one
        return False


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
