"""What is tried again when it fails, and after how long."""

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from stylecore.errors import StoreError, StyleError

DELAY_SECONDS = (2.0, 15.0)
"""Before the second and the third attempt."""

Result = TypeVar("Result")
logger = logging.getLogger(__name__)


def can_heal(error: object) -> bool:
    """Whether another attempt may succeed without anybody doing something about it.

    What the project reports on purpose is for a person to mend; anything unforeseen, a network
    disk or a device, may pass.
    """
    return not isinstance(error, StyleError)


def can_heal_frames(error: object) -> bool:
    """Likewise for frames: one that was damaged has been put aside and will be made again."""
    return isinstance(error, StoreError) or can_heal(error)


def in_attempts(
    work: Callable[[], Result],
    what: str,
    *,
    can_heal: Callable[[object], bool] = can_heal,
    ending: threading.Event | None = None,
) -> Result:
    """The result of some work, which is tried again while that may help.

    Args:
        work: does what is missing, however often it is called.
        what: the work, for the log.
        can_heal: whether an error may pass.
        ending: once it is set, nothing is tried again.

    Raises:
        Exception: what the work raised last, where another attempt would not help or the last one
            failed.
    """
    ending = ending or threading.Event()
    for delay in DELAY_SECONDS:
        try:
            return work()
        except Exception as error:
            if ending.is_set() or not can_heal(error):
                raise
            logger.warning("%s failed (%s); trying again in %g s", what, error, delay)
            if ending.wait(delay):
                raise
    return work()
