"""What every engine promises, and what is particular to each."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from stylecore.arrays.metrics import sharpness
from stylecore.engines import FrameInput, create_engine, engine_digest
from stylecore.engines.fast import STRONGEST_BLEND, FastEngine, with_detail_of
from stylecore.engines.gatys.engine import GatysEngine, coarse_to_fine, revealed_areas
from stylecore.errors import SettingsError, StyleError, WeightsError
from stylecore.networks.fast import load_fast
from stylecore.networks.features import load_features
from stylecore.runtime.versions import PIXELS_VERSION
from stylecore.settings import FastSettings, GatysSettings, VideoSettings
from tests.support.hub_modules import moments_folder

SHORT = GatysSettings(first_iterations=12, iterations=4)


def picture(height: int, width: int, *, phase: float = 0.0) -> np.ndarray:
    """Coloured waves, (height, width, 3)."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    waves = [np.sin(columns / 5 + phase), np.cos(rows / 7), np.sin((rows + columns) / 9 + phase)]
    return (np.stack(waves, axis=-1) / 2 + 0.5).astype(np.float32)


STYLE = picture(40, 56, phase=2.0)[..., ::-1] ** 2


def first_frame(height: int = 32, width: int = 48, *, number: int = 0) -> FrameInput:
    return FrameInput(number=number, content=picture(height, width))


def later_frame(previous: np.ndarray, *, number: int = 1) -> FrameInput:
    height, width = previous.shape[:2]
    return FrameInput(
        number=number,
        content=picture(height, width, phase=0.1),
        previous=previous,
        warped=np.roll(previous, 1, axis=1),
        mask=np.ones((height, width), np.float32),
    )


def chosen(engine: str) -> VideoSettings:
    """Settings of an engine; ``fast`` with the shipped network, ``hub`` with a Hub module."""
    if engine != "hub":
        return VideoSettings(engine=engine, gatys=SHORT if engine == "gatys" else GatysSettings())
    return VideoSettings(engine="fast", fast=FastSettings(model=str(moments_folder())))


def test_identity_changes_nothing():
    engine = create_engine(VideoSettings(engine="identity"))
    engine.prepare([STYLE], shape=(32, 48))
    frame = first_frame()
    assert np.array_equal(engine.render(frame)[0], frame.content)


class CountedFeatures:
    """The real network, and how many pictures of which size it was asked for directly."""

    def __init__(self, settings: GatysSettings) -> None:
        names = sorted({*settings.style_layers, *settings.content_layers})
        self._network = load_features(settings.features, names)
        self.sizes: list[tuple[int, int]] = []

    def __call__(self, images):
        self.sizes.append(tuple(images.shape[1:3]))
        return self._network(images)


@pytest.fixture(scope="module")
def network():
    return CountedFeatures(SHORT)


def gatys(network: CountedFeatures, *, shape=(32, 48), seed=0, coherence=0.8, **changes):
    engine = GatysEngine(
        SHORT.model_copy(update=changes), features=network, seed=seed, coherence=coherence
    )
    engine.prepare([STYLE], shape=shape)
    return engine


def test_later_frames_compile_nothing(network):
    engine = gatys(network)
    first, _ = engine.render(first_frame())
    engine.render(later_frame(first))
    network.sizes.clear()
    for number in (2, 3, 4):
        engine.render(later_frame(first, number=number))
    assert not network.sizes, "compiled again"


def test_painting_brings_the_style_nearer(network):
    engine = gatys(network, first_iterations=60)
    _, record = engine.render(first_frame())
    start = gatys(network, first_iterations=1)
    _, untouched = start.render(first_frame())
    assert record.losses["style"] < 0.5 * untouched.losses["style"]
    assert record.iterations == 60


def test_noise_is_drawn_by_seed_and_frame_number(network):
    one, other = (gatys(network, start="noise", seed=seed, first_iterations=1) for seed in (1, 2))
    fifth, sixth, again = (one.render(first_frame(number=number))[0] for number in (5, 6, 5))
    assert np.array_equal(fifth, again)
    assert not np.array_equal(fifth, sixth)
    assert not np.array_equal(fifth, other.render(first_frame(number=5))[0])


def test_a_start_that_is_right_already_is_not_shaken(network):
    """Video reference trap: small-epsilon Adam moves every pixel by the step size at once."""
    engine = gatys(network, first_iterations=300, iterations=10)
    frame = first_frame()
    settled, before = engine.render(frame)
    still = FrameInput(
        number=1,
        content=frame.content,
        previous=settled,
        warped=settled,
        mask=np.ones(settled.shape[:2], np.float32),
    )
    result, after = engine.render(still)
    assert np.abs(result - settled).mean() < 0.01
    assert after.losses["total"] < 1.1 * before.losses["total"]


def test_temporal_weight_holds_the_warped_frame(network):
    free, held = (
        gatys(network, temporal_weight=weight, coherence=1.0, iterations=20) for weight in (0, 3e4)
    )
    first, _ = free.render(first_frame())
    frame = later_frame(first)
    distances = [np.abs(engine.render(frame)[0] - frame.warped).mean() for engine in (free, held)]
    assert distances[1] < 0.5 * distances[0]


def test_without_coherence_a_frame_is_painted_as_if_it_were_alone(network):
    for start in ("flow", "previous"):
        engine = gatys(network, start=start, coherence=0.0)
        first, _ = engine.render(first_frame())
        later = later_frame(first)
        alone = FrameInput(number=1, content=later.content)
        assert np.array_equal(engine.render(later)[0], engine.render(alone)[0])
        held = gatys(network, start=start, coherence=0.1)
        assert not np.array_equal(held.render(later)[0], held.render(alone)[0])


def test_a_frame_of_another_shape_is_refused(network):
    with pytest.raises(SettingsError, match="shape"):
        gatys(network).render(first_frame(40, 48))


def test_a_damaged_network_gives_an_error_and_no_picture(network):
    def damaged(images):
        return {name: value * np.nan for name, value in network(images).items()}

    with pytest.raises(WeightsError, match="Frame 7 "):
        gatys(damaged, first_iterations=1).render(first_frame(number=7))


def test_coarse_to_fine_ends_at_the_frame_with_all_steps_spent():
    for shape in [(32, 48), (270, 480), (1080, 1920), (2160, 3840), (481, 853)]:
        plan = coarse_to_fine(shape, 250)
        assert plan[-1][0] == shape
        assert sum(steps for _, steps in plan) == 250
        assert all(steps > 0 for _, steps in plan)
    assert coarse_to_fine((1080, 1920), 1) == [((1080, 1920), 1)]


def test_digest_names_algorithm_and_weights(tmp_path):
    gatys_digest = engine_digest(VideoSettings())
    assert gatys_digest.startswith(f"gatys-{PIXELS_VERSION}-")
    vgg = VideoSettings(gatys=GatysSettings(features="vgg19"))
    assert engine_digest(vgg) != gatys_digest
    module = tmp_path / "module"
    module.mkdir()
    settings = VideoSettings(engine="fast", fast=FastSettings(model=str(module)))
    (module / "saved_model.pb").write_bytes(b"one")
    one = engine_digest(settings)
    (module / "saved_model.pb").write_bytes(b"two")
    assert engine_digest(settings) != one


def test_what_is_not_a_module_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(WeightsError, match="--model FOLDER"):
        load_fast(str(tmp_path))
    (tmp_path / "saved_model.pb").write_bytes(b"not a model")
    with pytest.raises(StyleError, match="SavedModel"):
        load_fast(str(tmp_path))


def test_an_unreachable_handle_names_the_ways_out(monkeypatch, tmp_path):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    with pytest.raises(WeightsError, match=r"TFHUB_CACHE_DIR.*--model FOLDER"):
        load_fast("http://127.0.0.1:1/nobody/nothing/1")


def test_strength_goes_from_the_frame_itself_to_the_style():
    shape = (64, 96)
    frame = first_frame(*shape)
    distances = []
    for strength in (0.0, 0.5, 1.0):
        engine = FastEngine(FastSettings(strength=strength))
        engine.prepare([STYLE], shape=shape)
        painted, _ = engine.render(frame)
        distances.append(float(np.abs(painted.mean((0, 1)) - frame.content.mean((0, 1))).sum()))
    assert distances[0] < 0.7 * distances[1] < 0.7 * distances[2]


def test_precision_of_a_hub_module_is_refused_in_one_sentence():
    with pytest.raises(SettingsError, match="--model compact"):
        FastEngine(chosen("hub").fast.model_copy(update={"precision": "bfloat16"}))


class TestFast:
    """The fast engine with the network that ships, unless a test says otherwise."""

    @staticmethod
    def engine(shape=(96, 128), styles=(STYLE,), memory=4.0, **changes) -> FastEngine:
        engine = FastEngine(FastSettings(**changes), memory=memory)
        engine.prepare(styles, shape=shape)
        return engine

    def test_a_style_is_encoded_once_by_all_engines_of_a_process(self, monkeypatch):
        network, encoded = load_fast("compact"), []
        encode = network.encode
        monkeypatch.setattr(network, "encode", lambda style: encoded.append(1) or encode(style))
        for _ in range(3):
            engine = FastEngine(FastSettings(), network=network)
            engine.prepare([STYLE, 1 - STYLE], shape=(32, 48))
            engine.render(replace(first_frame(), style_weights=(0.5, 0.5)))
        assert len(encoded) == 2

    @pytest.mark.parametrize("size", [(359, 641), (640, 352)])
    @pytest.mark.parametrize("name", ["fast", "hub"])
    def test_tiles_leave_no_seams(self, name, size):
        """Held moments make a tile the part of the whole that it is."""
        whole = create_engine(chosen(name))
        per_pixel = whole._network.bytes_per_pixel
        memory = 400 * 400 * per_pixel / 1e9
        tiled = create_engine(chosen(name).model_copy(update={"memory": memory}))
        for engine in (whole, tiled):
            engine.prepare([STYLE], shape=size)
        frame = first_frame(*size)
        frame = replace(frame, moments=whole.measure(frame))
        images = [engine.render(frame)[0] for engine in (whole, tiled)]
        assert len(tiled._tiles) > 1
        np.testing.assert_allclose(images[0], images[1], atol=1e-4)

    def test_a_tiled_still_looks_like_the_whole(self):
        size = (480, 640)
        frame = first_frame(*size)
        images = [self.engine(shape=size, memory=memory).render(frame)[0] for memory in (4, 0.04)]
        assert np.abs(images[0] - images[1]).mean() < 0.01

    def test_the_middle_of_a_style_may_be_all_that_is_seen(self):
        wide = np.concatenate([np.zeros((40, 40, 3), np.float32), STYLE[:, :40],
                               np.zeros((40, 40, 3), np.float32)], axis=1)  # fmt: skip
        frame = first_frame(96, 128)
        middle, same = (
            self.engine(styles=[style], style_crop=crop).render(frame)[0]
            for style, crop in ((wide, "centre"), (STYLE[:, :40], "whole"))
        )
        np.testing.assert_allclose(middle, same, atol=1e-5)

    def test_new_places_are_fresh_and_old_ones_held(self):
        engine = self.engine()
        frame = first_frame(96, 128)
        alone, _ = engine.render(frame)
        age = np.zeros((96, 128), np.float32)
        age[:, 64:] = 50
        grey, sure = np.full_like(alone, 0.5), np.ones((96, 128), np.float32)
        held, _ = engine.render(replace(frame, number=1, warped=grey, mask=sure, age=age))
        np.testing.assert_allclose(held[:, :60], alone[:, :60], atol=2e-3)
        assert np.abs(held - 0.5)[:, 70:].mean() < 0.6 * np.abs(alone - 0.5)[:, 70:].mean()

    def test_detail_is_brought_back_where_it_was_blurred(self):
        model = np.random.default_rng(3).random((96, 128, 3), np.float32)
        blurred = cv2.GaussianBlur(model, (0, 0), 0.6)
        share = np.ones((96, 128), np.float32)
        share[:, :32] = 0
        found = with_detail_of(model, blurred, share)
        assert np.array_equal(found[:, :16], blurred[:, :16])
        lost, left = (sharpness(model) - sharpness(image[:, 48:]) for image in (blurred, found))
        assert abs(left) < 0.5 * lost
        again = with_detail_of(model, model, share)
        np.testing.assert_allclose(again, model, atol=1e-6)


@pytest.mark.parametrize("name", ["fast", "hub"])
def test_fast_blends_only_where_the_motion_is_sure(name):
    settings, shape = chosen(name), (40, 56)
    engine = create_engine(settings)
    engine.prepare([STYLE], shape=shape)
    alone, _ = engine.render(first_frame(*shape))
    mask = np.zeros(shape, np.float32)
    mask[:, :28] = 1
    black = np.zeros((*shape, 3), np.float32)
    frame = FrameInput(number=1, content=picture(*shape), previous=black, warped=black, mask=mask)
    blended, _ = engine.render(frame)
    np.testing.assert_allclose(blended[:, 32:], alone[:, 32:], atol=1e-4)
    share = 1 - STRONGEST_BLEND * settings.coherence
    assert np.abs(blended[:, :28] - share * alone[:, :28]).mean() < 0.05


def test_the_few_pixels_that_a_slow_pan_brings_in_are_revealed_and_lines_are_not() -> None:
    mask = np.zeros((40, 60, 1), np.float32)
    mask[:, 58:] = 1  # two columns at the border
    mask[10:12, :50] = 1  # a line inside
    mask[20:30, 10:20] = 1  # something uncovered
    found = revealed_areas(mask)[..., 0]
    assert found[:, 58:].all()
    assert found[20:30, 10:20].all()
    assert found.sum() == 40 * 2 + 10 * 10
