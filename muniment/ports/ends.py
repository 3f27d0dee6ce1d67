"""How a try at a recorder ended: the words for it, and which of them an error or a receipt means.

What always holds: every error and every receipt means exactly one of them. What is then done is worker.py's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from archive.errors import ArchiveBusyError, NoSpaceError
from devices.errors import DeviceError, SourceGoneError
from ingest.errors import DockingCancelledError, IngestError
from ingest.receipt import Receipt

# How a try ended. The words are labels in /metrics too.
End = Literal[
    "whole",  # everything is held
    "partly",  # something was refused; all else is held
    "quarantined",
    "refused",  # by the register
    "no_room",
    "cancelled",
    "ending",  # the station ends
    "busy",  # another program docks this recorder
    "gone",
    "recorder",  # it did not do its part
    "archive",  # the archive did not
    "damage",  # what was written does not read back
]


@dataclass(slots=True, kw_only=True)
class Result:
    """How a try ended."""

    end: End
    error: BaseException | None = None
    new: bool = False  # clips came in
    position: int = 0  # bytes of the others that the next try need not read
    receipted: bool = False  # everything is held; what came after did not end well
    need: int = 0  # bytes, where there was no room


def end_of_receipt(receipt: Receipt, *, cancelled: bool) -> End:
    """What a receipt means for the try that it is of."""
    stopped = receipt.stopped
    if stopped is not None:
        return end_of(stopped, cancelled=cancelled)
    codes = {clip.code for clip in receipt.clips if clip.status in {"refused", "partial"}}
    if SourceGoneError.code in codes:
        return "gone"
    if any(clip.status == "quarantined" for clip in receipt.clips):
        return "quarantined"
    taken = any(clip.clip for clip in receipt.clips)
    if not taken and any((code or "").startswith("D02") for code in codes):
        return "recorder"
    return "partly" if codes else "whole"


def end_of(error: BaseException, *, cancelled: bool) -> End:
    """What an error means for a try; `cancelled`: whether somebody asked for its end."""
    if isinstance(error, NoSpaceError):
        return "no_room"
    if isinstance(error, SourceGoneError):
        return "gone"
    if isinstance(error, ArchiveBusyError):
        return "busy"
    if isinstance(error, DockingCancelledError):
        return "cancelled" if cancelled else "ending"
    if isinstance(error, IngestError):
        return "refused"
    return "recorder" if isinstance(error, DeviceError) else "archive"
