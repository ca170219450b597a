"""The house rules that a reader relies on: directions of import, names, public documentation."""

import ast
import importlib
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import stylecore
from tests.tools.sizes import LIMITS, Size, sizes

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("stylecore", "tasks", "flows")
FORBIDDEN = {
    "stylecore": {"prefect", "argparse", "curses", "getpass", "readline", "rich", "tasks", "flows"},
    "tasks": {"tensorflow", "keras", "cv2", "av", "flows", "rich"},
    "flows": {"tensorflow", "keras", "cv2", "av"},
}
ENTRY_POINTS = {"stylecore/training": {"argparse"}, "flows/doctor.py": {"tensorflow"}}
"""Commands inside stylecore may read arguments; the doctor asks TensorFlow for GPUs."""
VIDEO_ONLY_IN = "stylecore/media"
NEVER_REACHED = {
    "engines": {"media", "store", "sequence", "pipeline"},
    "media": {"networks", "engines", "losses"},
    "networks": {"media", "store", "engines", "losses"},
}
"""Room of stylecore -> rooms that nothing it imports may lead to."""
ON_THE_GROUND = ("arrays", "losses")
"""Rooms that import nothing of ours but errors and what stands in the same room."""
NOT_FOR_SEQUENCES = ("stylecore.media.writing", "stylecore.media.verification")
WRITERS = ("write", "verify", "publish", "rehearse", "split")
"""What the names of media's writers begin with: frames of a shot go into the store alone."""


STILL_LARGE = (
    Size("signature", "stylecore/pipeline/steps.py:stylize_video", 8),  # the library's own form
)
"""What is still above a limit: it may shrink, and is struck then; nothing may be added."""


def sources() -> Iterator[Path]:
    for floor in FLOORS:
        yield from sorted((ROOT / floor).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports break flows that Prefect loads"
            yield node.module or ""


def test_imports_go_down_only() -> None:
    for path in sources():
        place = path.relative_to(ROOT).as_posix()
        forbidden = FORBIDDEN[place.split("/")[0]]
        for prefix, allowed in ENTRY_POINTS.items():
            if place.startswith(prefix):
                forbidden = forbidden - allowed
        found = {name.split(".")[0] for name in imported(path)} & forbidden
        assert not found, f"{place} imports {found}"


def room_of(module: str) -> str:
    """The room that a module of stylecore stands in: ``stylecore.arrays.motion`` -> ``arrays``."""
    return (*module.split("."), "")[1]


def rooms() -> dict[str, set[str]]:
    """Room of stylecore -> the other rooms that it imports."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "stylecore").rglob("*.py")):
        here = room_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
        others = {room_of(name) for name in imported(path) if name.startswith("stylecore.")}
        found.setdefault(here, set()).update(others - {here})
    return found


def reached(room: str, graph: dict[str, set[str]]) -> set[str]:
    """All rooms that the imports of one lead to, over however many others."""
    found: set[str] = set()
    waiting = [room]
    while waiting:
        new = graph.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def test_rooms_form_no_circle() -> None:
    graph = rooms()
    circles = [room for room in graph if room in reached(room, graph)]
    assert not circles, f"imports lead from {circles} back to them"


@pytest.mark.parametrize("room", NEVER_REACHED)
def test_some_rooms_are_out_of_reach(room: str) -> None:
    graph = rooms()
    found = reached(room, graph) & NEVER_REACHED[room]
    assert not found, f"{room} leads to {found}: it imports {graph[room]}"


@pytest.mark.parametrize("room", ON_THE_GROUND)
def test_the_ground_stands_on_errors_alone(room: str) -> None:
    assert rooms()[room] <= {"errors"}


def test_a_shot_reads_media_and_never_writes_it() -> None:
    for path in sorted((ROOT / "stylecore" / "sequence").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                "stylecore.media"
            ):
                names = [alias.name for alias in node.names]
                assert not str(node.module).startswith(NOT_FOR_SEQUENCES), path
                assert not [name for name in names if name.startswith(WRITERS)], (path, names)


def test_files_functions_and_signatures_are_small() -> None:
    allowed = {(one.kind, one.name): one.size for one in STILL_LARGE}
    large = {
        (one.kind, one.name): one.size
        for one in sizes()
        if one.size > LIMITS[one.kind] and not (one.kind == "signature" and is_a_form(one.name))
    }
    grown = {key: size for key, size in large.items() if size > allowed.get(key, 0)}
    assert not grown, f"{grown}: divide by duty (python -m tests.tools.sizes shows the largest)"


def is_a_form(name: str) -> bool:
    """Whether parameters are what a person fills in: the command line, and flows in Prefect."""
    return name.startswith("flows/")


def test_video_files_are_opened_in_the_media_room_only() -> None:
    for path in sources():
        if VIDEO_ONLY_IN not in path.as_posix():
            assert "av" not in {name.split(".")[0] for name in imported(path)}, path


def test_stylecore_prints_nothing() -> None:
    for path in (ROOT / "stylecore").rglob("*.py"):
        if "training" in path.parts:
            continue
        calls = [
            node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
        ]
        assert not any(getattr(call.func, "id", "") == "print" for call in calls), path


def test_no_flow_module_hides_another_module() -> None:
    """Prefect puts the folder of a flow first on the path and leaves it there."""
    names = {path.stem for path in (ROOT / "flows").glob("*.py")} - {"__init__"}
    assert not names & (set(sys.stdlib_module_names) | {"tasks", "stylecore", "data", "tests"})


def test_our_packages_are_ours() -> None:
    for name in FLOORS:
        found = importlib.import_module(name).__file__
        assert found is not None
        assert Path(found).is_relative_to(ROOT), "another distribution has taken this name"


def test_importing_the_library_loads_nothing_heavy() -> None:
    code = (
        "import sys, stylecore, stylecore.settings, flows.cli;"
        "print(sorted({'tensorflow', 'keras', 'prefect', 'numpy', 'av', 'cv2', 'rich'}"
        " & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize("name", stylecore.__all__)
def test_public_names_exist_and_are_documented(name: str) -> None:
    assert inspect.getdoc(getattr(stylecore, name))


MEDIA_LAYERS = ("reading", "writing", "pictures", "verification")
"""From the lowest to the highest; what stands beside them is the ground of all, or a door."""
MEDIA_DOORS = {"single", "sources", "targets"}
"""They lead from a name to what reads or writes it: above pictures, below verification."""
MEDIA_NEEDS = {"arrays", "errors", "media", "runtime", "settings"}
"""All that media imports of ours."""


def layer_of(module: str) -> int:
    """0 for the ground of media, then its layers from below, the doors under the highest."""
    part = (*module.removeprefix("stylecore.media").split("."), "")[1]
    order = (*MEDIA_LAYERS[:-1], "doors", MEDIA_LAYERS[-1])
    part = "doors" if part in MEDIA_DOORS else part
    return 1 + order.index(part) if part in order else 0


def test_layers_of_media_import_down_only() -> None:
    for path in sorted((ROOT / VIDEO_ONLY_IN).rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        ours = [name for name in imported(path) if name.split(".")[0] == "stylecore"]
        assert {name.split(".")[1] for name in ours} <= MEDIA_NEEDS, (module, ours)
        if path.parent.name != "media" or path.stem != "__init__":
            above = [
                name
                for name in ours
                if name.startswith("stylecore.media") and layer_of(name) > layer_of(module)
            ]
            assert not above, f"{module} imports {above}, which stands above it"
