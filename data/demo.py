"""``make demo``: repaints the demo clip with both engines and lays the results side by side."""

import argparse
import sys
from pathlib import Path

from flows.cli import main as stylecore
from stylecore.arrays.contact_sheet import contact_sheet
from stylecore.arrays.images import to_float
from stylecore.media import Excerpt, index_source, read_frames, read_picture, write_picture

HERE = Path(__file__).resolve().parent
CLIP = HERE / "demo.mp4"
SHOWN_FRAMES = (4, 30, 54, 62, 90)
FLOW = "fast"
"""The engine whose film goes through the Prefect flow, so that the demo shows that too."""
LABELS = {
    "fast": "fast: the compact network, one pass a frame",
    "gatys": "gatys: every frame optimised, on compact features",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--style", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("out"))
    arguments = parser.parse_args()
    style, out = arguments.style, arguments.out
    out.mkdir(parents=True, exist_ok=True)
    rows = [(f"source, and the style {style.stem}", [*_frames(CLIP), read_picture(style)])]
    for engine, label in LABELS.items():
        result = out / f"demo-{engine}.mp4"
        way = "on" if engine == FLOW else "off"
        status = stylecore(
            ["video", str(CLIP), "--style", str(style), "-o", str(result), "--engine", engine,
             "--overwrite", "--prefect", way, "--workspace", str(out / "jobs")]
        )  # fmt: skip
        if status:
            return status
        rows.append((label, _frames(result)))
    write_picture(out / "demo.png", contact_sheet(rows, height=180))
    print(out / "demo.png")
    return 0


def _frames(path: Path) -> list:
    index = index_source(path)
    return [
        to_float(next(read_frames(Excerpt(path, index, number, number + 1))))
        for number in SHOWN_FRAMES
    ]


if __name__ == "__main__":
    sys.exit(main())
