"""A long shot in which nothing moves but the noise stays as it began."""

from pathlib import Path

import av
import numpy as np
import pytest

from data.make_demo import render_frame
from stylecore.arrays.images import resize, to_float
from stylecore.pipeline import stylize_video
from stylecore.settings import VideoSettings
from stylecore.store import Workspace

FRAMES = 300
SIZE = (160, 90)
NOISE = 0.02
STYLE = Path(__file__).parents[1] / "data" / "styles" / "brush_strokes.jpg"


@pytest.fixture
def still_scene(tmp_path: Path) -> Path:
    scene, random = resize(render_frame(30), SIZE), np.random.default_rng(0)
    with av.open(str(tmp_path / "scene.mkv"), "w") as container:
        stream = container.add_stream("libx264rgb", rate=24, options={"crf": "0"})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "rgb24"
        for _ in range(FRAMES):
            noisy = np.clip(scene + random.normal(0, NOISE, scene.shape), 0, 1)
            frame = av.VideoFrame.from_ndarray(np.rint(noisy * 255).astype(np.uint8))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return tmp_path / "scene.mkv"


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_still_scene_does_not_wander(still_scene: Path, tmp_path: Path) -> None:
    stylize_video(still_scene, STYLE, tmp_path / "out.mkv", VideoSettings(),
                  workspace=tmp_path / "jobs", keep=True)  # fmt: skip
    (workspace,) = Workspace.all_in(tmp_path / "jobs")
    frames = np.stack([to_float(workspace.load_frame(number)) for number in range(FRAMES)])
    colours, contrasts = 255 * frames.mean((1, 2)), frames.std((1, 2, 3))
    print(f"largest drift of the mean colour {np.abs(colours - colours[0]).max():.2f} of 255, "
          f"contrast {contrasts[0]:.4f} to {contrasts.max():.4f}")  # fmt: skip
    assert np.abs(colours - colours[0]).max() < 2
    assert contrasts.max() < 1.02 * contrasts[0]
