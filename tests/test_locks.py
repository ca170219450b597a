"""Locks: who has one, who waits, and what is said where none can be had."""

import logging
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from stylecore.errors import StoreError
from stylecore.runtime.locks import acquired
from stylecore.store import Workspace

PATIENCE_SECONDS = 60


def test_only_one_has_a_lock_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "one.lock"
    first = acquired(path)
    assert first is not None and first.is_locked
    assert acquired(path, timeout=0) is None
    assert acquired(path, timeout=0.01) is None
    assert acquired(tmp_path / "other.lock", timeout=0) is not None
    first.release()
    second = acquired(path, timeout=0)
    assert second is not None and second.is_locked


def test_who_wants_a_lock_that_another_has_waits_for_it_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "job-1a" / "locks").mkdir(parents=True)
    workspace, entered = Workspace(tmp_path / "job-1a"), list[str]()
    waits = threading.Event()
    caplog.set_level(logging.WARNING, logger="stylecore")
    caplog.handler.addFilter(lambda record: waits.set() or True)

    def work() -> None:
        with workspace.lock("shot-3"):
            entered.append("it works")

    other = acquired(tmp_path / "job-1a/locks/shot-3.lock")
    assert other is not None
    thread = threading.Thread(target=work)
    thread.start()
    assert waits.wait(PATIENCE_SECONDS)
    assert "another process works on shot-3 of job-1a; waiting for it" in caplog.text
    thread.join(0.3)
    assert thread.is_alive() and not entered, "it did not wait"
    other.release()
    thread.join(PATIENCE_SECONDS)
    assert entered == ["it works"]
    assert acquired(tmp_path / "job-1a/locks/shot-3.lock", timeout=0), "it was given back"


@pytest.mark.parametrize(
    "error", [NotImplementedError("this disk has no locks"), OSError(37, "No locks available")]
)
def test_where_the_disk_has_no_locks_a_sentence_says_what_to_do(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: FileLock, timeout: float) -> None:
        raise error

    monkeypatch.setattr(FileLock, "acquire", refuse)
    reason = "no locks" if isinstance(error, NotImplementedError) else "No locks available"
    with pytest.raises(StoreError, match=rf"one\.lock cannot be locked \(.*{reason}\).*folder"):
        acquired(tmp_path / "one.lock")
