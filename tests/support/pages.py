"""What the pages say that can be checked: commands, files, modules, links."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from docs.settings_page import MARK, settings_page

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md"), ROOT / "data" / "README.md"])
PRESENT = [page for page in PAGES if page.stem.lower() != "changelog"]
"""Pages about what is; the changelog is about what was as well."""
FOLDERS = ("stylecore", "tasks", "flows", "tests", "data", "docs", "examples")

_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_INCLUDED = re.compile(r"^```\{include\} (\S+)\n.*?^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
_COMMAND = re.compile(r"(?:[A-Z_]+=\S+ |time )*(stylecore|make|python -m) ")
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_HEADING = re.compile(r"^#{1,4} (.+)$", re.MULTILINE)
_PATH = re.compile(rf"(?:{'|'.join(FOLDERS)})/[\w./*-]*")
_MODULE = re.compile(rf"(?:{'|'.join(FOLDERS)})(?:\.\w+)+")


@dataclass(frozen=True)
class Saying:
    """Something that a page says, with the page for a failing test's name."""

    page: Path
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {self.text}"


@cache
def text_of(page: Path) -> str:
    """A page as it is built."""
    text = page.read_text()
    return text.replace(MARK, settings_page(DOCS)) if MARK in text else text


def commands() -> list[Saying]:
    """Every command line in the pages, in blocks and in sentences, without comments."""
    return [Saying(page, line) for page in PRESENT for line in _commands_of(text_of(page))]


def files() -> list[Saying]:
    """Every file and folder of the project that the pages name in code."""
    return _in_code(_PATH)


def modules() -> list[Saying]:
    """Every dotted name of a module, or of what one holds, in code."""
    return _in_code(_MODULE)


def links() -> list[Saying]:
    """Every link and picture that does not lead to another site."""
    return [
        Saying(page, target)
        for page in PAGES
        for target in _LINK.findall(_FENCE.sub("", text_of(page)))
        if "://" not in target
    ]


def anchors(page: Path) -> set[str]:
    """What can follow the # of a link to ``page``: headings as hosts of Markdown spell them."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for file in (page, *_included_in(page))
        for heading in _HEADING.findall(_FENCE.sub("", text_of(file)))
    }


def _included_in(page: Path) -> list[Path]:
    return [page.parent / file for file in _INCLUDED.findall(text_of(page))]


def _commands_of(text: str) -> Iterator[str]:
    for language, block in _FENCE.findall(text):
        if language in ("", "sh", "bash", "console"):
            yield from _commands_in(block)
    for code in _CODE.findall(_FENCE.sub("", text)):
        if _COMMAND.match(f"{code} "):
            yield " ".join(code.split())


def _commands_in(block: str) -> Iterator[str]:
    for line in block.replace("\\\n", " ").splitlines():
        if _COMMAND.match(line.strip()):
            yield shlex.join(shlex.split(line, comments=True))


def _in_code(pattern: re.Pattern[str]) -> list[Saying]:
    return [
        Saying(page, code)
        for page in PRESENT
        for code in _CODE.findall(_FENCE.sub("", text_of(page)))
        if pattern.fullmatch(code)
    ]
