"""Trains the compact perceptual network, which judges pictures for the gatys engine."""

from pathlib import Path

from prefect import flow

from stylecore.training.settings import PerceptualTraining
from tasks.policies import with_state_message
from tasks.training import train_perceptual_network

DEFAULTS = PerceptualTraining()


@flow(name="train-perceptual", flow_run_name="train perceptual into {out.name}")
@with_state_message(by=str)
def train_perceptual(
    content: Path, style: Path, out: Path, settings: PerceptualTraining = DEFAULTS
) -> Path:
    """Trains, or goes on from the last checkpoint; returns the weights.

    Args:
        content: folder of photographs.
        style: folder of artworks and textures.
        out: folder for checkpoints, weights, ``log.jsonl``, ``losses.png`` and sample sheets.
        settings: every other choice.
    """
    return train_perceptual_network(content, style, out, settings)
