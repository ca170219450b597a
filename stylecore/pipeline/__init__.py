"""The steps of a job, from files to a published result.

    open_job ─ stylize_chunk * ─ assemble

Each step takes the request and the workspace of its job, finds everything else there, and can be
repeated: what is done already is not done again. ``stylize_video`` runs them one after the other;
the Prefect flow runs the same steps as tasks.
"""

from stylecore.pipeline.assembly import assemble
from stylecore.pipeline.checks import space_needed
from stylecore.pipeline.division import find_shots
from stylecore.pipeline.plan import open_job, plan_job, request_result
from stylecore.pipeline.progress import OnProgress, Progress
from stylecore.pipeline.steps import finish_job, stylize_video
from stylecore.pipeline.still import stylize_image
from stylecore.pipeline.work import stylize_alone, stylize_chunk

__all__ = [
    "OnProgress",
    "Progress",
    "assemble",
    "find_shots",
    "finish_job",
    "open_job",
    "plan_job",
    "request_result",
    "space_needed",
    "stylize_alone",
    "stylize_chunk",
    "stylize_image",
    "stylize_video",
]
