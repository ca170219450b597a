"""Which state of the project a table is from."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def commit() -> str:
    """The first digits of the commit that is checked out; "+" where files differ from it."""
    try:
        return _git("rev-parse", "--short=7", "HEAD") + "+" * bool(
            _git("status", "--porcelain", "--untracked-files=no")
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    shown = subprocess.run(
        ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True
    )
    return shown.stdout.strip()
