"""The few things that Keras leaves to the library below it: TensorFlow or JAX."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras

from stylecore.errors import SettingsError

Tensor = Any
Loss = Callable[[Tensor, Any], tuple[Tensor, dict[str, Tensor]]]
"""(images, targets) -> (total, terms); ``targets`` is any nest of tensors."""


def gradient_of(loss: Loss) -> Callable[[Tensor, Any], tuple[dict[str, Tensor], Tensor]]:
    """(images, targets) -> (terms, gradient of the total); on either backend."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        def gradient(images: Tensor, targets: Any) -> tuple[dict[str, Tensor], Tensor]:
            with tf.GradientTape() as tape:
                tape.watch(images)
                total, terms = loss(images, targets)
            unused = tf.UnconnectedGradients.ZERO
            return terms, tape.gradient(total, images, unconnected_gradients=unused)

        return gradient
    if backend == "jax":
        import jax

        differentiated = jax.value_and_grad(loss, has_aux=True)

        def gradient(images: Tensor, targets: Any) -> tuple[dict[str, Tensor], Tensor]:
            (_, terms), change = differentiated(images, targets)
            return terms, change

        return gradient
    raise SettingsError(
        f"Keras is set to the backend {backend}: use KERAS_BACKEND=tensorflow or jax."
    )


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as one graph for each shape of its arguments."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    import tensorflow as tf

    return tf.function(function)


def fused(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function compiled by XLA, which makes chains of small operations one pass."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    import tensorflow as tf

    return tf.function(function, jit_compile=True)


def has_accelerator() -> bool:
    """Whether networks run on a GPU or the like, where several pictures at once are faster."""
    if keras.backend.backend() == "jax":
        import jax

        return bool(jax.default_backend() != "cpu")
    import tensorflow as tf

    return bool(tf.config.list_logical_devices("GPU"))


def make_deterministic() -> None:
    """Has TensorFlow use only operations that give the same bits every time; JAX on CPU does."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def is_out_of_memory(error: Exception) -> bool:
    """Whether the library below Keras, or Python, found no memory for an array."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "ResourceExhaustedError"
        or "RESOURCE_EXHAUSTED" in str(error)
    )


@contextmanager
def precision(policy: str) -> Iterator[None]:
    """Networks that are built inside have this dtype policy of Keras."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
