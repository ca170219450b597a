"""Masks: where a style is painted; elsewhere the source shows. What they may be, and when read."""

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import av
import numpy as np
import pytest
from PIL import Image

from flows.cli import main
from stylecore.arrays.images import to_float
from stylecore.errors import InputError, MediaError
from stylecore.media import SourceIndex, index_source, read_picture
from stylecore.pipeline import stylize_chunk, stylize_image
from stylecore.pipeline.inbox import arrivals
from stylecore.sequence import masks as masks_module
from stylecore.sequence.masks import MaskedFrames, index_masks, open_masks
from stylecore.sequence.shot import stylize_missing
from stylecore.sequence.style_plan import StylePlan
from stylecore.settings import (
    GatysSettings,
    ImageSettings,
    OutputSettings,
    StyleSettings,
    VideoSettings,
)
from stylecore.store import facts
from tests.support import clips
from tests.support.jobs import planned
from tests.test_coherence import Recorder, source_reader

SIZE = (96, 64)
COUNT = 12


def frames_until(stop: int, source: SourceIndex | None = None) -> MaskedFrames:
    return MaskedFrames(size=SIZE, stop=stop, max_megapixels=1.0, source=source)


def bars(*, hidden: Sequence[int] = ()) -> list[np.ndarray]:
    """A white bar that moves 4 pixels a frame, (64, 96) uint8 each; none in some frames."""
    frames = []
    for number in range(COUNT):
        mask = np.zeros((64, 96), np.uint8)
        if number not in hidden:
            mask[:, 4 * number : 4 * number + 40] = 255
        frames.append(mask)
    return frames


def write_mask(path: Path, frames: Sequence[np.ndarray]) -> Path:
    """Frames as what the name says: a folder, a pattern, an animation or a video."""
    if path.suffix in (".mkv", ".mp4"):
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=24, options={"qp": "0", "g": "6"})
            stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv444p"
            for frame in frames:
                picture = av.VideoFrame.from_ndarray(np.repeat(frame[..., None], 3, 2))
                container.mux(stream.encode(picture.reformat(format="yuv444p")))
            container.mux(stream.encode(None))
        return path
    if "%" in path.name or not path.suffix:
        names = path.name if path.suffix else "%03d.png"
        folder = path.parent if path.suffix else path
        folder.mkdir(exist_ok=True)
        for number, frame in enumerate(frames):
            Image.fromarray(frame).save(folder / (names % number))
        return path
    kind = "PNG" if path.suffix == ".apng" else None
    first, *others = map(Image.fromarray, frames)
    first.save(path, kind, save_all=True, append_images=others, duration=42, lossless=True)
    return path


MOVING = ["mask.mkv", "mask.webp", "mask.gif", "mask.apng", "mask.png", "folder", "m/%06d.png"]


@pytest.mark.parametrize("name", MOVING)
def test_a_mask_may_be_all_that_a_source_may_be(name: str, tmp_path: Path):
    frames = bars()
    path = write_mask(tmp_path / name, frames)
    indexes, notes = index_masks([path], frames_until(COUNT))
    (mask,) = open_masks([path], frames_until(COUNT), indexes)
    assert indexes[0].frame_count == COUNT and not notes
    there_and_back = [*range(COUNT), *reversed(range(COUNT)), 7, 2, 11, 0]
    for number in there_and_back:
        np.testing.assert_allclose(mask(number), frames[number] / 255, atol=0.02)
    with pytest.raises(InputError, match="12 frames and the source needs 13"):
        index_masks([path], frames_until(COUNT + 1))


@pytest.mark.parametrize("name", ["still.webp", "still.gif", "still.apng"])
def test_an_animation_that_shows_equal_frames_as_one_goes_by_their_times(name, tmp_path: Path):
    source = index_source(clips.write_clip(tmp_path / "clip.mp4", frames=COUNT))
    frames = [bars()[number // 4] for number in range(COUNT)]
    path = write_mask(tmp_path / name, frames)
    indexes, _ = index_masks([path], frames_until(COUNT, source))
    assert indexes[0].frame_count == 3, "what wrote it keeps equal frames as one"
    (mask,) = open_masks([path], frames_until(COUNT, source), indexes)
    for number, frame in enumerate(frames):
        np.testing.assert_allclose(mask(number), frame / 255, atol=0.02, err_msg=str(number))
    short = write_mask(tmp_path / f"short-{name}", frames[:-2])
    with pytest.raises(InputError, match="3 frames and the source needs 12"):
        index_masks([short], frames_until(COUNT, source))


@pytest.mark.parametrize("name", ["one.gif", "one.webp", "one.png"])
def test_an_animation_of_one_frame_is_a_picture(name: str, tmp_path: Path):
    path = write_mask(tmp_path / name, bars()[:1])
    indexes, _ = index_masks([path], frames_until(COUNT))
    (mask,) = open_masks([path], frames_until(COUNT), indexes)
    assert indexes == (None,)
    np.testing.assert_allclose(mask(11), bars()[0] / 255)


def test_a_short_mask_is_said_before_the_work(clip: Path, style: Path, tmp_path: Path, capsys):
    mask = write_mask(tmp_path / "m.webp", bars()[:5])
    command = ["video", str(clip), "--style", str(style), "-o", str(tmp_path / "out.mp4"),
               "--style-masks", str(mask), "--workspace", str(tmp_path / "jobs")]  # fmt: skip
    assert main(command) == 2
    assert "5 frames and the source needs 12" in capsys.readouterr().err
    assert not list(tmp_path.glob("jobs/*/frames/*"))


def test_a_mask_of_another_shape_is_said_and_stretched(clip: Path, style: Path, tmp_path: Path):
    tall, alike = tmp_path / "tall.png", tmp_path / "alike.png"
    Image.fromarray(np.full((90, 30), 255, np.uint8)).save(tall)
    Image.fromarray(np.full((43, 64), 255, np.uint8)).save(alike)
    settings = VideoSettings(engine="identity", mixing=StyleSettings(style_masks=(tall,)))
    workspace, _ = planned(clip, style, tmp_path / "out.mp4", settings)
    assert workspace.job.notes == (
        "The mask tall.png is 30x90, another shape than the frames: it is stretched to their "
        "96x64.",
    )
    assert index_masks([alike], frames_until(1))[1] == ()


def test_nothing_is_painted_through_a_hole(tmp_path: Path):
    pixels = np.full((64, 96, 4), 255, np.uint8)
    pixels[:, 48:, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "hole.png")
    write_mask(tmp_path / "hole.webp", [pixels] * 3 + [pixels[:, ::-1].copy()])
    for name in ("hole.png", "hole.webp"):
        indexes, _ = index_masks([tmp_path / name], frames_until(1))
        (mask,) = open_masks([tmp_path / name], frames_until(1), indexes)
        assert mask(0)[:, :48].min() == 1 and mask(0)[:, 48:].max() == 0, name


def test_what_no_mask_covers_is_left_to_the_source(tmp_path: Path):
    def written(name: str, columns: slice) -> Path:
        mask = np.zeros((64, 96), np.uint8)
        mask[:, columns] = 255
        Image.fromarray(mask).save(tmp_path / name)
        return tmp_path / name

    left, middle = written("l.png", slice(0, 32)), written("m.png", slice(24, 64))
    settings = StyleSettings(more_styles=(left,), style_masks=(left, middle), style_weights=(3, 1))
    _, masks = StylePlan(settings, open_masks(settings.style_masks, frames_until(1))).at(0)
    np.testing.assert_allclose(masks[:, 0, [0, 28, 40, 80]], [[1, 0.75, 0, 0], [0, 0.25, 1, 0]])
    settings = settings.model_copy(update={"style_weights": (1.0, 0.0)})
    _, masks = StylePlan(settings, open_masks(settings.style_masks, frames_until(1))).at(0)
    assert masks[:, :, 40].max() == 0, "a style without weight is not painted"


@pytest.fixture
def half(tmp_path: Path) -> Path:
    mask = np.zeros((64, 96), np.uint8)
    mask[:, :48] = 255
    Image.fromarray(mask).save(tmp_path / "half.png")
    return tmp_path / "half.png"


@pytest.mark.parametrize("engine", ["fast", "gatys"])
@pytest.mark.parametrize("colours", ["style", "luminance"])
def test_one_style_is_painted_in_the_white_and_the_source_stays_in_the_black(
    engine: str, colours: str, half: Path, style: Path, tmp_path: Path
):
    source = clips.write_picture(tmp_path / "source.png", size=SIZE, scene=3)
    gatys = GatysSettings(first_iterations=3) if engine == "gatys" else GatysSettings()
    found = []
    for name, masks in (("all.png", ()), ("half.png", (half,))):
        settings = ImageSettings(
            engine=engine, gatys=gatys, mixing=StyleSettings(style_masks=masks, colours=colours)
        )
        (tmp_path / "out").mkdir(exist_ok=True)
        found.append(stylize_image(source, style, tmp_path / "out" / name, settings))
    whole, masked = map(read_picture, found)
    assert np.array_equal(masked[:, :48], whole[:, :48])
    assert np.array_equal(masked[:, 48:], read_picture(source)[:, 48:])
    assert np.abs(whole - read_picture(source))[:, 48:].mean() > 0.005


def masked_job(tmp_path: Path, style: Path, mask: Path, **changes: object):
    source = clips.write_clip(tmp_path / "scene.mp4", frames=COUNT)
    settings = VideoSettings(**changes, mixing=StyleSettings(style_masks=(mask,)))
    return planned(source, style, tmp_path / "out.mkv", settings, keep=True)


@pytest.mark.parametrize("engine", ["fast", "gatys"])
def test_frames_before_lend_nothing_where_they_were_not_painted(
    engine: str, style: Path, tmp_path: Path
):
    """The bar moves 4 pixels a frame, the scene 1: what comes into it begins anew."""
    mask = write_mask(tmp_path / "m.webp", bars(hidden=(0, 1, 2, 7)))
    workspace, request = masked_job(tmp_path, style, mask, engine=engine)
    recorder = Recorder()
    frames = frames_until(COUNT, workspace.job.index)
    plan = StylePlan(request.settings.mixing, open_masks((mask,), frames))
    (chunk,) = workspace.job.chunks
    list(stylize_missing(workspace, chunk, list(range(COUNT)), recorder,
                         read=source_reader(workspace), style_at=plan.at))  # fmt: skip
    told = recorder.told
    begun = [frame.number for frame in told if frame.warped is None and frame.previous is None]
    assert begun == [0, 1, 2, 3, 8]
    for number in (5, 6, 10):
        before = slice(4 * (number - 1), 4 * (number - 1) + 40)
        trust = told[number].mask
        assert trust[12:-12, before][:, 5:-5].mean() > 0.9
        assert trust[:, before.stop + 3 :].max() < 0.02


def test_a_moving_mask_is_hashed_and_found_once_and_read_as_it_is_asked_for(
    style: Path, tmp_path: Path, monkeypatch
):
    calls: list[str] = []

    def counted(module: ModuleType, name: str) -> None:
        function = getattr(module, name)

        def counting(first, *more, **options):
            calls.append(f"{name} {getattr(first, 'path', first).name}")
            return function(first, *more, **options)

        monkeypatch.setattr(module, name, counting)

    counted(masks_module, "index_source")
    counted(masks_module, "read_frames")
    counted(facts, "file_fact")
    mask = write_mask(tmp_path / "m.mkv", bars())
    workspace, request = masked_job(tmp_path, style, mask, engine="identity", chunk_frames=4)
    for chunk in workspace.job.chunks:
        stylize_chunk(workspace, chunk, request)
    found = {name: calls.count(f"{name} m.mkv") for name in ("index_source", "file_fact")}
    assert found == {"index_source": 1, "file_fact": 1}
    assert calls.count("read_frames m.mkv") <= 2 * len(workspace.job.chunks), "opened anew"


def test_a_mask_that_changes_under_a_job_stops_it(style: Path, tmp_path: Path):
    mask = write_mask(tmp_path / "m.mkv", bars())
    workspace, request = masked_job(tmp_path, style, mask, engine="identity", chunk_frames=4)
    first, second, _ = workspace.job.chunks
    stylize_chunk(workspace, first, request)
    write_mask(mask, bars(hidden=(5,)))
    with pytest.raises(MediaError, match=r"m\.mkv has changed since the job was planned"):
        stylize_chunk(workspace, second, request)


def test_a_frame_in_which_nothing_is_painted_is_the_source(style: Path, tmp_path: Path):
    mask = write_mask(tmp_path / "m" / "%02d.png", bars(hidden=range(COUNT)))
    workspace, request = masked_job(tmp_path, style, mask, frames="0:3")
    for chunk in workspace.job.chunks:
        stylize_chunk(workspace, chunk, request)
    sources = source_reader(workspace)(0, 3)
    for number, source in enumerate(sources):
        assert np.array_equal(workspace.load_frame(number), source)
    assert {record["iterations"] for record in workspace.records().values()} == {0}


def test_masks_and_styles_in_an_inbox_are_no_sources(style: Path, tmp_path: Path):
    inbox, outbox = tmp_path / "in", tmp_path / "out"
    write_mask(inbox / "mask_%03d.png", bars()[:3])
    write_mask(inbox / "moving.png", bars()[:3])
    clips.write_picture(inbox / "photo.png")
    (inbox / "link.png").symlink_to(inbox / "mask_001.png")
    found = arrivals(inbox, outbox, style, OutputSettings(), tools=(inbox / "mask_%03d.png",))
    assert {arrival.source.name: arrival.is_still for arrival in found} == {
        "moving.png": False, "photo.png": True,
    }  # fmt: skip
    with pytest.raises(MediaError, match="no picture named like"):
        arrivals(inbox, outbox, style, OutputSettings(), tools=(inbox / "none_%03d.png",))


def test_light_of_a_mask_is_its_share(tmp_path: Path):
    Image.fromarray(np.full((64, 96), 64, np.uint8)).save(tmp_path / "grey.png")
    indexes, _ = index_masks([tmp_path / "grey.png"], frames_until(5))
    (mask,) = open_masks([tmp_path / "grey.png"], frames_until(5), indexes)
    np.testing.assert_allclose(mask(4), to_float(np.full((64, 96), 64, np.uint8)), atol=1e-6)
