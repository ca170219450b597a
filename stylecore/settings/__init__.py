"""Everything a person may choose, in frozen pydantic models.

This is the one home of defaults, ranges and help texts: the command line's options, the form of a
Prefect run, a job's manifest and the README's table are derived from these models. A field's
``description`` says what a choice does to the picture, not what the field is called.

``VideoSettings.pixel_settings()`` is the part that a job's key is made of: two runs that differ
only in the rest (codec, chunk length, ...) share their finished frames.
"""

from stylecore.settings.base import Settings
from stylecore.settings.engines import (
    CONVOLUTIONS,
    GATYS_CONTENT_LAYERS,
    GATYS_STYLE_LAYERS,
    LAYERS,
    REPRESENTATIONS,
    FastSettings,
    GatysSettings,
)
from stylecore.settings.jobs import FolderSettings, FrameSettings, ImageSettings, VideoSettings
from stylecore.settings.media import OutputSettings, SourceSettings
from stylecore.settings.styles import StyleSettings
from stylecore.settings.validation import checked

__all__ = [
    "CONVOLUTIONS",
    "GATYS_CONTENT_LAYERS",
    "GATYS_STYLE_LAYERS",
    "LAYERS",
    "REPRESENTATIONS",
    "FastSettings",
    "FolderSettings",
    "FrameSettings",
    "GatysSettings",
    "ImageSettings",
    "OutputSettings",
    "Settings",
    "SourceSettings",
    "StyleSettings",
    "VideoSettings",
    "checked",
]
