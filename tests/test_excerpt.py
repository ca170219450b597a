"""A range of frames: how many, when each is shown, and whether it is the whole."""

from fractions import Fraction
from pathlib import Path

import pytest

from stylecore.media import Excerpt, index_source
from tests.support import clips

PTS = [3, 5, 6, 9, 10]


@pytest.fixture
def all_frames(tmp_path: Path) -> Excerpt:
    """Five frames that begin 3/24 s after 0 and are not equally long."""
    source = clips.write_clip(
        tmp_path / "in.mkv", frames=5, time_base=Fraction(1, 24), pts=PTS, codec="ffv1"
    )
    index = index_source(source).model_copy(
        update={"time_base": "1/24", "pts": tuple(PTS), "last_duration": 2}
    )
    return Excerpt.of_all(source, index)


def test_the_whole_keeps_its_times(all_frames: Excerpt) -> None:
    assert (all_frames.count, all_frames.whole, all_frames.shift) == (5, True, 0)
    assert all_frames.boundaries() == [Fraction(time, 24) for time in (*PTS, 12)]


def test_a_part_begins_when_the_whole_begins(all_frames: Excerpt) -> None:
    part = all_frames.part(2, 4)
    assert (part.count, part.whole) == (2, False)
    assert part.shift == Fraction(3, 24)
    assert part.boundaries() == [Fraction(time, 24) for time in (3, 6, 7)]


def test_a_part_at_the_end_lasts_as_long_as_its_last_frame(all_frames: Excerpt) -> None:
    assert all_frames.part(4, 5).boundaries() == [Fraction(3, 24), Fraction(5, 24)]
