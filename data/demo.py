"""``make demo``: repaints the demo clip and lays source, style and result side by side."""

import argparse
import sys
from pathlib import Path

from flows.cli import main as stylecore
from stylecore.images import to_float
from stylecore.media import index_source, read_frames, read_picture, write_picture
from stylecore.report.sheet import contact_sheet

HERE = Path(__file__).resolve().parent
CLIP = HERE / "demo.mp4"
SHOWN_FRAMES = (4, 30, 54, 62, 90)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--style", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("out"))
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    result = arguments.out / "demo-gatys.mp4"
    status = stylecore(
        ["video", str(CLIP), "--style", str(arguments.style), "-o", str(result), "--overwrite",
         "--no-prefect", "--workspace", str(arguments.out / "jobs")]
    )  # fmt: skip
    if status == 0:
        sheet = contact_sheet(
            [
                (
                    f"source, and the style {arguments.style.stem}",
                    [*_frames(CLIP), read_picture(arguments.style)],
                ),
                ("gatys, compact features", _frames(result)),
            ],
            height=180,
        )
        write_picture(arguments.out / "demo.png", sheet)
        print(arguments.out / "demo.png")
    return status


def _frames(path: Path) -> list:
    index = index_source(path)
    return [to_float(next(read_frames(path, index, number, number + 1))) for number in SHOWN_FRAMES]


if __name__ == "__main__":
    sys.exit(main())
