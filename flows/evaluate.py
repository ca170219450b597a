"""The measures of a result as a table, and as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from flows.printing import printable
from stylecore.errors import OutputError, OutputExistsError, SettingsError
from stylecore.evaluation import (
    EvaluationSettings,
    Subject,
    evaluate,
    job_of_result,
    subject_of_files,
    subject_of_job,
)
from stylecore.evaluation.table import written_table
from stylecore.settings import SourceSettings
from stylecore.settings.cuts import read_cut_list
from stylecore.store import Workspace, default_root


@dataclass(frozen=True)
class Judged:
    """What a person wants to have judged."""

    result: Path
    """A video, an animation, a folder of frames, a pattern, a workspace or a job's name."""
    source: Path | None
    styles: Sequence[Path]
    frames: str | None
    cuts: Path | None
    root: Path | None


def judge(
    judged: Judged,
    settings: EvaluationSettings,
    *,
    output: Path | None,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Prints the table of a result and writes the figures of its frames, where that is wanted.

    Raises:
        InputError: something given cannot be used.
        OutputError: the JSON file exists or cannot be written.
    """
    if output is not None and output.exists() and not overwrite:
        raise OutputExistsError(output)
    subject = _subject(judged, settings.source)
    console = Console(stderr=True, quiet=quiet, highlight=False, markup=False, emoji=False)
    with Progress(
        TextColumn("judging"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=console, disable=not console.is_terminal, transient=True,
    ) as bars:  # fmt: skip
        bar = bars.add_task("judging", total=subject.excerpt.count)
        found = evaluate(
            subject, judged.styles, settings,
            on_frame=lambda done, total: bars.update(bar, completed=done),
        )  # fmt: skip
    for line in written_table(found).splitlines() if not quiet else ():
        print(printable(line))
    if output is not None:
        try:
            output.write_text(found.model_dump_json(indent=1), encoding="utf-8")
        except OSError as error:
            raise OutputError(f"{output} cannot be written: {error.strerror}.") from error


def _subject(judged: Judged, source_settings: SourceSettings) -> Subject:
    root = judged.root or default_root()
    workspace = Workspace(judged.result)
    if not judged.result.exists() and "%" not in judged.result.name:
        workspace = Workspace.find(root, str(judged.result))
    if workspace.exists():
        return subject_of_job(workspace, source=judged.source)
    if judged.source is None:
        known = job_of_result(root, judged.result)
        if known is None:
            raise SettingsError(
                f"No job is known that {judged.result} is the result of; say with --source what "
                "it was made of."
            )
        return subject_of_job(*known)
    cuts = None if judged.cuts is None else read_cut_list(judged.cuts)
    return subject_of_files(
        judged.result, judged.source, settings=source_settings, frames=judged.frames, cuts=cuts
    )
