"""The table of the media contract, held row by row."""

from pathlib import Path

import pytest

from tests.media_contract import REAL, Case, check, generated_cases, real_cases

QUICK = ("plant_handheld_odd_rate.mp4", "phone_old_3gp_h263_vfr.3gp", "newtonscradle.gif",
         "roadtrip_vp9_10bit_cuts.webm", "vp9_alpha_200x200.webm", "derived_truncated.mp4",
         "broken_invalid_bitstream.webm")  # fmt: skip
"""Real clips that take a moment; the others are with the long tests."""


@pytest.mark.representative
@pytest.mark.parametrize("case", generated_cases(), ids=lambda case: case.name)
def test_what_goes_in_comes_out(case: Case, tmp_path: Path) -> None:
    assert check(case, tmp_path).complaints == []


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
