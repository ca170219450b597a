"""The cuts of a video or a job as a list, for a person to look through and to mend."""

from pathlib import Path

from flows.printing import printable
from stylecore.errors import OutputError, OutputExistsError
from stylecore.media import Excerpt, index_source, path_on_disk
from stylecore.pipeline import find_shots
from stylecore.settings import SourceSettings
from stylecore.settings.cuts import written_csv, written_cuts
from stylecore.store import Workspace, default_root


def list_cuts(
    source: Path, output: Path | None, settings: SourceSettings, *, overwrite: bool
) -> None:
    """Writes the cuts that are found in a source, or prints them where ``output`` is None.

    Raises:
        InputError: the source cannot be read.
        OutputError: the list exists or cannot be written.
    """
    _require_free(output, overwrite)
    excerpt = Excerpt.of_all(source, index_source(source, settings))
    cuts = [shot.start for shot in find_shots(excerpt)[1:]]
    _give(excerpt, cuts, output)


def list_cuts_of_job(root: Path | None, name: str, output: Path | None, *, overwrite: bool) -> None:
    """Likewise the cuts that a job is painted by, found or given.

    Raises:
        StoreError: there is no such job.
        OutputError: the list exists or cannot be written.
    """
    _require_free(output, overwrite)
    job = Workspace.find(root or default_root(), name).job
    cuts = [start for start, _ in job.shots[1:]]
    _give(Excerpt.of_all(job.source.path, job.index), cuts, output)


def _require_free(output: Path | None, overwrite: bool) -> None:
    if output is not None and output.exists() and not overwrite:
        raise OutputExistsError(output)


def _give(excerpt: Excerpt, cuts: list[int], output: Path | None) -> None:
    name = printable(path_on_disk(excerpt.path).name)
    if output is not None and output.suffix.lower() == ".csv":
        text = written_csv(cuts, excerpt.boundaries())
    else:
        text = written_cuts(name, cuts, excerpt.boundaries())
    if output is None:
        print(text, end="")
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{output} cannot be written: {error.strerror}.") from error
    count = "1 shot" if not cuts else f"{len(cuts) + 1} shots"
    print(printable(f"{count} of {name} listed in {output}"))
