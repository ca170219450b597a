"""The page *How it works* names functions that a job really calls."""

import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.pages import DOCS
from tests.tools.trace_calls import calls_of

pytestmark = pytest.mark.long
PAGE = (DOCS / "how-it-works.md").read_text()
FUNCTION = re.compile(r"`((?:flows|tasks|stylecore)\.[\w.]+)`")


@cache
def called(engine: str) -> set[str]:
    """Names of all functions that a job of the engine calls."""
    with TemporaryDirectory() as folder:
        return set(calls_of(engine, Path(folder)))


def named_in(heading: str) -> list[str]:
    """The functions that a section of the page names."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return FUNCTION.findall(section)


@pytest.mark.parametrize("engine", ["gatys", "fast"])
def test_every_function_on_the_way_is_called(engine: str) -> None:
    named = named_in("One frame's way")
    assert len(named) > 30
    assert [name for name in named if name not in called(engine)] == []


@pytest.mark.parametrize("engine", ["gatys", "fast"])
def test_every_function_of_an_engine_is_called(engine: str) -> None:
    named = named_in(f"With the engine {engine}")
    assert named
    assert [name for name in named if name not in called(engine)] == []
