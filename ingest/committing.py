"""The committer of a docking: makes objects and entries of every whole file that waits, many for three syncs.

Order: bytes on the medium, names on the medium, entries on the medium, then the interim names go. A cut between any
two leaves only work that is done again.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import Any, Final
from zoneinfo import ZoneInfo

from archive.cases import link_event
from archive.events import Event, drafts_with
from archive.ids import new_id
from archive.ledger.writer import Ledger
from archive.store.area import Area
from archive.store.part import Stretch
from archive.store.protocol import Store
from archive.store.staged import Staged
from archive.texts import rows_of
from devices.paths import display
from ingest.acquire import Job, Switch
from ingest.clock import ClockNote
from ingest.owners import Owners
from ingest.times import Due, is_late, modified_text, start_of, utc_text

_MOST: Final = 512  # clips in one batch
_STRETCHES: Final = 32  # named in an entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What all clips of a docking share."""

    docking: str
    recorder: str
    actor: str
    zone: ZoneInfo
    owners: Owners
    clock: ClockNote | None  # the recorder's, where it was measured
    case: str | None
    reason: str | None  # why clips are linked to the case
    quarantine: str | None  # code, where the settings ask for it
    first_with: Callable[[str], str | None]  # a clip that has these bytes already
    is_to_link: Callable[[str], bool]  # a clip that we hold, and that is not in the case yet
    due: Due | None  # until when a clip has to be stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a job."""

    job: Job
    clip: str | None = None
    start: str | None = None
    late: bool = False
    known: bool = False
    error: BaseException | None = None


class Committer:
    """One thread. `submit` jobs from any thread, then `finish`."""

    def __init__(
        self,
        *,
        store: Store,
        ledger: Ledger,
        area: Area,
        context: Context,
        switch: Switch,
    ) -> None:
        self.outcomes: list[Outcome] = []
        self._store = store
        self._ledger = ledger
        self._area = area
        self._context = context
        self._switch = switch
        self._failed: BaseException | None = None
        self._texts = 0
        self._clips: dict[str, str] = {}  # digest -> first clip of this docking
        self._file_system = store.file_system()
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """A job ended, well or not."""
        self._queue.put(job)

    def finish(self) -> list[Outcome]:
        """Wait until everything submitted is committed or given up."""
        self._queue.put(None)
        self._thread.join()
        self._store.disk.close(self._file_system)
        return self.outcomes

    def _run(self) -> None:
        while batch := self._take():
            done = [job for job in batch if job.digest and not job.broken]
            for job in batch:
                if job not in done:
                    self.outcomes.append(Outcome(job=job, error=job.broken or job.failed))
            self.outcomes += self._commit_or_stop(done)

    def _commit_or_stop(self, jobs: list[Job]) -> list[Outcome]:
        """Commit, unless a commit failed before: syncfs tells of bytes that were lost once, then it answers well."""
        if self._failed is None:
            try:
                return self._commit(jobs)
            except BaseException as e:  # noqa: BLE001 - kept in the switch; the docking raises it
                self._failed = e
                self._switch.stop(e)
        return [Outcome(job=job, error=self._failed) for job in jobs]

    def _take(self) -> list[Job]:
        batch: list[Job] = []
        job = self._queue.get()
        while job is not None:
            batch.append(job)
            if len(batch) == _MOST:
                return batch
            try:
                job = self._queue.get_nowait()
            except Empty:
                return batch
        if batch:
            self._queue.put(None)
        return batch

    def _commit(self, jobs: list[Job]) -> list[Outcome]:
        compared, new = self._compare(jobs)
        outcomes = [Outcome(job=job, clip=job.held, known=True) for job in compared]
        events: list[Event] = []
        for job in new:
            outcome, ingested = self._ingested(job)
            outcomes.append(outcome)
            events += ingested
        for outcome in outcomes:
            events += self._links(outcome)
        events += [
            sighted(o.clip, self._context, by="bytes") for o in outcomes if o.known and o.clip
        ]
        rows, lines = rows_of([e.text for e in events if e.text])
        staged = [_staged(job) for job in new]
        text = self._stage_text(b"".join(line + b"\n" for line in lines)) if lines else None
        self._store.commit([*staged, *([text] if text else [])], self._file_system)
        self._ledger.append(drafts_with(events, rows, text, store=self._store))
        for item in [*staged, *([text] if text else []), *[_staged(job) for job in compared]]:
            self._area.remove(item.path)
        for job in jobs:
            if job.part is not None:
                job.part.forget_journal()
        return outcomes

    def _compare(self, jobs: list[Job]) -> tuple[list[Job], list[Job]]:
        """Those that are the bytes we hold (`--reread`), and the rest."""
        same = [job for job in jobs if job.held is not None and job.held_digest == job.digest]
        return same, [job for job in jobs if job not in same]

    def _stage_text(self, data: bytes) -> Staged:
        self._texts += 1
        path = self._area.path / f"t-{self._texts:06}"
        disk = self._store.disk
        disk.unlink(path)
        fd = disk.create(path)
        try:
            disk.write(fd, data)
            disk.chmod(fd, 0o444)
        finally:
            disk.close(fd)
        return Staged(path=path, digest=hashlib.sha256(data).hexdigest(), size=len(data))

    def _ingested(self, job: Job) -> tuple[Outcome, list[Event]]:
        context = self._context
        clip = new_id("clip")
        clock = context.clock
        offset_ms = clock.offset_ms if clock else None
        start, source = start_of(job.facts.start, job.mtime_ns, context.zone, offset_ms=offset_ms)
        late = is_late(start, datetime.now(UTC), context.due)
        owner = context.owners.of(start, job.facts.badge)
        original: dict[str, Any] = {"object": job.digest, "size": job.size}
        if job.sm3:
            original["sm3"] = job.sm3
        same_as = context.first_with(job.digest) or self._clips.get(job.digest)
        self._clips.setdefault(job.digest, clip)
        event = Event(
            type="clip.ingested",
            subject=clip,
            actor=context.actor,
            data={
                "docking": context.docking,
                "recorder": context.recorder,
                "officer": owner.officer,
                "unit": owner.unit,
                "original": original,
                "modified": modified_text(job.mtime_ns),
                "kind": job.facts.kind,
                "start": utc_text(start) if start else None,
                "start_source": source,
                "offset_ms": offset_ms,
                "uncertainty_ms": clock.uncertainty_ms if clock else None,
                "marked": job.facts.marked,
                "late": late,
                "same_as": same_as,
                "resumed": job.resumed or None,
                **_resumed_from(job),
                "quarantined": context.quarantine is not None,
            },
            text=_clip_text(job),
        )
        outcome = Outcome(job=job, clip=clip, start=utc_text(start) if start else None, late=late)
        return outcome, [event]

    def _links(self, outcome: Outcome) -> list[Event]:
        context = self._context
        if context.case is None or context.quarantine is not None or not outcome.clip:
            return []
        if outcome.known and not context.is_to_link(outcome.clip):
            return []
        return [linked(outcome.clip, context)]


def _resumed_from(job: Job) -> dict[str, Any]:
    """Which dockings read the bytes that were here already; the first and the last ones where there were many."""
    stretches = job.resumed_from
    if len(stretches) > _STRETCHES:
        half = _STRETCHES // 2
        between = sum(s.length for s in stretches[half:-half])
        middle = Stretch(docking="", length=between)
        stretches = (*stretches[:half], middle, *stretches[-half:])
    named = [{"docking": s.docking or None, "bytes": s.length} for s in stretches]
    return {"resumed_from": named} if named else {}


def linked(clip: str, context: Context) -> Event:
    """The event that ties a clip to the docking's case."""
    return link_event(
        clip=clip,
        case_id=context.case or "",
        actor=context.actor,
        by="docking",
        reason=context.reason or "",
    )


def sighted(clip: str, context: Context, *, by: str) -> Event:
    """The event that says a clip we hold was seen again."""
    return Event(
        type="clip.sighted_again",
        subject=clip,
        actor=context.actor,
        data={"docking": context.docking, "by": by},
    )


def path_text(path: bytes) -> dict[str, Any]:
    """A path as text rows hold it."""
    shown, raw = display(path)
    return {"path": shown} if raw is None else {"path": shown, "path_base64": raw}


def _clip_text(job: Job) -> dict[str, Any]:
    owner = job.facts.belongs_to
    return {
        **path_text(job.found.path),
        "start_raw": job.facts.start_raw,
        "belongs_to": None if owner is None else display(owner)[0],
    }


def _staged(job: Job) -> Staged:
    if job.part is None:
        raise ValueError("a job without a part")
    return Staged(path=job.part.path, digest=job.digest, size=job.size)
