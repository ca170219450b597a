"""The store: jobs, requests and finished frames on disk (see ``stylecore.store.workspace``)."""

from stylecore.store.facts import FileFact, file_fact, seen_fact, stamp_of
from stylecore.store.frames import PACKED, PLAIN
from stylecore.store.model import FORMAT, Chunk, Colours, Job, Published, Request, job_key
from stylecore.store.workspace import Workspace, default_root

__all__ = [
    "FORMAT",
    "PACKED",
    "PLAIN",
    "Chunk",
    "Colours",
    "FileFact",
    "Job",
    "Published",
    "Request",
    "Workspace",
    "default_root",
    "file_fact",
    "job_key",
    "seen_fact",
    "stamp_of",
]
