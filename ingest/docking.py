"""A docking: everything on a recorder is secured, and a receipt says so. Idempotent: run it again at any time.

The receipt comes only after every clip in it is durable, its entry too, and a checkpoint over them is published. What
could not be taken is said, with the reason; nothing is left out and nothing on the recorder is touched.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from archive.errors import ArchiveError
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive
from archive.store.area import Area, recorder_area
from devices.clips import FoundClip, Listing, RefusedEntry
from devices.profiles import ClipFacts, choose, load_profiles, order
from devices.recorder import ClockReading, Recorder, RecorderFacts
from ingest.acquire import Job, Switch
from ingest.clock import clock_read
from ingest.committing import Committer, Context, Outcome, linked, path_text, sighted
from ingest.errors import UnknownDockingError
from ingest.identify import Identity, identify, owners_of
from ingest.leftovers import clear_area, set_aside_parts
from ingest.owners import device_badge, dispute_events
from ingest.plugged import plugged, read_clock, said
from ingest.receipt import ClipResult, Held, Progress, Receipt
from ingest.results import (
    code_of,
    explain,
    known_result,
    recalled_result,
    refused_result,
    result_of,
)
from ingest.salvage import Salvage
from ingest.times import Due, modified_text, start_of
from ingest.transfer import Transfer
from ingest.twins import docking_serial

_PATIENCE: Final = 2.0  # seconds: another command may just be looking what a killed docking left
_GROUP: Final = 1000  # entries appended at once for what is known or refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done with a listing."""

    profile: str
    jobs: list[Job]
    known: list[tuple[FoundClip, str]]  # and the clip that we hold
    refused: list[RefusedEntry]
    facts: dict[bytes, ClipFacts]


def dock(
    archive: Archive,
    source: Recorder,
    *,
    serial: str | None,
    officer: str | None,
    case: str | None,
    reread: bool,
    actor: str,
    beside: RecorderFacts | None = None,
    due: Due | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Receipt:
    """Secure everything on a recorder.

    Args:
        archive: opened to write.
        source: the recorder.
        serial: by hand; else what it says itself.
        officer: badge, by hand; else who had the recorder, else what names or the recorder say.
        case: number of an open case to link every clip to.
        reread: read also what is held already.
        actor: who docks.
        beside: what another recorder of the same serial says, which was plugged in before and still is.
        due: until when a clip has to be stored, from when it was made; None: nothing is late.
        progress: told of every step.
        cancelled: asked whether to stop.

    Returns:
        The receipt. What ended the docking early is in `stopped`; the clips before it are safe.

    Raises:
        UnknownCaseError, CaseNotOpenError, RecorderRefusedError, OfficerRefusedError: nothing was read.
        ArchiveBusyError: this recorder is being docked by another program; nothing was read.
        SourceGoneError: the source vanished before anything was read.
        ArchiveError, OSError: the archive failed before or after the clips; run it again.
    """
    started = time.monotonic()
    archive.catalogue.catch_up()
    reading = read_clock(source)
    serial = docking_serial(archive, source.facts, name=source.name, given=serial, beside=beside)
    identity = identify(archive, serial=serial, officer=officer, case=case, actor=actor)
    with Area(
        archive.store.incoming, recorder_area(identity.recorder), archive.disk, patience=_PATIENCE
    ) as area:
        # Whoever held the area may have ended, or been killed, since this archive was opened: a part that
        # is an object already must not be written on, and what is held now is known.
        archive.take_in_area(area)
        archive.catalogue.catch_up()
        listing = source.list()
        plan = _plan(archive, identity, listing, reread=reread)
        docking = _Docking(
            archive, source, identity, plan, area, reading=reading, actor=actor, case=case, due=due
        )
        docking.begin(reread=reread)
        moving = time.monotonic()
        docking.transfer(progress, cancelled)
        moved = time.monotonic()
        try:
            docking.end(milliseconds=round((moved - started) * 1000))
            note = archive.ledger.publish()
        except (ArchiveError, OSError) as e:
            docking.stop(e)
            note = archive.reader.checkpoint()
        return docking.receipt(note, started=started, transfer=moved - moving)


def receipt_of(archive: Archive, docking: str) -> Receipt:
    """The receipt of an earlier docking, with the newest checkpoint. `transfer_seconds` is not kept: 0.

    Raises:
        UnknownDockingError: there is no such docking.
        LedgerDamagedError: the checkpoint cannot be read.
    """
    archive.catalogue.catch_up()
    row = archive.catalogue.docking(docking)
    if row is None:
        raise UnknownDockingError(f"there is no docking {docking}: see `muniment docking list`")
    return Receipt(
        docking=docking,
        recorder=row.recorder or row.recorder_id or "",
        clips=[recalled_result(clip) for clip in archive.catalogue.docking_clips(docking)],
        bytes=row.bytes or 0,
        seconds=(row.milliseconds or 0) / 1000,
        transfer_seconds=0,
        checkpoint=archive.reader.checkpoint().decode(),
        late=row.late or 0,
        ended_early=row.stopped or (None if row.ended_at else "running_or_killed"),
    )


def _plan(archive: Archive, identity: Identity, listing: Listing, *, reread: bool) -> Plan:
    paths = [clip.path for clip in listing.clips]
    profile = choose(load_profiles(), paths)
    facts = profile.read(paths)
    held = archive.catalogue.held_many(identity.recorder)
    erased = archive.catalogue.erased_of(identity.recorder)
    jobs: list[Job] = []
    known: list[tuple[FoundClip, str]] = []
    for found in order(listing.clips, facts):
        clip = held.get((found.path, found.size, modified_text(found.mtime_ns)))
        # Names are given again, also by clocks that begin anew: after an erasure, or without a time, bytes tell.
        if clip is not None and not reread and clip not in erased and found.mtime_ns:
            known.append((found, clip))
            continue
        row = archive.catalogue.clip(clip) if clip is not None else None
        digest = row.sha256 if row is not None else ""
        jobs.append(Job(found=found, facts=facts[found.path], held=clip, held_digest=digest))
    return Plan(profile=profile.name, jobs=jobs, known=known, refused=listing.refused, facts=facts)


class _Docking:
    """One docking, its parts in the order of its methods."""

    def __init__(
        self,
        archive: Archive,
        source: Recorder,
        identity: Identity,
        plan: Plan,
        area: Area,
        *,
        reading: ClockReading | None,
        actor: str,
        case: str | None,
        due: Due | None,
    ) -> None:
        self._archive = archive
        self._source = source
        self._identity = identity
        self._plan = plan
        self._area = area
        self._actor = actor
        self._id = new_id("docking")
        self._switch = Switch(docking=self._id)
        self._outcomes: list[Outcome] = []
        self._rows: list[ClipResult] = []
        self._clock_events: list[Event] = []
        clock = None
        if reading is not None:
            event, clock = clock_read(
                archive, reading, recorder=identity.recorder, docking=self._id, actor=actor
            )
            self._clock_events.append(event)
        zone, offset_ms = archive.settings.zone, clock.offset_ms if clock else None
        self._made = [
            (start_of(j.facts.start, j.found.mtime_ns, zone, offset_ms=offset_ms)[0], j.facts.badge)
            for j in plan.jobs
        ]
        device = device_badge(source.facts.badge)
        owners = owners_of(archive, identity, self._made, device=device, actor=actor)
        self._context = Context(
            docking=self._id,
            recorder=identity.recorder,
            actor=actor,
            zone=zone,
            owners=owners,
            clock=clock,
            case=identity.case,
            reason=f"--case {case}" if case is not None else None,
            quarantine=identity.quarantine,
            first_with=archive.catalogue.clip_with_object,
            is_to_link=self._is_to_link,
            due=due,
        )

    def begin(self, *, reread: bool) -> None:
        """Say that it started, and what is known already."""
        identity, plan, context = self._identity, self._plan, self._context
        owner = context.owners.of(None, None)
        started = Event(
            type="docking.started",
            subject=self._id,
            actor=self._actor,
            data={
                "station": self._archive.settings.station,
                "recorder": identity.recorder,
                "officer": owner.officer,
                "unit": owner.unit,
                "case": identity.case,
                **plugged(self._source.facts),
                "registered": identity.registered,
                "entries": len(plan.jobs) + len(plan.known) + len(plan.refused),
                "reread": reread,
            },
            text={
                "source": self._source.name,
                "profile": plan.profile,
                **said(self._source.facts),
            },
        )
        seen = [sighted(clip, context, by="metadata") for _, clip in plan.known]
        if context.case is not None and context.quarantine is None:
            seen += [linked(clip, context) for _, clip in plan.known if self._is_to_link(clip)]
        disputes = dispute_events(
            context.owners,
            self._made,
            docking=self._id,
            recorder=identity.recorder,
            actor=self._actor,
        )
        self._record([started, *self._clock_events, *disputes, *seen])

    def transfer(
        self, progress: Callable[[Progress], None] | None, cancelled: Callable[[], bool] | None
    ) -> None:
        """Move the bytes, then salvage what a failing medium leaves. What ends it early is in the switch."""
        jobs = self._plan.jobs
        transfer = self._new_transfer()
        self._outcomes = transfer.run(jobs, progress, cancelled)
        look = partial(transfer.look, jobs, progress, cancelled)
        readable = Salvage(
            self._archive,
            self._source,
            area=self._area,
            context=self._context,
            switch=self._switch,
            look=look,
        ).run(self._outcomes)
        if readable and self._switch.stopped is None:
            outcomes = self._new_transfer().run(readable, None, cancelled)
            second = {outcome.job.found.path: outcome for outcome in outcomes}
            self._outcomes = [second.get(o.job.found.path, o) for o in self._outcomes]

    def stop(self, why: BaseException) -> None:
        """It ended early; the first reason counts."""
        self._switch.stop(why)

    def end(self, *, milliseconds: int) -> None:
        """Say what was refused and that it ended."""
        stopped, over = self._switch.stopped, list[Path]()
        self._rows = self._results()
        events = [
            self._refusal(entry.path, entry.code, entry.reason) for entry in self._plan.refused
        ]
        for outcome in self._outcomes:
            if outcome.error is not None:
                status, code, reason = explain(outcome)
                events.append(
                    self._refusal(outcome.job.found.path, code, reason, partial=status == "partial")
                )
        if stopped is None:
            found = [job.found for job in self._plan.jobs]
            aside, over = set_aside_parts(self._archive, self._area, found, self._id, self._actor)
            events += aside
        ended = Event(
            type="docking.ended",
            subject=self._id,
            actor=self._actor,
            data={**self._counts(), "milliseconds": milliseconds, "stopped": code_of(stopped)},
        )
        self._record([*events, ended])
        if stopped is None:
            clear_area(self._archive, self._area, over)

    def receipt(self, note: bytes, *, started: float, transfer: float) -> Receipt:
        """What is told to the officer."""
        stopped = self._switch.stopped
        return Receipt(
            docking=self._id,
            recorder=self._identity.serial,
            clips=self._rows or self._results(),
            bytes=sum(o.job.size for o in self._outcomes if o.clip),
            seconds=time.monotonic() - started,
            transfer_seconds=transfer,
            checkpoint=note.decode(),
            late=sum(o.late for o in self._outcomes),
            stopped=stopped,
            ended_early=code_of(stopped),
            clock=self._context.clock,
            recorder_id=self._identity.recorder,
            held=tuple(self._held()),
        )

    # Parts of the above

    def _new_transfer(self) -> Transfer:
        committer = Committer(
            store=self._archive.store,
            ledger=self._archive.ledger,
            area=self._area,
            context=self._context,
            switch=self._switch,
        )
        return Transfer(self._archive, self._source, self._area, committer, self._switch)

    def _record(self, events: list[Event]) -> None:
        for at in range(0, len(events), _GROUP):
            self._archive.record(events[at : at + _GROUP])

    def _is_to_link(self, clip: str) -> bool:
        row = self._archive.catalogue.clip(clip)
        link = self._archive.catalogue.link(self._identity.case or "", clip)
        return not (row is not None and row.quarantined) and (link is None or not link.linked)

    def _held(self) -> Iterator[Held]:
        """What lies on the recorder and is held now, in the order of the receipt."""
        facts = self._plan.facts
        by_path = {outcome.job.found.path: outcome for outcome in self._outcomes}
        for job in self._plan.jobs:
            outcome = by_path.get(job.found.path)
            if outcome is not None and outcome.clip is not None:
                yield Held(
                    # What was hashed, where that is not what was listed.
                    found=replace(job.found, size=job.size, mtime_ns=job.mtime_ns),
                    clip=outcome.clip,
                    read=True,
                    new=not outcome.known,
                    owner=job.facts.belongs_to or job.found.path,
                )
        for found, clip in self._plan.known:
            owner = facts[found.path].belongs_to or found.path
            yield Held(found=found, clip=clip, read=False, new=False, owner=owner)

    def _refusal(self, path: bytes, code: str, reason: str, *, partial: bool = False) -> Event:
        return Event(
            type="clip.refused",
            subject=self._id,
            actor=self._actor,
            data={"code": code, "partial": partial},
            text={**path_text(path), "reason": reason},
        )

    def _counts(self) -> dict[str, int]:
        statuses = ["ingested", "known", "refused", "partial", "quarantined"]
        counts = {s: sum(r.status == s for r in self._rows) for s in statuses}
        counts["bytes"] = sum(o.job.size for o in self._outcomes if o.clip)
        counts["late"] = sum(o.late for o in self._outcomes)
        return counts

    def _results(self) -> list[ClipResult]:
        stopped = self._switch.stopped
        by_path = {outcome.job.found.path: outcome for outcome in self._outcomes}
        rows = [
            result_of(
                job,
                by_path.get(job.found.path),
                stopped=stopped,
                quarantine=self._context.quarantine,
            )
            for job in self._plan.jobs
        ]
        catalogue = self._archive.catalogue
        rows += [known_result(catalogue, found, clip) for found, clip in self._plan.known]
        return rows + [refused_result(entry) for entry in self._plan.refused]
