"""What a person asks of jobs that exist: list, show, assemble again, clean."""

from pathlib import Path

from flows.printing import printable
from stylecore.errors import StoreError
from stylecore.pipeline import assemble, request_result
from stylecore.settings import OutputSettings
from stylecore.store import Workspace, default_root


def show_all(root: Path | None) -> None:
    """Prints a line for each job."""
    root = root or default_root()
    workspaces = Workspace.all_in(root)
    if not workspaces:
        print(f"no jobs in {root}")
        return
    width = max(len(workspace.name) for workspace in workspaces)
    for workspace in workspaces:
        size = workspace.stored_bytes() / 1e6
        try:
            state = _state(workspace)
        except StoreError as error:
            state = str(error)
        print(printable(f"{workspace.name:<{width}}   {state}   {size:.0f} MB"))


def show(root: Path | None, name: str) -> None:
    """Prints what a job is and how far it came."""
    workspace = Workspace.find(root or default_root(), name)
    job, requests = workspace.job, workspace.requests()
    facts = {
        "job": workspace.name,
        "folder": workspace.folder,
        "state": _state(workspace),
        "source": requests[-1].source if requests else job.source.path,
        "style": requests[-1].style if requests else job.style.path,
        "output": ", ".join(str(one.output) for one in requests) or "not asked for yet",
        "size": f"{job.width}x{job.height}",
        "frames": f"{job.start} to {job.stop - 1}, {len(job.shots)} shots",
        "settings": job.settings.model_dump_json(exclude_defaults=True),
    }
    for label, fact in facts.items():
        print(printable(f"{label:<10} {fact}"))
    for note in job.index.notes:
        print(printable(f"{'note':<10} {note}"))


def assemble_again(
    root: Path | None,
    name: str,
    *,
    output: Path | None,
    encoding: OutputSettings,
    overwrite: bool,
) -> None:
    """Encodes the stored frames again; the frames stay."""
    workspace = Workspace.find(root or default_root(), name)
    last = workspace.request
    settings = last.settings.model_copy(update={"output": encoding})
    changes = {"output": output or last.output, "overwrite": overwrite, "keep": True}
    wanted = last.model_copy(update={"settings": settings, **changes}).absolute()
    published = assemble(workspace, request_result(workspace, wanted))
    print(f"verified: {', '.join(published.verified)}")
    print(printable(str(published.output)))


def why_anew(workspace: Workspace, opened: Workspace) -> str | None:
    """Why going on with a job means another one; None where the one that was opened is the same."""
    if opened.folder == workspace.folder:
        return None
    return (
        f"{workspace.name} cannot be gone on with: this version of the program paints otherwise "
        "than the one that began it, or its source, style or network holds something else now. It "
        f"begins anew as {opened.name}; what is finished of the old one stays until stylecore jobs "
        f"clean {workspace.name} --remove."
    )


def clean(root: Path | None, names: list[str], *, remove: bool) -> None:
    """Frees the frames of finished jobs, or removes jobs; all of them when none is named."""
    root = root or default_root()
    chosen = [Workspace.find(root, name) for name in names] or Workspace.all_in(root)
    for workspace in chosen:
        freed = workspace.stored_bytes() / 1e6
        if remove:
            what = f"removed, {freed:.0f} MB" if workspace.remove() else "in use, left alone"
            print(f"{workspace.name}   {what}")
        elif workspace.free_frames_unless_wanted():
            print(f"{workspace.name}   {freed - workspace.stored_bytes() / 1e6:.0f} MB freed")
        else:
            print(f"{workspace.name}   not finished, left alone (--remove removes it)")


def _state(workspace: Workspace) -> str:
    if workspace.open_requests():
        return f"{workspace.count_finished()} of {workspace.job.work_count} frames"
    published = workspace.publications()
    if not published:
        return f"previewed, {workspace.count_finished()} of {workspace.job.work_count} frames"
    places = [f"{one.output}{'' if one.is_in_place() else ' (moved away)'}" for one in published]
    return f"done, {workspace.job.frame_count} frames, {', '.join(places)}"
