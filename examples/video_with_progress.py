"""Repaints a video and shows how far it is.

    python examples/video_with_progress.py holiday.mp4 wave.jpg holiday-wave.mp4

If it is stopped, the same call goes on after the last finished frame and gives the same bytes.
"""

import sys

from stylecore import Progress, Published, StyleError, VideoSettings, stylize_video

SETTINGS = VideoSettings(engine="fast", size=640, coherence=0.9)


def show(progress: Progress) -> None:
    """Is called after every frame: ``stage`` is stylize, shot by shot, and assemble in the end."""
    print(f"\r{progress.stage} {progress.done}/{progress.total}", end="", flush=True)


def repaint(source: str, style: str, output: str) -> Published:
    """A verified result: where it is, and what was found equal to the source."""
    return stylize_video(source, style, output, SETTINGS, on_progress=show)


if __name__ == "__main__":
    try:
        published = repaint(*sys.argv[1:])
    except StyleError as error:  # one sentence; finished frames are kept
        sys.exit(f"\n{error}")
    print(f"\n{published.output}: {', '.join(published.verified)}")
