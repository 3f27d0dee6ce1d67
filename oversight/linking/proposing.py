"""Which clips are proposed for which cases: those that arrived, those that wait for what was said since, or all.

What always holds: a pair that a person ever linked, unlinked or declined is never proposed again; a proposal that waits
is made again only where more speaks for it. Nothing is linked without a person, unless the agency's rules say from
which score on, and no other case comes as near: then the entry names rule and score. Running it again does nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from archive.cases import deciding
from archive.catalogue.waiting_link_queries import OpenCase, WaitingClip
from archive.errors import ArchiveError
from archive.events import Event
from archive.opening import Archive
from oversight.linking import kept
from oversight.linking.book import link_book
from oversight.linking.importing import ledger_name, refresh
from oversight.linking.kept import Kept
from oversight.linking.model import CaseFacts, ClipFacts, LinkBook, Point, Record, Score
from oversight.linking.scoring import best

_CHUNK: Final = 500  # clips
_FAR: Final = 200_000  # entries behind: all that waits is looked at
_MOST_CASES: Final = 5  # proposed for one clip
_MOST_TRACK: Final = 16 << 20
_POINTS: Final = 500  # of a track
_CLIP_WORDS: Final = frozenset(
    {"clip.ingested", "clip.examined", "clip.accepted", "clip.reassigned", "clip.unlinked"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A clip and a case that agree."""

    clip: str
    case_id: str
    number: str
    score: Score


@dataclass(slots=True, kw_only=True)
class Proposed:
    """What was done."""

    looked: int = 0  # clips
    proposed: list[Pair] = field(default_factory=list)
    linked: list[Pair] = field(default_factory=list)


def propose_clips(archive: Archive, store: Kept, clips: Sequence[str], *, actor: str) -> Proposed:
    """Propose cases for clips that arrived or were examined.

    Raises:
        LinkRulesError, DispatchUnreadableError, ArchiveError, OSError: what was recorded before stays.
    """
    done = Proposed()
    if not clips:
        return done
    work = _Work(archive, store, actor)
    waiting = archive.catalogue.waiting_among(clips)
    for at in range(0, len(waiting), _CHUNK):
        work.look(waiting[at : at + _CHUNK], done)
    return done


def propose_case(archive: Archive, store: Kept, case_id: str, *, actor: str) -> Proposed:
    """Propose clips for a case that was opened: those that wait from around its time.

    Raises:
        LinkRulesError, DispatchUnreadableError, ArchiveError, OSError: what was recorded before stays.
    """
    done, work = Proposed(), _Work(archive, store, actor)
    cases = archive.catalogue.open_cases_named([case_id])
    _look_through(archive, work, done, _times(store, work.book, cases))
    return done


def propose_new(archive: Archive, store: Kept, *, actor: str, everything: bool = False) -> Proposed:
    """Propose what follows from all that was said since the last time: clips, cases and imports; or from everything.

    Raises:
        LinkRulesError, DispatchUnreadableError, ArchiveError, OSError: what was recorded before stays; the next time
            looks at all of it again.
    """
    done = Proposed()
    work = _Work(archive, store, actor)
    size = archive.catalogue.head().size
    with store.writing(ledger_name(archive)) as db:
        _, since = kept.done(db)
    if everything or since == 0 or size - since > _FAR:
        _look_through(archive, work, done, Spans(everything=True))
    else:
        clips, spans = _since(archive, store, work.book, since, size)
        waiting = archive.catalogue.waiting_among(clips)
        for at in range(0, len(waiting), _CHUNK):
            work.look(waiting[at : at + _CHUNK], done)
        _look_through(archive, work, done, spans)
    with store.writing(ledger_name(archive)) as db:
        kept.set_proposed(db, size)
    return done


@dataclass(slots=True)
class Spans:
    """Stretches of time in which clips are looked at."""

    everything: bool = False
    found: list[tuple[int, int]] = field(default_factory=list)

    def add(self, since: int | None, until: int | None, margin: int) -> None:
        """Take one more in, with what lies beside it."""
        begin = until if since is None else since
        end = since if until is None else until
        if begin is not None and end is not None:
            self.found.append((begin - margin, end + margin))

    def joined(self) -> Iterator[tuple[int, int]]:
        """Without any moment twice, in order."""
        if self.everything:
            yield -(2**62), 2**62
            return
        last: tuple[int, int] | None = None
        for span in sorted(self.found):
            if last is not None and span[0] <= last[1]:
                last = last[0], max(last[1], span[1])
            else:
                if last is not None:
                    yield last
                last = span
        if last is not None:
            yield last


def _since(
    archive: Archive, store: Kept, book: LinkBook, since: int, size: int
) -> tuple[set[str], Spans]:
    """Clips that something was said of since an entry, and the times of cases and imports that are new."""
    clips, cases, keys = set[str](), set[str](), set[str]()
    for entry in archive.reader.entries(since, size):
        track = entry.type == "rendition.made" and entry.data.get("kind") == "track"
        if track or entry.type in _CLIP_WORDS:
            clips.add(entry.subject)
        elif entry.type.startswith("case."):
            cases.add(entry.subject)
        elif entry.type == "dispatch.imported":
            keys |= store.keys_of(entry.index)
    found = [*archive.catalogue.open_cases_named(cases), *archive.catalogue.open_cases_of(keys)]
    return clips, _times(store, book, found)


def _times(store: Kept, book: LinkBook, cases: Sequence[OpenCase]) -> Spans:
    spans, records = Spans(), store.of_cases(case.number_key for case in cases)
    for case in cases:
        spans.add(case.from_us, case.to_us, book.margin_us)
        for record in records.get(case.number_key, ()):
            spans.add(record.from_us, record.to_us, book.margin_us)
    return spans


def _look_through(archive: Archive, work: _Work, done: Proposed, spans: Spans) -> None:
    for begin, end in spans.joined():
        # A recording that runs into the stretch begins before it: as long as recorders record in one piece.
        after = (begin - work.longest, "")
        while rows := archive.catalogue.waiting_clips(after=after, until=end, limit=_CHUNK):
            work.look(rows, done)
            after = rows[-1].start_us, rows[-1].clip


class _Work:
    """What one run knows."""

    longest: Final = 24 * 3600 * 1_000_000  # microseconds

    def __init__(self, archive: Archive, store: Kept, actor: str) -> None:
        self._archive, self._store, self._actor = archive, store, actor
        archive.catalogue.catch_up()
        self.book = link_book(archive.root)
        refresh(archive, store)
        self._names = archive.catalogue.called()

    def look(self, clips: Sequence[WaitingClip], done: Proposed) -> None:
        """Score some clips that lie together in time, and record what follows."""
        done.looked += len(clips)
        margin = self.book.margin_us
        since = min(clip.start_us for clip in clips) - margin
        until = max(clip.start_us + (clip.duration_us or 0) for clip in clips) + margin
        catalogue = self._archive.catalogue
        cases = {case.id: case for case in catalogue.open_cases_between(since, until)}
        for case in catalogue.open_cases_of(self._store.keys_between(since, until)):
            cases[case.id] = case
        if not cases:
            return
        records = self._store.of_cases(case.number_key for case in cases.values())
        shelf = _Shelf([_case(case, records.get(case.number_key, ())) for case in cases.values()])
        found: list[list[Pair]] = []
        for clip in clips:
            facts = self._clip(clip, tracked=shelf.placed)
            pairs = self._pairs(facts, shelf.beside(facts))
            if pairs:
                found.append(pairs)
        if found:
            self._record(found, done)

    def _pairs(self, clip: ClipFacts, cases: Iterable[CaseFacts]) -> list[Pair]:
        found = [
            Pair(clip=clip.clip, case_id=case.id, number=case.number, score=score)
            for case in cases
            if (score := best(self.book, clip, case)) is not None
        ]
        return sorted(found, key=lambda p: (-p.score.score, p.case_id))

    def _record(self, found: Sequence[Sequence[Pair]], done: Proposed) -> None:
        with deciding(self._archive):
            catalogue = self._archive.catalogue
            clips = [pairs[0].clip for pairs in found]
            waiting = {row.clip for row in catalogue.waiting_among(clips)}
            decided, there = catalogue.decided_pairs(clips), catalogue.proposed_scores(clips)
            ids = {pair.case_id for pairs in found for pair in pairs}
            still = {case.id for case in catalogue.open_cases_named(ids)}
            events: list[Event] = []
            for pairs in found:
                left = [
                    p
                    for p in pairs
                    if p.clip in waiting
                    and p.case_id in still
                    and (p.clip, p.case_id) not in decided
                ][:_MOST_CASES]
                if left and self._is_plain(left):
                    done.linked.append(left[0])
                    events.append(_linked(left[0], self._actor))
                    continue
                new = [p for p in left if p.score.score > there.get((p.clip, p.case_id), -1)]
                done.proposed += new
                events += [_proposed(pair, self._actor) for pair in new]
            if events:
                self._archive.record(events)
                catalogue.catch_up()

    def _is_plain(self, pairs: Sequence[Pair]) -> bool:
        """Whether nobody has to be asked."""
        least = self.book.automatic
        if not least or pairs[0].score.score < least:
            return False
        return len(pairs) == 1 or pairs[1].score.score < pairs[0].score.score

    def _clip(self, row: WaitingClip, *, tracked: bool) -> ClipFacts:
        names = self._names
        return ClipFacts(
            clip=row.clip,
            officer=row.officer_id,
            unit=row.unit_id,
            unit_name=names.units.get(row.unit_id or ""),
            badge=names.badges.get(row.officer_id or ""),
            recorder=names.serials.get(row.recorder_id or ""),
            from_us=row.start_us,
            to_us=row.start_us + (row.duration_us or 0),
            marked=row.marked,
            track=self._track(row.track) if tracked and row.track else (),
            station_unit=self._archive.settings.unit,
        )

    def _track(self, digest: str) -> tuple[Point, ...]:
        """At most some hundred places of a track; none where it cannot be read: the others count then."""
        try:
            return track_points(self._archive.store.read(digest, most=_MOST_TRACK))
        except (ArchiveError, ValueError):
            return ()


class _Shelf:
    """Cases by what a clip may share with one."""

    def __init__(self, cases: Iterable[CaseFacts]) -> None:
        self._by: dict[tuple[str, str], list[CaseFacts]] = {}
        self.placed = False
        for case in cases:
            shared = {("officer", id_) for id_ in case.officers}
            if case.unit is not None:
                shared.add(("unit", case.unit))
            for record in case.records:
                shared |= {("badge", badge) for badge in record.officers}
                shared |= {("recorder", serial) for serial in record.recorders}
                if record.unit is not None:
                    shared.add(("unit_name", record.unit))
                if record.point is not None:
                    self.placed = True
                    shared.add(("place", ""))
            for key in shared:
                self._by.setdefault(key, []).append(case)

    def beside(self, clip: ClipFacts) -> Iterable[CaseFacts]:
        """Each case that shares anything, once."""
        keys = (
            ("officer", clip.officer),
            ("unit", clip.unit),
            ("unit_name", clip.unit_name),
            ("badge", clip.badge),
            ("recorder", clip.recorder),
            ("place", "" if clip.track else None),
        )
        found = (self._by.get((name, value), ()) for name, value in keys if value is not None)
        return {case.id: case for some in found for case in some}.values()


def track_points(data: bytes) -> tuple[Point, ...]:
    """The places of a GeoJSON Feature (RFC 7946), evenly thinned. Raises ValueError."""
    document = json.loads(data)
    shape = document.get("geometry") if isinstance(document, dict) else None
    if not isinstance(shape, dict):
        return ()
    places = shape.get("coordinates")
    if shape.get("type") == "Point":
        places = [places]
    if not isinstance(places, list):
        return ()
    step = max(1, len(places) // _POINTS)
    try:
        return tuple(
            Point(lat=round(place[1] * 1e7), lon=round(place[0] * 1e7)) for place in places[::step]
        )
    except (IndexError, KeyError, TypeError, OverflowError) as e:
        raise ValueError(f"a place that is none: {e}") from e


def _case(row: OpenCase, records: tuple[Record, ...]) -> CaseFacts:
    return CaseFacts(
        id=row.id,
        number=row.number,
        unit=row.unit_id,
        officers=frozenset(row.officers),
        from_us=row.from_us,
        to_us=row.to_us,
        records=records,
    )


def _proposed(pair: Pair, actor: str) -> Event:
    score = pair.score
    return Event(
        type="link.proposed",
        subject=pair.clip,
        actor=actor,
        data={
            "case": pair.case_id,
            "rule": score.rule.id,
            "score": score.score,
            "terms": list(score.terms),
        },
        text={"reason": score.reason},
    )


def _linked(pair: Pair, actor: str) -> Event:
    score = pair.score
    return Event(
        type="clip.linked",
        subject=pair.clip,
        actor=actor,
        data={"case": pair.case_id, "by": "rule", "rule": score.rule.id, "score": score.score},
        text={"reason": score.reason},
    )
