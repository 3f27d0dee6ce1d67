"""Writing and publishing lists for a visitor. The rules are oversight/lists', run in a thread.

What always holds: people do it, no program's token; what was done is seen by the next reader when these return.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar, get_args

from api.errors import InvalidInputError, NotFoundError
from api.gate import Visitor
from api.rights.work import in_person
from api.service import Service
from archive.canonical import encode
from archive.catalogue.errors import TimeTextError
from archive.catalogue.list_queries import ListRow
from archive.catalogue.times import lower_bound
from oversight.lists import drafts, publishing, versions
from oversight.lists.drafts import Draft
from oversight.lists.kinds import Kind, columns_of
from oversight.lists.model import AgencyList, Row
from oversight.lists.reading import read_list

MOST_EDITED: Final = 300  # rows of a list that is edited on a page
HEAD: Final = ("title", "agency", "clause", "source", "tolerance_seconds", "gap_seconds")
_Done = TypeVar("_Done")


def kind_of(text: str) -> Kind:
    """The kind that an address names. Raises NotFoundError."""
    for kind in get_args(Kind):
        if text == kind:
            found: Kind = kind
            return found
    raise NotFoundError("no such list")


async def save(service: Service, visitor: Visitor, data: bytes, name: str, kind: Kind) -> Draft:
    """Keep a file as the draft of a kind. Raises ListFileError, NotInPersonError: the draft before stays."""
    await in_person(service, visitor)
    # No decision, and seconds of work where the list is long: not in the threads that decide.
    found = await asyncio.to_thread(read_list, data, name, kind=kind)
    return await asyncio.to_thread(drafts.save, service.archive, found, actor=visitor.account.id)


async def begin(service: Service, visitor: Visitor, kind: Kind) -> Draft:
    """A draft that says what the newest version says. Raises UnknownListError: there is none to begin with."""
    await in_person(service, visitor)

    def do() -> Draft:
        there = drafts.draft_of(service.archive, kind)
        if there is not None:
            return there
        newest = versions.standing(versions.versions_of(service.archive, kind))
        if not newest:
            raise NotFoundError("no version to begin with: upload a file")
        found = versions.list_of(service.archive, newest[-1])
        return drafts.save(service.archive, found, actor=visitor.account.id)

    return await asyncio.to_thread(do)


async def edit(service: Service, visitor: Visitor, kind: Kind, form: Mapping[str, str]) -> Draft:
    """Change the head, a row, or add or remove one, as a form says it.

    Raises:
        ListFileError: the list would have a mistake. The draft is as it was.
        UnknownListError: there is no draft.
        InvalidInputError: it has too many rows for a page, or the form asks for nothing.
    """
    await in_person(service, visitor)

    def do() -> Draft:
        draft = drafts.need_draft(service.archive, kind)
        if len(draft.list.rows) > MOST_EDITED:
            raise InvalidInputError(f"a list of more than {MOST_EDITED} rows is edited as a file")
        found = _edited(draft.list, form)
        return drafts.save(service.archive, found, actor=visitor.account.id)

    return await asyncio.to_thread(do)


def _edited(found: AgencyList, form: Mapping[str, str]) -> AgencyList:
    data = found.to_data()
    match form.get("do"):
        case "head":
            return _read(found.kind, data | _head(data, form))
        case "row":
            # Read by itself first: what was typed is yuan, what the draft has is cents.
            row = {key: form.get(key, "") for key in columns_of(found.kind)}
            head = {"format": 1, "kind": found.kind}
            [typed] = _read(found.kind, head | {"rows": [row]}).rows
            return _read(found.kind, data | {"rows": _put(found, form.get("was", ""), typed)})
        case "remove":
            rows = [row for row in found.rows if row["id"] != form.get("was")]
            return _read(found.kind, data | {"rows": rows})
    raise InvalidInputError("the form says nothing that can be done")


def _head(data: dict[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for key in HEAD:
        typed = form.get(key, "").strip()
        if key.endswith("_seconds"):
            changed[key] = int(typed) if typed.isdecimal() and len(typed) < 9 else typed or 0
        elif isinstance(data[key], dict):
            changed[key] = {"zh": typed, "en": form.get(f"{key}_en", "").strip() or typed}
        else:
            changed[key] = typed
    return changed


def _put(found: AgencyList, was: str, row: Row) -> list[Row]:
    """The row in the place of the one that it was, or at the end."""
    rows = list(found.rows)
    at = next((n for n, each in enumerate(rows) if each["id"] == was), None)
    if at is None:
        return [*rows, row]
    rows[at] = row
    return rows


def _read(kind: Kind, data: dict[str, Any]) -> AgencyList:
    return read_list(encode(data), "list.json", kind=kind)


async def give_up(service: Service, visitor: Visitor, kind: Kind) -> None:
    """Throw the draft away."""
    await in_person(service, visitor)
    await asyncio.to_thread(drafts.give_up, service.archive, kind)


async def publish(
    service: Service, visitor: Visitor, kind: Kind, in_force: str, digest: str | None
) -> ListRow:
    """Publish the draft, where it is still the one that was read.

    Raises:
        InvalidInputError: no day.
        UnknownListError, SamePersonError, ListRefusedError: nothing was published.
    """
    await in_person(service, visitor)
    try:
        day = date.fromisoformat(in_force.strip())
    except ValueError as e:
        raise InvalidInputError("in_force is a day, like 2026-05-01") from e
    actor = visitor.account.id
    return await _changing(
        service,
        lambda: publishing.publish_draft(service.archive, kind, day, actor=actor, digest=digest),
    )


async def withdraw(
    service: Service, visitor: Visitor, kind: Kind, version: int, reason: str
) -> None:
    """Take back a version that is not in force yet. Raises ListRefusedError, UnknownListError."""
    await in_person(service, visitor)
    actor = visitor.account.id
    await _changing(
        service,
        lambda: publishing.withdraw(service.archive, kind, version, reason, actor=actor),
    )


async def outdate(
    service: Service, visitor: Visitor, kind: Kind, at: str | None, reason: str
) -> None:
    """Say that what a list rests on changed. Raises ListRefusedError, UnknownListError, InvalidInputError."""
    await in_person(service, visitor)
    try:
        since = datetime.now(UTC) if not at else lower_bound(at, service.zone)
    except TimeTextError as e:
        raise InvalidInputError(str(e)) from e
    actor = visitor.account.id
    await _changing(
        service, lambda: publishing.outdate(service.archive, kind, since, reason, actor=actor)
    )


async def _changing(service: Service, do: Callable[[], _Done]) -> _Done:
    try:
        return await asyncio.to_thread(do)
    finally:
        service.freshness.changed()
        await service.freshness.for_search()
