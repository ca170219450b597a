"""Registers what the server itself watches over: ``python -m flows.automations``.

A worker that is killed cannot say so, and its run would be shown as running for ever. Runs send a
heartbeat, and one that has been silent for a while is marked as crashed.
"""

from datetime import timedelta
from typing import cast

from prefect.automations import Automation
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

NAME = "stylecore: silent runs have crashed"
HEARTBEAT_SECONDS = 30
"""Also set in prefect.yaml, for the runs."""

SILENCE = timedelta(seconds=4 * HEARTBEAT_SECONDS)


def register() -> None:
    """Creates the automation, or brings the existing one up to date."""
    automation = Automation(
        name=NAME,
        description="Marks runs of killed workers as crashed; run them again and they go on.",
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={
                f"prefect.flow-run.{event}"
                for event in ("heartbeat", "Completed", "Failed", "Cancelled", "Crashed")
            },
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=SILENCE,
        ),
        actions=[
            ChangeFlowRunState(
                name="Crashed",
                state=StateType.CRASHED,
                force=False,
                message=f"No sign of life for {SILENCE.seconds} seconds: the worker was killed or "
                "its machine is gone. Finished frames are kept; run it again to go on.",
            )
        ],
    )
    try:
        automation.id = cast(Automation, Automation.read(name=NAME)).id
    except ValueError:
        automation.create()
    else:
        automation.update()


if __name__ == "__main__":
    register()
    print(f"registered: {NAME}")
