"""Locks of the operating system, which vanish with their process."""

from pathlib import Path

from filelock import FileLock, Timeout

from stylecore.errors import StoreError


def acquired(path: Path, *, timeout: float = -1) -> FileLock | None:
    """The lock on a file, to be released; None where another process holds it.

    Args:
        path: the lock file, which is made, and stays.
        timeout: seconds to wait for it; for ever if negative.

    Raises:
        StoreError: the file cannot be made or locked.
    """
    lock = FileLock(path)
    try:
        lock.acquire(timeout=timeout)
    except Timeout:
        return None
    except (OSError, NotImplementedError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoreError(
            f"{path} cannot be locked ({reason}), so nothing keeps others from the same work; "
            "give write permission for its folder, or use one on another disk. All finished "
            "frames are kept."
        ) from error
    return lock
