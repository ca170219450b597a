"""A run that waits until a person has looked at a preview and answered."""

from datetime import UTC, datetime, timedelta

from prefect import get_run_logger
from prefect.context import FlowRunContext
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from pydantic import Field

from tasks.policies import RefusedError

KEY = "approval"
"""The same in every attempt of a run: a person is asked once."""


class Approval(RunInput):
    """The answer, as the form of a suspended run asks for it."""

    approved: bool = Field(
        False,
        title="Paint the whole video",
        description="Tick it to go on; resumed without it, the run ends, and what is painted is "
        "kept.",
    )


def was_asked() -> bool:
    """Whether this run has waited for an answer before, and so is one that was resumed."""
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    return run is not None and KEY in (run.empirical_policy.pause_keys or set())


def require_approval(shown: str, hours: float) -> None:
    """Suspends the flow's run until it is resumed; in a run that was, heeds the answer.

    Nothing runs and no worker is held meanwhile: the run begins anew, and what is in the store is
    not made again. When the time is over, the server fails the run.

    Args:
        shown: what the person decides about, in Markdown.
        hours: how long the answer may take.

    Raises:
        RefusedError: the answer was no, or there was none in time.
    """
    if not was_asked():
        until = datetime.now(UTC) + timedelta(hours=hours)
        get_run_logger().info(
            "waiting for approval for %g hours, until %s: look at the preview among the run's "
            "artifacts, then resume the run with approved = true to paint the whole video",
            hours, f"{until:%A %d %B %Y, %H:%M} UTC",
        )  # fmt: skip
        shown += f"\n\nThis run waits until {until:%A %d %B %Y, %H:%M} UTC and then fails."
    form = Approval.with_initial_data(description=shown)
    answer = suspend_flow_run(wait_for_input=form, timeout=round(hours * 3600), key=KEY)
    if not answer.approved:
        raise RefusedError(
            "The preview was not approved, so nothing more was painted; the frames of the preview "
            "are kept. Run it again with other settings."
        )
    get_run_logger().info("approved; going on from the frames that are there")
