"""`find`: the search is in the ledger before its result is shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from api.documents import found_clip
from api.messages import name_of
from archive.catalogue.rows import ClipRow, FindResult
from archive.catalogue.search import FindQuery
from archive.catalogue.times import lower_bound, upper_bound
from archive.errors import NoSpaceError, ReadOnlyArchiveError
from archive.events import Event
from archive.opening import BRIEF, Archive, open_archive
from muniment.answer import Answer, Asked
from muniment.columns import duration_text, size_text, table
from muniment.opening import beside
from muniment.receipt import local_text

if TYPE_CHECKING:
    from archive.catalogue import Catalogue

# Words that say nothing of anybody; other kinds that somebody types go into the text row.
_KINDS: Final = frozenset({"video", "photo", "audio", "document", "data", "unknown"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What was typed."""

    case: str | None = None
    officer: str | None = None
    unit: str | None = None
    recorder: str | None = None
    place: str | None = None
    from_: str | None = None
    to: str | None = None
    mark: bool | None = None
    kind: str | None = None
    number: str | None = None  # part of a case number
    damage: bool | None = None
    linked: bool | None = None
    late: bool | None = None
    quarantined: bool | None = None
    text: str | None = None
    limit: int | None = None


def find(asked: Asked, search: Search) -> Answer:
    """Find clips.

    Raises:
        TimeTextError: `from_` or `to` is no time.
        CatalogueBehindError, CatalogueDamagedError: a rebuild is due; nothing is shown.
        ArchiveError, OSError: the search could not be recorded; nothing is shown.
    """
    try:
        archive = open_archive(asked.root, write=True, patience=BRIEF)
    except ReadOnlyArchiveError:
        asked.note(asked.words("find.not_recorded"))
        archive = open_archive(asked.root, write=False, patience=BRIEF)
    with archive, _catalogue(archive) as catalogue:
        query = _query(search, archive)
        result = catalogue.find(query)
        if archive.writable:
            archive.record(
                [
                    _event(
                        asked,
                        search,
                        query,
                        archive.settings.station,
                        catalogue,
                        total=result.total,
                    )
                ]
            )
        document = {
            "total": result.total,
            "clips": [found_clip(clip) for clip in result.clips],
            "recorded": archive.writable,
        }
        return Answer(document=document, text=_text(asked, result, archive))


@contextmanager
def _catalogue(archive: Archive) -> Iterator[Catalogue]:
    """The catalogue at the ledger's end; on a full disk one beside it. The ledger's reserve still takes the event."""
    try:
        archive.catalogue.catch_up()
    except NoSpaceError:
        with beside(archive) as catalogue:
            yield catalogue
    else:
        yield archive.catalogue


def _query(search: Search, archive: Archive) -> FindQuery:
    zone = archive.settings.zone
    return FindQuery(
        case=search.case,
        officer=search.officer,
        unit=search.unit,
        recorder=search.recorder,
        place=search.place,
        from_=None if search.from_ is None else lower_bound(search.from_, zone),
        to=None if search.to is None else upper_bound(search.to, zone),
        mark=search.mark,
        kind=search.kind,
        number=search.number,
        damage=search.damage,
        linked=search.linked,
        late=search.late,
        quarantined=search.quarantined,
        text=search.text,
        limit=search.limit,
    )


def _event(
    asked: Asked,
    search: Search,
    query: FindQuery,
    station: str,
    catalogue: Catalogue,
    *,
    total: int,
) -> Event:
    """docs/formats/ledger.md, `search.made`: ids where we have them, words only where we have none."""
    case = catalogue.case_by_number(search.case) if search.case else None
    officer = catalogue.officer_by_badge(search.officer) if search.officer else None
    unit = catalogue.unit_by_name(search.unit) if search.unit else None
    recorder = catalogue.recorder_by_serial(search.recorder) if search.recorder else None
    data: dict[str, Any] = {
        "case": None if case is None else case.id,
        "officer": None if officer is None else officer.id,
        "unit": None if unit is None else unit.id,
        "recorder": None if recorder is None else recorder.id,
        "from": _utc(query.from_),
        "to": _utc(query.to),
        "mark": search.mark,
        "kind": search.kind if search.kind in _KINDS else None,
        "total": total,
    }
    typed = {
        name: getattr(search, name) for name in ("case", "officer", "unit", "recorder", "kind")
    }
    words = {name: word for name, word in typed.items() if word and data[name] is None}
    words |= {name: word for name in ("place", "text", "number") if (word := getattr(search, name))}
    flags = {name: getattr(search, name) for name in ("damage", "linked", "late", "quarantined")}
    words |= {name: str(flag).lower() for name, flag in flags.items() if flag is not None}
    return Event(
        type="search.made",
        subject=station,
        actor=asked.actor,
        data=data,
        text={"words": words} if words else None,
    )


def _utc(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _text(asked: Asked, result: FindResult, archive: Archive) -> str:
    if not result.clips:
        return asked.words("find.none") if not result.total else _total(asked, result)
    lines = clip_lines(asked, result.clips, archive)
    return "\n".join([*lines, "", _total(asked, result)])


def _total(asked: Asked, result: FindResult) -> str:
    if len(result.clips) < result.total:
        return asked.words("find.shown", shown=len(result.clips), total=result.total)
    return asked.words("find.total", total=result.total)


def clip_lines(asked: Asked, clips: list[ClipRow], archive: Archive) -> list[str]:
    """Clips as a table."""
    zone = archive.settings.zone
    rows = [
        [
            f"{'!' if clip.marked else ' '} {local_text(clip.start, zone)}",
            "-" if clip.duration is None else duration_text(clip.duration),
            size_text(clip.size),
            clip.officer or "-",
            clip.recorder or "-",
            _kind(asked, clip),
            clip.clip,
        ]
        for clip in clips
    ]
    head = asked.words("find.head").split("|")
    return table([f"  {head[0]}", *head[1:]], rows, flush_right=(1, 2), cells=asked.cells)


def _kind(asked: Asked, clip: ClipRow) -> str:
    kind = name_of(asked.language, "kind", clip.kind) if clip.kind else "-"
    return asked.words("find.damaged", kind=kind) if clip.damaged else kind
