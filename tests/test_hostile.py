"""Files that nobody vouches for: no other file is opened, memory is bounded, names mean nothing."""

import io
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import av
import pytest
from PIL import ExifTags, Image

from flows.cli import main
from stylecore.errors import MediaError, OutputError, StyleError
from stylecore.media import Excerpt, index_source, read_picture, split_to_disk
from stylecore.pipeline import stylize_image, stylize_video
from stylecore.sequence.masks import MaskedFrames, index_masks
from stylecore.settings import ImageSettings, StyleSettings, VideoSettings
from tests.support import clips, hostile_files
from tests.support.openings import listening, watched

ROOT = Path(__file__).resolve().parents[1]
IDENTITY = VideoSettings(engine="identity")
SOME_MEGABYTES = 450
"""What any file may take. A picture of 42 million pixels takes as much; bombs ask for gigabytes."""


# --- playlists in disguise -----------------------------------------------------------------------

HLS = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n{key}#EXTINF:1,\n{url}\n#EXT-X-ENDLIST\n"
LOCAL_KEY, DISTANT_KEY = (
    f'#EXT-X-KEY:METHOD=AES-128,URI="{url}"\n' for url in ("file://{path}", "{http}")
)
SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\n"
DASH = (
    '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT1S"><Period><AdaptationSet mimeType="video/mp4">'
    '<Representation id="1" bandwidth="1"><BaseURL>{url}</BaseURL></Representation>'
    "</AdaptationSet></Period></MPD>\n"
)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="{url}"/></svg>'
POSTSCRIPT = "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n({path}) run showpage\n"
ASX = '<asx version="3.0"><entry><ref href="{url}"/></entry></asx>'

TEXTS: dict[str, tuple[str, str]] = {
    "HLS of a local file": (".m3u8", HLS.format(key="", url="file://{path}")),
    "HLS of the file beside it": (".m3u8", HLS.format(key="", url="{name}")),
    "HLS from the network": (".m3u8", HLS.format(key="", url="{http}")),
    "HLS with a local key": (".m3u8", HLS.format(key=LOCAL_KEY, url="{name}")),
    "HLS with a key from the network": (".m3u8", HLS.format(key=DISTANT_KEY, url="x")),
    "list of files beside it": (".ffconcat", "ffconcat version 1.0\nfile {name}\n"),
    "list of local files": (".ffconcat", "ffconcat version 1.0\nfile {path}\n"),
    "list of files from the network": (".ffconcat", "ffconcat version 1.0\nfile {http}\n"),
    "session description": (".sdp", SDP),
    "DASH of a local file": (".mpd", DASH.format(url="file://{path}")),
    "DASH from the network": (".mpd", DASH.format(url="{http}")),
    "Windows Media playlist": (".asx", ASX.format(url="{http}")),
    "SVG": (".svg", SVG.format(url="file://{path}")),
    "PostScript": (".eps", POSTSCRIPT),
}  # fmt: skip


@pytest.fixture
def decoy(tmp_path: Path) -> Path:
    """A whole video that nobody has a reason to open."""
    folder = tmp_path / "films"
    folder.mkdir()
    return clips.write_clip(folder / "decoy.mp4", frames=3)


def playlist(kind: str, decoy: Path, port: socket.socket) -> str:
    number = port.getsockname()[1]
    return TEXTS[kind][1].format(
        path=decoy, name=decoy.name, port=number, http=f"http://127.0.0.1:{number}/{decoy.name}"
    )


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("disguised", [True, False], ids=["disguised", "under its own name"])
def test_a_playlist_is_refused_and_nothing_else_opened(
    kind: str, disguised: bool, decoy: Path, style: Path
) -> None:
    names = ("clip.mp4", "clip.mkv", "clip.png") if disguised else (f"clip{TEXTS[kind][0]}",)
    index = index_source(decoy)
    for name in names:
        path = decoy.with_name(name)
        with listening() as port, watched(decoy.parent, port=port) as opened:
            path.write_text(playlist(kind, decoy, port))
            for use in (
                index_source,
                read_picture,
                partial(look_into_masks, style),
                lambda path: split_to_disk(Excerpt(path, index, 0, 3), path.parent / "split"),
            ):
                with pytest.raises(MediaError):
                    use(path)
        assert opened.files == {name}
        assert opened.connections == 0


def look_into_masks(style: Path, path: Path) -> None:
    index_masks([style, path], MaskedFrames(size=(96, 64), stop=1))


def test_the_watch_sees_what_ffmpeg_opens(decoy: Path) -> None:
    """With ffmpeg's own defaults the same list plays the other film."""
    with listening() as port, watched(decoy.parent, port=port) as opened:
        path = decoy.with_name("clip.mp4")
        path.write_text(playlist("list of files beside it", decoy, port))
        with av.open(str(path)) as container:
            assert len(list(container.decode(video=0))) == 3
        with socket.create_connection(port.getsockname()):
            pass
    assert opened.files == {"clip.mp4", "decoy.mp4"}
    assert opened.connections == 1


def test_samples_in_another_file_are_left_there(decoy: Path) -> None:
    """QuickTime can refer to another file; asked to, ffmpeg would open it."""
    path = decoy.with_name("clip.mp4")
    path.write_bytes(hostile_files.movie(reference=hostile_files.alias(decoy)))
    with watched(decoy.parent) as opened, pytest.raises(MediaError, match="No frame"):
        index_source(path)
    assert opened.files == {"clip.mp4"}
    careless = {"enable_drefs": "1", "use_absolute_path": "1"}
    with watched(decoy.parent) as opened, av.open(str(path), options=careless):
        pass
    assert opened.files == {"clip.mp4", "decoy.mp4"}


@pytest.mark.parametrize("kind", [b"url ", b"rdrf"])
def test_a_reference_movie_is_refused_and_nothing_else_opened(kind: bytes, decoy: Path) -> None:
    url = b"file://" + bytes(decoy) + b"\0"
    named = hostile_files.table(b"rdrf", b"url ", hostile_files.numbers(len(url)), url)
    movies = hostile_files.box(b"rmra", hostile_files.box(b"rmda", named))
    path = decoy.with_name("clip.mov")
    reference = hostile_files.box(kind, bytes(4), url)
    path.write_bytes(hostile_files.movie(reference=reference, more=movies))
    with watched(decoy.parent) as opened, pytest.raises(MediaError):
        index_source(path)
    assert opened.files == {"clip.mov"}


def test_a_matroska_file_plays_without_the_one_that_it_links_to(decoy: Path) -> None:
    path = clips.write_clip(decoy.with_name("clip.mkv"))
    whole = path.read_bytes()
    link = b"\x15\x49\xa9\x66" + b"\x8d" + b"\x3e\x83\xbb" + b"\x89" + b"decoy.mp4"
    start = whole.index(b"\xec", whole.index(b"\x11\x4d\x9b\x74") + 40)  # Void, behind SeekHead
    path.write_bytes(whole[:start] + link + whole[start + len(link) :])
    with watched(decoy.parent) as opened:
        assert index_source(path).frame_count == 12
    assert opened.files == {"clip.mkv"}


# --- bombs ---------------------------------------------------------------------------------------

PICTURES: dict[str, Callable[[], bytes]] = {
    "bomb.png": lambda: hostile_files.png(30_000),
    "bomb.gif": lambda: hostile_files.gif(65_000),
    "bomb.webp": lambda: hostile_files.webp(16_383),
    "bomb.tif": lambda: hostile_files.tiff(60_000),
    "bomb.jpg": lambda: hostile_files.jpeg(65_000),
    "bomb.bmp": lambda: hostile_files.bmp(60_000),
    "bomb.ppm": lambda: b"P6 60000 60000 255\n" + bytes(1000),
}
VIDEOS: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "GIF with a canvas beyond every limit": (
        ".gif", lambda path: path.write_bytes(hostile_files.gif(65_000)), "limit"),
    "GIF with a canvas below ffmpeg's limit": (
        ".gif", lambda path: path.write_bytes(hostile_files.gif(hostile_files.SIDE)), "limit"),
    "animated PNG": (
        ".apng", lambda path: path.write_bytes(hostile_files.apng(hostile_files.SIDE)), "limit"),
    "a frame larger than its video": (".mov", hostile_files.write_huge_frame, "limit"),
    "a declared size that the pictures do have": (
        ".mkv", partial(hostile_files.write_huge_declaration, codec="ffv1"), "limit"),
    "a declared size that the pictures do not have": (
        ".mkv", partial(hostile_files.write_huge_declaration, codec="libx264"), "read"),
    "a codec that says more than the container": (
        ".mp4", hostile_files.write_huge_parameters, "limit"),
    "pictures that grow in the middle": (".h264", hostile_files.write_growing_pictures, "read"),
    "60 million samples in a header": (
        ".mp4", lambda path: path.write_bytes(
            hostile_files.movie(samples=60_000_000, sample_size=1)), "lists more"),
    "60 million samples in a fragment": (
        ".mp4", lambda path: path.write_bytes(hostile_files.fragmented(60_000_000)), "lists more"),
    "a header that was compressed": (
        ".mov", lambda path: path.write_bytes(hostile_files.compressed_header(600)), "compressed"),
    "a hundred hours": (
        ".mp4", lambda path: path.write_bytes(
            hostile_files.movie(duration=90_000_000)), "100.0 hours"),
    "ten million frames": (
        ".mp4", lambda path: path.write_bytes(
            hostile_files.movie(samples=10_000_000, sample_size=0, duration=1)
            + hostile_files.box(b"free", bytes(10_000_000))), "frames; cut it"),
}  # fmt: skip


def read_elsewhere(kind: str, path: Path) -> tuple[int, str]:
    """(megabytes that a process grew by, what it said) when it read the file."""
    command = [sys.executable, "-m", "tests.support.bomb_process", kind, path]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, text=True, check=True)
    megabytes, said = done.stdout.strip().split(maxsplit=1)
    return int(megabytes), said


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_bomb_is_refused_in_little_memory(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(PICTURES[name]())
    grown, said = read_elsewhere("picture", tmp_path / name)
    assert "limit of 42 million pixels" in said
    assert grown < SOME_MEGABYTES


@pytest.mark.parametrize("name", ["bomb.png", "bomb.gif"])
def test_a_bomb_as_a_mask_is_refused_in_little_memory(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(PICTURES[name]())
    grown, said = read_elsewhere("mask", tmp_path / name)
    assert "limit of 42 million pixels" in said
    assert grown < SOME_MEGABYTES


@pytest.mark.parametrize("kind", VIDEOS)
def test_a_video_bomb_ends_in_a_sentence_and_little_memory(kind: str, tmp_path: Path) -> None:
    suffix, write, words = VIDEOS[kind]
    path = tmp_path / f"bomb{suffix}"
    write(path)
    grown, said = read_elsewhere("video", path)
    assert words in said
    assert grown < SOME_MEGABYTES


def test_no_huge_picture_is_decoded_to_find_out_what_a_file_holds(tmp_path: Path) -> None:
    """Pictures that nobody asks for, like covers, are looked into whenever a file is opened."""
    hostile_files.write_huge_parameters(tmp_path / "huge.mp4")
    grown, _ = read_elsewhere("container", tmp_path / "huge.mp4")
    assert grown < SOME_MEGABYTES


def test_the_ffmpeg_program_decodes_no_huge_picture_either(tmp_path: Path) -> None:
    hostile_files.write_huge_parameters(tmp_path / "huge.mp4")
    index = index_source(clips.write_clip(tmp_path / "modest.mp4", frames=4, size=(64, 64)))
    with pytest.raises(MediaError, match="ffmpeg failed"):
        split_to_disk(Excerpt(tmp_path / "huge.mp4", index, 0, 4), tmp_path / "split")


def test_the_same_files_with_modest_claims_are_read(tmp_path: Path) -> None:
    for name, data in {
        "a.gif": hostile_files.gif(64), "a.apng": hostile_files.apng(64),
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(data)
        assert index_source(tmp_path / name).width == 64
    for name, data in {
        "a.png": hostile_files.png(64), "a.tif": hostile_files.tiff(10),
        "b.gif": hostile_files.gif(64),
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(data)
        assert read_picture(tmp_path / name).shape[0] in (10, 64)


def test_a_limit_is_exact_although_codecs_round_sizes_up(tmp_path: Path) -> None:
    """H.264 codes 98x66 as 112x80."""
    path = clips.write_clip(tmp_path / "clip.mp4", size=(98, 66))
    exactly = 98 * 66 / 1e6
    index = index_source(path, max_megapixels=exactly)
    assert index.frame_count == 12
    with pytest.raises(MediaError, match="limit"):
        index_source(path, max_megapixels=exactly * 0.999)


@pytest.mark.parametrize("kind", [2, 3, 7], ids=["text", "short number", "bytes"])
def test_a_picture_with_an_odd_note_is_still_turned_upright(kind: int, tmp_path: Path) -> None:
    """Beside the orientation is the resolution, of a type that it may not have."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation], exif[ExifTags.Base.XResolution] = 6, 72.0
    file = io.BytesIO()
    Image.new("RGB", (40, 20)).save(file, "JPEG", exif=exif)
    honest, odd = (b"\x01\x1a" + struct.pack(">H", number) for number in (5, kind))
    assert honest in file.getvalue()
    (tmp_path / "a.jpg").write_bytes(file.getvalue().replace(honest, odd))
    assert read_picture(tmp_path / "a.jpg").shape == (40, 20, 3)


# --- names ---------------------------------------------------------------------------------------

NAMES = [
    "-i", "-y", "concat:a.mp4|b", "%d", "a%03d", "two\nlines", "quo'te\"", "back\\slash", "file:x",
    "subfile,,start,0,end,0,,:x", "pipe:0", "data:video;base64,AAAA", "x" * 200, "[red]", ":x:",
    "\x1b[31mred", "ümlaut", " space ",
]  # fmt: skip


@pytest.mark.parametrize("split", ["demand", "disk"])
@pytest.mark.parametrize("name", NAMES)
def test_any_text_is_a_name(name: str, split: str, tmp_path: Path) -> None:
    """As source, style, mask, output and workspace."""
    plain = clips.write_clip(tmp_path / "plain.mp4", frames=3, sounds=1)
    folder = tmp_path / "films"
    folder.mkdir()
    decoys = {
        plain.with_name("films").joinpath(other)
        for other in ("a.mp4", "b.mp4", "x.mp4", "1.mp4", "a001.mp4")
    }
    for decoy in decoys:
        decoy.write_bytes(plain.read_bytes())
    source, output = folder / f"{name}.mp4", folder / f"{name}.mkv"
    source.write_bytes(plain.read_bytes())
    style, more, mask = (folder / f"{name}.{kind}" for kind in ("png", "jpg", "webp"))
    for path in (style, more, mask):
        path.write_bytes(clips.write_picture(tmp_path / f"plain{path.suffix}").read_bytes())
    mixing = StyleSettings(more_styles=(more,), style_masks=(mask,))
    with watched(folder) as opened:
        published = stylize_video(
            source, style, output, VideoSettings(engine="identity", split=split, mixing=mixing),
            workspace=folder / f"{name} jobs",
        )  # fmt: skip
    assert published.frames == 3
    assert clips.sound_packets(output) == clips.sound_packets(plain)
    given = {source, style, more, mask}
    assert set(folder.iterdir()) == decoys | given | {output, folder / f"{name} jobs"}
    assert not opened.files & {decoy.name for decoy in decoys}


@pytest.mark.parametrize("split", ["demand", "disk"])
@pytest.mark.parametrize("name", ["./-i.mp4", "concat:a.mp4|b.mp4", "%d.mp4", "pipe:0.mp4"])
def test_the_command_line_takes_any_name(
    name: str, split: str, style: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    clips.write_clip(tmp_path / "plain.mp4", frames=3).rename(tmp_path / name)
    output = f"{name[:-4]}-out.mp4"
    assert run(name, style, output, "--split", split) == 0
    assert str(tmp_path / output) in capsys.readouterr().out.splitlines()
    assert len(clips.timestamps(tmp_path / output)) == 3


def run(source: object, style: object, output: object, *more: object) -> int:
    return main(
        [str(part) for part in ("video", source, "--style", style, f"--output={output}",
         "--workspace=jobs", "--engine", "identity", "--no-prefect", *more)]
    )  # fmt: skip


def test_the_longest_name_that_a_disk_takes_is_taken(style: Path, tmp_path: Path) -> None:
    source = clips.write_clip(tmp_path / "clip.mp4", frames=2)
    output = tmp_path / ("x" * 251 + ".mp4")
    stylize_video(source, style, output, IDENTITY, workspace=tmp_path / "jobs")
    stylize_image(style, style, output.with_suffix(".png"), ImageSettings(engine="identity"))
    assert output.is_file()
    assert output.with_suffix(".png").is_file()


# --- names of what is no file --------------------------------------------------------------------

NO_FILES: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "endless zeros": lambda path: path.symlink_to("/dev/zero"),
    "nothing at all": lambda path: path.symlink_to("/dev/null"),
    "a link to itself": lambda path: path.symlink_to(path),
    "a folder": Path.mkdir,
    "a file of no bytes": Path.touch,
}
IMPOSSIBLE = {
    "longer than names may be": "x" * 300,
    "bytes that are no text": os.fsdecode(b"\xff\xfe"),
    "a null byte": "a\0b",
}
ROLES = ("source", "style", "mask")


def given(tmp_path: Path, style: Path) -> dict[str, Path]:
    """A good file for each role."""
    source = clips.write_clip(tmp_path / "good.mp4", frames=2)
    return {"source": source, "style": style, "mask": style, "output": tmp_path / "out.mp4"}


def ask_for(files: dict[str, Path]) -> int:
    masks = f"--style-masks={files['mask']}"
    return run(files["source"], files["style"], files["output"], masks)


def assert_one_sentence(status: int, capsys: pytest.CaptureFixture[str]) -> None:
    complaint = capsys.readouterr().err
    assert status in (2, 4, 5)
    assert len(complaint.splitlines()) == 1
    assert "internal error" not in complaint
    complaint.encode()


@pytest.mark.timeout(60)  # whoever opens the pipe waits for ever
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", NO_FILES)
def test_what_is_no_file_is_refused_unopened(
    kind: str, role: str, style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    files = given(tmp_path, style)
    for suffix in (".mp4", ".png")[role == "style" :]:
        (tmp_path / "odd").mkdir(exist_ok=True)
        path = tmp_path / "odd" / f"clip{suffix}"
        NO_FILES[kind](path)
        with watched(path.parent) as opened:
            assert_one_sentence(ask_for(files | {role: path}), capsys)
        assert opened.files == set()
    assert not files["output"].exists()


@pytest.mark.parametrize("role", [*ROLES, "output", "workspace"])
@pytest.mark.parametrize("kind", IMPOSSIBLE)
def test_a_name_that_cannot_be_is_refused_in_a_sentence(
    kind: str, role: str, style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    files = given(tmp_path, style)
    path = tmp_path / f"{IMPOSSIBLE[kind]}.{'png' if role in ('style', 'mask') else 'mp4'}"
    if kind == "bytes that are no text" and role in ROLES:
        path.write_bytes(files[role].read_bytes())
    if role == "workspace":
        status = run(*list(files.values())[:2], files["output"], f"--workspace={path}")
    else:
        status = ask_for(files | {role: path})
    assert_one_sentence(status, capsys)
    assert not files["output"].exists()


@pytest.mark.parametrize("kind", IMPOSSIBLE)
def test_a_still_with_a_name_that_cannot_be_is_refused(
    kind: str, style: Path, tmp_path: Path
) -> None:
    path = tmp_path / f"{IMPOSSIBLE[kind]}.png"
    for source, output in ((path, tmp_path / "out.png"), (style, path)):
        with pytest.raises(StyleError):
            stylize_image(source, style, output, ImageSettings(engine="identity"))
    assert list(tmp_path.iterdir()) == [style]


def test_a_folder_below_a_name_that_is_no_text_is_said(style: Path, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    source = clips.write_clip(tmp_path / "clip.mp4", frames=2).rename(folder / "clip.mp4")
    with pytest.raises(MediaError, match=r"caf\\xe9/clip.mp4 is not valid UTF-8"):
        stylize_video(source, style, tmp_path / "out.mp4", IDENTITY, workspace=tmp_path / "jobs")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", ["a pipe", "nothing at all", "a link to itself"])
def test_an_output_that_is_no_file_is_replaced_unopened(
    kind: str, style: Path, tmp_path: Path
) -> None:
    source = clips.write_clip(tmp_path / "clip.mp4", frames=2)
    output = tmp_path / "out.mp4"
    NO_FILES[kind](output)
    stylize_video(source, style, output, IDENTITY, workspace=tmp_path / "jobs", overwrite=True)
    assert output.is_file() and not output.is_symlink()


def test_an_output_that_is_a_folder_is_refused_before_the_work(style: Path, tmp_path: Path) -> None:
    source = clips.write_clip(tmp_path / "clip.mp4", frames=2)
    output = tmp_path / "out.mp4"
    output.mkdir()
    jobs = tmp_path / "jobs"
    with pytest.raises(OutputError, match="is a folder"):
        stylize_video(source, style, output, IDENTITY, workspace=jobs, overwrite=True)
    assert not jobs.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_no_name_moves_the_cursor_or_stops_the_printing(
    encoding: str, style: Path, tmp_path: Path
) -> None:
    source = clips.write_clip(tmp_path / "plain.mp4", frames=2)
    source = source.rename(tmp_path / "\x1b[31mümlaut\x07[b].mp4")
    command = [sys.executable, "-m", "flows", "video", source, "--style", style,
               f"--output={tmp_path}/out:x:\x1b[0m.mp4", f"--workspace={tmp_path}/jobs",
               "--engine=identity", "--no-prefect"]  # fmt: skip
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, capture_output=True, cwd=ROOT, env=environment, check=True)
    shown = done.stdout.decode(encoding)
    assert all(letter.isprintable() for line in shown.splitlines() for letter in line)
    assert f"{tmp_path}/out:x:\\x1b[0m.mp4" in shown.splitlines()
