"""`dock`: secure a recorder, hand out the receipt, then read back, release, look into the clips and link them.

Holds: nothing after the receipt can take it back; what fails there is said, and every step can be run again.
Imports no flow runner: a row in work.db tells the station.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from archive import settings
from archive.errors import ArchiveError, NoSpaceError
from archive.opening import Archive, open_archive
from devices.errors import DeviceError
from devices.hotplug import twins
from devices.opening import open_source
from devices.recorder import Recorder, RecorderFacts
from ingest.clock import set_clock
from ingest.docking import dock as secure
from ingest.errors import IngestError
from ingest.linking import link_clips
from ingest.media.errors import MediaError
from ingest.readback import verify
from ingest.receipt import Progress, Receipt
from ingest.twins import docking_serial, is_ambiguous
from muniment import receipt as receipts
from muniment.answer import Answer, Asked
from muniment.claim import claimed
from muniment.edge import INTERRUPTED, EndedError, described, explained
from muniment.errors import CommandError
from muniment.messages import reason
from muniment.progress import bar
from muniment.releases import policy_of, release_shown
from muniment.stopping import stopping
from muniment.work import Work
from oversight.clocks.arriving import archived_by

if TYPE_CHECKING:
    from ingest.deriving import DeriveResult

_PARTLY: Final = 3
_DAMAGE: Final = 1
_LOOK: Final = 0.5  # seconds between two looks into work.db


@dataclass(frozen=True, slots=True, kw_only=True)
class DockingOrder:
    """What is to be docked, and how."""

    source: str | Path  # as devices.opening.open_source takes it
    recorder: str | None = None  # serial
    officer: str | None = None  # badge
    case: str | None = None  # number
    reread: bool = False
    derive: bool = True
    erase: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Docked:
    """A docking after its receipt; archive and recorder are still open."""

    order: DockingOrder
    archive: Archive
    source: Recorder
    receipt: Receipt


def dock(asked: Asked, order: DockingOrder) -> Answer:
    """Dock a recorder.

    Raises:
        EndedError: nothing was read, or archive or recorder could not be closed after the receipt, which it holds.
            Its cause is what `ingest.docking.dock` raises.
    """
    document: dict[str, Any] = {
        "clips": []
    }  # filled in: what was done is told even if closing fails
    try:
        return _dock(asked, order, document)
    except (ArchiveError, CommandError, DeviceError, IngestError, OSError) as error:
        raise EndedError(error, Answer(document=document)) from error


def _dock(asked: Asked, order: DockingOrder, document: dict[str, Any]) -> Answer:
    known = settings.load(asked.root)
    source_now = open_source(str(order.source), zone=known.zone, library=known.gat947_library)
    with (
        closing(source_now) as source,
        open_archive(asked.root, write=True) as archive,
    ):
        archive.catalogue.catch_up()
        beside = _twin(source.facts)
        serial = docking_serial(
            archive, source.facts, name=source.name, given=order.recorder, beside=beside
        )
        compared = order.recorder is None and is_ambiguous(archive, source.facts, serial)
        with (
            stopping(archive, serial) as stop,
            bar(asked.words("progress.dock"), is_bytes=True) as tell,
        ):
            receipt = secure(
                archive,
                source,
                serial=order.recorder,
                officer=order.officer,
                case=order.case,
                reread=order.reread or compared,
                actor=asked.actor,
                beside=beside,
                due=archived_by(archive),
                progress=_teller(asked, tell),
                cancelled=stop,
            )
        docked = Docked(order=order, archive=archive, source=source, receipt=receipt)
        return _finish(asked, docked, document, interrupted=stop.by_signal)


def _twin(facts: RecorderFacts) -> RecorderFacts | None:
    """Another recorder of the same serial that is plugged in."""
    if facts.serial is None or facts.port is None:
        return None
    for twin in twins(facts.serial, facts.port):
        return RecorderFacts(transport=twin.kind, serial=twin.serial, port=twin.port)
    return None


@contextmanager
def _when_mine(root: Path, docking: str) -> Iterator[None]:
    """Wait while a station that was quicker does the rest; what it did is then found done."""
    while True:
        with claimed(root, docking) as mine:
            if mine:
                yield
                return
        time.sleep(_LOOK)


def _teller(asked: Asked, tell: Callable[[int, int, str], None]) -> Callable[[Progress], None]:
    def told(p: Progress) -> None:
        clips = asked.words("progress.clips", done=p.done_clips, all=p.clips)
        tell(p.done_bytes, p.bytes, f"{clips} {p.path}")

    return told


def _finish(asked: Asked, docked: Docked, document: dict[str, Any], *, interrupted: bool) -> Answer:
    """The receipt, and what follows it: told in `document`."""
    archive, receipt = docked.archive, docked.receipt
    if not Work(archive.root).add(receipt.docking):
        asked.note("work.db: cannot be written")
    told = show_receipt(asked, docked.order, archive, receipt)
    document.clear()  # its members stand in the receipt's order
    document.update(told)
    status = _PARTLY if any(c.code for c in receipt.clips) else 0
    if receipt.stopped is not None:
        document["error"] = explained(receipt.stopped, asked)
        asked.note(asked.words("dock.stopped", reason=document["error"]["reason"]))
        asked.note(asked.words("dock.goes_on"))
        status = INTERRUPTED if interrupted else described(receipt.stopped, asked)[2]
    if interrupted or _archive_failed(receipt):
        return Answer(document=document, status=status)
    try:
        _set_clock(asked, docked)
        with _when_mine(archive.root, receipt.docking):
            status = _after(asked, docked, document) or status
            _stamp(asked, archive, document)
    except KeyboardInterrupt as error:
        # The receipt was handed out; what follows it is gone on with by the station, or by `derive`.
        document.setdefault("error", explained(error, asked))
        status = INTERRUPTED
    except (ArchiveError, IngestError, MediaError, OSError) as error:
        code, detail, failed = described(error, asked)
        why = reason(asked.language, code, detail)
        asked.note(asked.words("dock.after_failed", reason=why))
        document.setdefault("error", {"code": code, "reason": why})
        status = failed
    return Answer(document=document, status=status)


def _set_clock(asked: Asked, docked: Docked) -> None:
    """After the receipt, as the settings say. A clock that cannot be set is a warning: the clips are safe."""
    clock = docked.receipt.clock
    if clock is not None and clock.drifts:
        seconds = f"{(clock.drift_ms_per_day or 0) / 1000:+.1f}"
        asked.note(asked.words("port.drift", seconds=seconds))
    if clock is None or docked.receipt.stopped is not None:
        return
    try:
        set_clock(docked.archive, docked.source, docking=docked.receipt.docking, actor=asked.actor)
    except DeviceError as error:
        asked.note(f"{asked.words('port.clock_not_set')} {explained(error, asked)['reason']}")


def show_receipt(
    asked: Asked, order: DockingOrder, archive: Archive, receipt: Receipt
) -> dict[str, Any]:
    """Print the receipt for people, at once; returns it as a document."""
    rows = []
    try:
        archive.catalogue.catch_up()
        rows = archive.catalogue.docking_clips(receipt.docking)
    except (ArchiveError, OSError) as error:
        # The clips are in the ledger; only the marks are not shown.
        asked.note(str(error))
    shown = receipts.made(receipt, rows, officer=order.officer, case=order.case)
    if not asked.json:
        zone = archive.settings.zone
        asked.say(receipts.text(shown, asked.words, zone, asked.language))
    return receipts.document(shown)


def _archive_failed(receipt: Receipt) -> bool:
    stopped = receipt.stopped
    return isinstance(stopped, ArchiveError | OSError)


def _after(asked: Asked, docked: Docked, document: dict[str, Any]) -> int:
    """Read-back, release, renditions, links by rule; the exit status where something was found, or stays."""
    # Late: the receipt does not wait for it.
    from ingest.deriving.ahead import Ahead
    from ingest.deriving.examining import STAGE as LOOK
    from ingest.deriving.wanted import Wanted

    archive, receipt, order = docked.archive, docked.receipt, docked.order
    clips = [c.clip for c in receipt.clips if c.clip and c.status == "ingested"]
    new = [c.clip for c in receipt.clips if c.clip and c.status != "known"]
    ahead = Ahead(archive, new if order.derive else [], actor=asked.actor)
    if order.derive:
        # Who serves this archive has a child at hand, and looks at once.
        Wanted(archive.root).want(receipt.docking, LOOK)
    with ahead, bar(asked.words("progress.verify"), is_bytes=True) as tell:
        wrong = verify(
            archive, receipt.docking, actor=asked.actor, progress=lambda d, n: tell(d, n, "")
        )
    bad = {failure.clip for failure in wrong}
    document["verified"] = sum(clip not in bad for clip in new)
    document["findings"] = [
        {"code": f.code, "subject": f.clip, "where": f.path, "detail": f.detail} for f in wrong
    ]
    if wrong or new:
        key = "dock.verify_bad" if wrong else "dock.verified"
        asked.say(asked.words(key, count=len(wrong) or document["verified"]))
    kept = _release(asked, docked, document, bad)
    if order.derive and new:
        _derive(asked, archive, new, document, ahead.result)
    linked = link_clips(archive, actor=asked.actor, clips=clips)
    document["linked"] = len(linked)
    if linked:
        asked.say(asked.words("dock.linked", count=len(linked)))
    if linked or order.derive:
        archive.ledger.publish()
    return _DAMAGE if wrong else kept


def _stamp(asked: Asked, archive: Archive, document: dict[str, Any]) -> None:
    """A token over the newest checkpoint. An authority that is silent costs nothing: the next token covers this too."""
    from archive.timestamps.stamping import stamp_newest
    from muniment.commands.timestamping import refused

    with suppress(NoSpaceError):  # the ledger's reserve is for what happened to evidence
        made = stamp_newest(archive, force=False, actor=asked.actor)
        document["timestamps"] = [
            {"authority": stamp.authority, "own": stamp.own, "size": stamp.size}
            for stamp in made.stamps
        ]
        # Who may only read the archive from now on cannot bring its catalogue up to the token's entry.
        archive.catalogue.catch_up()
        for refusal in made.refusals:
            asked.note(refused(asked, refusal))


def _release(
    asked: Asked, docked: Docked, document: dict[str, Any], damaged: Collection[str]
) -> int:
    """Erase what is verified, where somebody wants that; the exit status where something stays."""
    policy = policy_of(docked.archive, by_hand=docked.order.erase)
    if policy is None:
        return 0
    document["released"] = {"erased": 0, "kept": []}
    answer = release_shown(
        asked,
        docked.archive,
        docked.source,
        docked.receipt,
        policy=policy,
        damaged=damaged,
    )
    document["released"] = answer.document["released"]
    if "error" in answer.document:
        document.setdefault("error", answer.document["error"])
    return answer.status


def _derive(
    asked: Asked,
    archive: Archive,
    clips: list[str],
    document: dict[str, Any],
    ahead: DeriveResult,
) -> None:
    from muniment.commands.deriving import said, summary, with_bar

    done = with_bar(asked, archive, clips)
    done.add(ahead)
    document["derived"] = summary(done)
    asked.say(said(asked, "dock.derived", done))
    if done.failed:
        asked.note(asked.words("dock.derive_failed", count=len(done.failed)))
