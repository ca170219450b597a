"""The contact sheet shows every picture whole, in its place, and every word of its labels."""

import numpy as np

from stylecore.arrays.contact_sheet import GAP, PAPER, contact_sheet, lines_within, text_width

RED, GREEN, BLUE = (0.8, 0.2, 0.1), (0.1, 0.7, 0.3), (0.2, 0.1, 0.9)


def plain(colour: tuple[float, float, float], height: int = 40, width: int = 60) -> np.ndarray:
    return np.full((height, width, 3), colour, np.float32)


def places_of(sheet: np.ndarray, colour: tuple[float, float, float]) -> np.ndarray:
    """(H, W): where the sheet has a colour."""
    return np.isclose(sheet, colour, atol=1e-3).all(axis=-1)


def test_every_picture_is_on_the_sheet() -> None:
    sheet = contact_sheet(
        [("first", [plain(RED), plain(GREEN)]), ("second", [plain(BLUE)])], height=80
    )
    for colour in (RED, GREEN, BLUE):
        assert places_of(sheet, colour).sum() == 80 * 120


def test_pictures_stay_as_they_are_and_stand_below_each_other() -> None:
    crops = [plain(RED, height=25), plain(GREEN, height=25)]
    rows = [("pictures", [plain(BLUE), plain(BLUE)]), ("", crops)]
    sheet = contact_sheet(rows, columns=["one", "two"])
    assert places_of(sheet, RED).sum() == 25 * 60
    for colour, left in ((RED, GAP), (GREEN, 2 * GAP + 60)):
        assert set(np.flatnonzero(places_of(sheet, colour).any(0))) == set(range(left, left + 60))


def test_no_word_of_a_label_is_cut_off() -> None:
    name = "Ein_sehr_langer_Name_" * 6 + "größte Welle vor Kanagawa 日本語.jpg"
    lines = lines_within(f"style {name}", 160)
    assert all(text_width(line) <= 160 for line in lines)
    assert "".join(lines).replace(" ", "") == f"style{name}".replace(" ", "")

    sheet = contact_sheet([(name, [plain(RED, width=160)])], columns=[f"frame 7 {name}"])
    assert sheet.shape[1] == 160 + 2 * GAP
    border = np.concatenate([sheet[:, :3].ravel(), sheet[:, -3:].ravel()])
    assert np.allclose(border, PAPER / 255), "text runs over the edge of the sheet"
