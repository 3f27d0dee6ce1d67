"""`list check|publish|show|history|withdraw|outdate|sample`. What is refused is oversight/lists'."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args

from api.oversight.lists import documents
from api.rights.alarms import record_alarm
from archive.catalogue.list_queries import ListRow
from archive.catalogue.times import lower_bound
from archive.opening import Archive
from muniment.answer import Answer, Asked
from muniment.columns import printable, table
from muniment.errors import WrongUsageError
from muniment.opening import reading, writing
from muniment.receipt import local_text
from oversight.errors import ListFileError
from oversight.lists import publishing, versions
from oversight.lists.differences import Differences, differences
from oversight.lists.kinds import KINDS, Kind, columns_of
from oversight.lists.model import AgencyList
from oversight.lists.reading import read_list
from oversight.lists.samples import sample_of
from oversight.lists.shown import shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which version was asked for."""

    kind: str
    version: int | None = None
    day: str | None = None
    against: int | None = None


def check_list(asked: Asked, file: Path, kind: str | None) -> Answer:
    """Whether a file holds a list; every mistake with its line is a finding. Raises WrongUsageError: not to be read."""
    try:
        found = _read(file, kind, None)
    except ListFileError as e:
        mistakes = [{"line": line, "reason": said} for line, said in e.mistakes]
        return Answer(
            document={
                "ok": False,
                "mistakes": mistakes,
                "error": {"code": e.code, "reason": str(e)},
            },
            text="\n".join(f"{printable(file.name)}:{m['line']}: {m['reason']}" for m in mistakes),
            status=1,
        )
    title = found.title.of(asked.language)
    return Answer(
        document={"ok": True, "kind": found.kind, "rows": len(found.rows), "mistakes": []},
        text=asked.words("list.sound", title=printable(title), count=len(found.rows)),
    )


def publish_list(
    asked: Asked, file: Path, *, in_force: str, kind: str | None, title: str | None
) -> Answer:
    """Publish a version: one person is enough here, and it is told. Raises as `publishing.publish`, ListFileError."""
    found = _read(file, kind, title)
    new = publishing.Publication(list=found, in_force=day_of(in_force), drafted_by=None)
    with writing(asked) as archive:
        row = publishing.publish(archive, new, actor=asked.actor)
        record_alarm(
            archive,
            actor=asked.actor,
            subject=archive.settings.station,
            code="list_published_locally",
        )
        document = documents.version(row, versions.versions_of(archive, found.kind))
    said = asked.words(
        "list.published", title=printable(row.title or ""), version=row.version, day=row.in_force
    )
    return Answer(document=document, text=said)


def show_list(asked: Asked, wanted: Wanted) -> Answer:
    """What a version says, or what it changed of another. Raises UnknownListError, WrongUsageError."""
    kind = kind_of(wanted.kind)
    with reading(asked) as archive:
        row = _wanted(archive, kind, wanted)
        rows = versions.versions_of(archive, kind)
        found = versions.list_of(archive, row)
        document = documents.whole(row, rows, found)
        if wanted.against is not None:
            before = versions.need_version(archive, kind, wanted.against)
            changed = differences(versions.list_of(archive, before), found)
            document = documents.version(row, rows) | {"changes": documents.changes(changed)}
            return Answer(document=document, text="\n".join(_changed(asked, changed)))
    title = printable(found.title.of(asked.language))
    lines = [asked.words("list.line", title=title, version=row.version, day=row.in_force)]
    return Answer(document=document, text="\n".join([*lines, *_table(asked, kind, found)]))


def list_history(asked: Asked, kind: str | None) -> Answer:
    """The versions of one kind or of all, oldest first."""
    kinds = KINDS if kind is None else (kind_of(kind),)
    with reading(asked) as archive:
        found = [
            (row, rows)
            for k in kinds
            for rows in (versions.versions_of(archive, k),)
            for row in rows
        ]
        zone = archive.settings.zone
    document = {"versions": [documents.version(row, rows) for row, rows in found]}
    if not found:
        return Answer(document=document, text=asked.words("list.none"))
    lines = [
        [
            row.kind,
            str(row.version),
            row.in_force,
            asked.words("list.was_withdrawn")
            if row.withdrawn_index is not None
            else versions.until(rows, row) or "-",
            local_text(row.published_at, zone),
            row.title or "-",
        ]
        for row, rows in found
    ]
    text = "\n".join(table(asked.words("list.head").split("|"), lines, flush_right=(1,)))
    return Answer(document=document, text=text)


def withdraw_list(asked: Asked, kind: str, version: int, reason: str) -> Answer:
    """Take back a version that is not in force yet. Raises as `oversight.lists.publishing.withdraw`."""
    which = kind_of(kind)
    with writing(asked) as archive:
        publishing.withdraw(archive, which, version, reason, actor=asked.actor)
        rows = versions.versions_of(archive, which)
        document = documents.version(versions.need_version(archive, which, version), rows)
    return Answer(document=document, text=asked.words("list.withdrawn", version=version))


def outdate_list(asked: Asked, kind: str, at: str | None, reason: str) -> Answer:
    """Say that what a list rests on changed. Raises as `oversight.lists.publishing.outdate`."""
    which = kind_of(kind)
    with writing(asked) as archive:
        zone = archive.settings.zone
        since = datetime.now(UTC) if at is None else lower_bound(at, zone)
        publishing.outdate(archive, which, since, reason, actor=asked.actor)
    document = {"kind": which, "at": since.isoformat().replace("+00:00", "Z")}
    return Answer(document=document, text=asked.words("list.outdated"))


def sample(asked: Asked, kind: str) -> Answer:
    """A list to start from. Raises UnknownListError."""
    del asked
    data = sample_of(kind_of(kind))
    return Answer(document={"sample": data.decode()}, raw=data)


def kind_of(text: str) -> Kind:
    """A kind as it was typed. Raises WrongUsageError."""
    for kind in get_args(Kind):
        if text == kind:
            found: Kind = kind
            return found
    raise WrongUsageError(f"there is no list {text}; there are {', '.join(KINDS)}")


def day_of(text: str) -> date:
    """A day as it was typed. Raises WrongUsageError."""
    try:
        return date.fromisoformat(text)
    except ValueError as e:
        raise WrongUsageError(f"{text} is no day; write it like 2026-05-01") from e


def _read(file: Path, kind: str | None, title: str | None) -> AgencyList:
    try:
        data = file.read_bytes()
    except OSError as e:
        raise WrongUsageError(f"{file} cannot be read: {e.strerror}") from e
    return read_list(data, file.name, kind=None if kind is None else kind_of(kind), title=title)


def _wanted(archive: Archive, kind: Kind, wanted: Wanted) -> ListRow:
    if wanted.version is not None:
        return versions.need_version(archive, kind, wanted.version)
    day = publishing.today(archive) if wanted.day is None else day_of(wanted.day)
    return versions.need_in_force(archive, kind, day)


def _table(asked: Asked, kind: Kind, found: AgencyList) -> list[str]:
    """The columns that say something; texts that are long are shortened by the terminal, never here."""
    used = [c for key, c in columns_of(kind).items() if any(key in row for row in found.rows)]
    head = [c.name.of(asked.language) for c in used]
    lang = asked.language
    cells = [[printable(shown(c, row.get(c.key), lang)) or "-" for c in used] for row in found.rows]
    return table(head, cells)


def _changed(asked: Asked, found: Differences) -> list[str]:
    if found.none:
        return [asked.words("list.same")]
    lines = [f"~ {key}: {printable(was)} -> {printable(now)}" for key, was, now in found.head]
    lines += [f"+ {row['id']} {printable(str(row['name']))}" for row in found.added]
    lines += [f"- {row['id']} {printable(str(row['name']))}" for row in found.removed]
    for each in found.changed:
        lines += [
            f"~ {each.id} {key}: {printable(str(was))} -> {printable(str(now))}"
            for key, was, now in each.cells
        ]
    return lines
