"""A real Prefect server and worker on this machine, as the README starts them; takes minutes."""

import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.automations import SILENCE
from stylecore.settings import FolderSettings, GatysSettings, VideoSettings
from stylecore.store import Workspace
from tests.support import clips

pytestmark = [pytest.mark.long, pytest.mark.prefect, pytest.mark.timeout(1200)]

ROOT = Path(__file__).resolve().parents[1]
PREFECT = Path(sys.executable).with_name("prefect")
PATIENCE_SECONDS = 300
QUICK = VideoSettings(engine="identity")
SETTINGS = VideoSettings(gatys=GatysSettings(first_iterations=30, iterations=15), chunk_frames=5)


class Studio:
    """A server, and workers that come and go."""

    def __init__(self, home: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = str(free.getsockname()[1])
        self.api = f"http://127.0.0.1:{port}/api"
        self.environment = os.environ | {
            "PREFECT_HOME": str(home),
            "PREFECT_API_URL": self.api,
            "PREFECT_CLI_PROMPT": "false",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
        }
        self.log = (home / "log.txt").open("w")
        self.server = self.start("server", "start", "--host", "127.0.0.1", "--port", port)
        wait_until(self.answers, "the server did not start")
        self.call("work-pool", "create", "stylecore", "--type", "process")
        self.call("deploy", "--all")
        subprocess.run(
            [sys.executable, "-m", "flows.automations"], check=True, cwd=ROOT, env=self.environment
        )

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [PREFECT, *arguments], cwd=ROOT, env=self.environment, stdout=self.log,
            stderr=subprocess.STDOUT,
        )  # fmt: skip

    def start_worker(self) -> subprocess.Popen[bytes]:
        return self.start("worker", "start", "--pool", "stylecore")

    def call(self, *arguments: str) -> str:
        """The output of a ``prefect`` command, which must succeed."""
        run = subprocess.run(
            [PREFECT, *arguments], cwd=ROOT, env=self.environment, text=True, capture_output=True
        )
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def run(self, deployment: str, *options: str, **parameters: object) -> str:
        """Runs a deployment; returns the id of the flow run."""
        chosen = [f"--param={name}={value}" for name, value in parameters.items()]
        output = self.call("deployment", "run", deployment, *chosen, *options)
        found = re.search(r"UUID: ([0-9a-f-]{36})", output)
        assert found is not None, output
        return found[1]

    def state(self, flow_run: str) -> dict[str, Any]:
        return httpx.get(f"{self.api}/flow_runs/{flow_run}").raise_for_status().json()["state"]

    def resume(self, flow_run: str, **answer: object) -> None:
        """Answers a run that waits."""
        url = f"{self.api}/flow_runs/{flow_run}/resume"
        found = httpx.post(url, json={"run_input": answer}).raise_for_status().json()
        assert found["status"] == "ACCEPT", found

    def artifacts(self, flow_run: str, kind: str) -> list[dict[str, Any]]:
        wanted = {"flow_run_id": {"any_": [flow_run]}, "type": {"any_": [kind]}}
        answer = httpx.post(f"{self.api}/artifacts/filter", json={"artifacts": wanted})
        return answer.raise_for_status().json()

    def answers(self) -> bool:
        assert self.server.poll() is None
        try:
            return httpx.get(f"{self.api}/health").is_success
        except httpx.TransportError:
            return False

    def close(self) -> None:
        kill_with_children(self.server)
        self.log.close()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    studio = Studio(tmp_path_factory.mktemp("prefect"))
    yield studio
    studio.close()


def test_run_of_a_killed_worker_goes_on_by_frame(studio: Studio, tmp_path: Path) -> None:
    source = clips.write_clip(tmp_path / "clip.mp4", frames=24, cuts=(15,), sounds=1)
    style = clips.write_picture(tmp_path / "style.png")
    parameters = {
        "source": source, "style": style, "keep": "true", "settings": SETTINGS.model_dump_json(),
    }  # fmt: skip

    worker = studio.start_worker()
    undisturbed = tmp_path / "undisturbed.mp4"
    flow_run = studio.run(
        "stylize-video/local", "--watch",
        output=undisturbed, workspace=tmp_path / "undisturbed", **parameters,
    )  # fmt: skip
    assert studio.state(flow_run)["message"].startswith("undisturbed.mp4: 24 frames")

    output, root = tmp_path / "result.mp4", tmp_path / "jobs"
    killed = studio.run("stylize-video/local", output=output, workspace=root, **parameters)
    wait_until(lambda: len(frame_times(root)) >= 12, "half of the frames were not made")
    kill_with_children(worker)
    kept = frame_times(root)
    assert 12 <= len(kept) < 24 and not output.exists()

    worker = studio.start_worker()
    studio.run("stylize-video/local", "--watch", output=output, workspace=root, **parameters)
    assert sha256(output) == sha256(undisturbed)
    after = frame_times(root)
    assert len(after) == 24 and kept.items() <= after.items()

    wait_until(
        lambda: studio.state(killed)["type"] == "CRASHED",
        "the run of the killed worker was not noticed",
        patience=PATIENCE_SECONDS + SILENCE.seconds,
    )
    assert "Finished frames are kept" in studio.state(killed)["message"]
    kill_with_children(worker)


def test_broken_file_does_not_stop_the_night(studio: Studio, tmp_path: Path) -> None:
    inbox, outbox = tmp_path / "inbox", tmp_path / "outbox"
    inbox.mkdir()
    for number in range(3):
        clips.write_clip(inbox / f"clip{number}.mp4", sounds=1)
    clips.write_picture(inbox / "still.png")
    (inbox / "broken.mp4").write_text("no video at all")
    style = clips.write_picture(tmp_path / "wave.png", scene=3)
    settings = FolderSettings(settle_seconds=0, video=VideoSettings(engine="identity"))
    parameters = {
        "inbox": inbox, "outbox": outbox, "style": style, "workspace": tmp_path / "jobs",
        "settings": settings.model_dump_json(),
    }  # fmt: skip

    worker = studio.start_worker()
    first = studio.run("stylize-folder/nightly", "--watch", **parameters)
    assert studio.state(first)["message"] == "4 done, 1 failed (broken.mp4)"
    assert sorted(path.name for path in outbox.iterdir() if path.is_file()) == [
        "broken.mp4.error.txt", "clip0-wave.html", "clip0-wave.mp4", "clip1-wave.html",
        "clip1-wave.mp4", "clip2-wave.html", "clip2-wave.mp4", "index.html", "still-wave.png",
    ]  # fmt: skip
    second = studio.run("stylize-folder/nightly", "--watch", **parameters)
    assert studio.state(second)["message"] == "5 skipped"
    kill_with_children(worker)


def test_run_waits_for_approval_and_paints_nothing_twice(studio: Studio, tmp_path: Path) -> None:
    source = clips.write_clip(tmp_path / "clip.mp4", frames=24, cuts=(15,), sounds=1)
    style = clips.write_picture(tmp_path / "style.png")
    parameters = {
        "source": source, "style": style, "keep": "true", "settings": QUICK.model_dump_json(),
        "approve": "true",
    }  # fmt: skip
    runs = {
        answer: studio.run(
            "stylize-video/local", output=tmp_path / f"{answer}.mp4", workspace=tmp_path / answer,
            approval_hours=hours, **parameters,
        )
        for answer, hours in (("yes", 2), ("no", 2), ("late", 0.002))
    }  # fmt: skip
    worker = studio.start_worker()
    for answer in ("yes", "no"):
        wait_until(
            lambda answer=answer: studio.state(runs[answer])["name"] == "Suspended",
            f"the run that hears {answer} does not wait",
        )
    painted = pictures_below(tmp_path / "yes")
    assert frame_times(tmp_path / "yes") and not (tmp_path / "yes.mp4").exists()
    until = datetime.fromisoformat(studio.state(runs["yes"])["state_details"]["pause_timeout"])
    assert timedelta(hours=1) < until - datetime.now(UTC) < timedelta(hours=2)
    (sheet,) = studio.artifacts(runs["yes"], "image")
    assert sheet["data"].startswith("data:image/jpeg;base64,")

    studio.resume(runs["yes"], approved=True)
    studio.resume(runs["no"], approved=False)
    wait_until(
        lambda: studio.state(runs["yes"])["type"] == "COMPLETED", "what was approved is not done"
    )
    assert studio.state(runs["yes"])["message"].startswith("yes.mp4: 24 frames; verified")
    assert painted.items() <= pictures_below(tmp_path / "yes").items(), "a frame was painted twice"
    assert len(frame_times(tmp_path / "yes")) == 24
    assert len(studio.artifacts(runs["yes"], "image")) == 1, "the preview was made twice"

    wait_until(lambda: studio.state(runs["no"])["type"] == "CANCELLED", "the no was not heard")
    assert "was not approved" in studio.state(runs["no"])["message"]
    wait_until(lambda: studio.state(runs["late"])["type"] == "FAILED", "nobody saw it is too late")
    assert "never resumed" in studio.state(runs["late"])["message"]
    for answer in ("no", "late"):
        assert frame_times(tmp_path / answer) and not (tmp_path / f"{answer}.mp4").exists()
    kill_with_children(worker)


def pictures_below(root: Path) -> dict[Path, int]:
    """When each picture of a workspace was stored, those of previews too."""
    return {path: path.stat().st_mtime_ns for path in root.rglob("0*.png")}


def frame_times(root: Path) -> dict[str, int]:
    """When each frame of the one job below ``root`` was stored, by name."""
    return {
        path.name: path.stat().st_mtime_ns
        for workspace in Workspace.all_in(root)
        for path in (workspace.folder / "frames").glob("*.png")
    }


def kill_with_children(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL, to the parent first so that it cannot report the death of a child."""
    table = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], text=True, capture_output=True).stdout
    children: dict[int, list[int]] = {}
    for line in table.splitlines():
        pid, parent = map(int, line.split())
        children.setdefault(parent, []).append(pid)
    family = [process.pid]
    for pid in family:
        family += children.get(pid, [])
    for pid in family:
        os.kill(pid, signal.SIGKILL)
    process.wait()


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def wait_until(
    condition: Callable[[], bool], complaint: str, *, patience: float = PATIENCE_SECONDS
) -> None:
    until = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < until, complaint
        time.sleep(0.05)
