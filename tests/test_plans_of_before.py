"""Jobs that were begun before go on: their plans are read, written and named as ever.

``plan_of_before.json`` is a plan as the program wrote it before its modules were moved into rooms.
Where its key comes out as another one, such jobs begin anew; ``stylecore jobs resume`` says so, and
the file is to be made again on purpose. Its frames would still have to be the same: the golden
checksums hold that.
"""

import json
from pathlib import Path
from typing import Any

from stylecore.store import Job, Workspace, job_key
from stylecore.store.model import tag_of

PLAN = (Path(__file__).parent / "support" / "plan_of_before.json").read_text()
DIGEST = "gatys-22-60d1f3d0aa8522427576c536a00df49dbf211c270b9504481ec87247c4d50abd"
"""Of the engine that it was begun with."""


def without_what_is_new(now: Any, before: Any) -> Any:
    """``now``, of whose mappings only the names of ``before`` are left."""
    if isinstance(now, dict):
        return {name: without_what_is_new(now[name], before[name]) for name in before}
    if isinstance(now, list):
        return [without_what_is_new(*pair) for pair in zip(now, before, strict=True)]
    return now


def test_a_plan_of_before_is_read_and_written_as_it_was(tmp_path: Path) -> None:
    job = Job.model_validate_json(PLAN)
    assert [chunk.pass_number for chunk in job.chunks] == [1, 2, 1, 2]
    assert job.shots == [(0, 8), (8, 14)]
    workspace = Workspace(tmp_path / f"in-{tag_of(job.key)}")
    workspace.create(job)
    written = json.loads((workspace.folder / "job.json").read_bytes())["content"]
    before = json.loads(PLAN)
    assert without_what_is_new(written, before) == before
    assert (workspace.folder / "passes" / "1").is_dir()
    assert Workspace(workspace.folder).job == job


def test_a_job_of_before_has_the_same_name_now() -> None:
    job = Job.model_validate_json(PLAN)
    assert job_key(job.source, (job.style,), (), job.settings, DIGEST) == job.key
