"""What goes into a package: clips, ledger entries, text rows, tokens. Looks only; nothing is read of the originals.

Holds: of each clip, every entry about it that the ledger had when we looked; of whatever those entries name, the
entry that registered it. What a case lists and cannot be handed out is named with its reason, never dropped silently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from archive.cases import UnknownCaseError, UnknownClipError
from archive.catalogue.rows import CaseRow, ClipRow, RenditionRow
from archive.catalogue.search import FindQuery
from archive.errors import DisposedClipError, MissingObjectError
from archive.ids import is_id
from archive.ledger.entry import Entry
from archive.ledger.merkle import TILE_WIDTH
from archive.ledger.reader import LedgerReader
from archive.opening import Archive
from archive.package.errors import EmptyPackageError, OriginalDamagedError
from archive.texts import TextRef, Texts

KEY_TYPES: Final = ("key.introduced", "key.retired")
_REGISTERING: Final[dict[str, tuple[str, ...]]] = {
    "station": ("station.opened",),
    "unit": ("unit.registered",),
    "account": ("account.added",),
    "officer": ("officer.registered", "officer.noticed"),
    "recorder": ("recorder.registered", "recorder.noticed"),
    "docking": ("docking.started", "docking.ended"),
    "case": ("case.opened",),
}


# damaged: a finding on its original is open; disposed: lawfully
WHYS: Final = ("quarantined", "damaged", "missing", "disposed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One clip that goes in."""

    row: ClipRow
    entries: tuple[Entry, ...]  # all about it, oldest first
    renditions: tuple[RenditionRow, ...]  # of the kinds that were asked for, the newest of each
    withheld: tuple[str, ...] = ()  # kinds of these that are left out: a finding on them is open

    @property
    def ingested(self) -> Entry:
        """Its `clip.ingested`."""
        return next(e for e in self.entries if e.index == self.row.ingested_index)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A clip of the case that is not handed out."""

    clip: str
    why: str  # one of WHYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What goes in, of the subject's."""

    subject: str  # id
    case: CaseRow | None  # None: the subject is a clip
    clips: tuple[Clip, ...]  # in the order of ingestion
    left_out: tuple[LeftOut, ...]

    @property
    def number(self) -> str | None:
        """The case's number."""
        return None if self.case is None else self.case.number

    @property
    def withheld(self) -> tuple[tuple[str, str], ...]:
        """Renditions that are left out: clip and kind."""
        return tuple((clip.row.clip, kind) for clip in self.clips for kind in clip.withheld)

    @property
    def size(self) -> int:
        """Bytes of originals and renditions."""
        return sum(c.row.size + sum(r.size for r in c.renditions) for c in self.clips)


def select(archive: Archive, subject: str, kinds: Sequence[str] | None) -> Selection:
    """Choose the clips of a case (its id), or one clip.

    Args:
        archive: its catalogue is at the ledger's end.
        subject: id of a case or a clip.
        kinds: of renditions; None for all there are.

    Raises:
        UnknownCaseError, UnknownClipError: there is none.
        EmptyPackageError: no clip can be handed out.
        DisposedClipError: the one clip was disposed of.
        MissingObjectError: the one clip's original is gone.
        OriginalDamagedError: a finding on the one clip's original is open.
    """
    case = _case(archive, subject)
    rows = _rows(archive, subject, case)
    left_out: list[LeftOut] = []
    clips: list[Clip] = []
    damaged = archive.catalogue.damaged_digests()
    for row in sorted(rows, key=lambda r: r.ingested_index):
        why = "disposed" if row.disposed_at is not None else None
        if why and case is None:
            raise DisposedClipError(f"clip {row.clip} was disposed of, {row.disposed_at}")
        if why is None and row.quarantined:
            why = "quarantined"
        if why is None and row.sha256 in damaged:
            _refuse_alone(row, alone=case is None)
            why = "damaged"
        if why is None and not _is_there(archive, row, alone=case is None):
            why = "missing"
        if why is not None:
            left_out.append(LeftOut(clip=row.clip, why=why))
            continue
        clips.append(_clip(archive, row, kinds, damaged))
    if not clips:
        raise EmptyPackageError(_nothing(case, left_out))
    return Selection(subject=subject, case=case, clips=tuple(clips), left_out=tuple(left_out))


def _nothing(case: CaseRow | None, left_out: Sequence[LeftOut]) -> str:
    if not left_out:
        return (
            f"no clip is linked to case {case.number if case else ''}: there is nothing to hand out"
        )
    listed = ", ".join(f"{item.clip} ({item.why})" for item in left_out[:20])
    return f"none of the clips can be handed out: {listed}"


def _case(archive: Archive, subject: str) -> CaseRow | None:
    if not is_id(subject, "case"):
        return None
    case = archive.catalogue.case(subject)
    if case is None:
        raise UnknownCaseError(f"there is no case {subject}")
    return case


def _rows(archive: Archive, subject: str, case: CaseRow | None) -> list[ClipRow]:
    if case is None:
        row = archive.catalogue.clip(subject)
        if row is None:
            raise UnknownClipError(f"there is no clip {subject}")
        return [row]
    return archive.catalogue.find(FindQuery(case=case.number)).clips if case.number else []


def _refuse_alone(row: ClipRow, *, alone: bool) -> None:
    if alone:
        raise OriginalDamagedError(
            f"{row.clip}: a finding on its original is open: put back a good copy, then run"
            " `muniment audit --record`"
        )


def _is_there(archive: Archive, row: ClipRow, *, alone: bool) -> bool:
    try:
        archive.store.open(row.sha256).close()
    except MissingObjectError:
        if alone:
            raise
        return False
    return True


def _clip(
    archive: Archive, row: ClipRow, kinds: Sequence[str] | None, damaged: frozenset[str]
) -> Clip:
    newest = {
        r.kind: r
        for r in archive.catalogue.renditions(row.clip)
        if kinds is None or r.kind in kinds
    }
    indexes = archive.catalogue.indexes_of(row.clip)
    return Clip(
        row=row,
        entries=tuple(entries_at(archive.reader, indexes)),
        renditions=tuple(r for _, r in sorted(newest.items()) if r.sha256 not in damaged),
        withheld=tuple(kind for kind, r in sorted(newest.items()) if r.sha256 in damaged),
    )


def entries_at(reader: LedgerReader, indexes: Iterable[int]) -> list[Entry]:
    """Entries by index, each bundle of them read once."""
    found: list[Entry] = []
    for _, group in groupby(sorted(set(indexes)), key=lambda index: index // TILE_WIDTH):
        wanted = list(group)
        chosen = set(wanted)
        found += [e for e in reader.entries(wanted[0], wanted[-1] + 1) if e.index in chosen]
    return found


def with_registers(archive: Archive, selection: Selection, stamped: Iterable[Entry]) -> list[Entry]:
    """Every entry of the package by index: of the clips, of what they name, of keys and tokens."""
    found = {e.index: e for clip in selection.clips for e in clip.entries}
    found |= {e.index: e for e in stamped}
    keys = archive.catalogue.indexes_of_types(*KEY_TYPES)
    found |= {e.index: e for e in entries_at(archive.reader, keys)}
    known: set[str] = set()
    waiting = _ids(found.values())
    if selection.case is not None:
        waiting.add(selection.subject)
    while waiting := waiting - known:
        known |= waiting
        indexes = [i for id_ in sorted(waiting) for i in _registering(archive, id_)]
        new = entries_at(archive.reader, (i for i in indexes if i not in found))
        found |= {e.index: e for e in new}
        waiting = _ids(new)
    return [found[index] for index in sorted(found)]


def _registering(archive: Archive, id_: str) -> list[int]:
    """Entries that say what an id stands for; of a docking also its end and the recorder's clock."""
    kind = id_.partition("-")[0]
    indexes = archive.catalogue.indexes_of(id_, types=_REGISTERING[kind])
    if kind == "docking":
        return indexes + archive.catalogue.clock_indexes(id_)
    # Noticed first, registered later: both say something.
    return indexes


def _ids(entries: Iterable[Entry]) -> set[str]:
    found: set[str] = set()
    for entry in entries:
        _collect(entry.document, found.add)
    return found


def _collect(value: Any, add: Callable[[str], None]) -> None:
    """Every id of a kind that is registered, anywhere in an entry."""
    if isinstance(value, str):
        kind = value.partition("-")[0]
        if kind in _REGISTERING and is_id(value, kind):
            add(value)
    elif isinstance(value, dict):
        for member in value.values():
            _collect(member, add)
    elif isinstance(value, list):
        for member in value:
            _collect(member, add)


def text_lines(texts: Texts, entries: Iterable[Entry]) -> list[bytes]:
    """The rows that entries name, exact bytes, each once, in the order of the entries.

    Raises:
        MissingObjectError: a row is not there.
        FixityError: a text object has changed.
    """
    lines: dict[bytes, None] = {}
    for entry in entries:
        named = entry.data.get("text")
        if not isinstance(named, dict):
            continue
        ref = TextRef.from_data(named)
        line = texts.line(ref)
        if line is None:
            raise MissingObjectError(
                f"the words of entry {entry.index} are missing (object {ref.object}): run `muniment audit`"
            )
        lines[line] = None
    return list(lines)
