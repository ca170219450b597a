"""Jobs that are killed in every stage go on as if nothing had happened (tests/tools/kills.py)."""

from pathlib import Path

import pytest

from tests.tools.kills import ENGINES, STAGES, Tally, kill_jobs


@pytest.mark.long
def test_jobs_killed_in_every_stage_end_alike(tmp_path: Path) -> None:
    tally = Tally()
    kill_jobs(2 * len(ENGINES) * len(STAGES), tmp_path, tally)
    assert not tally.faults
    assert set(tally.kills) == {(engine, stage) for engine in ENGINES for stage in STAGES}
