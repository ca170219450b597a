"""The bytes of small renders change only together with PIXELS_VERSION (tests/tools/golden.py)."""

import json
from pathlib import Path

import pytest

from stylecore.runtime.versions import PIXELS_VERSION, differences, made_with
from tests.tools.golden import KNOWN, RENDERS, TOLERANCE, difference, rendered

UPDATE = (
    "raise PIXELS_VERSION in stylecore/runtime/versions.py and run python -m tests.tools.golden"
)
KNOWN_RENDERS = json.loads(KNOWN.read_text())


def test_the_checksums_are_those_of_this_version() -> None:
    assert KNOWN_RENDERS["version"] == PIXELS_VERSION, "run python -m tests.tools.golden"
    assert KNOWN_RENDERS["renders"].keys() == RENDERS.keys(), "run python -m tests.tools.golden"


@pytest.mark.parametrize("name", RENDERS)
def test_a_render_has_the_bytes_of_its_version(name: str, tmp_path: Path) -> None:
    found, known = rendered(name, tmp_path), KNOWN_RENDERS["renders"][name]
    assert difference(found, known) <= TOLERANCE, UPDATE
    if not differences(KNOWN_RENDERS["made_with"], made_with()):
        assert found["sha256"] == known["sha256"], UPDATE
