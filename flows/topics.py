"""Topics: the titles under which the full help lists options, in its order.

An option belongs to the topic of the model that it is a field of, unless a person would look for it
elsewhere: what makes a film steady stands together, whichever engine does it.
"""

from stylecore.settings import (
    FastSettings,
    FolderSettings,
    FrameSettings,
    GatysSettings,
    OutputSettings,
    Settings,
    SourceSettings,
    StyleSettings,
)

SOURCE = "Source"
STYLE = "Style"
GATYS = "Engine gatys"
FAST = "Engine fast"
COHERENCE = "Coherence"
RESULT = "Result"
JOB = "Job"
SETTINGS = "Settings"
HELP = "Help"
TOPICS = (SOURCE, STYLE, GATYS, FAST, COHERENCE, RESULT, JOB, SETTINGS, HELP)

_OF_MODEL: dict[type[Settings], str] = {
    StyleSettings: STYLE,
    GatysSettings: GATYS,
    FastSettings: FAST,
    SourceSettings: SOURCE,
    OutputSettings: RESULT,
}
_ELSEWHERE = {
    SOURCE: ("frames", "cuts", "max_megapixels", "settle_seconds"),
    STYLE: ("engine",),
    COHERENCE: (
        "coherence", "light", "start", "temporal_weight", "drift_control", "long_term", "passes",
        "boil", "boil_hold",
    ),
    RESULT: ("size",),
    JOB: ("memory", "seed", "split", "chunk_frames", "parallel_shots"),
}  # fmt: skip
_OF_FIELD = {name: topic for topic, names in _ELSEWHERE.items() for name in names}
_RANKS = {name: rank for rank, name in enumerate(_OF_FIELD)}


def topic_of(model: type[Settings], name: str) -> str:
    """The topic of the field ``name`` of ``model``."""
    if model in _OF_MODEL:
        return _OF_FIELD.get(name, _OF_MODEL[model])
    if issubclass(model, FrameSettings | FolderSettings):
        return _OF_FIELD.get(name, JOB)
    return SETTINGS


def rank_in_topic(model: type[Settings], name: str) -> int:
    """Where a field stands in its topic: first those that are listed by hand, in that order."""
    return len(_RANKS) if topic_of(model, name) == SETTINGS else _RANKS.get(name, len(_RANKS))


def is_of_one_engine(model: type[Settings], name: str) -> bool:
    """Whether only one engine heeds the field, and its topic does not say so."""
    return model in (GatysSettings, FastSettings) and topic_of(model, name) not in (GATYS, FAST)
