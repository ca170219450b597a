"""A preview shows what a job would paint, keeps what is the job's own, and estimates the rest."""

from pathlib import Path

import numpy as np
import pytest

from flows.cli import main
from flows.sweeps import Sweep, read_sweep
from stylecore.arrays.images import to_float
from stylecore.errors import OutputError, OutputExistsError, SettingsError
from stylecore.media import read_picture
from stylecore.pipeline import stylize_video
from stylecore.preview import (
    Costs,
    Extent,
    PreviewRequest,
    Variant,
    VariantRow,
    estimate_job,
    make_preview,
    spoken_size,
    spoken_time,
)
from stylecore.preview.choosing import Candidate, best_of, sections
from stylecore.preview.sheet import SheetRow, crop_at, preview_sheet
from stylecore.settings import GatysSettings, VideoSettings
from stylecore.store import Workspace
from tests.support import clips

IDENTITY = VideoSettings(engine="identity")
GATYS = VideoSettings(
    gatys=GatysSettings(first_iterations=6, iterations=3), coherence=0.8, chunk_frames=4
)


def asked(
    tmp_path: Path, clip: Path, style: Path, settings: VideoSettings, *, count: int = 2
) -> PreviewRequest:
    variant = Variant(style=style, settings=settings, output=tmp_path / "result.mp4")
    return PreviewRequest(
        source=clip, rows=(VariantRow(label="only", variants=(variant,)),),
        sheet=tmp_path / "sheet.png", count=count, root=tmp_path / "jobs", overwrite=True,
    )  # fmt: skip


def stored_frames(root: Path) -> dict[str, tuple[bytes, int]]:
    """Content and time of each frame of the one job below ``root``, by name."""
    (workspace,) = Workspace.all_in(root)
    return {
        path.name: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in (workspace.folder / "frames").glob("*.png")
    }


# --- frames --------------------------------------------------------------------------------------


def test_places_are_spread_over_the_shots_and_the_longest_has_most() -> None:
    shots = [(0, 10), (10, 14), (14, 114)]
    assert sections(shots, 2) == [(0, 10), (14, 114)]
    assert sections(shots, 5) == [(0, 10), (10, 14), (14, 47), (47, 80), (80, 114)]
    assert sections([(7, 9)], 4) == [(7, 8), (8, 9)], "no frame is shown twice"
    many = [(10 * k, 10 * k + 10) for k in range(30)]
    assert sections(many, 3) == [(50, 60), (150, 160), (250, 260)]


def test_the_first_frame_of_a_shot_is_shown_unless_another_says_much_more() -> None:
    dull, fair, rich = Candidate(0, 0.1, 0.0), Candidate(0, 0.18, 0.02), Candidate(4, 0.2, 0.02)
    assert best_of([fair, rich], first=0) == 0
    assert best_of([dull, rich], first=0) == 4
    assert best_of([Candidate(0, 0.18, 0.02), rich], first=7) == 4


def test_a_black_beginning_is_not_what_is_shown(style: Path, tmp_path: Path) -> None:
    black = [np.zeros((64, 96, 3), np.uint8)] * 4
    folder = tmp_path / "frames"
    for number, pixels in enumerate([*black, *(clips.picture(n) for n in range(4, 10))]):
        clips.write_frame(folder / f"{number:04d}.png", pixels)
    preview = make_preview(asked(tmp_path, folder, style, IDENTITY, count=1))
    assert preview.frames[0] >= 4


# --- what is kept for the job --------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(GATYS, id="gatys"),
        pytest.param(VideoSettings(engine="fast"), id="fast"),
        *(
            pytest.param(settings, id=name, marks=pytest.mark.long)
            for name, settings in {
                "gatys without coherence": VideoSettings(
                    gatys=GatysSettings(first_iterations=6), coherence=0
                ),
                "gatys in passes": VideoSettings(
                    gatys=GatysSettings(first_iterations=6, iterations=3, passes=2)
                ),
                "fast without coherence": VideoSettings(engine="fast", coherence=0),
            }.items()
        ),
    ],
)
def test_a_job_goes_on_from_its_preview_and_gives_the_same_bytes(
    clip: Path, style: Path, tmp_path: Path, settings: VideoSettings
) -> None:
    make_preview(asked(tmp_path, clip, style, settings, count=4))
    kept = stored_frames(tmp_path / "jobs")
    previewed = stylize_video(
        clip, style, tmp_path / "result.mp4", settings, workspace=tmp_path / "jobs", keep=True
    )
    plain = stylize_video(
        clip, style, tmp_path / "plain.mp4", settings, workspace=tmp_path / "other", keep=True
    )
    assert previewed.sha256 == plain.sha256
    after, undisturbed = stored_frames(tmp_path / "jobs"), stored_frames(tmp_path / "other")
    assert {name: frame for name, (frame, _) in after.items()} == {
        name: frame for name, (frame, _) in undisturbed.items()
    }
    assert kept.items() <= after.items(), "a frame was painted twice"
    assert kept or settings.passes > 1


def test_a_frame_that_depends_on_others_is_not_given_to_the_job(
    style: Path, tmp_path: Path
) -> None:
    clip = clips.write_clip(tmp_path / "clip.mp4", frames=40)
    make_preview(asked(tmp_path, clip, style, VideoSettings(engine="fast"), count=5))
    (workspace,) = Workspace.all_in(tmp_path / "jobs")
    finished = workspace.finished(0, 40)
    assert finished == set(range(len(finished))), "only an unbroken beginning can be the job's own"


def test_a_second_preview_paints_nothing(clip: Path, style: Path, tmp_path: Path) -> None:
    request = asked(tmp_path, clip, style, GATYS, count=4)
    first = make_preview(request)
    painted = {path: path.stat().st_mtime_ns for path in (tmp_path / "jobs").rglob("0*.png")}
    page = request.sheet.read_bytes()
    second = make_preview(request)
    assert {
        path: path.stat().st_mtime_ns for path in (tmp_path / "jobs").rglob("0*.png")
    } == painted
    assert request.sheet.read_bytes() == page
    assert second.estimate is not None and first.estimate is not None
    assert second.estimate.seconds == first.estimate.seconds


def test_a_job_that_is_only_previewed_is_shown_and_cleaned(
    clip: Path, style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_preview(asked(tmp_path, clip, style, IDENTITY))
    root = ["--workspace", str(tmp_path / "jobs")]
    assert main(["jobs", "list", *root]) == 0
    assert "previewed, 7 of 12 frames" in capsys.readouterr().out
    assert main(["jobs", "show", "clip", *root]) == 0
    assert "previewed" in capsys.readouterr().out
    assert main(["jobs", "clean", "--all", *root]) == 0
    assert not list((tmp_path / "jobs").rglob("0*.png"))
    assert not list((tmp_path / "jobs").rglob("samples-*"))


# --- the sheet -----------------------------------------------------------------------------------


def test_each_picture_stands_below_its_source_with_a_part_at_full_size() -> None:
    random = np.random.default_rng(3)
    frames = [random.random((160, 600, 3), np.float32) for _ in range(3)]
    painted = [1 - frame for frame in frames]
    page = preview_sheet(["one", "two", "three"], frames, [SheetRow("wave.jpg", painted)])
    assert page.shape[1] <= 1800
    for picture in (frames[2], painted[2]):
        corner = crop_at(picture, (0.5, 0.5), (8, 8))
        assert corner.shape == (8, 8, 3)
    # The part at 1:1 of each picture is there, pixel for pixel.
    for frame, negative in zip(frames, painted, strict=True):
        found, inverse = (_shared_part(page, picture) for picture in (frame, negative))
        assert found is not None and found == inverse, "parts of one column show one place"


def _shared_part(page: np.ndarray, picture: np.ndarray) -> tuple[int, int] | None:
    """Where in the picture the part begins that is on the page pixel for pixel."""
    rows = {picture[y, x].tobytes(): (y, x) for y in range(picture.shape[0])
            for x in range(picture.shape[1])}  # fmt: skip
    places = [rows[pixel.tobytes()] for pixel in page.reshape(-1, 3) if pixel.tobytes() in rows]
    return min(places) if places else None


def test_a_part_at_the_border_is_whole() -> None:
    picture = np.arange(30 * 40 * 3, dtype=np.float32).reshape(30, 40, 3)
    assert (crop_at(picture, (1, 1), (10, 8)) == picture[22:, 30:]).all()
    assert (crop_at(picture, (0, 0), (10, 8)) == picture[:8, :10]).all()
    assert (crop_at(picture, (0.5, 0.5), (10, 8)) == picture[11:19, 15:25]).all()
    assert crop_at(picture, (0.5, 0.5), (50, 8)).shape == (8, 50, 3)


def test_a_sweep_makes_a_grid_of_what_each_value_gives(
    clip: Path, style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "grid.png"
    words = ["preview", str(clip), "--style", str(style), "-o", str(sheet), "--samples", "1",
             "--engine", "fast", "--sweep", "strength=0,1", "--sweep", "style-size=64,128",
             "--workspace", str(tmp_path / "jobs")]  # fmt: skip
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert len(Workspace.all_in(tmp_path / "jobs")) == 4
    page = read_picture(sheet)
    assert page.shape[1] > 2 * 96
    (following,) = [line for line in shown.splitlines() if line.startswith("next ")]
    assert "stylecore video" in following
    assert "--strength 0" in following and "--style-size 64" in following
    number = int(shown.split()[1])
    pictures = {
        workspace.job.settings.fast.strength: to_float(workspace.load_frame(number))
        for workspace in Workspace.all_in(tmp_path / "jobs")
    }
    assert np.abs(pictures[0.0] - pictures[1.0]).mean() > 0.01
    assert main(words) == 2, "a sheet that exists is not replaced unasked"


# --- sweeps --------------------------------------------------------------------------------------


def test_sweeps_are_read_as_options_are() -> None:
    assert read_sweep("style_weight=5, 20,80") == Sweep("style_weight", ("5", "20", "80"))
    assert read_sweep("--style-weight=5,5,6") == Sweep("style_weight", ("5", "6"))
    assert read_sweep("long-term=10,20;10,20,40") == Sweep("long_term", ("10,20", "10,20,40"))


@pytest.mark.parametrize(
    ("sweeps", "sentence"),
    [
        (["style_wieght=1,2"], "no setting style_wieght; did you mean style_weight"),
        (["style_weight="], "write its values"),
        (["style_weight=5,-1"], "--style-weight must be at least 0, not -1"),
        (["codec=h264,hevc"], "codec does not change the painted picture"),
        (["frames=0:2,1:3"], "a sheet compares the same"),
        (["seed=1", "seed=2"], "give --sweep once, or for two settings"),
        (["strength=0.5,1"], "--strength has no effect: it belongs to --engine fast"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_in_a_sentence(
    sweeps: list[str], sentence: str, clip: Path, style: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    options = [f"--sweep={sweep}" for sweep in sweeps]
    assert main(["preview", str(clip), "--style", str(style), *options]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "clip-preview.png").exists()


def test_what_cannot_be_previewed_is_refused_before_anything_is_painted(
    clip: Path, style: Path, tmp_path: Path
) -> None:
    request = asked(tmp_path, clip, style, IDENTITY, count=500)
    with pytest.raises(SettingsError, match="would show 500"):
        make_preview(request)
    request.sheet.write_bytes(b"mine")
    with pytest.raises(OutputExistsError):
        make_preview(request.model_copy(update={"count": 1, "overwrite": False}))
    assert request.sheet.read_bytes() == b"mine" and not (tmp_path / "jobs").exists()
    with pytest.raises(OutputError, match="There is no folder"):
        make_preview(request.model_copy(update={"sheet": tmp_path / "none" / "sheet.png"}))
    with pytest.raises(SettingsError, match="one of the pictures"):
        make_preview(request.model_copy(update={"sheet": style}))


# --- the estimate --------------------------------------------------------------------------------

COSTS = Costs(
    made_with={}, start=10, planning=2, first=30, later=4, repass=3, reference=0.5,
    encoding_start=1, encoding=0.1, frame_bytes=1000, source_bytes=500,
    result_start_bytes=5000, result_bytes=10, memory=3000, memory_before=1000,
)  # fmt: skip


def test_the_estimate_counts_each_part() -> None:
    shots = Extent((100, 50))
    whole = estimate_job(COSTS, shots, VideoSettings())
    assert whole.seconds == 10 + 2 + 2 * 30 + 148 * 4 + 1 + 15
    assert whole.store_bytes == 150 * 1500 and whole.result_bytes == 5000 + 1500
    assert whole.memory_bytes == 3000

    passes = VideoSettings(gatys=GatysSettings(passes=3, long_term=(1, 20)), parallel_shots=8)
    more = estimate_job(COSTS, shots, passes)
    assert more.seconds == whole.seconds + 2 * 150 * 3 + 0.5 * (80 + 30)
    assert more.store_bytes == 3 * 150 * 1000 + 150 * 500
    assert more.memory_bytes == 5000, "two shots side by side, and no more than there are"


def test_what_is_done_is_not_left_to_do() -> None:
    left = estimate_job(COSTS, Extent((10,), done=10), VideoSettings())
    assert left.seconds_left == 1 + 10 * 0.1
    half = estimate_job(COSTS, Extent((10,), done=5), VideoSettings())
    assert half.seconds_left == 10 + (30 + 9 * 4) / 2 + 2


def test_figures_are_spoken_as_people_do() -> None:
    assert [spoken_time(t) for t in (0.2, 45.4, 89, 120, 5399, 7300)] == [
        "1 s", "45 s", "89 s", "2 min", "1 h 30 min", "2 h 2 min",
    ]  # fmt: skip
    assert [spoken_size(size) for size in (1, 12_400_000, 1_440_000_000)] == [
        "1 MB", "12 MB", "1.4 GB",
    ]  # fmt: skip
