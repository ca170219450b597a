"""Choices that cannot act are refused with the reason, wherever they are made."""

from pathlib import Path

import pytest

from flows.cli import main
from flows.options import leaf_fields
from stylecore.errors import SettingsError
from stylecore.settings import (
    FastSettings,
    FolderSettings,
    GatysSettings,
    ImageSettings,
    StyleSettings,
    VideoSettings,
    checked,
)
from stylecore.settings.choices import chosen_in
from stylecore.settings.recipes import RECIPES

STILL = {"model": ImageSettings}
TWO = {"more_styles": ["other.png"]}


@pytest.mark.parametrize("recipe", RECIPES)
def test_what_nobody_chose_is_never_refused(recipe: str):
    for coherence in (0, 0.4) if recipe not in ("tutorial", "gatys2015") else (0,):
        checked(VideoSettings, {"coherence": coherence, "gatys": {"recipe": recipe}})
    checked(VideoSettings, {"gatys": {"recipe": recipe}})
    checked(ImageSettings, {"gatys": {"recipe": recipe}})
    by_hand = VideoSettings(gatys=GatysSettings(**RECIPES[recipe]))
    assert VideoSettings.model_validate_json(by_hand.model_dump_json()) == by_hand


ACTING = [
    {"coherence": 0},
    {"coherence": 0, "light": "follow"},
    {"coherence": 0, "gatys": {"start": "noise", "temporal_weight": 0}, "seed": 4},
    {"gatys": {"start": "content", "temporal_weight": 0, "drift_control": 0, "boil": 0}},
    {"gatys": {"start": "content", "passes": 2, "iterations": 9}},
    {"gatys": {"start": "previous", "iterations": 9}},
    {"gatys": {"temporal_weight": 0}, "light": "ignore"},
    {"gatys": {"boil": 0.5, "boil_hold": 3}, "seed": 4},
    {"gatys": {"content_layers": {"block4_conv2": 0}}},
    {"engine": "fast", "coherence": 0},
    {"engine": "fast", "light": "ignore", "fast": {"precision": "bfloat16"}},
    {"engine": "identity", "coherence": 0.3, "gatys": {"boil": 0.5}, "fast": {"strength": 0.5}},
    {"model": ImageSettings, "gatys": {"start": "noise"}, "seed": 4},
    {"mixing": {**TWO, "style_keyframes": {"0": [1, 0], "9": [0, 1]}}},
]


@pytest.mark.parametrize("values", ACTING, ids=str)
def test_what_can_act_passes(values):
    values = dict(values)
    checked(values.pop("model", VideoSettings), values)


IDLE = [
    ({"coherence": 0.5, "gatys": {"start": "content"}}, "--start content begins every frame anew"),
    ({"coherence": 0.8, "gatys": {"recipe": "tutorial"}}, "--start content of --recipe tutorial"),
    ({"coherence": 1, "gatys": {"recipe": "gatys2015"}}, "--start noise of --recipe gatys2015"),
    ({"coherence": 0.5, "gatys": {"start": "previous"}}, "does not follow the motion"),
    ({"coherence": 0.5, "gatys": {"temporal_weight": 0}}, "--temporal-weight 0"),
    ({"gatys": {"start": "noise", "temporal_weight": 9}}, "--temporal-weight has no effect"),
    ({"gatys": {"start": "content", "long_term": [4]}}, "--long-term has no effect"),
    ({"gatys": {"long_term": [1]}}, "choose larger distances"),
    ({"gatys": {"recipe": "tutorial", "drift_control": 0.25}}, "--drift-control has no effect"),
    ({"gatys": {"start": "previous", "boil": 0.5}}, "--boil has no effect"),
    ({"light": "ignore", "gatys": {"start": "noise"}}, "--light has no effect"),
    ({"coherence": 0, "gatys": {"boil": 0.5}}, "--coherence 0 paints every frame by itself"),
    ({"coherence": 0, "gatys": {"start": "flow"}}, "--start has no effect"),
    ({"coherence": 0, "gatys": {"iterations": 9}}, "takes --first-iterations"),
    ({"engine": "fast", "coherence": 0, "light": "ignore"}, "--coherence 0"),
    ({"gatys": {"boil_hold": 2}}, "nothing boils"),
    ({"seed": 1}, "nothing is drawn at random"),
    ({"engine": "fast", "seed": 1}, "draws nothing at random"),
    ({"gatys": {"optimiser": "lbfgs", "averaging": 0.5}}, "--optimiser adam"),
    ({"gatys": {"recipe": "ruder2016", "learning_rate": 0.1}}, "--optimiser adam"),
    ({"gatys": {"content_layers": {"block4_conv2": 0}, "content_weight": 2}}, "has a weight"),
    ({"gatys": {"content_weight": 0, "content_layers": {"block1_conv1": 1}}}, "no content"),
    ({"gatys": {"style_weight": 0, "style_scale": 2}}, "--style-weight 0"),
    ({"engine": "fast", "fast": {"model": "a", "precision": "bfloat16"}}, "--model compact"),
    ({"mixing": {"style_weights": [1]}}, "--more-styles"),
    ({"mixing": {"style_keyframes": {"3": [1]}}}, "--more-styles"),
    (STILL | {"mixing": {**TWO, "style_keyframes": {"3": [1, 0]}}}, "use --style-weights"),
    (STILL | {"gatys": {"temporal_weight": 9}}, "a still has no other frame"),
    (STILL | {"gatys": {"passes": 2}}, "a still is painted once"),
    (STILL | {"gatys": {"iterations": 9}}, "a still takes --first-iterations"),
    (STILL | {"gatys": {"start": "previous"}}, "a still has no other frame"),
    (STILL | {"gatys": {"boil": 0.5}}, "a still has no other frame"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "reason"), IDLE, ids=str)
def test_what_cannot_act_is_refused_with_the_reason(values, reason):
    values = dict(values)
    with pytest.raises(SettingsError, match=reason) as refused:
        checked(values.pop("model", VideoSettings), values)
    assert "has no effect: " in str(refused.value)


@pytest.mark.parametrize(("engine", "other"), [("fast", "gatys"), ("gatys", "fast")])
def test_settings_of_another_engine_are_refused_by_the_option(engine: str, other: str):
    usual = {"gatys": GatysSettings(), "fast": FastSettings()}[other].model_dump(mode="json")
    for name in set(usual) - {"weights"}:
        with pytest.raises(SettingsError, match=f"--{name.replace('_', '-')} has no effect"):
            checked(VideoSettings, {"engine": engine, other: {name: usual[name]}})


def test_the_library_and_forms_refuse_what_differs_from_the_default():
    with pytest.raises(ValueError, match="--boil has no effect: --start content"):
        VideoSettings(gatys=GatysSettings(start="content", boil=0.5))
    with pytest.raises(ValueError, match="--strength has no effect: it belongs to --engine fast"):
        FolderSettings(video={"fast": {"strength": 0.5}})
    form = VideoSettings().model_dump(mode="json")
    assert VideoSettings(**form | {"engine": "fast"}).engine == "fast", "a form is always full"
    form["gatys"]["recipe"] = "tutorial"
    with pytest.raises(ValueError, match="--recipe has no effect: all that tutorial says"):
        VideoSettings(**form)


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e999"])
def test_no_number_is_infinite_or_none(number: str):
    floats = [
        name for name, field in leaf_fields(VideoSettings).items() if field.annotation is float
    ]
    assert {"style_weight", "coherence", "memory", "strength"} <= set(floats)
    homes = {"gatys": GatysSettings, "fast": FastSettings}
    for name in floats:
        home = next((home for home, model in homes.items() if name in model.model_fields), None)
        if name == "max_hours":
            home = "source"
        values = {name: number} if home is None else {home: {name: number}}
        with pytest.raises(SettingsError, match=f"--{name.replace('_', '-')} must be a"):
            checked(VideoSettings, values)
    for name, key in (("style_layers", "block1_conv1"), ("content_layers", "block1_conv1"),
                      ("representations", "gram")):  # fmt: skip
        with pytest.raises(SettingsError, match=f"--{name.replace('_', '-')} "):
            checked(VideoSettings, {"gatys": {name: {key: number}}})


def test_layers_without_weight_are_left_out_and_one_must_be_left():
    layers = {"block1_conv1": 2, "block2_conv1": 0}
    assert GatysSettings(style_layers=layers).style_layers == {"block1_conv1": 2}
    with pytest.raises(SettingsError, match="--style-layers needs at least one layer"):
        checked(GatysSettings, {"style_layers": {"block1_conv1": 0}})


@pytest.mark.parametrize(
    ("features", "layer"), [("compact", "block5_conv2"), ("vgg16", "block3_conv4")]
)
def test_a_layer_that_the_network_lacks_is_said_before_anything_is_opened(features, layer):
    with pytest.raises(SettingsError, match=f"{features} has no {layer}"):
        checked(VideoSettings, {"gatys": {"features": features, "style_layers": {layer: 1}}})


def test_shares_of_styles_are_one_job_however_they_are_written():
    def shares(*weights: float) -> tuple[float, ...]:
        return StyleSettings(more_styles=("b", "c"), style_weights=weights).style_weights

    assert shares(6, 3, 1) == shares(0.6, 0.3, 0.1) == shares(1.8, 0.9, 0.3) == (0.6, 0.3, 0.1)
    for weights in ((1, 2, 4), (1, 1, 4), (1e308, 1e308, 1e308), (5e-324, 0, 0), (0.1, 0.1, 0.1)):
        once = shares(*weights)
        assert sum(once) == pytest.approx(1)
        assert shares(*once) == once, "stored shares are read again as they were"


def test_stills_among_videos_take_what_can_act_on_them():
    gatys = {"recipe": "ruder2016", "boil": 0.5, "passes": 2, "style_weight": 9, "long_term": [4]}
    mixing = {**TWO, "style_keyframes": {4: (1, 3), 9: (0, 1)}}
    video = VideoSettings(coherence=0.5, seed=4, gatys=gatys, mixing=mixing)
    still = ImageSettings.of(video)
    assert chosen_in(still) == {"recipe", "style_weight", "more_styles", "style_weights"}
    assert still.mixing.style_weights == (0.25, 0.75)
    assert ImageSettings.of(VideoSettings()) == ImageSettings()


COMMANDS = {
    "--coherence": ["--recipe", "tutorial", "--coherence", "0.8"],
    "--temporal-weight": ["--start", "previous", "--temporal-weight", "200"],
    "--boil": ["--coherence", "0", "--boil", "0.3"],
    "--style-weight": ["--engine", "fast", "--style-weight", "20"],
    "--style-layers": ["--style-layers", "block1_conv1=nan"],
    "each name once": ["--style-layers", "block1_conv1=1,block1_conv1=2"],
    "each frame once": ["--more-styles", "b.png", "--style-keyframes", "0:1,0 00:0,1"],
}


@pytest.mark.parametrize("named", COMMANDS)
def test_the_command_line_names_what_cannot_be(named, style: Path, tmp_path: Path, capsys):
    output = tmp_path / "out.mp4"
    command = ["video", "none.mp4", "--style", str(style), "-o", str(output), *COMMANDS[named]]
    assert main(command) == 2
    complaint = capsys.readouterr().err
    assert named in complaint and len(complaint.splitlines()) == 1
