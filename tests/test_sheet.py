"""The contact sheet shows every picture whole, in its place."""

import numpy as np

from stylecore.arrays.contact_sheet import contact_sheet


def test_every_picture_is_on_the_sheet() -> None:
    colours = [(0.8, 0.2, 0.1), (0.1, 0.7, 0.3), (0.2, 0.1, 0.9)]
    red, green, blue = (np.full((40, 60, 3), colour, np.float32) for colour in colours)
    sheet = contact_sheet([("first", [red, green]), ("second", [blue])], height=80)
    for colour in colours:
        assert np.isclose(sheet, colour, atol=1e-3).all(axis=-1).sum() == 80 * 120
