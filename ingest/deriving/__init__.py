"""What is derived from originals after the receipt: media facts, renditions, advice. None of it can hurt an original.

What always holds: the ledger says what is due and what was made, so any number of processes may derive at once, and one
that is killed is gone on with by the next. docs/formats/media.md has the kinds and their order.
"""

from __future__ import annotations

from ingest.deriving.result import DeriveResult, Progress
from ingest.deriving.running import derive

__all__ = ["DeriveResult", "Progress", "derive"]
