"""Runs one job in a process of its own, so that tests can kill it."""

import sys
from pathlib import Path

from stylecore.config import VideoSettings
from stylecore.pipeline import stylize_video


def main() -> None:
    source, style, output, workspace, settings = sys.argv[1:]
    stylize_video(
        Path(source),
        Path(style),
        Path(output),
        VideoSettings.model_validate_json(settings),
        workspace=Path(workspace),
        keep=True,
        overwrite=True,
    )


if __name__ == "__main__":
    main()
