"""Pictures of what the settings do, low, middle and high, for the page *Settings*.

    python -m docs.knob_pictures [NAME ...]      writes docs/knobs/NAME.jpg; all where none is named

Everything is made of the demo clip and one of the styles that ship, in small and in the defaults,
but for the one setting. What acts in time is shown on two neighbouring frames, and by what changes
from the one to the other although the motion, which is known exactly, does not explain it.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from data.make_demo import SIZE, TARGET, exact_motion
from stylecore import ImageSettings, VideoSettings, stylize_image, stylize_video
from stylecore.arrays.contact_sheet import contact_sheet
from stylecore.arrays.images import to_float
from stylecore.arrays.motion import warp
from stylecore.media import Excerpt, index_source, read_frames, read_picture, write_picture
from stylecore.settings import Settings, checked

Model = TypeVar("Model", bound=Settings)

FOLDER = Path(__file__).with_name("knobs")
STYLE = TARGET.parent / "styles" / "brush_strokes.jpg"
FRAME = 30
"""The frame of the stills, and the last of the moving ones."""
MOVING_FRAMES = 4
WIDTH = 384
CHANGE_GAIN = 4.0
"""How much stronger changes are shown than they are."""
JPEG_QUALITY = 82


@dataclass(frozen=True)
class Knob:
    """A setting that is worth a picture."""

    values: tuple[Any, ...]
    group: str = "gatys"
    """Field of the frame's settings that holds it; empty where it is one itself."""
    engine: str = "gatys"
    moves: bool = False

    def settings(self, model: type[Model], name: str, value: Any, **more: Any) -> Model:
        """The defaults, in small, but for ``value``."""
        own = {self.group: {name: value}} if self.group else {name: value}
        return checked(model, {"engine": self.engine, "size": WIDTH, **own, **more})


KNOBS = {
    "style_weight": Knob((2, 20, 200)),
    "style_scale": Knob((0.5, 1, 2)),
    "content_weight": Knob((0.1, 1, 10)),
    "variation_weight": Knob((0, 2, 40)),
    "first_iterations": Knob((15, 150, 600)),
    "boil": Knob((0, 0.3, 1), moves=True),
    "coherence": Knob((0, 0.8, 1), group="", moves=True),
    "colours": Knob(("style", "luminance", "covariance"), group="mixing"),
    "style_size": Knob((128, 256, 512), group="fast", engine="fast"),
    "strength": Knob((0.3, 0.6, 1), group="fast", engine="fast"),
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Makes the pictures of the page Settings.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(KNOBS))
    names = parser.parse_args(arguments).names or list(KNOBS)
    if unknown := [name for name in names if name not in KNOBS]:
        parser.error(f"no picture is made of {', '.join(unknown)}")
    FOLDER.mkdir(exist_ok=True)
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            sheet = sheet_of(name, Path(folder))
        picture = Image.fromarray(np.rint(sheet * 255).astype(np.uint8))
        picture.save(FOLDER / f"{name}.jpg", quality=JPEG_QUALITY)
        print(FOLDER / f"{name}.jpg", flush=True)


def sheet_of(name: str, folder: Path) -> np.ndarray:
    """The sheet of one knob, (H, W, 3) in [0, 1]; ``folder`` is for what is made on the way."""
    knob = KNOBS[name]
    make = _moving if knob.moves else _still
    columns = [make(knob, name, value, folder) for value in knob.values]
    labels = ("", "", f"changed, {CHANGE_GAIN:g} times") if knob.moves else ("",)
    rows = list(zip(labels, zip(*columns, strict=True), strict=True))
    return contact_sheet(rows, columns=[_caption(knob, name, value) for value in knob.values])


def _still(knob: Knob, name: str, value: Any, folder: Path) -> list[np.ndarray]:
    source, result = folder / "source.png", folder / f"{value}.png"
    index = index_source(TARGET)
    (frame,) = read_frames(Excerpt(TARGET, index, FRAME, FRAME + 1))
    write_picture(source, to_float(frame))
    settings = knob.settings(ImageSettings, name, value)
    stylize_image(source, STYLE, result, settings)
    return [read_picture(result)]


def _moving(knob: Knob, name: str, value: Any, folder: Path) -> list[np.ndarray]:
    result = folder / f"painted-{knob.values.index(value)}"
    frames = f"{FRAME + 1 - MOVING_FRAMES}:{FRAME + 1}"
    settings = knob.settings(VideoSettings, name, value, frames=frames)
    stylize_video(TARGET, STYLE, result, settings, workspace=folder / "jobs")
    before, after = (read_picture(path) for path in sorted(result.iterdir())[-2:])
    motion, mask = exact_motion(FRAME, FRAME - 1, scale=WIDTH / SIZE[0])
    change = np.abs(after - warp(before, motion)).mean(-1) * mask
    shown = np.clip(1 - CHANGE_GAIN * change, 0, 1)
    return [before, after, np.repeat(shown[..., None], 3, axis=-1)]


def _caption(knob: Knob, name: str, value: Any) -> str:
    defaults = VideoSettings()
    default = getattr(getattr(defaults, knob.group) if knob.group else defaults, name)
    return f"{value} (default)" if value == default else str(value)


if __name__ == "__main__":
    main()
