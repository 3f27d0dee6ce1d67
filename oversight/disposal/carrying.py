"""Carrying out an approved disposal. The one place from which objects of evidence are removed.

What always holds: each clip is looked at again while the case register is held, right before it goes: a hold that was
placed before counts, one that comes after finds the clip gone. First the entry, then the bytes: a kill leaves bytes
that an entry gave up, never bytes that are gone without one. The same call again ends what was begun. Bytes that
somebody else's entry names, or that are on their way in, stay.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from archive.cases import deciding
from archive.catalogue.rows import ClipRow
from archive.errors import FixityError, MissingObjectError
from archive.events import Event, drafts
from archive.opening import Archive
from archive.store.staged import Stored
from archive.store.writing import Writing
from oversight.disposal.deciding import keeper_of, need, need_two, utc_now
from oversight.disposal.errors import ClockApartError, DisposalListError
from oversight.disposal.listing import Item, read_list
from oversight.disposal.looking import WAITS, Code, Look, gone_of, size_of
from oversight.disposal.named import Named
from oversight.rules.book import RuleBook

_CHUNK: Final = 50  # clips that go in one hold of the case register
MOST_APART: Final = timedelta(days=3)  # of the clock and the newest outside timestamp
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_NAMED: Final = 500  # digests in one entry


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """Why a clip cannot go yet."""

    code: Code
    until: datetime | None  # when its locks end; None: when somebody does something about it


@dataclass(slots=True)
class Carried:
    """What came of it."""

    done: list[str] = field(default_factory=list)  # clips that are gone, by this call or before
    kept: dict[str, Code] = field(default_factory=dict)
    put_off: dict[str, PutOff] = field(default_factory=dict)  # stay on the list: run it again then
    waiting: set[str] = field(default_factory=set)  # objects that are there still: run it again
    bytes: int = 0  # removed by this call
    lifted: int = 0  # objects that were immutable until this call
    ended: bool = False


@dataclass(slots=True)
class _Going:
    """What goes with one clip."""

    removed: list[str] = field(default_factory=list)
    bytes: int = 0
    texts: list[dict[str, Any]] = field(default_factory=list)


def carry_out(
    archive: Archive,
    disposal: str,
    *,
    book: RuleBook,
    actor: str,
    now: Callable[[], datetime] = utc_now,
) -> Carried:
    """Remove what nothing keeps; ends the disposal where all of it is gone or kept and nothing was put off.

    Args:
        archive: open for writing.
        disposal: approved.
        book: the rules.
        actor: who does it.
        now: the moment, aware; asked for each stretch.

    Raises:
        DisposalStateError: it is not approved. Nothing was done.
        ClockApartError: this machine's clock is far from what an outsider last said. Nothing was done.
        OnePersonError: whoever wrote that entry proposed it, or may have. Nothing was done.
        DisposalListError: its list is damaged. Nothing was done.
        RemovalRefusedError: this store gives this account nothing away; what is done is done.
        ArchiveError, OSError: what is done is done; the same call again goes on.
    """
    archive.catalogue.catch_up()
    row = need(archive.catalogue, disposal, "approved")
    need_two(archive.catalogue, row)
    _need_clock(archive, now())
    try:
        items = read_list(archive.store.read(row.list))
    except MissingObjectError as e:
        raise DisposalListError("the list of the disposal is missing: run `muniment audit`") from e
    return _Run(archive, disposal, items, book, actor, now).run()


def _need_clock(archive: Archive, now: datetime) -> None:
    """Raises ClockApartError."""
    newest = archive.catalogue.newest_outside_timestamp()
    if newest is None:
        return  # nobody outside ever said what time it is
    apart = abs(now - (EPOCH + timedelta(microseconds=newest.time_us)))
    if apart > MOST_APART:
        raise ClockApartError(
            f"this machine's clock says {now:%Y-%m-%d %H:%M}, {apart.days} days from the newest outside timestamp"
            f" ({newest.time}): set the clock right or fetch a new one (`muniment timestamp`)"
        )


class _Run:
    """One disposal being carried out."""

    def __init__(  # noqa: PLR0917 - once, from above
        self,
        archive: Archive,
        disposal: str,
        items: Sequence[Item],
        book: RuleBook,
        actor: str,
        now: Callable[[], datetime],
    ) -> None:
        self._archive, self._disposal, self._items = archive, disposal, items
        self._book, self._actor, self._now = book, actor, now
        self._carried = Carried()
        self._named = Named(archive.reader, [item.clip for item in items])

    def run(self) -> Carried:
        """All of it."""
        for chunk in _chunks(self._items, self._named):
            with deciding(self._archive):
                need(self._archive.catalogue, self._disposal, "approved")
                self._take(chunk)
        carried = self._carried
        if not carried.waiting and not carried.put_off:
            self._end()
            carried.ended = True
        self._archive.ledger.publish()
        self._archive.catalogue.catch_up()
        return carried

    def _take(self, chunk: Sequence[Item]) -> None:
        """Some clips, while the register is held."""
        archive, catalogue = self._archive, self._archive.catalogue
        self._named.advance()
        rows = {item.clip: catalogue.disposed_clip(item.clip) for item in chunk}
        gone = gone_of(catalogue, self._named, rows)
        moment = self._now()
        look = Look(archive, self._named, keeper_of(archive, self._book, moment), moment)
        going, codes = look.sort([item for item in chunk if rows[item.clip] is None], gone)
        for clip, code in codes.items():
            if code in WAITS:
                self._carried.put_off[clip] = PutOff(code=code, until=look.until.get(clip))
            else:
                self._carried.kept[clip] = code
        before = []
        for clip, row in rows.items():
            if row is not None and row.disposal == self._disposal:
                before.append(clip)
            elif row is not None:
                self._carried.kept[clip] = "gone"
        self._carried.done += [*before, *going]
        self._give_up(going, before, gone | going.keys())

    def _give_up(
        self, going: Mapping[str, ClipRow], before: Sequence[str], gone: frozenset[str]
    ) -> None:
        """The entries, then the bytes. `before`: clips that went earlier, some bytes perhaps not."""
        archive, parts = self._archive, {clip: _Going() for clip in [*going, *before]}
        there: set[str] = set()
        for clip, part in parts.items():
            for digest in sorted(self._named.objects[clip]):
                if not self._named.namers[digest] <= gone or digest in there:
                    continue
                try:
                    size = size_of(archive.store, digest)
                except FixityError:  # of a clip that went before: what lies there is not its bytes
                    self._carried.waiting.add(digest)
                    continue
                if size is not None:
                    there.add(digest)
                if size is not None or clip in going:
                    part.removed.append(digest)
                    part.bytes += size or 0
        # What an entry gave up already needs no other one; what was named again since, does.
        again = archive.removals.needed(there)
        for clip in before:
            parts[clip].removed = [d for d in parts[clip].removed if d in again]
        with archive.store.writing() as writing:
            old = self._move_texts(writing, going, parts) | self._left_texts(before)
            events = [
                event
                for clip, part in parts.items()
                if clip in going or part.removed
                for event in self._events(clip, part, again=clip not in going)
            ]
            if events:
                archive.ledger.append(drafts(writing, events))
        wanted = sorted(there | old)
        if wanted:
            # Who looks at the catalogue while the bytes go finds that they did.
            archive.catalogue.catch_up()
            self._carried.lifted += sum(archive.store.is_fixed(digest) for digest in wanted)
            back = archive.store.remove(wanted, needed=archive.removals.needed)
            self._carried.waiting |= back & set(wanted)
            self._carried.bytes += sum(part.bytes for part in parts.values())

    def _move_texts(
        self, writing: Writing, going: Mapping[str, ClipRow], parts: Mapping[str, _Going]
    ) -> set[str]:
        """Put text objects without these clips' rows; answers with those that go."""
        rows: dict[str, list[tuple[str, str]]] = {}
        for clip in going:
            for ref in self._named.texts[clip]:
                newest = self._archive.removals.newest(ref.object)
                rows.setdefault(newest, []).append((clip, ref.row))
        old = set()
        for name, found in rows.items():
            if not self._named.is_only_text(name):
                continue  # somebody's original, say: its bytes stay, with the rows in them
            try:
                data = self._archive.store.read(name)
            except MissingObjectError:
                continue  # its rows went with it
            drop = {row for _, row in found}
            lines = data.splitlines(keepends=True)
            rest = [line for line in lines if _digest(line) not in drop]
            if len(rest) == len(lines):
                continue
            new = self._put(writing, b"".join(rest)) if rest else None
            as_new = None if new is None else {"object": new.digest, "size": new.size}
            dropped = sorted(drop & {_digest(line) for line in lines})
            moved = {"old": name, "new": as_new, "rows": dropped}
            parts[found[0][0]].texts.append(moved)
            old.add(name)
        return old

    def _left_texts(self, before: Sequence[str]) -> set[str]:
        """Text objects that an entry gave up for clips that went, and that are there still."""
        archive, found = self._archive, set()
        for clip in before:
            for ref in self._named.texts[clip]:
                name: str | None = ref.object
                while name is not None and archive.removals.removed([name]):
                    if self._named.is_only_text(name) and size_of(archive.store, name) is not None:
                        found.add(name)
                    name = archive.removals.moved(name)
        return found

    def _put(self, writing: Writing, rest: bytes) -> Stored:
        name = hashlib.sha256(rest).hexdigest()
        if size_of(self._archive.store, name) is None:
            self._named.made(name)
        return writing.put([rest])[0]

    def _events(self, clip: str, part: _Going, *, again: bool) -> Iterator[Event]:
        """One entry; more where it had more objects than fit into one."""
        stretches = range(0, max(1, len(part.removed)), _MOST_NAMED)
        for at in stretches:
            data: dict[str, Any] = {
                "disposal": self._disposal,
                "removed": part.removed[at : at + _MOST_NAMED],
                # Whoever names one of them from here on, unseen, keeps it.
                "seen": self._named.seen,
            }
            if at == 0:
                data["bytes"] = part.bytes
                if part.texts:
                    data["texts"] = part.texts
            if at or again:
                data["again"] = True
            yield Event(type="disposal.done", subject=clip, actor=self._actor, data=data)

    def _end(self) -> None:
        carried = self._carried
        data = {
            "done": len(carried.done),
            "kept": len(carried.kept),
            "codes": dict(sorted(Counter(carried.kept.values()).items())),
        }
        with deciding(self._archive):
            need(self._archive.catalogue, self._disposal, "approved")
            ended = Event(
                type="disposal.ended", subject=self._disposal, actor=self._actor, data=data
            )
            self._archive.record([ended])


def _digest(line: bytes) -> str:
    return hashlib.sha256(line.removesuffix(b"\n")).hexdigest()


def _chunks(items: Sequence[Item], named: Named) -> Iterator[list[Item]]:
    """Stretches of the list; clips of the same bytes are in one, neighbours in a text object mostly."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.sha256, []).append(item)
    texts = {clip: ref.object for clip, ref in named.text.items()}
    chunk: list[Item] = []
    for _, group in sorted(
        groups.items(), key=lambda each: (texts.get(each[1][0].clip, ""), each[0])
    ):
        chunk += group
        if len(chunk) >= _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
