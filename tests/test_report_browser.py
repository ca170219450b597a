"""A report in a real browser: it plays, wipes, jumps, fits, and asks for nothing."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.cli import main
from tests.support import clips

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
pytestmark = pytest.mark.long
KEPT_SCREENSHOTS = "STYLECORE_SCREENSHOTS"
"""A folder for pictures of the pages, where this variable names one."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="needs the package playwright, which is not installed"
    )
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"needs a browser ({', '.join(BROWSERS)}), which is not installed")
    with playwright.sync_playwright() as engine:
        # As root, which tests in containers often are, it starts without its sandbox only.
        started = engine.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a job with two shots; the names of its files are not harmless."""
    folder = tmp_path_factory.mktemp("report")
    source = clips.write_clip(folder / 'a <b>&".mp4', frames=24, size=(192, 108), cuts=(12,))
    style = clips.write_picture(folder / "style.png")
    words = ["video", str(source), "--style", str(style), "-o", str(folder / "out.mp4")]
    words += ["--engine", "identity", "--prefect", "off", "--workspace", str(folder / "jobs")]
    assert main(words) == 0
    return folder / "out.html"


class Visit:
    """A page in the browser, and what it says and asks for meanwhile."""

    def __init__(self, browser: Any, path: Path, size: tuple[int, int], scheme: str) -> None:
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme
        )
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())
        self.wait_until("document.getElementById('video').readyState >= 2")

    def wait_until(self, condition: str) -> None:
        """Playwright's own way of waiting evaluates text in the page, which the policy forbids."""
        for _ in range(600):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"never: {condition}")

    def now(self) -> float:
        return self.page.evaluate("document.getElementById('video').currentTime")

    def wipe(self) -> int:
        return int(self.page.locator("#wipe").get_attribute("aria-valuenow"))

    def pixel(self, x: float, y: float) -> list[int]:
        """RGB of the canvas at a share of its width and height."""
        return self.page.evaluate(
            """([x, y]) => {
              const canvas = document.getElementById("wipe");
              const at = [x * canvas.width, y * canvas.height].map(Math.round);
              return [...canvas.getContext("2d").getImageData(...at, 1, 1).data].slice(0, 3);
            }""",
            [x, y],
        )

    def wait_for_seek(self) -> None:
        self.wait_until("!document.getElementById('video').seeking")
        self.page.wait_for_timeout(100)


@pytest.fixture(params=[("desktop", (1280, 900), "light"), ("phone", (390, 844), "dark")],
                ids=lambda kind: kind[0])  # fmt: skip
def visit(request: pytest.FixtureRequest, browser: Any, report: Path) -> Iterator[Visit]:
    name, size, scheme = request.param
    found = Visit(browser, report, size, scheme)
    yield found
    if folder := os.environ.get(KEPT_SCREENSHOTS):
        found.page.screenshot(path=Path(folder) / f"report-{name}.png", full_page=True)
    assert found.said == [], "the console is silent"
    asked = [url for url in found.requests if not url.startswith(("blob:", "data:"))]
    assert asked == [report.as_uri()], "nothing is asked for but the page itself"
    found.context.close()


def test_the_video_plays_and_goes_frame_by_frame(visit: Visit) -> None:
    page = visit.page
    assert page.evaluate("document.getElementById('video').videoWidth") == 192
    assert page.evaluate("document.getElementById('video').videoHeight") == 216
    page.click("#play")
    visit.wait_until("document.getElementById('video').currentTime > 0.2")
    page.evaluate("document.getElementById('video').pause()")
    visit.wait_until("document.getElementById('play').textContent === 'Play'")
    page.evaluate("goTo(0.5)")
    visit.wait_for_seek()
    before = page.locator("#where").inner_text()
    assert before.startswith("frame 12, 0:00.50, shot 2")
    page.keyboard.press(".")
    visit.wait_for_seek()
    assert page.locator("#where").inner_text().startswith("frame 13")
    page.keyboard.press(",")
    page.keyboard.press(",")
    visit.wait_for_seek()
    assert page.locator("#where").inner_text().startswith("frame 1")


def test_the_wipe_moves_by_mouse_and_by_keys(visit: Visit) -> None:
    page = visit.page
    assert visit.wipe() == 50
    box = page.locator("#wipe").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 40, steps=4)
    page.mouse.up()
    assert visit.wipe() == pytest.approx(25, abs=1)
    edge = visit.wipe() / 100
    assert visit.pixel(edge, 0.1) == [255, 255, 255], "the edge is drawn there"
    page.locator("#wipe").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert visit.wipe() == pytest.approx(35, abs=1)
    page.keyboard.press("Home")
    assert visit.wipe() == 0
    page.keyboard.press("End")
    assert visit.wipe() == 100


def test_a_click_on_a_curve_goes_there(visit: Visit) -> None:
    page = visit.page
    curve = page.locator(".chart .u-over").first
    curve.scroll_into_view_if_needed()
    box = curve.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2)
    visit.wait_for_seek()
    assert visit.now() == pytest.approx(0.8 * 23 / 24, abs=0.08)
    page.locator(".jump", has_text="2").first.click()
    visit.wait_for_seek()
    assert visit.now() == pytest.approx(12.5 / 24, abs=0.03)


def test_it_fits_and_can_be_reached_by_keyboard(visit: Visit) -> None:
    page = visit.page
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "wipe"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "seek"
    unnamed = page.evaluate(
        """[...document.querySelectorAll("button, input, canvas#wipe, svg")].filter((one) =>
          !one.getAttribute("aria-label") && !one.textContent.trim() && !one.closest("label")
        ).map((one) => one.outerHTML)"""
    )
    assert unnamed == []
    assert page.title() == "out.mp4 — report"
    assert page.locator("h1").count() == 1
