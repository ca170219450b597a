"""Trains the compact fast network, which paints a frame in one pass."""

from pathlib import Path

from prefect import flow

from stylecore.training.settings import FastTraining
from tasks.policies import with_state_message
from tasks.training import train_fast_network

DEFAULTS = FastTraining()


@flow(name="train-fast", flow_run_name="train fast into {out.name}")
@with_state_message(by=str)
def train_fast(content: Path, style: Path, out: Path, settings: FastTraining = DEFAULTS) -> Path:
    """Trains, or goes on from the last checkpoint; returns the weights.

    Args:
        content: folder of photographs.
        style: folder of artworks and textures.
        out: folder for checkpoints, weights, ``log.jsonl``, ``losses.png`` and sample sheets.
        settings: every other choice.
    """
    return train_fast_network(content, style, out, settings)
