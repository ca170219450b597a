"""How large files, functions and signatures are, room by room.

    python -m tests.tools.sizes            the largest of each, and the tree's totals

A room that grows is divided by duty before a reader has to scroll. ``tests/test_architecture.py``
holds the limits.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("stylecore", "tasks", "flows")
LIMITS = {"file": 400, "function": 50, "signature": 6}
"""Lines, lines, and parameters beside ``self``."""
SHOWN = 8


@dataclass(frozen=True)
class Size:
    """One thing that was measured."""

    kind: str
    name: str
    """``folder/file.py`` or ``folder/file.py:function``."""
    size: int


def sizes() -> Iterator[Size]:
    """Of everything in the three floors."""
    for path in sorted(file for floor in FLOORS for file in (ROOT / floor).rglob("*.py")):
        text, place = path.read_text(), path.relative_to(ROOT).as_posix()
        yield Size("file", place, len(text.splitlines()))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                name = f"{place}:{node.name}"
                yield Size("function", name, (node.end_lineno or node.lineno) - node.lineno + 1)
                yield Size("signature", name, _parameters(node.args))


def _parameters(given: ast.arguments) -> int:
    named = [*given.posonlyargs, *given.args]
    own = 1 if named and named[0].arg in ("self", "cls") else 0
    stars = [one for one in (given.vararg, given.kwarg) if one is not None]
    return len(named) - own + len(given.kwonlyargs) + len(stars)


def main() -> None:
    found = list(sizes())
    files = [one.size for one in found if one.kind == "file"]
    print(f"{len(files)} files, {sum(files)} lines")
    for kind, limit in LIMITS.items():
        ranked = sorted((one for one in found if one.kind == kind), key=lambda one: -one.size)
        print(f"\n{kind}, at most {limit}")
        for one in ranked[:SHOWN]:
            print(f"{one.size:6} {one.name}")


if __name__ == "__main__":
    main()
