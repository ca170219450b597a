"""Previews as Prefect tasks, with their page on the run's page."""

from prefect import get_run_logger, task
from prefect.artifacts import create_image_artifact, create_markdown_artifact

from stylecore import preview
from stylecore.preview import Preview, PreviewRequest
from tasks.policies import HOUR, TASK_OPTIONS


@task(task_run_name="preview {request.source.name}", timeout_seconds=12 * HOUR, **TASK_OPTIONS)
def make_preview(request: PreviewRequest) -> Preview:
    """Paints some frames in each choice; the sheet and the estimate become artifacts."""
    made = preview.make_preview(request)
    logger = get_run_logger()
    text = f"`{made.sheet}`\n\n{preview_text(made)}"
    logger.info("frames %s on %s", ", ".join(map(str, made.frames)), made.sheet)
    create_image_artifact(
        image_url=preview.as_data_uri(made.sheet),
        key="preview", description=f"{request.source.name}: source above, then each choice",
    )  # fmt: skip
    create_markdown_artifact(text, key="preview-estimate", description="what the whole will take")
    return made


def preview_text(made: Preview) -> str:
    """What a preview found out, in Markdown."""
    phrases = preview.described(made.estimate) if made.estimate else ["could not be estimated"]
    return "\n".join([f"- {phrase}" for phrase in (*phrases, _kept(made))])


def result_line(made: Preview) -> str:
    """``sheet.png: about 12 min; 1.2 GB of disk while it works; ...``."""
    phrases = preview.described(made.estimate) if made.estimate else []
    return f"{made.sheet.name}: {'; '.join([*phrases, _kept(made)])}"


def _kept(made: Preview) -> str:
    return f"{made.kept} painted frames kept for the job"
