"""What a person who named a file that is not there may have meant."""

import os
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

MOST_NAMES = 5000
"""Names of a folder that are looked at."""
ALIKE = 0.7
"""How alike two names are, of 1, for one to be taken for the other."""
MOST_SHOWN = 3


def advice_on_missing(path: Path) -> str:
    """The end of a sentence about a path that is not there: names in its folder that are like it.

    The sentence goes on after a semicolon, and ends here.
    """
    folder = path.parent
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in islice(entries, MOST_NAMES)]
    except FileNotFoundError:
        return f"the folder {folder} is not there either."
    except OSError:
        return "check the name."
    by_letters = {name.lower(): name for name in sorted(names) if not name.startswith(".")}
    found = get_close_matches(path.name.lower(), by_letters, n=MOST_SHOWN, cutoff=ALIKE)
    if not found:
        return "check the name."
    return f"did you mean {' or '.join(by_letters[name] for name in found)}?"
