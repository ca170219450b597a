"""The table of the media contract, held row by row."""

from pathlib import Path

import numpy as np
import pytest

from stylecore.images import fitted_size
from stylecore.media import Excerpt, index_source, read_frames, split_to_disk
from tests import clips
from tests.media_contract import REAL, Case, check, generated_cases, real_cases

QUICK = ("plant_handheld_odd_rate.mp4", "phone_old_3gp_h263_vfr.3gp", "newtonscradle.gif",
         "roadtrip_vp9_10bit_cuts.webm", "vp9_alpha_200x200.webm", "derived_truncated.mp4",
         "broken_invalid_bitstream.webm")  # fmt: skip
"""Real clips that take a moment; the others are with the long tests."""


@pytest.mark.representative
@pytest.mark.parametrize("case", generated_cases(), ids=lambda case: case.name)
def test_what_goes_in_comes_out(case: Case, tmp_path: Path) -> None:
    assert check(case, tmp_path).complaints == []


@pytest.mark.parametrize("case", generated_cases(), ids=lambda case: case.name)
@pytest.mark.parametrize("side", [None, 40])
def test_split_frames_are_those_that_are_decoded_on_demand(
    case: Case, side: int | None, tmp_path: Path
) -> None:
    source = case.make(tmp_path)
    settings = case.source.model_copy(update={"hdr": "tonemap", "allow_damaged": True})
    index = index_source(source, settings)
    if index.reader != "container":
        return
    size = fitted_size(index.width, index.height, side)
    excerpt = Excerpt(source, index, 1 if index.frame_count > 2 else 0, index.frame_count)
    split_to_disk(excerpt, tmp_path / "split", size=size)
    on_demand = read_frames(excerpt, size=size)
    for path, wanted in zip(sorted((tmp_path / "split").iterdir()), on_demand, strict=True):
        split = clips.read_frame(path)
        assert split.dtype == wanted.dtype
        np.testing.assert_array_equal(split, wanted)


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in REAL]
)
def test_what_goes_in_comes_out_of_real_clips(
    name: str, shared_clips: Path, tmp_path: Path
) -> None:
    for case in real_cases(shared_clips):
        if case.name.startswith(name):
            folder = tmp_path / case.outcome
            folder.mkdir()
            assert check(case, folder).complaints == []
