"""What a listing says about a recorder: the clips found, and the entries refused.

Paths are raw bytes relative to the recorder's root, with ``/`` between the names, never
decoded. Every entry below the root that is no folder is in exactly one of the two lists.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundClip:
    """A regular file as it was when it was listed. Not opened, so perhaps unreadable."""

    path: bytes
    size: int  # bytes
    mtime_ns: int  # since 1970, as the file system says
    dev: int
    ino: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedEntry:
    """An entry that is no clip, or a folder that could not be listed (whole or in part)."""

    path: bytes  # b"." for the root itself
    # One of link, fifo, socket, device, unreadable, unreadable_folder, listing_failed. Stable.
    code: str
    reason: str  # for people


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Everything below a root, each list in the order of its paths."""

    clips: list[FoundClip]
    refused: list[RefusedEntry]
