"""Checksums of small renders: a change of bytes must come with a new PIXELS_VERSION.

    python -m tests.tools.golden      renders everything anew and writes tests/golden.json

Each render is known twice. Where libraries and processor are those that it was made with, the very
bytes of the stored frames are compared. Elsewhere rounding differs, and with it single values: the
means of blocks of BLOCK pixels are compared, within TOLERANCE levels of 256. A change that a person
could see moves them by more; a smaller one is noticed on the machine that it was made on.
"""

import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from stylecore.pipeline import stylize_chunk
from stylecore.runtime.versions import PIXELS_VERSION, made_with
from stylecore.settings import GatysSettings, SourceSettings, StyleSettings, VideoSettings
from tests.support import clips
from tests.support.jobs import planned

KNOWN = Path(__file__).resolve().parents[1] / "golden.json"
FRAMES = 6
BLOCK = 16
TOLERANCE = 2.0
PQ = 16
"""Transfer of HDR10 (ITU-T H.273)."""


@dataclass(frozen=True)
class Render:
    """A job on one of the drawn sources."""

    settings: VideoSettings
    source: str = "clip"


IDENTITY = VideoSettings(engine="identity")
GATYS = VideoSettings(gatys=GatysSettings(first_iterations=4, iterations=2), chunk_frames=3)
FAST = VideoSettings(engine="fast", chunk_frames=3)
TWO = StyleSettings(
    more_styles=(Path("more.png"),), style_keyframes={0: (1, 0), 3: (0, 1)}, colours="luminance"
)
RENDERS = {
    "decoding and scaling": Render(IDENTITY.model_copy(update={"size": 64})),
    "pictures": Render(IDENTITY, source="frames"),
    "tone mapping": Render(
        IDENTITY.model_copy(update={"source": SourceSettings(hdr="tonemap")}), source="hdr"
    ),
    "gatys": Render(GATYS),
    "gatys with all terms": Render(
        VideoSettings(
            gatys=GatysSettings(
                first_iterations=4, iterations=2, passes=2, long_term=(2,), boil=0.3,
                representations={"gram": 1, "gaussian": 1, "wasserstein": 1}, averaging=0.5,
            )
        )
    ),
    "gatys by L-BFGS": Render(
        VideoSettings(
            gatys=GatysSettings(first_iterations=3, iterations=2, optimiser="lbfgs"), frames="0:2"
        )
    ),
    "fast": Render(FAST),
    "fast with two styles": Render(FAST.model_copy(update={"mixing": TWO})),
    "fast in the shot's colours": Render(
        FAST.model_copy(update={"mixing": StyleSettings(colours="covariance")})
    ),
    "fast in a moving mask": Render(
        FAST.model_copy(update={"mixing": StyleSettings(style_masks=(Path("moving.mkv"),))})
    ),
    "gatys with a style on either side": Render(
        GATYS.model_copy(
            update={
                "frames": "0:2",
                "mixing": StyleSettings(
                    more_styles=(Path("more.png"),), style_masks=(Path("left.png"),)
                ),
            }
        )
    ),
}  # fmt: skip


def rendered(name: str, folder: Path) -> dict[str, Any]:
    """Digest of a render's stored frames, and the means of their blocks."""
    render = RENDERS[name]
    source = SOURCES[render.source](folder / render.source)
    style = clips.write_picture(folder / "style.png")
    mixing = render.settings.mixing
    more = tuple(clips.write_picture(folder / path, scene=9) for path in mixing.more_styles)
    masks = tuple(_mask(folder / path) for path in mixing.style_masks)
    mixing = mixing.model_copy(update={"more_styles": more, "style_masks": masks})
    settings = render.settings.model_copy(update={"mixing": mixing})
    workspace, request = planned(source, style, folder / "out.mkv", settings)
    for chunk in workspace.job.chunks:
        stylize_chunk(workspace, chunk, request)
    job, digest, means = workspace.job, hashlib.sha256(), []
    for number in range(job.start, job.stop):
        frame = workspace.load_frame(number)
        digest.update(frame.tobytes())
        means.append(_block_means(frame))
    return {"sha256": digest.hexdigest(), "means": np.round(means, 1).tolist()}


def difference(found: dict[str, Any], known: dict[str, Any]) -> float:
    """Greatest difference of the means of two renders, in levels of 256; infinite by shape."""
    one, other = np.array(found["means"]), np.array(known["means"])
    return float(np.abs(one - other).max()) if one.shape == other.shape else np.inf


def _block_means(frame: np.ndarray) -> list[float]:
    """Of RGB in [0, 256), block by block."""
    height, width = (-(-side // BLOCK) for side in frame.shape[:2])
    levels = frame.astype(np.float32) / (256 if frame.dtype == np.uint16 else 1)
    return cv2.resize(levels, (width, height), interpolation=cv2.INTER_AREA).ravel().tolist()


def _lossless(path: Path, *, pixel_format: str = "yuv420p", **options: Any) -> Path:
    """A clip whose bytes no encoder's version changes."""
    return clips.write_clip(path.with_suffix(".mkv"), frames=FRAMES, cuts=(4,), codec="ffv1",
                            options={}, pixel_format=pixel_format, **options)  # fmt: skip


def _mask(path: Path) -> Path:
    """The clip itself as frames of a mask, or a picture that is white at the left."""
    if path.suffix == ".mkv":
        return _lossless(path)
    mask = np.zeros((64, 96), np.uint8)
    mask[:, :48], mask[:, 48:64] = 255, 128
    cv2.imwrite(str(path), mask)
    return path


def _pictures(folder: Path) -> Path:
    for number in range(FRAMES):
        clips.write_frame(folder / f"{number}.png", clips.deep_picture(number))
    return folder


SOURCES = {
    "clip": _lossless,
    "hdr": lambda path: _lossless(path, pixel_format="yuv420p10le", tags={"color_trc": PQ}),
    "frames": _pictures,
}


def main() -> None:
    renders = {}
    for name in RENDERS:
        with tempfile.TemporaryDirectory() as folder:
            renders[name] = rendered(name, Path(folder))
        print(f"{name:<28} {renders[name]['sha256'][:16]}", flush=True)
    known = {"version": PIXELS_VERSION, "made_with": made_with(), "renders": renders}
    KNOWN.write_text(json.dumps(known, indent=None, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
