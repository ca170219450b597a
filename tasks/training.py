"""The trainings of the shipped networks as Prefect tasks."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from prefect import task
from prefect.artifacts import create_progress_artifact
from prefect.logging import get_run_logger

from stylecore.training.settings import (
    FastTraining,
    PerceptualTraining,
    StyleLearning,
)
from tasks.progress import show_progress


@task(task_run_name="train into {out.name}")
def train_perceptual_network(
    content: Path, style: Path, out: Path, settings: PerceptualTraining
) -> Path:
    """Trains the compact perceptual network; returns its weights."""
    from stylecore.training.perceptual import WEIGHTS_FILE, train

    train(content, style, out, settings, on_epoch=_teller())
    return out / WEIGHTS_FILE


@task(task_run_name="train into {out.name}")
def train_fast_network(content: Path, style: Path, out: Path, settings: FastTraining) -> Path:
    """Trains the compact fast network; returns its weights."""
    from stylecore.training.fast import WEIGHTS_FILE, train

    train(content, style, out, settings, on_epoch=_teller())
    return out / WEIGHTS_FILE


@task(task_run_name="learn {style.stem}")
def learn_style_file(
    style: Path, output: Path, content: Path | None, settings: StyleLearning, *, overwrite: bool
) -> Path:
    """Learns one style; returns its file."""
    from stylecore.training.learned import learn_from_files

    learn_from_files(
        style, output, settings, content=content, overwrite=overwrite, on_epoch=_teller()
    )
    return output


def _teller() -> Callable[[int, int, dict[str, float]], None]:
    """Shows each epoch in the log and in a progress artifact."""
    logger = get_run_logger()
    artifact = UUID(str(create_progress_artifact(progress=0.0, description="steps of training")))

    def tell(epoch: int, epochs: int, means: dict[str, float]) -> None:
        shown = ", ".join(f"{name} {value:.4g}" for name, value in sorted(means.items()))
        logger.info("epoch %d of %d: %s", epoch, epochs, shown)
        show_progress(artifact, 100 * epoch / epochs)

    return tell
