"""Serves the flows from one process, without a work pool or worker: ``python -m flows.serve``.

For a laptop: needs ``prefect server start`` only, and one file is worked on at a time.
"""

from typing import cast

from prefect import serve
from prefect.deployments.runner import RunnerDeployment

from flows.folder import stylize_folder
from flows.preview import preview
from flows.video import stylize_video

FLOWS = stylize_video, stylize_folder, preview


def main() -> None:
    """Registers ``NAME/served`` of each flow of a person's, and runs what is asked."""
    deployments = [flow.to_deployment(name="served") for flow in FLOWS]
    serve(*cast(list[RunnerDeployment], deployments), limit=1)


if __name__ == "__main__":
    main()
