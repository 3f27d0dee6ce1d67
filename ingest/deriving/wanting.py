"""What somebody waits for is made before all else, due or on demand.

What always holds: a wish that cannot be met is met with a failure on record, or dropped where there is nothing to be
made; it never stands in the way of the next.
"""

from __future__ import annotations

from archive.catalogue.rows import DueClip
from archive.opening import Archive
from ingest.deriving.examining import STAGE
from ingest.deriving.hands import Child, Hand
from ingest.deriving.kinds import stage_of
from ingest.deriving.looking import look
from ingest.deriving.orders import Order
from ingest.deriving.wanted import Want, Wanted


def serve(archive: Archive, hand: Hand, wanted: Wanted) -> None:
    """Make what is wanted of this hand now.

    Raises:
        MediaChildError: the child or ffmpeg cannot be started.
        ArchiveError, OSError: the archive failed.
    """
    for want in wanted.pending():
        if hand.stopped():
            return
        archive.catalogue.catch_up()
        if isinstance(hand, Child):
            look(archive, hand, _looked_at(archive, want), progress=_tell_nobody)
            archive.catalogue.catch_up()
        stage, clip = stage_of(want.kind), archive.catalogue.clip_to_derive(want.clip, want.kind)
        if stage is None or clip is None or clip.facts is None:
            if isinstance(hand, Child):  # there is nothing to be made of it
                wanted.done(want)
        elif stage.hand == hand.name and hand.work(stage, [_order(clip)]):
            wanted.done(want)


def _looked_at(archive: Archive, want: Want) -> list[str]:
    """The clip, or those that a docking brought."""
    if want.kind != STAGE:
        return [want.clip]
    return [row.clip for row in archive.catalogue.clips_of(want.clip)]


def _order(clip: DueClip) -> Order:
    return Order(clip=clip, kinds=(clip.kind,))


def _tell_nobody(_done: int, _total: int, _stage: str) -> None:
    return
