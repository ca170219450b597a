"""The cuts of a video as a list, for a person to look through and to mend."""

from pathlib import Path

from flows.printing import printable
from stylecore.config import SourceSettings
from stylecore.cuts import written_csv, written_cuts
from stylecore.errors import OutputError, OutputExistsError
from stylecore.media import Excerpt, index_source, place_of
from stylecore.pipeline import find_shots


def write_cuts(
    source: Path, output: Path | None, settings: SourceSettings, *, overwrite: bool
) -> None:
    """Writes the cuts that are found in a source, or prints them where ``output`` is None.

    Raises:
        InputError: the source cannot be read.
        OutputError: the list exists or cannot be written.
    """
    if output is not None and output.exists() and not overwrite:
        raise OutputExistsError(output)
    excerpt = Excerpt.of_all(source, index_source(source, settings))
    shots = find_shots(excerpt)
    cuts = [shot.start for shot in shots[1:]]
    if output is not None and output.suffix.lower() == ".csv":
        text = written_csv(cuts, excerpt.boundaries())
    else:
        text = written_cuts(printable(place_of(source).name), cuts, excerpt.boundaries())
    if output is None:
        print(text, end="")
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{output} cannot be written: {error.strerror}.") from error
    count = "1 shot" if len(shots) == 1 else f"{len(shots)} shots"
    print(printable(f"{count} of {source.name} listed in {output}"))
