"""`oversight deadlines|digest|excuse`: what is due, what was missed, and why something is late."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from api.documents import Document
from api.messages import name_of
from api.oversight.deadlines.showing import Showing, told
from api.oversight.deadlines.views import due_words
from archive.cases import UnknownCaseError
from archive.opening import Archive
from muniment.answer import Answer, Asked
from muniment.columns import printable, table
from muniment.errors import UnknownNameError, WrongUsageError
from muniment.opening import reading, writing
from oversight.clocks.digest import UnitDigest, digests
from oversight.clocks.errors import ClocksUnreadableError
from oversight.clocks.excusing import excuse
from oversight.clocks.keeping import refresh
from oversight.clocks.kept import Kept
from oversight.clocks.kept_rows import KeptClock
from oversight.clocks.model import WORRYING, Clock, State
from oversight.clocks.reckoning import Reckoner
from oversight.clocks.standing import (
    clock_of_clip,
    clocks_of_case,
    now_of,
    of_case_alone,
    reckoner_of,
)

_MOST: Final = 100_000
_UPLOAD: Final = "upload"  # the only deadline of a clip, where --rule says no other


def show_deadlines(asked: Asked, number: str | None, *, missed: bool) -> Answer:
    """What is near or missed, or all of one case. Raises UnknownCaseError, RuleFileError."""
    with reading(asked) as archive:
        reckoner, now = reckoner_of(archive), now_of(archive)
        showing = Showing(archive, reckoner)
        if number is not None:
            clocks = clocks_of_case(archive, _case(archive, number), reckoner)
            rows = [showing.document(told(clock, now)) for clock in clocks]
            rows = [row for row in rows if row["state"] == "missed"] if missed else rows
        else:
            states: tuple[State, ...] = ("missed",) if missed else WORRYING
            found = _counted(archive).clocks(now, states=states, limit=_MOST)
            rows = [showing.of_kept(clock) for clock in found]
        return Answer(document={"deadlines": rows}, text=_table(asked, archive, rows))


def show_digest(asked: Asked, unit: str | None) -> Answer:
    """What is near or missed, unit by unit. Raises UnknownNameError, RuleFileError."""
    with reading(asked) as archive:
        id_ = None
        if unit is not None:
            row = archive.catalogue.unit_by_name(unit.strip())
            if row is None:
                raise UnknownNameError(f"no unit {printable(unit)}")
            id_ = row.id
        found = digests(_counted(archive), now_of(archive), unit=id_)
        names = {row.id: row.name or row.id for row in archive.catalogue.units()}
        showing = Showing(archive, reckoner_of(archive))
        units = [_unit(one, names, showing) for one in found]
        lines: list[str] = []
        for said in units:
            name = said["unit"] or asked.words("oversight.agency")
            counts = asked.words("oversight.counts", missed=said["missed"], nearing=said["nearing"])
            lines += [f"{printable(name)}: {counts}"]
            lines += [_table(asked, archive, said["first"]), ""]
        text = "\n".join(lines).rstrip() or asked.words("oversight.nothing")
        return Answer(document={"units": units}, text=text)


def state_excuse(asked: Asked, subject: str, *, rule: str | None, kind: int, reason: str) -> Answer:
    """Say why a clip or a case is late. Raises UnknownCaseError, WrongUsageError, and as `excuse`."""
    is_clip = subject.startswith("clip-")
    if rule is None and not is_clip:
        raise WrongUsageError(
            "--rule: name the deadline; `muniment oversight deadlines CASE --json`"
        )
    with writing(asked) as archive:
        id_ = subject if is_clip else _case(archive, subject)
        wanted = rule or _UPLOAD
        excuse(archive, subject=id_, rule=wanted, kind=kind, reason=reason, actor=asked.actor)
        archive.ledger.publish()
        reckoner = reckoner_of(archive)
        clock = next(c for c in _clocks(archive, id_, reckoner) if c.rule == wanted)
        row = Showing(archive, reckoner).document(told(clock, now_of(archive)))
        return Answer(document=row, text=_table(asked, archive, [row]))


def _clocks(archive: Archive, id_: str, reckoner: Reckoner) -> list[Clock]:
    if not id_.startswith("clip-"):
        return of_case_alone(archive, id_, reckoner)
    clock = clock_of_clip(archive, id_, reckoner)
    return [] if clock is None else [clock]


def _case(archive: Archive, number: str) -> str:
    row = archive.catalogue.case_by_number(number)
    if row is None:
        raise UnknownCaseError(f"there is no case {printable(number)}")
    return row.id


def _counted(archive: Archive) -> Kept:
    """oversight.db at the ledger's end; where it cannot be written, one in memory."""
    kept = Kept(archive.root)
    try:
        refresh(archive, kept)
    except ClocksUnreadableError as error:
        if error.busy:
            raise
        kept = Kept(None)
        refresh(archive, kept)
    return kept


def _unit(one: UnitDigest, names: dict[str, str], showing: Showing) -> dict[str, Any]:
    first: Iterable[KeptClock] = (*one.missed, *one.nearing)
    return {
        "unit": None if one.unit is None else names.get(one.unit, one.unit),
        "missed": one.count("missed"),
        "nearing": one.count("nearing"),
        "counts": [
            {"rule": rule, "state": state, "count": count}
            for (rule, state), count in sorted(one.counts.items())
        ],
        "first": [showing.of_kept(clock) for clock in first],
    }


def _table(asked: Asked, archive: Archive, rows: list[Document]) -> str:
    """For people."""
    if not rows:
        return asked.words("oversight.nothing")
    lang = asked.language
    cells = [
        [
            name_of(lang, "deadline.state", row["state"]),
            name_of(lang, "deadline", row["ends"]),
            printable(str(row["case"] or row["clip"] or row["list"] or row["year"] or "-")),
            printable(row["unit"] or "-"),
            _due(row, asked, archive),
            row["rule"],
        ]
        for row in rows
    ]
    return "\n".join(table(asked.words("oversight.head").split("|"), cells, cells=asked.cells))


def _due(row: Document, asked: Asked, archive: Archive) -> str:
    said = due_words(datetime.fromisoformat(row["due"]), archive.settings.zone)
    return f"{said} {asked.words('oversight.provisional')}" if row["provisional"] else said
