"""What the trainings have in common: optimiser, checkpoints, log, plot and samples."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np

from stylecore.errors import SettingsError
from stylecore.media import write_picture

EMA_MOMENTUM = 0.998
LOG_FILE = "log.jsonl"
PLOT_FILE = "losses.png"
SAMPLES_FOLDER = "samples"

OnEpoch = Callable[[int, int, dict[str, float]], None]
"""Is told how many epochs are done, of how many, and the means of the last one."""


@dataclass(frozen=True)
class Schedule:
    """How long is trained, how boldly, and how often pictures are made."""

    steps: int
    """In all, earlier runs included."""
    learning_rate: float
    sample_epochs: int


@dataclass(frozen=True)
class Products:
    """What a training leaves behind after an epoch, its weights being the averages then."""

    write: Callable[[], None]
    """Writes the weights, ready for use."""
    samples: Callable[[], np.ndarray]
    """A sheet of pictures made with them, (H, W, 3) float32 in [0, 1]."""


def optimiser(learning_rate: float, steps: int) -> keras.optimizers.Optimizer:
    """Adam that warms up, then falls on a half cosine, and averages the weights that ship."""
    schedule = keras.optimizers.schedules.CosineDecay(
        learning_rate / 20, steps, alpha=0.02, warmup_target=learning_rate,
        warmup_steps=min(200, steps // 10),
    )  # fmt: skip
    return keras.optimizers.Adam(schedule, clipnorm=1.0, use_ema=True, ema_momentum=EMA_MOMENTUM)


def fit(
    model: keras.Model,
    data: keras.utils.PyDataset,
    out: Path,
    schedule: Schedule,
    products: Products,
    on_epoch: OnEpoch | None = None,
) -> None:
    """Trains as scheduled, from the last checkpoint in ``out`` if it has one.

    Args:
        model: every weight made; its ``compute_loss`` is what falls.
        data: one epoch; has ``begin_epoch(epoch)``, so that a resumed run sees what it would have
            seen.

    Raises:
        SettingsError: the package that draws the losses is missing.
    """
    if find_spec("matplotlib") is None:
        raise SettingsError(
            "A training draws its losses with matplotlib, which is missing: install it, or this "
            "package with its extra 'train'."
        )
    out.mkdir(parents=True, exist_ok=True)
    on_jax = keras.backend.backend() == "jax"  # TensorFlow is faster without XLA on CPUs
    model.compile(optimiser(schedule.learning_rate, schedule.steps), jit_compile=on_jax)
    model.fit(
        data,
        epochs=max(1, schedule.steps // len(data)),
        shuffle=False,
        verbose=0,
        callbacks=[
            keras.callbacks.BackupAndRestore(
                str(out / "checkpoint"), delete_checkpoint=False, double_checkpoint=True
            ),
            keras.callbacks.LambdaCallback(on_epoch_begin=data.begin_epoch),
            _Epochs(out, products, schedule.sample_epochs, on_epoch),
        ],
    )


class _Epochs(keras.callbacks.Callback):
    """Exports, logs, plots and paints after each epoch."""

    def __init__(
        self, out: Path, products: Products, sample_epochs: int, on_epoch: OnEpoch | None
    ) -> None:
        super().__init__()
        self.out = out
        self.products = products
        self.sample_epochs = sample_epochs
        self.on_epoch = on_epoch

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        live = self.model.get_weights()
        self.model.optimizer.finalize_variable_values(self.model.trainable_variables)
        self.products.write()
        if (epoch + 1) % self.sample_epochs == 0:
            folder = self.out / SAMPLES_FOLDER
            folder.mkdir(exist_ok=True)
            write_picture(folder / f"epoch_{epoch + 1:04d}.png", self.products.samples())
        self.model.set_weights(live)
        means = {name: float(value) for name, value in (logs or {}).items()}
        with (self.out / LOG_FILE).open("a") as log:
            log.write(json.dumps({"epoch": epoch + 1, **means}) + "\n")
        plot_losses(self.out / LOG_FILE, self.out / PLOT_FILE)
        if self.on_epoch is not None:
            self.on_epoch(epoch + 1, self.params["epochs"], means)


def plot_losses(log: Path, picture: Path) -> None:
    """Draws every quantity of a log over its epochs, on a logarithmic scale."""
    from matplotlib.figure import Figure

    lines = [json.loads(line) for line in log.read_text().splitlines()]
    epochs = [line.pop("epoch") for line in lines]
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.add_subplot(xlabel="epoch", yscale="log")
    for name in sorted(lines[-1]):
        axes.plot(epochs, [line.get(name) for line in lines], label=name)
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper", fontsize="small")
    figure.savefig(picture)
