"""The page about a job says what happened, holds everything itself, and harms nothing."""

import json
import os
import re
import shlex
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path

import pytest

from flows.cli import main
from flows.options import read_options
from flows.parser import build_parser
from stylecore.evaluation import FrameFigures
from stylecore.pipeline import open_job, stylize_video
from stylecore.report import finished_request, write_report
from stylecore.report.curves import MOST_POINTS, drawn_curves
from stylecore.report.page import rendered, report_path
from stylecore.report.repeat import repeating_command
from stylecore.settings import GatysSettings, OutputSettings, StyleSettings, VideoSettings
from stylecore.store import Request, Workspace
from tests.support import clips

IDENTITY = ("--engine", "identity", "--prefect", "off")


class Page(HTMLParser):
    """What a page holds, as a browser would take it apart."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.text, self.scripts, self.links, self.styles = "", [], [], []
        self.content: dict[str, str] = {}
        self._inside = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.links += [found[name] or "" for name in ("src", "href") if name in found]
        self.styles += [found["style"]] if "style" in found else []
        self._inside = found.get("id", tag) if tag == "script" else tag
        if tag == "script":
            self.scripts.append(found.get("type", "script"))

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.content[self._inside] = self.content.get(self._inside, "") + data
        if self._inside not in ("script", "style", "proxy", "data"):
            self.text += data

    @property
    def data(self) -> dict:
        return json.loads(self.content["data"])


def painted(tmp_path: Path, clip: Path, style: Path, *more: str) -> Path:
    """A result by the command line."""
    output = tmp_path / "out.mp4"
    words = ["video", str(clip), "--style", str(style), "-o", str(output), *IDENTITY]
    assert main([*words, "--workspace", str(tmp_path / "jobs"), *more]) == 0
    return output


def test_a_job_leaves_a_page_that_holds_everything_itself(
    tmp_path: Path, clip: Path, style: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = painted(tmp_path, clip, style)
    path = tmp_path / "out.html"
    assert str(path) in capsys.readouterr().out
    page = Page(path)
    assert all(link.startswith(("data:", "#")) for link in page.links)
    assert page.styles == [], "the policy forbids them"
    assert "default-src 'none'" in path.read_text()
    for said in (output.name, clip.name, style.name, "timestamps equal", "12 frames", "2 shots"):
        assert said in page.text
    assert [shot[:2] for shot in page.data["shots"]] == [[0, 6], [6, 12]]
    (tmp_path / "proxy.mp4").write_bytes(b64decode(page.content["proxy"]))
    times = [round(float(time), 3) for time in clips.timestamps(tmp_path / "proxy.mp4")]
    assert times == [round(number / 24, 3) for number in range(12)]
    assert [number for number, _ in page.data["shown"]] == list(range(12))
    short = page.data["curves"]["charts"][0]
    assert [line["name"] for line in short["lines"]] == ["result", "source"]
    assert short["lines"][1]["values"][6] is None, "no pair reaches over a cut"


def test_no_report_is_written_where_none_is_wanted(tmp_path: Path, clip: Path, style: Path) -> None:
    painted(tmp_path, clip, style, "--no-report")
    assert not list(tmp_path.glob("*.html"))


def test_what_is_not_ours_is_never_replaced(
    tmp_path: Path, clip: Path, style: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    diary, shopping = tmp_path / "out.html", tmp_path / "out.mp4.html"
    diary.write_text("dear diary")
    painted(tmp_path, clip, style)
    assert diary.read_text() == "dear diary"
    assert "stylecore report" in shopping.read_text()
    shopping.write_text("milk")
    painted(tmp_path, clip, style, "--overwrite")
    said = capsys.readouterr()
    assert (diary.read_text(), shopping.read_text()) == ("dear diary", "milk")
    assert "No report was written" in said.err
    assert "move it away" in said.err
    shopping.unlink()
    shopping.symlink_to(tmp_path / "nowhere")
    painted(tmp_path, clip, style, "--overwrite")
    assert not (tmp_path / "nowhere").exists()


def test_an_own_page_about_another_result_stays(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        rendered("index.html", subject="a.gif", folder="x", rows=[]), encoding="utf-8"
    )
    assert report_path(tmp_path / "a.gif") == tmp_path / "a.html"
    assert report_path(tmp_path / "a.mp4") == tmp_path / "a.mp4.html"


def test_names_are_text_whatever_is_in_them(tmp_path: Path, style: Path) -> None:
    odd = "\"'><script>alert(1)<&amp; é 画 {{ 7*7 }}"
    source = clips.write_clip(tmp_path / f"{odd}.mp4", frames=3)
    picture = style.rename(tmp_path / f"{odd}.png")
    painted(tmp_path, source, picture)
    page = Page(tmp_path / "out.html")
    assert source.name in page.text
    assert picture.name in page.text
    assert "49" not in re.sub(r"[^{]*\}", "", page.content["h1"])
    assert page.scripts == ["application/json", "text/plain", "script", "script", "script"]


def test_frames_of_an_earlier_run_are_shown_as_such(
    tmp_path: Path, clip: Path, style: Path
) -> None:
    settings = VideoSettings(engine="identity")
    root = tmp_path / "jobs"
    stylize_video(clip, style, tmp_path / "out.mp4", settings, workspace=root)
    (workspace,) = Workspace.all_in(root)
    request, published = finished_request(workspace)
    began = workspace.asked_at(request)
    for number in (0, 1, 2, 7):
        os.utime(workspace.folder / f"records/{number:08d}.json", (began - 60, began - 60))
    page = Page(write_report(workspace, request, published).path)
    assert "4 of 12 frames were there when the last run began" in page.text
    assert "frames 0 to 2 were there" in page.text
    assert "frames 7 to 7 were there" in page.text


@pytest.mark.parametrize(
    "settings",
    [
        VideoSettings(engine="identity"),
        VideoSettings(
            frames="2:9", size=64, coherence=0.25, output=OutputSettings(codec="vp9", quality=30),
            gatys=GatysSettings(style_layers={"block1_conv1": 1, "block2_conv1": 0.5}, passes=2),
        ),
        VideoSettings(
            mixing=StyleSettings(
                more_styles=(Path("b c.png"),), style_keyframes={0: (1, 0), 48: (0.25, 0.75)}
            )
        ),
    ],
)  # fmt: skip
def test_the_command_that_repeats_it_asks_for_the_same(settings: VideoSettings) -> None:
    request = Request(
        source=Path("my film's.mp4"), style=Path("a.png"), output=Path("o.mp4"),
        settings=settings, root=Path("jobs"), keep=True, report=False,
    )  # fmt: skip
    program, *words = shlex.split(repeating_command(request))
    arguments = build_parser().parse_args(words)
    assert program == "stylecore"
    assert read_options(arguments, VideoSettings) == settings
    assert (arguments.source, arguments.output) == (request.source, request.output)
    assert (arguments.keep, arguments.report, arguments.workspace) == (True, False, Path("jobs"))


def test_curves_have_few_points_and_keep_every_peak() -> None:
    count = 5000
    figures = [FrameFigures(frame=4321, time=0, shot=1, figures={"drift": 9.0})]
    records = {number: {"losses": {"style": 1.0, "total": 2.0}} for number in range(count)}
    records[1234]["losses"]["style"] = 77.0
    found = drawn_curves(
        [(number, number / 24) for number in range(count)], figures, records, {10: 3.0}
    )
    assert len(found.times) == len(found.frames) <= MOST_POINTS
    drawn = {chart.title: chart.lines[0].values for chart in found.charts}
    assert list(drawn) == ["Drift of colour", "Loss: total", "Loss: style", "Seconds a frame"]
    assert max(drawn["Loss: style"]) == 77
    assert found.frames[drawn["Loss: style"].index(77)] == 1233
    assert [value for value in drawn["Drift of colour"] if value is not None] == [9]


def test_a_report_can_be_made_again_and_an_unknown_result_is_said(
    tmp_path: Path, clip: Path, style: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, jobs = painted(tmp_path, clip, style), str(tmp_path / "jobs")
    path = tmp_path / "out.html"
    for named in (str(output), "clip", str(next((tmp_path / "jobs").iterdir()))):
        path.unlink()
        assert main(["report", named, "--workspace", jobs]) == 0
        assert path.is_file()
    assert main(["report", str(style), "--workspace", jobs]) == 2
    assert "is known that" in capsys.readouterr().err
    output.unlink()
    assert main(["report", "clip", "--workspace", jobs]) != 0
    assert "no result in place" in capsys.readouterr().err


def test_a_folder_of_frames_has_its_report_beside_it(
    tmp_path: Path, clip: Path, style: Path
) -> None:
    request = Request(
        source=clip, style=style, output=tmp_path / "frames",
        settings=VideoSettings(engine="identity"), root=tmp_path / "jobs",
    )  # fmt: skip
    stylize_video(clip, style, request.output, request.settings, workspace=request.root)
    workspace, _ = open_job(request)
    written = write_report(workspace, *finished_request(workspace))
    assert written.path == tmp_path / "frames.html"
    assert "12 frames, 24 a second, rgb24" in Page(written.path).text, "the result's picture"


def test_a_watched_folder_has_an_index_of_its_reports(
    tmp_path: Path, clip: Path, style: Path
) -> None:
    inbox, outbox = tmp_path / "in & <out>", tmp_path / "out"
    inbox.mkdir()
    clip.rename(inbox / "a #1 <b>.mp4")
    (inbox / "broken.mp4").write_bytes(b"no film")
    words = ["folder", str(inbox), str(outbox), "--style", str(style), *IDENTITY]
    words += ["--settle-seconds", "0", "--workspace", str(tmp_path / "jobs")]
    assert main(words) == 1, "one file failed"
    page = Page(outbox / "index.html")
    assert "./a%20%231%20%3Cb%3E-style.html" in page.links
    assert (outbox / "a #1 <b>-style.html").is_file()
    assert "broken.mp4" in page.text
    assert "failed" in page.text
    assert main(words) == 0
    assert "done before" in Page(outbox / "index.html").text
    (outbox / "index.html").write_text("mine")
    assert main([*words]) == 0
    assert (outbox / "index.html").read_text() == "mine"
