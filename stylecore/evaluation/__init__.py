"""Measures of a result beside its source and styles (protocol: ``docs/evaluation.md``)."""

from stylecore.evaluation.subject import Subject, job_of_result, subject_of_files, subject_of_job
from stylecore.evaluation.summary import Evaluation, FrameFigures, Outlier, ShotFigures
from stylecore.evaluation.verdict import evaluate
from stylecore.settings.evaluation import EvaluationSettings

__all__ = [
    "Evaluation",
    "EvaluationSettings",
    "FrameFigures",
    "Outlier",
    "ShotFigures",
    "Subject",
    "evaluate",
    "job_of_result",
    "subject_of_files",
    "subject_of_job",
]
