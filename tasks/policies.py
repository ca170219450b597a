"""How runs behave when something goes wrong: what is tried again, and what a person reads."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import TaskRun
from prefect.states import Cancelled, Completed, Failed, State

from stylecore.errors import StyleError
from stylecore.pipeline.attempts import DELAY_SECONDS, can_heal, can_heal_frames

P = ParamSpec("P")
R = TypeVar("R")

HOUR = 3600


class RefusedError(StyleError):
    """A person has said no, which is an end and no failure."""


def _if(can_heal: Callable[[object], bool]) -> Callable[..., bool]:
    """The condition for another attempt as Prefect asks it."""

    def retry(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
        return can_heal(state.data)

    return retry


TASK_OPTIONS: dict[str, Any] = {
    "cache_policy": NO_CACHE,  # the workspace knows what is done, and sees when a file has changed
    "retries": len(DELAY_SECONDS),
    "retry_delay_seconds": list(DELAY_SECONDS),
    "retry_condition_fn": _if(can_heal),
}
"""Options of every task."""

CHUNK_TASK_OPTIONS = TASK_OPTIONS | {"retry_condition_fn": _if(can_heal_frames)}


def with_state_message(by: Callable[[R], str]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Makes one sentence the state message of a flow run, in success and in failure.

    Args:
        by: the sentence for a result. A ``StyleError`` is its own sentence; the caller in the same
            process still gets the result, or the error raised.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> State[Any]:
            try:
                result = function(*args, **kwargs)
            except RefusedError as error:
                return Cancelled(message=str(error), data=error)
            except StyleError as error:
                return Failed(message=str(error), data=error)
            return Completed(message=by(result), data=result)

        return cast(Callable[P, R], run)

    return decorate
