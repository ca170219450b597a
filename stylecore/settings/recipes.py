"""Choices of layers, weights and steps from the literature, as settings of the Gatys engine.

A recipe fills in what a person has not chosen. Layers, their relative weights, the start, the
optimiser and the number of steps are those of the source. The weights of content, style and
temporal loss are not: every paper has units of its own (sums or means, pixels to 255 or to 1,
Gram matrices divided or not), while losses here are relative to what they aim at. The ratio of
content to style is therefore set by where a source stands to the others (Gatys et al. paint a
picture freely, Li et al. stay near the photograph), not converted.

==================  ===========================================================================
ours                the defaults
tutorial            the article this project began with: five layers weighted 1, 2, 7, 1, 4,
                    content from block1_conv2, Adam from the source, 200 steps for every picture
gatys2015           Gatys, Ecker, Bethge 2015, "A Neural Algorithm of Artistic Style": content from
                    block4_conv2, five style layers alike, noise as the start, L-BFGS
ruder2016           Ruder, Dosovitskiy, Brox 2016, section 5: L-BFGS, long-term distances 1, 10, 20,
                    40
li_linear ...       Li et al. 2017, "Demystifying Neural Style Transfer", section 5: content from
                    block4_conv2 and one representation; total variation
==================  ===========================================================================

The compact network ends at block5_conv1; deeper content layers need vgg19 or vgg16.
"""

from typing import Any

_FIVE = {f"block{block}_conv1": 1.0 for block in range(1, 6)}
_CONTENT = {"block4_conv2": 1.0}


def _li(representation: str) -> dict[str, Any]:
    return {
        "representations": {representation: 1.0},
        "style_layers": _FIVE,
        "content_layers": _CONTENT,
        "style_weight": 10.0,
        "variation_weight": 4.0,
        "first_iterations": 400,
    }


RECIPES: dict[str, dict[str, Any]] = {
    "ours": {},
    "tutorial": {
        "style_layers": {
            "block1_conv1": 1.0,
            "block2_conv1": 2.0,
            "block3_conv1": 7.0,
            "block4_conv1": 1.0,
            "block5_conv1": 4.0,
        },
        "content_layers": {"block1_conv2": 1.0},
        "start": "content",
        "first_iterations": 200,
        "iterations": 200,
        "learning_rate": 0.02,
        "temporal_weight": 0.0,
        "drift_control": 0.0,
    },
    "gatys2015": {
        "style_layers": _FIVE,
        "content_layers": _CONTENT,
        "style_weight": 40.0,
        "variation_weight": 0.0,
        "start": "noise",
        "optimiser": "lbfgs",
        "first_iterations": 500,
    },
    "ruder2016": {
        "style_layers": _FIVE,
        "content_layers": _CONTENT,
        "variation_weight": 1.0,
        "temporal_weight": 200.0,
        "drift_control": 0.0,
        "long_term": (10, 20, 40),
        "optimiser": "lbfgs",
        "plateau": 1e-4,
        "first_iterations": 500,
        "iterations": 100,
    },
    "li_linear": _li("linear"),
    "li_polynomial": _li("polynomial"),
    "li_gaussian": _li("gaussian"),
    "li_statistics": _li("statistics"),
}


def with_recipe(given: dict[str, Any]) -> dict[str, Any]:
    """What was given, and for the rest what its ``recipe`` says; an unknown name adds nothing."""
    return RECIPES.get(str(given.get("recipe", "ours")), {}) | given
