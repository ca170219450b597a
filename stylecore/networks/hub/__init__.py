"""TensorFlow Hub modules that repaint a picture in one pass, by handle or by folder.

Such a module takes a picture and a style, and computes from the style alone a few small tensors
that tell the rest how to paint (Ghiasi et al. 2017, section 3). Its graph is cut there: a style is
encoded once, codes can be mixed, and the statistics that its instance normalisation takes of every
frame can be held, which spares a video their flicker and large pictures the seams between tiles.
"""

import hashlib
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from stylecore.errors import WeightsError

logger = logging.getLogger(__name__)

MULTIPLE = 8
"""Frames are padded to a multiple of this: the networks halve their input two or three times."""
TOLERANCE = 1e-5
"""Greatest difference between a module and its two halves, of pixels in [0, 1]."""

Code = tuple[np.ndarray, ...]
Call = Callable[..., Any]


@dataclass(frozen=True)
class Halves:
    """What a module's graph was cut into."""

    encode: Call
    """style (1, h, w, 3) -> the tensors of a code."""
    measure: Call
    """(frames, *code) -> statistics of the frames."""
    paint: Call
    """(frames, *code) -> painted frames."""
    hold: Call
    """(frames, *code, *statistics) -> painted frames."""
    code_length: int


class HubNetwork:
    """A module with the signature of magenta/arbitrary-image-stylization (Ghiasi et al. 2017)."""

    bytes_per_pixel = 640
    """Of memory at work, measured on the stand-in and doubled: published modules are larger."""

    def __init__(self, halves: Halves) -> None:
        self._halves = halves

    def encode(self, style: np.ndarray) -> Code:
        """The tensors at the cut, for a style picture (h, w, 3)."""
        return tuple(np.asarray(part) for part in self._halves.encode(_tensor(style[None])))

    def mix(self, codes: Sequence[Code], weights: Sequence[float]) -> Code:
        """A code between others, tensor by tensor; weights sum to 1."""
        parts = zip(*codes, strict=True)
        return tuple(_between(part, weights) for part in parts)

    def measure(self, frame: np.ndarray, code: Code) -> tuple[np.ndarray, ...]:
        """The means that the network takes over the places of a frame, on its way through."""
        measured = self._halves.measure(_tensor(_padded(frame)[None]), *map(_tensor, code))
        return tuple(np.asarray(one) for one in measured)

    def paint(
        self,
        frames: Sequence[np.ndarray],
        code: Code,
        statistics: Sequence[tuple[np.ndarray, ...]] = (),
    ) -> list[np.ndarray]:
        """See ``FastNetwork.paint``."""
        import tensorflow as tf

        height, width = frames[0].shape[:2]
        padded = [_padded(frame) for frame in frames]
        batch = _tensor(padded[0][None] if len(frames) == 1 else np.stack(padded))
        repeated = [_tensor(np.repeat(part, len(frames), 0)) for part in code]
        if statistics and statistics[0]:
            held = [_tensor(np.concatenate(part)) for part in zip(*statistics, strict=True)]
            painted = self._halves.hold(batch, *repeated, *held)
        else:
            painted = self._halves.paint(batch, *repeated)
        inside = np.asarray(tf.clip_by_value(painted, 0, 1))[:, :height, :width]
        return list(inside)


class WholeHubNetwork:
    """A module whose graph could not be cut: it encodes the style with every frame."""

    bytes_per_pixel = 0
    """Never tiled: its statistics would differ from tile to tile."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def encode(self, style: np.ndarray) -> list[tuple[np.ndarray, float]]:
        """The style picture itself, with its weight."""
        return [(style, 1.0)]

    def mix(
        self, codes: Sequence[list[tuple[np.ndarray, float]]], weights: Sequence[float]
    ) -> list[tuple[np.ndarray, float]]:
        """All pictures with their weights: what is painted is the mean of paintings."""
        return [
            (style, share * weight)
            for code, weight in zip(codes, weights, strict=True)
            for style, share in code
        ]

    def measure(self, frame: np.ndarray, code: Any) -> tuple[np.ndarray, ...]:
        """Nothing: what it measures cannot be reached."""
        return ()

    def paint(
        self, frames: Sequence[np.ndarray], code: list[tuple[np.ndarray, float]], statistics=()
    ) -> list[np.ndarray]:
        """See ``FastNetwork.paint``; frame by frame."""
        return [self._painted(frame, code) for frame in frames]

    def _painted(self, frame: np.ndarray, code: list[tuple[np.ndarray, float]]) -> np.ndarray:
        height, width = frame.shape[:2]
        padded = _tensor(_padded(frame)[None])
        painted = [weight * np.asarray(self._call(padded, _tensor(style[None])))
                   for style, weight in code]  # fmt: skip
        return np.clip(np.sum(painted, 0)[0, :height, :width], 0, 1).astype(np.float32)


def load_hub(handle_or_folder: str) -> HubNetwork | WholeHubNetwork:
    """A module, cut where it can be.

    Args:
        handle_or_folder: a handle like ``https://tfhub.dev/...``, downloaded on first use into
            TFHUB_CACHE_DIR, or the folder of a SavedModel.

    Raises:
        WeightsError: it cannot be downloaded, or is not such a module.
    """
    folder = Path(handle_or_folder)
    is_handle = "://" in handle_or_folder
    if not is_handle and not (folder / "saved_model.pb").is_file():
        raise WeightsError(
            f"{handle_or_folder} is not the folder of a TensorFlow SavedModel (it holds no "
            "saved_model.pb): unpack the module and give that folder with --model FOLDER."
        )
    module = _load(handle_or_folder, is_handle=is_handle)
    try:
        function, whole = _function_of(module)
    except Exception as error:  # whatever a foreign graph does when it is called
        raise WeightsError(
            f"{handle_or_folder} cannot be called with a picture and a style: it is not a "
            "module for arbitrary image stylization."
        ) from error
    for quicker in (True, False):
        try:
            halves = cut(function, quicker=quicker)
            if greatest_difference(whole, halves) <= TOLERANCE:
                return HubNetwork(halves)
        except Exception as error:  # whatever a foreign graph does when it is taken apart
            logger.debug("cutting %s", handle_or_folder, exc_info=error)
    logger.warning(
        "%s cannot be cut into a style encoder and a painter: it encodes the style with every "
        "frame, which is slower, and its normalisation is not held steady",
        handle_or_folder,
    )
    return WholeHubNetwork(whole)


def hub_digest(handle_or_folder: str) -> str:
    """Hash of a folder's files, or the handle itself: published modules do not change."""
    folder = Path(handle_or_folder)
    if not folder.is_dir():
        return handle_or_folder
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(folder).as_posix()}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return f"hub-{digest.hexdigest()[:16]}"


def cut(function: Any, *, quicker: bool = True) -> Halves:
    """Cuts the graph of (frames, style) -> picture at what depends on the style alone.

    A tensor is part of the code when only the style leads to it and something that the frames
    lead to uses it; it is a statistic when it is the mean over all places of something that the
    frames lead to.

    Args:
        function: a concrete function of two pictures; its variables become constants.
        quicker: rewrite convolutions that processors are slow at (see ``_in_blocks``).

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
        definition = _in_blocks(definition)
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
    means = [op.outputs[0] for op in painting if _is_mean_over_places(op)]
    return Halves(
        encode=wrapped.prune([style], code),
        measure=wrapped.prune([frames, *code], means) if means else lambda *given: (),
        paint=wrapped.prune([frames, *code], picture),
        hold=wrapped.prune([frames, *code, *means], picture),
        code_length=len(code),
    )


def _in_blocks(definition: Any) -> Any:
    """The graph with large convolutions to few channels computed for blocks of 2x2 pixels.

    A 9x9 convolution to RGB is a fifth of such a network's work and several times slower than its
    size: processors compute many channels at once. Over blocks, moved into channels and back, it
    has four times as many, and gives the same but for rounding.
    """
    import tensorflow as tf

    nodes = {node.name: node for node in definition.node}
    rewritten = tf.compat.v1.GraphDef()
    rewritten.CopyFrom(definition)
    del rewritten.node[:]
    for node in definition.node:
        kernel = _large_kernel_to_pixels(node, nodes)
        if kernel is None:
            rewritten.node.append(node)
            continue
        with tf.Graph().as_default() as part:
            given = tf.compat.v1.placeholder(tf.float32, (None, None, None, kernel.shape[2]))
            blocks = tf.nn.space_to_depth(given, 2)
            blocks = tf.nn.conv2d(blocks, kernel_over_blocks(kernel), 1, "VALID")
            tf.nn.depth_to_space(blocks, 2, name="pixels")
        for new in part.as_graph_def().node:
            if new.name == given.op.name:
                continue
            new.input[:] = [
                node.input[0] if name == given.op.name else f"{node.name}/{name}"
                for name in new.input
            ]
            new.name = node.name if new.name == "pixels" else f"{node.name}/{new.name}"
            rewritten.node.append(new)
    return rewritten


def kernel_over_blocks(kernel: np.ndarray) -> np.ndarray:
    """The convolution kernel (n, n, i, o) for 2x2 blocks in channels: (m, m, 4 i, 4 o).

    The value at place (y, x) of block (Y, X) goes to the pixel (dy, dx) of a block with the weight
    of tap (2 Y + y - dy, 2 X + x - dx).
    """
    size, _, incoming, outgoing = kernel.shape
    blocks = size // 2 + 1
    over = np.zeros((blocks, 2, blocks, 2, incoming, 2, 2, outgoing), kernel.dtype)
    for down in range(2):
        for right in range(2):
            taps = np.zeros((2 * blocks, 2 * blocks, incoming, outgoing), kernel.dtype)
            taps[down : down + size, right : right + size] = kernel
            over[..., down, right, :] = taps.reshape(blocks, 2, blocks, 2, incoming, outgoing)
    return over.transpose(0, 2, 1, 3, 4, 5, 6, 7).reshape(blocks, blocks, 4 * incoming, -1)


def _large_kernel_to_pixels(node: Any, nodes: dict[str, Any]) -> np.ndarray | None:
    """The kernel of a plain convolution that ``_in_blocks`` makes faster; else None."""
    import tensorflow as tf

    if node.op != "Conv2D" or node.attr["padding"].s != b"VALID":
        return None
    steps = [*node.attr["strides"].list.i, *node.attr["dilations"].list.i]
    source = nodes[node.input[1].partition(":")[0]]
    while source.op == "Identity":
        source = nodes[source.input[0].partition(":")[0]]
    plain = set(steps) == {1} and node.attr["data_format"].s == b"NHWC"
    if not plain or source.op != "Const":
        return None
    kernel = tf.make_ndarray(source.attr["value"].tensor)
    height, width, _, outgoing = kernel.shape
    return kernel if height == width >= 7 and height % 2 and outgoing <= 4 else None


def greatest_difference(whole: Call, halves: Halves) -> float:
    """Between a module and its halves, on two random frames of a size that needs padding.

    The halves paint both frames at once, with statistics of each held: what the engine relies on.
    """
    random = np.random.default_rng(0)
    frames = [random.random((61, 83, 3), np.float32) for _ in range(2)]
    style = random.random((96, 64, 3), np.float32)
    network = HubNetwork(halves)
    code = network.encode(style)
    statistics = [network.measure(frame, code) for frame in frames]
    alone = WholeHubNetwork(whole).paint(frames, [(style, 1.0)])
    return max(
        float(np.abs(np.stack(network.paint(frames, code, held)) - np.stack(alone)).max())
        for held in ((), statistics)
    )


def _led_to(graph: Any, sources: dict[str, Any]) -> dict[str, set[str]]:
    """Name of every operation -> names of the ``sources`` whose values reach it."""
    starts = {tensor.op.name: {name} for name, tensor in sources.items()}
    found: dict[str, set[str]] = {}
    for op in graph.get_operations():  # in topological order
        before = (found[tensor.op.name] for tensor in op.inputs)
        found[op.name] = starts.get(op.name, set()).union(*before)
    return found


def _is_mean_over_places(op: Any) -> bool:
    import tensorflow as tf

    if op.type != "Mean" or op.inputs[0].shape.rank != 4:
        return False
    axes = tf.get_static_value(op.inputs[1])
    return axes is not None and sorted(np.atleast_1d(axes) % 4) == [1, 2]


def _function_of(module: Any) -> tuple[Any, Call]:
    """The module as one concrete function of frames and style, both of any size; and its call.

    Raises:
        ValueError: what comes out has not the frame's size.
    """
    import tensorflow as tf

    pictures = tf.TensorSpec((None, None, None, 3), tf.float32)
    for called in _ways_to_call(module):
        function = called.get_concrete_function(pictures, pictures)
        whole = _calling(module, function)
        if _keeps_the_frame(whole):
            return function, whole
    raise ValueError("it does not give a picture of the frame's size")


def _ways_to_call(module: Any) -> Iterator[Any]:
    """Functions of (frames, style); the arguments of a signature are named, but not in order."""
    import tensorflow as tf

    if callable(module):
        saved = module.__call__
        yield saved if hasattr(saved, "get_concrete_function") else tf.function(module)
        return
    (signature,) = module.signatures.values()
    names = sorted(signature.structured_input_signature[1])
    for order in (names, names[::-1]):
        yield tf.function(
            lambda *pictures, order=order: signature(**dict(zip(order, pictures, strict=True)))
        )


def _calling(module: Any, function: Any) -> Call:
    """(frames, style) -> picture; keeps the module, whose variables the function only borrows."""
    import tensorflow as tf

    def call(frames: Any, style: Any, *, owner: Any = module) -> Any:
        return tf.nest.flatten(function(frames, style))[0]

    return call


def _keeps_the_frame(whole: Call) -> bool:
    """Whether a picture of the frame's size comes out, not one of the style's."""
    frame, style = (np.zeros((1, *size, 3), np.float32) for size in ((64, 96), (80, 56)))
    return bool(np.asarray(whole(_tensor(frame), _tensor(style))).shape == frame.shape)


def _between(values: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    pairs = zip(values, weights, strict=True)
    return np.sum([np.float32(weight) * value for value, weight in pairs], 0)


def _padded(frame: np.ndarray) -> np.ndarray:
    height, width = frame.shape[:2]
    below, right = -height % MULTIPLE, -width % MULTIPLE
    if not (below or right):
        return frame
    return cv2.copyMakeBorder(frame, 0, below, 0, right, cv2.BORDER_REPLICATE)


def _tensor(values: np.ndarray) -> Any:
    import tensorflow as tf

    return tf.convert_to_tensor(values)


def _load(handle_or_folder: str, *, is_handle: bool) -> Any:
    os.environ.setdefault("TFHUB_DOWNLOAD_PROGRESS", "1")
    try:
        import tensorflow_hub

        logger.info("loading %s", handle_or_folder)
        return tensorflow_hub.load(handle_or_folder)
    except ModuleNotFoundError as error:
        raise WeightsError(
            f"TensorFlow Hub does not start because the package {error.name} is missing: install "
            "the versions of requirements.lock."
        ) from error
    except Exception as error:  # what the downloader raises is not documented
        if is_handle:
            raise WeightsError(
                f"{handle_or_folder} could not be downloaded: check the connection, set "
                "TFHUB_CACHE_DIR to a folder that already holds it, or give an unpacked module "
                "with --model FOLDER."
            ) from error
        raise WeightsError(
            f"{handle_or_folder} could not be loaded as a TensorFlow SavedModel; it may be "
            "damaged, so unpack the module once more."
        ) from error
