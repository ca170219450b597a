"""Judges a result as a whole; memory does not grow with its length but for the figures."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stylecore.errors import SettingsError
from stylecore.evaluation.estimators import estimators_of
from stylecore.evaluation.judge import FrameJudge
from stylecore.evaluation.subject import Subject
from stylecore.evaluation.summary import Evaluation, FrameFigures, summarised
from stylecore.media import as_utf8
from stylecore.pipeline.styles import read_style
from stylecore.settings.evaluation import EvaluationSettings

if TYPE_CHECKING:
    from stylecore.evaluation.appearance import Appearance


def evaluate(
    subject: Subject,
    styles: Sequence[Path] = (),
    settings: EvaluationSettings | None = None,
    *,
    on_frame: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Measures every frame of a result, every shot, and all.

    Args:
        subject: the result and its source.
        styles: pictures that it is in the style of; those of its job when empty. Without any,
            neither style nor content is judged.
        settings: the protocol.
        on_frame: called after every frame with how many are done, of how many.

    Raises:
        InputError: something cannot be read or does not fit.
        WeightsError: the weights of the network are missing or do not fit.
    """
    settings = settings or EvaluationSettings()
    styles = tuple(styles) or subject.styles
    if settings.others and not styles:
        raise SettingsError("--others is about the strokes of a style; give one with --style.")
    estimators = estimators_of(settings)
    appearance = _appearance(styles, settings) if styles else None
    judge = FrameJudge(estimators, appearance, every=settings.every)
    starts = {start: number for number, (start, _) in enumerate(subject.shots, start=1)}
    found: list[FrameFigures] = []
    shot, size = 1, subject.size
    for number, source, result in subject.frames(settings.judged_size):
        shot, size = starts.get(number, shot), (source.shape[1], source.shape[0])
        figures = judge.add(number, source, result, begins_shot=number in starts)
        found.append(
            FrameFigures(frame=number, time=subject.time(number), shot=shot, figures=figures)
        )
        if on_frame is not None:
            on_frame(len(found), subject.excerpt.count)
    return summarised(
        found,
        source=as_utf8(subject.excerpt.path.name),
        result=as_utf8(subject.name),
        styles=tuple(as_utf8(path.name) for path in styles),
        size=size,
        features=settings.features if styles else "",
        estimators=tuple(estimator.name for estimator in estimators),
        every=settings.every,
    )


def _appearance(styles: Sequence[Path], settings: EvaluationSettings) -> "Appearance":
    """The judge of style and content; makes TensorFlow load."""
    from stylecore.evaluation.appearance import Appearance

    return Appearance(
        [read_style(path) for path in styles],
        [read_style(path) for path in settings.others],
        features=settings.features, weights=settings.weights,
    )  # fmt: skip
