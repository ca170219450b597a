"""Text that may hold anything, file names above all, as a terminal can show it."""


def printable(text: str) -> str:
    """The text in one line; what would move the cursor or change colours is shown as an escape."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )
