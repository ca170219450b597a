"""The page about a job, once more."""

from pathlib import Path

from flows.printing import printable
from stylecore.errors import SettingsError
from stylecore.evaluation import job_of_result
from stylecore.report import finished_request, write_report
from stylecore.store import Workspace, default_root


def report_again(result: Path, root: Path | None, *, quiet: bool) -> None:
    """Writes the report of a result, a workspace or a job's name.

    Raises:
        InputError: no job is known that it is the result of, or its files cannot be read any more.
        StoreError: the job has no result in place.
        OutputError: the page cannot be written.
    """
    root = root or default_root()
    workspace, output = Workspace(result), None
    if not workspace.exists():
        if result.exists():
            known = job_of_result(root, result)
            if known is None:
                raise SettingsError(
                    f"No job in {root} is known that {result} is the result of; name its folder "
                    "of jobs with --workspace."
                )
            workspace, output = known[0], result
        else:
            workspace = Workspace.find(root, str(result))
    written = write_report(workspace, *finished_request(workspace, output))
    if not quiet:
        print(printable(f"{written.path}   {written.seconds:.1f} s"))
