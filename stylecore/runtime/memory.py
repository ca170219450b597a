"""Memory of this process: the most it took, and what becomes of it once it is freed."""

import ctypes
import re
import sys
from contextlib import suppress
from pathlib import Path

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Parameters of glibc's mallopt."""
_KEPT_AT_MOST, _LARGEST_KEPT = 1 << 30, 1 << 25


def keep_freed_memory() -> None:
    """Has glibc keep the memory of freed pictures for the next ones, up to a gigabyte.

    By default it gives arrays of some megabytes back to the system at once, and every new one
    costs more in page faults than what is computed in it. Other C libraries are left alone.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, _KEPT_AT_MOST)
        mallopt(_MMAP_THRESHOLD, _LARGEST_KEPT)


def peak_bytes() -> int | None:
    """Most memory that this process has had in use; None where the system does not say."""
    with suppress(OSError):
        facts = Path("/proc/self/status").read_text()
        if (most := re.search(r"^VmHWM:\s+(\d+) kB", facts, re.MULTILINE)) is not None:
            return 1024 * int(most[1])
    if sys.platform != "darwin":
        return None
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
