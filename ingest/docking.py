"""A docking: everything on a recorder is secured, and a receipt says so. Idempotent: run it again at any time.

The receipt comes only after every clip in it is durable, its entry too, and a checkpoint over them is published. What could not be
taken is said, with the reason; nothing is left out and nothing on the recorder is touched.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from archive.errors import ArchiveError, NoSpaceError
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive
from archive.store.area import Area, recorder_area
from devices.clips import FoundClip, Listing, RefusedEntry
from devices.errors import DeviceError
from devices.folder import FolderRecorder
from devices.paths import display
from devices.profiles import ClipFacts, choose, load_profiles, order
from ingest.acquire import Copier, Job, Reader, Switch
from ingest.committing import Committer, Context, Outcome, linked, path_text, sighted
from ingest.errors import DockingCancelledError, IngestError
from ingest.identify import Identity, identify, notice_badges
from ingest.leftovers import clear_area, set_aside_parts
from ingest.receipt import ClipResult, Progress, Receipt
from ingest.times import modified_text

COPIERS: Final = 2  # facts: two for a folder or a mounted recorder, one for one USB pipe
_LOOK: Final = 0.1  # seconds between two looks at progress and cancellation
_ROOM: Final = 16 << 20  # bytes of the disk that stay free for the ledger and the catalogue
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
    source: FolderRecorder,
    *,
    serial: str | None,
    officer: str | None,
    case: str | None,
    reread: bool,
    actor: str,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Receipt:
    """Secure everything on a recorder.

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
    serial = serial or f"folder:{source.name}"
    identity = identify(archive, serial=serial, officer=officer, case=case, actor=actor)
    with Area(archive.store.incoming, recorder_area(identity.recorder), archive.disk) as area:
        listing = source.list()
        plan = _plan(archive, identity, listing, reread=reread)
        docking = _Docking(archive, source, identity, plan, area, actor, case=case)
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


def _plan(archive: Archive, identity: Identity, listing: Listing, *, reread: bool) -> Plan:
    paths = [clip.path for clip in listing.clips]
    profile = choose(load_profiles(), paths)
    facts = profile.read(paths)
    held = archive.catalogue.held_many(identity.recorder)
    jobs: list[Job] = []
    known: list[tuple[FoundClip, str]] = []
    for found in order(listing.clips, facts):
        clip = held.get((found.path, found.size, modified_text(found.mtime_ns)))
        if clip is not None and not reread:
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
        source: FolderRecorder,
        identity: Identity,
        plan: Plan,
        area: Area,
        actor: str,
        *,
        case: str | None,
    ) -> None:
        self._archive = archive
        self._source = source
        self._identity = identity
        self._plan = plan
        self._area = area
        self._actor = actor
        self._id = new_id("docking")
        self._switch = Switch()
        self._outcomes: list[Outcome] = []
        self._rows: list[ClipResult] = []
        badges = [f.badge for f in plan.facts.values() if f.badge]
        if identity.officer is None:
            notice_badges(archive, identity, badges, actor)
        unit = identity.recorder_unit or archive.settings.unit
        self._context = Context(
            docking=self._id,
            recorder=identity.recorder,
            actor=actor,
            zone=archive.settings.zone,
            officer=identity.officer,
            officers=identity.officers,
            units=identity.units,
            unit=unit,
            case=identity.case,
            reason=f"--case {case}" if case is not None else None,
            quarantine=identity.quarantine,
            first_with=archive.catalogue.clip_with_object,
        )

    def begin(self, *, reread: bool) -> None:
        """Say that it started, and what is known already."""
        identity, plan, context = self._identity, self._plan, self._context
        started = Event(
            type="docking.started",
            subject=self._id,
            actor=self._actor,
            data={
                "station": self._archive.settings.station,
                "recorder": identity.recorder,
                "officer": identity.officer,
                "unit": context.units.get(identity.officer or "") or context.unit,
                "case": identity.case,
                "source": "folder",
                "registered": identity.registered,
                "entries": len(plan.jobs) + len(plan.known) + len(plan.refused),
                "reread": reread,
            },
            text={"source": self._source.name, "profile": plan.profile},
        )
        seen = [sighted(clip, context, by="metadata") for _, clip in plan.known]
        if context.case is not None and context.quarantine is None:
            seen += [linked(clip, context) for _, clip in plan.known if not self._is_linked(clip)]
        self._record([*identity.events, started, *seen])

    def transfer(
        self, progress: Callable[[Progress], None] | None, cancelled: Callable[[], bool] | None
    ) -> None:
        """Move the bytes. What ends it early is in the switch."""
        committer = Committer(
            store=self._archive.store,
            ledger=self._archive.ledger,
            area=self._area,
            context=self._context,
            switch=self._switch,
        )
        queue = iter(self._plan.jobs)
        lock = threading.Lock()
        current = [b""]

        def upcoming() -> Job | None:
            with lock:
                return None if self._switch.stopped else next(queue, None)

        def run() -> None:
            copier = Copier(
                area=self._area,
                disk=self._archive.disk,
                sm3=self._archive.settings.sm3,
                switch=self._switch,
                staged=committer.submit,
            )
            self._copy_all(copier, committer, upcoming, current)
            copier.finish()

        count = min(COPIERS, len(self._plan.jobs))
        threads = [threading.Thread(target=run, name="copier", daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        try:
            self._watch(threads, committer, current, progress, cancelled)
        except BaseException as e:
            self._switch.stop(e)
            raise
        finally:
            for thread in threads:
                thread.join()
            self._outcomes = committer.finish()

    def stop(self, why: BaseException) -> None:
        """It ended early; the first reason counts."""
        self._switch.stop(why)

    def end(self, *, milliseconds: int) -> None:
        """Say what was refused and that it ended."""
        stopped = self._switch.stopped
        self._rows = self._results(stopped)
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
            events += set_aside_parts(self._archive, self._area, found, self._id, self._actor)
        ended = Event(
            type="docking.ended",
            subject=self._id,
            actor=self._actor,
            data={**self._counts(), "milliseconds": milliseconds, "stopped": code_of(stopped)},
        )
        self._record([*events, ended])
        if stopped is None:
            clear_area(self._area)

    def receipt(self, note: bytes, *, started: float, transfer: float) -> Receipt:
        """What is told to the officer."""
        stopped = self._switch.stopped
        return Receipt(
            docking=self._id,
            recorder=self._identity.serial,
            clips=self._rows or self._results(stopped),
            bytes=sum(o.job.size for o in self._outcomes if o.clip),
            seconds=time.monotonic() - started,
            transfer_seconds=transfer,
            checkpoint=note.decode(),
            late=sum(o.late for o in self._outcomes),
            stopped=stopped,
        )

    # Parts of the above

    def _copy_all(
        self,
        copier: Copier,
        committer: Committer,
        upcoming: Callable[[], Job | None],
        current: list[bytes],
    ) -> None:
        """One copier's work: the next clip is opened and asked for while this one is read."""
        job = upcoming()
        reader = self._open(job, committer)
        while job is not None:
            following = upcoming()
            next_reader = self._open(following, committer)
            if reader is not None:
                current[0] = job.found.path
                if self._has_room(job):
                    copier.copy(job, reader, partial(self._source.open, job.found))
                else:
                    reader.close()
                    job.failed = self._switch.stopped
                    committer.submit(job)
            job, reader = following, next_reader

    def _open(self, job: Job | None, committer: Committer) -> Reader | None:
        if job is None:
            return None
        try:
            reader = self._source.open(job.found)
            reader.prefetch()
        except (DeviceError, OSError) as e:
            job.failed = e
            committer.submit(job)
            return None
        return reader

    def _has_room(self, job: Job) -> bool:
        if self._archive.free_bytes() >= job.found.size + _ROOM:
            return True
        self._switch.stop(
            NoSpaceError(
                f"the archive's disk has no room for {display(job.found.path)[0]} ({job.found.size} bytes):"
                " free some space, then dock again; the clips before it are safe"
            )
        )
        return False

    def _watch(
        self,
        threads: list[threading.Thread],
        committer: Committer,
        current: list[bytes],
        progress: Callable[[Progress], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        total = sum(job.found.size for job in self._plan.jobs)
        for thread in threads:
            while thread.is_alive():
                thread.join(_LOOK)
                if cancelled is not None and cancelled():
                    self._switch.stop(DockingCancelledError("the docking was cancelled"))
                if progress is not None:
                    progress(
                        Progress(
                            done_clips=len(committer.outcomes),
                            clips=len(self._plan.jobs),
                            done_bytes=min(self._switch.done_bytes, total),
                            bytes=total,
                            path=display(current[0])[0],
                        )
                    )

    def _record(self, events: list[Event]) -> None:
        for at in range(0, len(events), _GROUP):
            self._archive.record(events[at : at + _GROUP])

    def _is_linked(self, clip: str) -> bool:
        row = self._archive.catalogue.link(self._identity.case or "", clip)
        return row is not None and row.linked

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

    def _results(self, stopped: BaseException | None) -> list[ClipResult]:
        by_path = {outcome.job.found.path: outcome for outcome in self._outcomes}
        results = [
            self._result(by_path.get(job.found.path), job, stopped) for job in self._plan.jobs
        ]
        for found, clip in self._plan.known:
            row = self._archive.catalogue.clip(clip)
            results.append(
                _row(
                    found.path,
                    size=found.size,
                    sha256=row.sha256 if row else None,
                    clip=clip,
                    status="known",
                    start=row.start if row else None,
                )
            )
        for entry in self._plan.refused:
            results.append(_row(entry.path, status="refused", code=entry.code, reason=entry.reason))
        return results

    def _result(
        self, outcome: Outcome | None, job: Job, stopped: BaseException | None
    ) -> ClipResult:
        path = job.found.path
        outcome = outcome or Outcome(job=job, error=stopped)
        if outcome.clip is None:
            status, code, reason = explain(outcome)
            return _row(path, size=job.found.size, status=status, code=code, reason=reason)
        quarantined = self._context.quarantine if not outcome.known else None
        return _row(
            path,
            size=job.size,
            sha256=job.digest,
            clip=outcome.clip,
            status="known" if outcome.known else "quarantined" if quarantined else "ingested",
            code=quarantined,
            reason="nobody registered it yet" if quarantined else None,
            start=outcome.start,
        )


def explain(outcome: Outcome) -> tuple[str, str, str]:
    """Status, code and reason of a clip that was not taken whole."""
    error = outcome.error
    kept = outcome.job.part is not None and outcome.job.part.marked > 0
    return ("partial" if kept else "refused"), code_of(error) or "failed", str(error)


def code_of(error: BaseException | None) -> str | None:
    """The stable word or code of what went wrong."""
    if error is None:
        return None
    if isinstance(error, NoSpaceError):
        return "no_space"
    if isinstance(error, ArchiveError | DeviceError | IngestError):
        return error.code
    return "disk_failed" if isinstance(error, OSError) else "interrupted"


def _row(path: bytes, **values: object) -> ClipResult:
    shown, raw = display(path)
    defaults: dict[str, object] = {"size": None, "sha256": None, "clip": None}
    return ClipResult(path=shown, path_base64=raw, **{**defaults, **values})  # type: ignore[arg-type]
