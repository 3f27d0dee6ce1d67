"""The first look at clips and what follows from it at once: which of them are one recording."""

from __future__ import annotations

from collections.abc import Sequence

from archive.opening import Archive
from ingest.deriving.examining import examine_all
from ingest.deriving.hands import Child
from ingest.deriving.result import Progress
from ingest.recordings import join


def look(
    archive: Archive,
    child: Child,
    clips: Sequence[str] | None,
    *,
    progress: Progress,
    again: bool = False,
) -> None:
    """Examine what was not examined, of these clips or of all, and join it to recordings.

    `again`: as `examine_all`.

    Raises:
        MediaChildError: the media parser cannot be started here. What was found before is in the ledger.
        ArchiveError, OSError: the archive failed; run it again.
    """
    before = child.result.examined
    examine_all(archive, child, clips, progress=progress, again=again)
    if child.result.examined > before:
        archive.catalogue.catch_up()
        join(archive, clips, actor=child.actor)
