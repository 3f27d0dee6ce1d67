"""Playable files of foreign media, made by ffmpeg behind limits: `stream`, `proxy` and `proxy-low`.

`plan` says how, `run` does it. The original is only read; nothing here writes to the store or the ledger.
"""

from ingest.media.encode.making import Made, run
from ingest.media.encode.planning import Encoding, EncodingKind, plan
from ingest.media.encode.slots import slot
from ingest.media.encode.yielding import docking_runs
from ingest.media.errors import EncodingError

__all__ = [
    "Encoding",
    "EncodingError",
    "EncodingKind",
    "Made",
    "docking_runs",
    "plan",
    "run",
    "slot",
]
