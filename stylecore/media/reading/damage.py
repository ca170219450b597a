"""Whether a part of a video file is missing or damaged, and what is said of it.

Headers lie: after an edit, or in a file that was cut short, the number of frames they promise is
not the number that decodes.
"""

from pathlib import Path

import av

from stylecore.errors import MediaError
from stylecore.media.reading import apng, gif
from stylecore.media.reading.scan import OpenedVideo, Scan

CUT_SHORT = "it is cut short"
HEADLESS = ("mpegts", "mpeg", "gif")
"""Formats that do not say how long a video is."""
END_SLACK_SECONDS = 0.5
"""A file whose last packet ends so much before its promised end is taken for cut short."""
HEAD_BYTES = 4096
TRANSPORT_PACKETS = (188, 192, 204)
"""Lengths of a packet of MPEG-TS: plain, with a time before it, with a checksum behind it."""


def damage_of(video: OpenedVideo, scan: Scan) -> str:
    """What is wrong with a file that is not whole, as the end of a sentence; "" when it is.

    Frames of a cut GIF or APNG that are not whole are taken out of the scan.
    """
    path, container, stream = video.path, video.container, video.stream
    if video.format_name == "gif" and gif.is_cut(path):
        # FFmpeg decodes what there is of a GIF's last frame, and does not tell.
        scan.keep(len(scan.pts) - 1)
        return CUT_SHORT
    if video.format_name == "apng" and apng.is_cut(path):
        scan.keep(apng.whole_frames(path))
        return CUT_SHORT
    if scan.resized:
        return "the picture changes its size in the middle"
    promised = container.duration / av.time_base if container.duration else 0.0
    # Matroska's duration may count from 0, the others' from the first packet.
    counts_from_zero = "matroska" in video.format_name
    start = 0.0 if counts_from_zero else max(0.0, (container.start_time or 0) / av.time_base)
    end_seconds = scan.end_seconds
    if stream.duration and scan.packets == _listed(video):
        end = ((stream.start_time or 0) + stream.duration) * stream.time_base
        end_seconds = max(end_seconds, float(end))
    ends_early = end_seconds - start < promised - END_SLACK_SECONDS
    if scan.packets < _listed(video) or ends_early or _is_incomplete(path, video.format_name):
        return CUT_SHORT
    return "parts of it are damaged" if scan.failures or scan.corrupt else ""


def notes_on_damage(video: OpenedVideo, scan: Scan, reason: str) -> list[str]:
    """What is said of a file's damage, in sentences, where it is allowed.

    Args:
        reason: what ``damage_of`` found.

    Raises:
        MediaError: no frame decodes, or there is damage and it is not allowed.
    """
    name = video.path.name
    expected = max(scan.packets, len(scan.pts) + scan.resized)
    if reason == CUT_SHORT:
        expected = max(expected, _listed(video) or _promised_frames(video))
    if not scan.pts:
        raise MediaError(
            f"No frame of {name} can be decoded (0 of {expected}): the file is damaged, or "
            f"its pictures are larger than the limit of {video.max_megapixels:g} million pixels "
            "(--max-megapixels)."
        )
    notes = []
    if scan.damaged_sound:
        notes.append("Parts of the sound are damaged; they are copied as they are.")
    if video.format_name == "gif" and not gif.has_end_mark(video.path):
        notes.append("The GIF has no end mark: frames may be missing behind the last one.")
    if not reason:
        return notes
    whole = len(scan.pts) - scan.corrupt
    found = f"{whole} of {expected} frames" if expected > whole else f"{whole} frames"
    found += f" of {name} can be read"
    if scan.corrupt:
        found += f", and {scan.corrupt} more in part"
    if not video.settings.allow_damaged:
        raise MediaError(f"Only {found}: {reason}. Get a whole copy, or give --allow-damaged.")
    return [f"Damaged source: {found}.", *notes]


def _listed(video: OpenedVideo) -> int:
    """Frames that the header lists; AVI's count is a duration with gaps in it, MP4's a list."""
    return video.stream.frames if "mp4" in video.format_name else 0


def _promised_frames(video: OpenedVideo) -> int:
    """What the header's number or duration comes to; 0 where there is no such header."""
    if video.format_name == "apng":
        return apng.promised_frames(video.path)
    if video.format_name in HEADLESS:
        return 0
    seconds = (video.container.duration or 0) / av.time_base
    stream = video.stream
    return max(stream.frames, round(seconds * float(stream.average_rate or 0)))


def _is_incomplete(path: Path, container: str) -> bool:
    """Whether a file of a format, by ffmpeg's name, begins with nothing or ends too early.

    Its bytes show it, where no header lists the frames.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not any(head):
        return True
    if container == "avi" and head[:4] == b"RIFF":
        return size < 8 + int.from_bytes(head[4:8], "little")
    if container == "mpegts":
        return all(size % length for length in TRANSPORT_PACKETS)
    return False
