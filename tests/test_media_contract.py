"""The table of the media contract, held row by row."""

from pathlib import Path

import numpy as np
import pytest

from stylecore.arrays.images import fitted_size
from stylecore.media import Excerpt, index_source, read_frames, split_to_disk
from tests.support import clips, odd_clips
from tests.tools import times_contract
from tests.tools.media_contract import REAL, Case, check, generated_cases, real_cases

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


TIMES = list(times_contract.sources())
QUICK_TIMES = {
    (".mp4", "23.976", "aac"), (".mp4", "a phone's", ""), (".mov", "59.94", "pcm_s16le"),
    (".mkv", "30", "libopus"), (".mkv", "a phone's", "aac"), (".webm", "60", "libopus"),
}  # fmt: skip


@pytest.mark.parametrize(
    "source",
    [source if (source.suffix, source.rate, source.sound) in QUICK_TIMES
     else pytest.param(source, marks=pytest.mark.long) for source in TIMES],
    ids=lambda source: source.name,
)  # fmt: skip
def test_times_go_from_every_container_to_every_other(
    source: times_contract.Source, tmp_path: Path
) -> None:
    outcomes = list(times_contract.outcomes(source.write(tmp_path), tmp_path))
    assert len(outcomes) == len(times_contract.RESULTS)
    assert [complaint for _, complaints in outcomes for complaint in complaints] == []


@pytest.mark.long
def test_the_demo_clip_goes_to_every_container(tmp_path: Path) -> None:
    outcomes = list(times_contract.outcomes(times_contract.DEMO, tmp_path))
    assert [complaint for _, complaints in outcomes for complaint in complaints] == []


def test_clips_that_are_not_known_are_shown_too(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    clips.write_clip(tmp_path / "clips" / "anything.mkv")
    odd_clips.cut_short(tmp_path / "clips" / "cut.mp4")
    (tmp_path / "clips" / "notes.txt").write_text("no clip")
    cases = list(real_cases(tmp_path / "clips"))
    assert [case.name for case in cases] == ["anything.mkv", "cut.mp4"]
    rows = []
    for case in cases:
        (tmp_path / case.name).mkdir()
        rows.append(check(case, tmp_path / case.name))
    assert [row.outcome for row in rows] == ["kept", "refused"]
    assert [row.complaints for row in rows] == [[], []]
