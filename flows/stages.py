"""The stages after a receipt, as plain functions: read back, link by rule, derive; and the audit that is put on record.

What always holds: each asks the ledger what is left and does only that, so each may run twice, beside another, or
after a kill at any moment. Nothing here knows Prefect: the station calls these directly while its Prefect server is
not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from archive.audit import AuditReport, Mode, audit
from archive.audit.recording import put_on_record
from archive.catalogue.rows import DueClip, PendingClip
from archive.opening import Archive
from archive.timestamps.stamping import Stamped, stamp_newest
from flows.errors import ReadBackDiffersError, UnknownDockingError
from ingest.deriving import derive
from ingest.deriving.examining import STAGE as EXAMINE
from ingest.deriving.kinds import STAGES
from ingest.deriving.orders import orders_of
from ingest.linking import link_clips
from ingest.readback import ReadBackFailure, verify
from oversight.clocks.digest import tell
from oversight.clocks.errors import ClocksUnreadableError
from oversight.clocks.kept import Kept
from oversight.disposal.awaiting import awaited
from oversight.errors import OversightError, RuleFileError
from oversight.linking.kept import Kept as Dispatches
from oversight.linking.proposing import propose_clips
from oversight.rules.own import book_of

QUICK: Final = tuple(stage for stage in STAGES if stage.name not in {"repair", "proxy"})
SLOW: Final = tuple(stage for stage in STAGES if stage not in QUICK)
SMALL_BATCH: Final = 50  # clips in one task: a task costs the server 22 ms, a small clip 74 ms
LARGE: Final = 64 << 20  # bytes from which a clip is a batch of one
_log = structlog.get_logger(__name__)
Keep = Callable[[], None]  # asked between two pieces of work; raises to end early


class Piece(NamedTuple):
    """What one task makes."""

    name: str  # of a stage; "quick" and "slow" for several
    clips: list[str]


def go_on() -> None:
    """Nobody wants it to end."""


def secured(archive: Archive, docking: str) -> list[str]:
    """The clips that a docking brought, old and new.

    Raises:
        UnknownDockingError: the ledger does not know it.
    """
    archive.catalogue.catch_up()
    if archive.catalogue.docking(docking) is None:
        raise UnknownDockingError(f"there is no docking {docking}")
    rows = archive.catalogue.docking_clips(docking)
    return list(dict.fromkeys(row.clip for row in rows if row.clip is not None))


def read_back(archive: Archive, docking: str, *, keep: Keep = go_on) -> list[ReadBackFailure]:
    """Read back what nobody has read back yet; answers with what is not equal."""
    return verify(
        archive, docking, actor=archive.settings.station, progress=lambda _done, _total: keep()
    )


def link(archive: Archive, clips: list[str]) -> int:
    """Link clips to the cases that the rule ties them to; answers with how many links were made."""
    archive.catalogue.catch_up()
    linked = len(link_clips(archive, actor=archive.settings.station, clips=clips))
    propose(archive, clips)
    return linked


def propose(archive: Archive, clips: list[str]) -> int:
    """Propose cases for those of these clips that no rule linked; answers with how many proposals were made.

    Rules that cannot be read, or dispatch.db, are in the log and end nothing: `muniment link propose` goes on.

    Raises:
        ArchiveError, OSError: as the ledger and the catalogue.
    """
    archive.catalogue.catch_up()
    try:
        done = propose_clips(
            archive, Dispatches(archive.root), clips, actor=archive.settings.station
        )
    except OversightError as error:
        _log.error("no links could be proposed", code=error.code, why=str(error))
        return 0
    return len(done.proposed)


def left_to_examine(archive: Archive, clips: list[str] | None) -> list[list[str]]:
    """What still lacks media facts, of these clips or of all, in batches."""
    archive.catalogue.catch_up()
    return batches(archive.catalogue.unexamined(clips))


def left_to_make(archive: Archive, clips: list[str] | None) -> list[Piece]:
    """What is due of clips that were examined: a stage of a large clip, the quick or the slow stages of small ones.

    Quick pieces come first, whatever the clips' sizes.
    """
    archive.catalogue.catch_up()
    found: list[Piece] = []
    for stages in (QUICK, SLOW):
        small: dict[str, DueClip] = {}
        for stage in stages:
            orders = orders_of(archive.catalogue, stage, clips, kinds=None, again=False)
            for order in orders:
                if order.clip.size >= LARGE:
                    found.append(Piece(name=stage.name, clips=[order.clip.clip]))
                else:
                    small[order.clip.clip] = order.clip
        name = "quick" if stages is QUICK else "slow"
        found += [Piece(name=name, clips=batch) for batch in batches(small.values())]
    return found


def batches(pending: Iterable[PendingClip | DueClip]) -> list[list[str]]:
    """Large clips alone, small ones together."""
    large: list[str] = []
    small: list[str] = []
    for clip in pending:
        (large if clip.size >= LARGE else small).append(clip.clip)
    together = [small[at : at + SMALL_BATCH] for at in range(0, len(small), SMALL_BATCH)]
    return [*([clip] for clip in large), *together]


def examine_batch(archive: Archive, clips: list[str]) -> int:
    """Look into these clips; answers with how many were."""
    return derive(archive, clips, actor=archive.settings.station, kinds=(EXAMINE,)).examined


def make_piece(archive: Archive, name: str, clips: list[str]) -> dict[str, int]:
    """Make what is due of these clips, by the name of a piece of `left_to_make`; answers with how many of which kind.

    Raises:
        MediaChildError, ArchiveError, OSError: it ended early; what was made is in the ledger.
    """
    named = {"quick": QUICK, "slow": SLOW}.get(name) or [s for s in STAGES if s.name == name]
    kinds = [kind for stage in named for kind in stage.kinds]
    return derive(archive, clips, actor=archive.settings.station, kinds=kinds).made


def differing(failures: list[ReadBackFailure]) -> ReadBackDiffersError:
    """The error that says what did not read back."""
    first = failures[0]
    more = f" and {len(failures) - 1} more" if len(failures) > 1 else ""
    return ReadBackDiffersError(
        f"{first.clip}{more} did not read back equal ({first.code}): keep the recorder, run `muniment audit`"
    )


def finish(
    archive: Archive, docking: str, *, derive_too: bool = True, keep: Keep = go_on
) -> list[ReadBackFailure]:
    """Everything after the receipt, in order, without Prefect.

    Returns:
        What did not read back equal; the other stages were done all the same.

    Raises:
        UnknownDockingError: nothing was done.
        ArchiveError, OSError, MediaChildError: it ended early; run it again.
    """
    clips = secured(archive, docking)
    failures = read_back(archive, docking, keep=keep)
    link(archive, clips)
    if derive_too and _is_left(archive, clips):
        keep()
        derive(
            archive,
            clips,
            actor=archive.settings.station,
            progress=lambda *_: keep(),
        )
        link(archive, clips)  # a length that was unknown may reach into a case's time
    return failures


def _is_left(archive: Archive, clips: list[str]) -> bool:
    archive.catalogue.catch_up()
    return bool(archive.catalogue.unexamined(clips) or archive.catalogue.due_kinds(clips))


def stamp(archive: Archive) -> Stamped:
    """Have the newest checkpoint stamped by whoever lacks it, and renew tokens that age.

    Raises:
        ArchiveError, OSError: as `stamp_newest`.
    """
    # Late: it needs X.509, which a station without anything to stamp does not.
    from archive.timestamps.renewal import renew_if_due

    made = stamp_newest(archive, force=False)
    if made.stamps:
        renew_if_due(archive, datetime.now(UTC))
    return made


def refused(made: Stamped) -> list[str]:
    """Who gave no token, and why."""
    return [f"{one.authority}: {one.reason}" for one in made.refusals]


def tell_deadlines(archive: Archive) -> int:
    """Tell the day's digest of deadlines; answers with how many units were told.

    Raises:
        OversightError, ArchiveError, OSError: as `tell`.
    """
    try:
        told = tell(archive, Kept(archive.root))
    except ClocksUnreadableError as error:
        if error.busy:
            raise
        # oversight.db only saves the counting.
        told = tell(archive, Kept(None))
    if told:
        archive.ledger.publish()
    return told


def audit_on_record(archive: Archive, mode: Mode) -> AuditReport:
    """Make locks in a bucket longer where that is due, audit, and put the result into the ledger.

    Raises:
        AuditError: it could not be done; nothing was recorded.
        ArchiveError, OSError: the result could not be recorded.
    """
    if archive.settings.s3 is not None:
        from archive.store.s3.extending import extend  # boto3 takes a third of a second to import

        try:
            book = book_of(archive.root)
        except RuleFileError:
            awaits: frozenset[str] = frozenset()  # nothing is carried out by such rules either
        else:
            awaits = awaited(archive, book, now=datetime.now(UTC))
        extend(archive, awaited=awaits)
    report = audit(Path(archive.root), mode=mode)
    put_on_record(archive, report, actor=archive.settings.station)
    archive.ledger.publish()
    return report
