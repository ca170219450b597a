"""What the flows promise: one sentence, frames that are never lost, and a night that goes on."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    ArtifactFilterType,
)
from prefect.client.schemas.objects import Artifact
from prefect.exceptions import FlowPauseTimeout, NotPausedError, Pause
from prefect.flow_engine import run_flow
from prefect.flow_runs import resume_flow_run
from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings
from prefect.states import State
from prefect.testing.utilities import prefect_test_harness

from flows.cli import main
from flows.folder import stylize_folder
from flows.preview import preview
from flows.train_fast import train_fast
from flows.train_perceptual import train_perceptual
from flows.video import stylize_video
from stylecore import pipeline
from stylecore.errors import MediaError, SettingsError
from stylecore.media import index_source, read_picture
from stylecore.pipeline import Progress
from stylecore.pipeline.inbox import arrivals, settled
from stylecore.settings import FolderSettings, OutputSettings, VideoSettings
from stylecore.store import Workspace
from stylecore.training.settings import FastTraining, PerceptualTraining
from tasks import progress
from tasks import video as steps
from tasks.progress import listening
from tests.support import clips
from tests.support.jobs import planned, steps_of_a_start, with_one_hiccup

QUICK = VideoSettings(engine="identity", chunk_frames=4)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A private Prefect server for the flows of this module."""
    home = tmp_path_factory.mktemp("prefect")
    with temporary_settings({PREFECT_HOME: home}), prefect_test_harness(server_startup_timeout=180):
        yield


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """Two videos (one in a container we do not write), two stills, a broken video, and others."""
    folder = tmp_path / "inbox"
    (folder / "sub").mkdir(parents=True)
    clips.write_clip(folder / "one.mp4", sounds=1)
    clips.write_clip(folder / "two.avi", codec="mpeg4", options={})
    clips.write_picture(folder / "three.png", scene=1)
    clips.write_picture(folder / "four.jpg", scene=2)
    (folder / "broken.mp4").write_text("no video at all")
    for other in ("notes.txt", ".hidden.mp4", "five.mp4.part", "six.mp4~", "sub/seven.mp4"):
        (folder / other).write_text("of no concern")
    return folder


@pytest.mark.representative
@pytest.mark.prefect
def test_video_is_published_and_its_progress_is_told(
    server: None, clip: Path, style: Path, tmp_path: Path
) -> None:
    seen: list[Progress] = []
    output = tmp_path / "result.mp4"
    with listening(seen.append):
        published = stylize_video(clip, style, output, QUICK, workspace=tmp_path / "jobs")
    assert published.output == output and published.frames == 12
    assert index_source(output).frame_count == 12
    last = {(step.stage, step.shot): (step.done, step.total) for step in seen}
    assert last == {("stylize", 0): (6, 6), ("stylize", 1): (6, 6), ("assemble", 0): (12, 12)}


@pytest.mark.prefect
def test_a_start_opens_and_hashes_its_source_once(
    server: None, clip: Path, style: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", PREFECT_API_URL.value())
    command = ["video", str(clip), "--style", str(style), "-o", str(tmp_path / "out.mp4"),
               "--engine", "identity", "--workspace", str(tmp_path / "jobs")]  # fmt: skip
    seen = steps_of_a_start(monkeypatch)
    assert main(command) == 0
    assert seen[: seen.index("store 0")] == ["open clip.mp4", "hash clip.mp4", "hash style.png"]
    assert [step for step in seen if step.startswith("open")] == ["open clip.mp4"]


@pytest.mark.prefect
def test_a_preview_is_a_run_with_a_sheet_and_an_estimate(
    server: None, clip: Path, style: Path, tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet.png"
    state: State = preview(
        clip, [style], sheet, QUICK, ["size=48,96"], samples=2, workspace=tmp_path / "jobs",
        return_state=True,
    )  # fmt: skip
    assert state.is_completed() and str(state.message).startswith("sheet.png: about ")
    assert read_picture(sheet).shape[1] > 2 * 48
    assert len(Workspace.all_in(tmp_path / "jobs")) == 2
    refused = preview(clip, [style], sheet, QUICK, ["codec=h264"], return_state=True)
    assert refused.is_failed() and "does not change the painted picture" in refused.message


class WaitingRun:
    """A run of a deployment of ``stylize_video`` that asks for approval, attempt by attempt."""

    def __init__(self, **parameters: object) -> None:
        deployment = stylize_video.to_deployment(name="approved").apply()
        asked = parameters | {"settings": QUICK.model_dump(mode="json"), "approve": True}
        with get_client(sync_client=True) as client:
            run = client.create_flow_run_from_deployment(
                deployment,
                parameters={name: str(value) if isinstance(value, Path) else value
                            for name, value in asked.items()},
            )  # fmt: skip
        self.id = run.id

    def attempt(self) -> State:
        """What a worker does when the run is due; its state afterwards."""
        with get_client(sync_client=True) as client:
            run = client.read_flow_run(self.id)
            with suppress(Pause):
                run_flow(stylize_video, flow_run=run, return_type="state")
            state = client.read_flow_run(self.id).state
        assert state is not None
        return state

    def artifacts(self, kind: str) -> list[Artifact]:
        with get_client(sync_client=True) as client:
            return client.read_artifacts(
                artifact_filter=ArtifactFilter(
                    flow_run_id=ArtifactFilterFlowRunId(any_=[self.id]),
                    type=ArtifactFilterType(any_=[kind]),
                )
            )


def stored_pictures(root: Path) -> dict[Path, int]:
    """When each picture below was stored."""
    return {path: path.stat().st_mtime_ns for path in root.rglob("0*.png")}


@pytest.mark.prefect
def test_run_waits_for_a_yes_and_paints_nothing_twice(
    server: None, clip: Path, style: Path, tmp_path: Path
) -> None:
    root, output = tmp_path / "jobs", tmp_path / "result.mp4"
    run = WaitingRun(source=clip, style=style, output=output, workspace=root, keep=True)
    state = run.attempt()
    assert state.name == "Suspended" and state.state_details.pause_timeout is not None
    left = state.state_details.pause_timeout - datetime.now(UTC)
    assert timedelta(hours=71) < left < timedelta(hours=72)
    painted = stored_pictures(root)
    assert 0 < len(painted) < 12 and not output.exists()
    (sheet,) = run.artifacts("image")
    assert str(sheet.data).startswith("data:image/jpeg;base64,")

    resume_flow_run(run.id, run_input={"approved": True})
    state = run.attempt()
    assert state.is_completed() and str(state.message).startswith("result.mp4: 12 frames; verified")
    assert output.exists() and painted.items() <= stored_pictures(root).items()
    assert len(run.artifacts("image")) == 1, "the preview was made twice"


@pytest.mark.prefect
def test_a_no_is_an_end_in_a_sentence_and_keeps_what_is_painted(
    server: None, clip: Path, style: Path, tmp_path: Path
) -> None:
    root, output = tmp_path / "jobs", tmp_path / "result.mp4"
    run = WaitingRun(source=clip, style=style, output=output, workspace=root, approval_hours=2)
    assert run.attempt().name == "Suspended"
    painted = stored_pictures(root)
    resume_flow_run(run.id, run_input={"approved": False})
    state = run.attempt()
    assert state.is_cancelled() and "was not approved" in str(state.message)
    assert not output.exists() and stored_pictures(root) == painted


@pytest.mark.prefect
def test_an_answer_that_comes_too_late_is_none(
    server: None, clip: Path, style: Path, tmp_path: Path
) -> None:
    output = tmp_path / "result.mp4"
    run = WaitingRun(
        source=clip, style=style, output=output, workspace=tmp_path / "jobs", approval_hours=3e-4
    )
    assert run.attempt().name == "Suspended"
    time.sleep(1.5)
    with pytest.raises((FlowPauseTimeout, NotPausedError)):
        resume_flow_run(run.id, run_input={"approved": True})
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(run.id).state
    assert state is not None and state.is_failed() and "never resumed" in str(state.message)
    assert not output.exists()


def test_progress_reads_the_plan_once(
    clip: Path, style: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[float] = []
    monkeypatch.setattr(
        progress, "update_progress_artifact", lambda artifact, progress: shown.append(progress)
    )
    monkeypatch.setattr(progress, "ARTIFACT_SECONDS", -1.0)
    folder = planned(clip, style, tmp_path / "out.mp4", QUICK)[0].folder
    monitor = progress.ChunkMonitor(Workspace(folder), artifact=uuid4(), time_limit=3600)
    monitor(Progress("stylize", 0, 6))
    (folder / "job.json").rename(folder / "read.json")
    (folder / "frames" / "00000000.png").touch()
    monitor(Progress("stylize", 1, 6))
    assert shown == [0, pytest.approx(100 / 12)]


@pytest.mark.prefect
def test_parallel_shots_give_the_same_bytes(
    server: None, clip: Path, style: Path, tmp_path: Path
) -> None:
    digests = set()
    for parallel in (1, 3):
        chosen = QUICK.model_copy(update={"parallel_shots": parallel, "chunk_frames": 2})
        published = stylize_video(
            clip, style, tmp_path / f"{parallel}.mp4", chosen, workspace=tmp_path / str(parallel)
        )
        digests.add(published.sha256)
    assert len(digests) == 1


@pytest.mark.prefect
def test_a_name_that_is_no_text_does_not_stop_the_night(
    server: None, style: Path, tmp_path: Path
) -> None:
    inbox, outbox = tmp_path / "inbox", tmp_path / "outbox"
    inbox.mkdir()
    clips.write_clip(inbox / "one.mp4", frames=2)
    (inbox / os.fsdecode(b"\xff\xfe.mp4")).write_bytes((inbox / "one.mp4").read_bytes())
    chosen = FolderSettings(settle_seconds=0, video=QUICK)
    outcomes = stylize_folder(inbox, outbox, style, chosen, workspace=tmp_path / "jobs")
    assert {outcome.name: outcome.status for outcome in outcomes} == {
        "one.mp4": "done", "\\xff\\xfe.mp4": "failed",
    }  # fmt: skip
    again = stylize_folder(inbox, outbox, style, chosen, workspace=tmp_path / "jobs")
    assert {outcome.status for outcome in again} == {"skipped"}


@pytest.mark.prefect
def test_error_is_the_state_message_and_is_raised_as_itself(
    server: None, clip: Path, style: Path, tmp_path: Path
) -> None:
    missing = tmp_path / "missing.mp4"
    state: State = stylize_video(
        missing, style, tmp_path / "result.mp4", QUICK, workspace=tmp_path, return_state=True
    )
    assert state.is_failed() and state.message == f"There is no file {missing}; check the name."
    with pytest.raises(MediaError, match="There is no file"):
        state.result()


@pytest.mark.prefect
def test_chunk_is_tried_again_and_goes_on_by_frame(
    server: None, clip: Path, style: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = with_one_hiccup(monkeypatch)
    monkeypatch.setattr(steps.stylize, "retry_delay_seconds", [0.1])
    published = stylize_video(clip, style, tmp_path / "result.mp4", QUICK, workspace=tmp_path)
    assert published.frames == 12
    assert saved == [0, 1, 2, 2, *range(3, 12)]


@pytest.mark.prefect
def test_other_shots_are_finished_when_one_fails(
    server: None, clip: Path, style: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stylize_chunk = pipeline.stylize_chunk

    def fail_in_first_shot(workspace: Workspace, chunk, request, **others) -> int:
        if chunk.shot == 0:
            raise MediaError("The first shot cannot be read.")
        return stylize_chunk(workspace, chunk, request, **others)

    monkeypatch.setattr(pipeline, "stylize_chunk", fail_in_first_shot)
    output = tmp_path / "result.mp4"
    state: State = stylize_video(clip, style, output, QUICK, workspace=tmp_path, return_state=True)
    assert state.message == "The first shot cannot be read."
    (workspace,) = Workspace.all_in(tmp_path)
    assert workspace.finished(0, 12) == set(range(6, 12))
    assert not output.exists()


@pytest.mark.prefect
def test_folder_goes_on_past_a_broken_file_and_skips_what_is_done(
    server: None, inbox: Path, style: Path, tmp_path: Path
) -> None:
    outbox, settings = tmp_path / "outbox", FolderSettings(settle_seconds=0, video=QUICK)

    def run() -> State:
        return stylize_folder(
            inbox, outbox, style, settings, workspace=tmp_path / "jobs", return_state=True
        )

    state = run()
    assert state.is_completed() and state.message == "4 done, 1 failed (broken.mp4)"
    assert {outcome.name: outcome.status for outcome in state.result()} == {
        "broken.mp4": "failed", "four.jpg": "done", "one.mp4": "done",
        "three.png": "done", "two.avi": "done",
    }  # fmt: skip
    assert {path.name for path in outbox.iterdir() if path.is_file()} == {
        "broken.mp4.error.txt", "four-style.jpg", "one-style.mp4", "one-style.html",
        "three-style.png", "two.avi-style.mkv", "two.avi-style.html", "index.html",
    }  # fmt: skip
    assert index_source(outbox / "two.avi-style.mkv").frame_count == 12
    assert read_picture(outbox / "three-style.png").shape == (60, 80, 3)
    note = outbox / "broken.mp4.error.txt"
    assert "broken.mp4" in note.read_text()

    before = {
        path: path.stat().st_mtime_ns
        for path in outbox.iterdir() if path.is_file() and path.name != "index.html"
    }  # fmt: skip
    state = run()
    assert state.message == "5 skipped"
    assert {path: path.stat().st_mtime_ns for path in before} == before

    shutil.copy(inbox / "one.mp4", inbox / "broken.mp4")
    assert run().message == "1 done, 4 skipped"
    assert not note.exists()


def test_folder_of_results_may_not_be_the_inbox(inbox: Path, style: Path) -> None:
    with pytest.raises(SettingsError, match="choose another folder"):
        arrivals(inbox, inbox, style, OutputSettings())


def test_style_in_the_inbox_is_not_repainted(inbox: Path, tmp_path: Path) -> None:
    style = inbox / "three.png"
    mask = inbox / "four.jpg"
    found = arrivals(inbox, tmp_path / "outbox", style, OutputSettings(), tools=(mask,))
    assert not {style, mask} & {arrival.source for arrival in found}


def test_young_file_is_taken_only_when_it_stops_changing(
    inbox: Path, style: Path, tmp_path: Path
) -> None:
    old, growing = inbox / "one.mp4", inbox / "three.png"
    for path in inbox.iterdir():
        os.utime(path, (2**32, 2**32))  # by a clock that is ahead, so that no file is old enough
    os.utime(old, (1, 1))
    found = arrivals(inbox, tmp_path / "outbox", style, OutputSettings())
    ready = {}
    for arrival, is_ready in settled(found, 0.05):
        if arrival.source == old:
            growing.write_bytes(growing.read_bytes() + b"more")
            assert not ready, "what is old enough need not wait for the others"
        ready[arrival.source] = is_ready
    assert not ready.pop(growing) and all(ready.values()) and len(ready) == 4


def test_two_runs_share_the_files(inbox: Path, style: Path, tmp_path: Path) -> None:
    first, second = arrivals(inbox, tmp_path / "outbox", style, OutputSettings())[:2]
    with first.claimed() as mine, first.claimed() as again, second.claimed() as other:
        assert mine and not again and other
    with first.claimed() as mine:
        assert mine


@pytest.mark.prefect
@pytest.mark.long
def test_a_training_leaves_weights_and_a_failed_one_its_sentence(
    server: None, tmp_path: Path
) -> None:
    for number, folder in enumerate(("content", "style")):
        (tmp_path / folder).mkdir()
        clips.write_picture(tmp_path / folder / "one.png", scene=number)
    folders = tmp_path / "content", tmp_path / "style"
    settings = FastTraining(
        teacher="compact", steps=2, epoch_steps=2, batch=2, crop=32, style_crop=32,
        precision="float32",
    )  # fmt: skip
    weights = train_fast(*folders, tmp_path / "out", settings)
    assert weights.is_file() and (tmp_path / "out" / "losses.png").is_file()
    state = train_perceptual(
        *folders, tmp_path / "none", PerceptualTraining(teacher="mixed"), return_state=True
    )
    assert state.is_failed() and "--teacher-weights FOLDER" in str(state.message)
