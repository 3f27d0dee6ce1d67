"""Making what is missing, for some clips or for all: examine first, then quick kinds, then slow ones."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from archive.opening import Archive
from ingest.deriving.examining import examine
from ingest.deriving.result import DeriveResult, Progress
from ingest.media.child import MediaChild

_PAGE: Final = 25  # clips between two words on how far it is


def derive(
    archive: Archive,
    clips: Sequence[str] | None,
    *,
    actor: str,
    progress: Progress | None = None,
    kinds: Collection[str] | None = None,  # noqa: ARG001 - from the next commit on
) -> DeriveResult:
    """Make what is missing, for these clips or for all.

    Args:
        archive: opened to write.
        clips: None for all.
        actor: who asks.
        progress: told of each piece of work; what it raises ends it.
        kinds: only these renditions; None for all that is due.

    Raises:
        MediaChildError: the media parser cannot be started here.
        ArchiveError, OSError: the archive failed; run it again.
    """
    archive.catalogue.catch_up()
    result = DeriveResult()
    pending = archive.catalogue.unexamined(clips)
    if not pending:
        return result
    with MediaChild() as child:
        for at in range(0, len(pending), _PAGE):
            examine(archive, child, pending[at : at + _PAGE], actor=actor, result=result)
            if progress is not None:
                progress(min(at + _PAGE, len(pending)), len(pending), "examine")
    archive.ledger.publish()
    return result
