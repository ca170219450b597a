"""Any result held against its source. The one door to the verification."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from stylecore.media.excerpt import Excerpt
from stylecore.media.pictures.formats import is_exact, picture_format_of
from stylecore.media.verification.findings import Verification
from stylecore.media.verification.pictures import verify_pictures
from stylecore.media.verification.video import verify_video
from stylecore.settings import OutputSettings


def verify_frames(
    target: Path,
    excerpt: Excerpt,
    encoding: OutputSettings,
    *,
    size: tuple[int, int],
    checksums: Sequence[int] = (),
) -> Verification:
    """Verifies that ``target`` is what its source and encoding ask for, by decoding it.

    Every frame must be shown at its tick of the target's clock (``Clock``); what lies between the
    ticks and the source's times is ``Verification.off``, and ``delay`` for all.

    Args:
        excerpt, encoding: what was given to ``write_frames``.
        size: (width, height) of the frames that were written.
        checksums: ``pixel_checksum`` of each of them; where the result ``is_exact`` they must be
            those of what it holds.

    Raises:
        UnverifiedError: it does not decode, or a count, a timestamp, the duration, the size, a tag,
            a copied stream or a chapter differs.
    """
    picture_format = picture_format_of(target)
    if picture_format is None:
        return verify_video(target, excerpt, encoding, size)
    if not is_exact(target, encoding, excerpt.index):
        checksums = ()
    facts = verify_pictures(target, picture_format, excerpt, size=size, checksums=checksums)
    return Verification(excerpt.count, Fraction(0), (), facts=facts)
