"""Serves the flows from one process, without a work pool or worker: ``python -m flows.serve``.

For a laptop: needs ``prefect server start`` only, and one file is worked on at a time.
"""

from prefect import serve

from flows.folder import stylize_folder
from flows.video import stylize_video


def main() -> None:
    """Registers ``stylize-video/served`` and ``stylize-folder/served``, and runs what is asked."""
    flows = (stylize_video, stylize_folder)
    serve(*(flow.to_deployment(name="served") for flow in flows), limit=1)


if __name__ == "__main__":
    main()
