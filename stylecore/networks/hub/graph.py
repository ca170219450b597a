"""Cutting a module's graph at what depends on the style alone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from stylecore.networks.hub.blocks import in_blocks

Call = Callable[..., Any]


@dataclass(frozen=True)
class CutModule:
    """What a module's graph was cut into."""

    encode: Call
    """style (1, h, w, 3) -> the tensors of a code."""
    measure: Call
    """(frames, *code) -> moments of the frames."""
    paint: Call
    """(frames, *code) -> painted frames."""
    hold: Call
    """(frames, *code, *moments) -> painted frames."""


def cut(function: Any, *, quicker: bool = True) -> CutModule:
    """Cuts the graph of (frames, style) -> picture at what depends on the style alone.

    A tensor is part of the code when only the style leads to it and something that the frames
    lead to uses it; it is a moment when it is the mean over all positions of something that the
    frames lead to.

    Args:
        function: a concrete function of two pictures; its variables become constants.
        quicker: rewrite convolutions that processors are slow at (see ``in_blocks``).

    Raises:
        ValueError: no part depends on the style alone, or the picture does not on the frames.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    frozen = convert_variables_to_constants_v2(function, aggressive_inlining=True)
    definition = frozen.graph.as_graph_def()
    for node in definition.node:  # the order of reading variables, which are constants now
        node.input[:] = [name for name in node.input if not name.startswith("^")]
    if quicker:
        definition = in_blocks(definition)
    wrapped = tf.compat.v1.wrap_function(
        lambda: tf.compat.v1.import_graph_def(definition, name=""), []
    )
    graph = wrapped.graph
    frames, style = (graph.get_tensor_by_name(tensor.name) for tensor in frozen.inputs)
    picture = graph.get_tensor_by_name(frozen.outputs[0].name)
    led_to = _led_to(graph, {"frames": frames, "style": style})
    painting = [op for op in graph.get_operations() if "frames" in led_to[op.name]]
    used = {tensor.name: tensor for op in painting for tensor in op.inputs}
    code = [tensor for tensor in used.values() if led_to[tensor.op.name] == {"style"}]
    if not code or style.op in [tensor.op for tensor in code]:
        raise ValueError("no part of the graph depends on the style alone")
    if "frames" not in led_to[picture.op.name]:
        raise ValueError("the picture does not depend on the frames")
    means = [op.outputs[0] for op in painting if _is_mean_over_positions(op)]
    return CutModule(
        encode=wrapped.prune([style], code),
        measure=wrapped.prune([frames, *code], means) if means else lambda *given: (),
        paint=wrapped.prune([frames, *code], picture),
        hold=wrapped.prune([frames, *code, *means], picture),
    )


def _led_to(graph: Any, sources: dict[str, Any]) -> dict[str, set[str]]:
    """Name of every operation -> names of the ``sources`` whose values reach it."""
    starts = {tensor.op.name: {name} for name, tensor in sources.items()}
    found: dict[str, set[str]] = {}
    for op in graph.get_operations():  # in topological order
        before = (found[tensor.op.name] for tensor in op.inputs)
        found[op.name] = starts.get(op.name, set()).union(*before)
    return found


def _is_mean_over_positions(op: Any) -> bool:
    import tensorflow as tf

    if op.type != "Mean" or op.inputs[0].shape.rank != 4:
        return False
    axes = tf.get_static_value(op.inputs[1])
    return axes is not None and sorted(np.atleast_1d(axes) % 4) == [1, 2]
