"""What is said of a command that cannot be: one sentence, what was meant, and nothing has begun."""

from pathlib import Path

import pytest

from flows.cli import main
from stylecore.runtime.nearby import advice_on_missing
from tests.support import clips

VIDEO = ["video", "clip.mp4", "--style", "wave.png"]
MISTAKES = {
    "command": (["vidoe", "clip.mp4"], "there is no command vidoe; did you mean video?"),
    "inner command": (["jobs", "lst"], "there is no command lst; did you mean list?"),
    "no such network": (["train", "slow"], "there is no command slow; there are perceptual and"),
    "option before another is missed": (
        ["video", "clip.mp4", "--stlye", "wave.png"], "no option --stlye; did you mean --style?",
    ),
    "option with a value": (
        [*VIDEO, "--style_weight=3"], "no option --style_weight; did you mean --style-weight?",
    ),
    "one dash": (
        ["video", "clip.mp4", "-style", "wave.png"], "no option -style; did you mean --style?",
    ),
    "one dash, and a short one begins so": (
        [*VIDEO, "-overwrite"], "no option -overwrite; did you mean --overwrite?",
    ),
    "nothing like it": ([*VIDEO, "--sparkle"], "there is no option --sparkle (stylecore video"),
    "a file that begins with a dash": (["video", "-a.mp4"], "the file of that name is written ./"),
    "option before the command": (
        ["--engine", "fast", *VIDEO], "no option --engine; options of a command follow its name",
    ),
    "choice": ([*VIDEO, "--engine", "fsat"], "--engine cannot be 'fsat'; choose gatys, fast or id"),
    "choice of a place": (["completion", "fish"], "the shell cannot be 'fish'; choose bash, zsh"),
    "no value": ([*VIDEO, "--engine"], "--engine needs a value"),
    "value too many": ([*VIDEO, "--quiet=yes"], "--quiet takes no value, not 'yes'"),
    "not together": ([*VIDEO, "--keep", "--clean"], "--clean excludes --keep"),
    "nothing given": (["video"], "missing: SOURCE, --style"),
    "a beginning of two options": ([*VIDEO, "--style-w", "2"], "--style-w may be --style-weight"),
    "a name without quotes": (
        ["video", "holiday", "trip.mp4", "--style", "wave.png"], "a name with spaces needs quotes",
    ),
    "no number": ([*VIDEO, "--size", "big"], "--size must be a whole number, not 'big'."),
    "too much": ([*VIDEO, "--coherence", "2"], "--coherence must be at most 1, not 2."),
    "form": ([*VIDEO, "--frames", "8"], "--frames cannot be '8': only frames A to B"),
    "source": (["video", "clp.mp4", *VIDEO[2:]], "clp.mp4; did you mean clip.mp4?"),
    "style": (["video", "clip.mp4", "--style", "Wave.jpg"], "Wave.jpg; did you mean wave.png?"),
    "weights": (
        [*VIDEO, "--features", "vgg19", "--weights", "vgg.npz"], "vgg.npz; did you mean vgg1.npz?",
    ),
    "folder": (["folder", "inbx", "out", "--style", "wave.png"], "inbx; did you mean inbox?"),
    "a video as a picture": (["image", *VIDEO[1:]], "repaint it with: stylecore video"),
}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a clip, a style and more."""
    clips.write_clip(tmp_path / "clip.mp4", frames=3)
    clips.write_picture(tmp_path / "wave.png")
    (tmp_path / "vgg1.npz").touch()
    (tmp_path / "inbox").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STYLECORE_WORKSPACE", str(tmp_path / "jobs"))
    return tmp_path


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_answered_with_what_was_meant(
    mistake: str, desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words, sentence = MISTAKES[mistake]
    before = sorted(desk.rglob("*"))
    try:
        status = main(words)
    except SystemExit as ended:
        status = int(ended.code or 0)
    said = capsys.readouterr().err
    assert status in (2, 3)
    assert len(said.splitlines()) == 1 and said.startswith("stylecore")
    assert sentence in said
    assert sorted(desk.rglob("*")) == before


def test_without_a_word_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "Begin with:" in capsys.readouterr().out


def test_what_follows_two_dashes_is_no_option(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clips.write_clip(desk / "-clip.mp4", frames=3)
    assert main(["video", "--style", "wave.png", "--engine", "identity", "-o", "out.mp4",
                 "--no-prefect", "--", "-clip.mp4"]) == 0  # fmt: skip
    assert (desk / "out.mp4").is_file()


@pytest.mark.parametrize(
    ("names", "missing", "advice"),
    [
        (["img_0001.mp4"], "IMG_0001.MP4", "did you mean img_0001.mp4?"),
        (["holiday.mov"], "holiday.mp4", "did you mean holiday.mov?"),
        (["a1.png", "a2.png"], "a3.png", "did you mean a2.png or a1.png?"),
        (["other.png", ".wave.png"], "wave.png", "check the name."),
        ([], "gone/wave.png", "is not there either."),
    ],
)
def test_names_in_the_folder_are_offered(
    names: list[str], missing: str, advice: str, tmp_path: Path
) -> None:
    for name in names:
        (tmp_path / name).touch()
    assert advice_on_missing(tmp_path / missing).endswith(advice)
