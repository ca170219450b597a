"""Looking before painting: some frames in several choices, and what the whole would take.

make_preview: plan_job ─ representative_frames ─ Samples.paint * ─ preview_sheet
                                                 Meter.costs ─ estimate_job
"""

from stylecore.preview.estimate import Costs, Estimate, Extent, estimate_job
from stylecore.preview.preview import (
    OnPicture,
    Preview,
    PreviewRequest,
    Variant,
    VariantRow,
    make_preview,
)
from stylecore.preview.sheet import as_data_uri
from stylecore.preview.wording import described, spoken_size, spoken_time

__all__ = [
    "Costs",
    "Estimate",
    "Extent",
    "OnPicture",
    "Preview",
    "PreviewRequest",
    "Variant",
    "VariantRow",
    "as_data_uri",
    "described",
    "estimate_job",
    "make_preview",
    "spoken_size",
    "spoken_time",
]
