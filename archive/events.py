"""Recording custody events: text into an object, then the entry that names it, then the interim name goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from archive.ledger.entry import Draft, Entry
from archive.ledger.writer import Ledger
from archive.store.protocol import Store
from archive.store.staged import Staged
from archive.store.writing import Writing
from archive.texts import TextRef, write_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened: ids and digests in `data`, what people may have written in `text`."""

    type: str
    subject: str
    actor: str
    data: dict[str, Any] = field(default_factory=dict)
    text: dict[str, Any] | None = None


class Completing(Protocol):
    """What knows more about objects than their digests."""

    def completed(self, data: Mapping[str, Any], /) -> dict[str, Any]:
        """An entry's data, with what the store has to say beside each `object`."""


class Writable(Protocol):
    """What recording needs of an archive."""

    @property
    def store(self) -> Store:
        """Where text goes."""

    @property
    def ledger(self) -> Ledger:
        """Where entries go."""


def record(archive: Writable, events: Sequence[Event]) -> list[Entry]:
    """Append events in this order, in one batch. Durable when it returns.

    Raises:
        ArchiveError, OSError: as `Ledger.append`; text that no entry names is set aside by the next writer.
    """
    if not any(event.text for event in events):
        return archive.ledger.append(drafts(None, events, store=archive.store))
    with archive.store.writing() as writing:
        return archive.ledger.append(drafts(writing, events))


def drafts(
    writing: Writing | None, events: Sequence[Event], *, store: Completing | None = None
) -> list[Draft]:
    """Ledger drafts for events, their text kept in `writing` (None where no event has any).

    `store` is the archive's; needed where there is no `writing`, and the events name objects.
    """
    rows = [event.text for event in events if event.text]
    refs = write_rows(writing, rows) if writing is not None else []
    return _with_text(events, refs, writing or store)


def drafts_with(
    events: Sequence[Event], rows: Sequence[str], text: Staged | None, *, store: Completing
) -> list[Draft]:
    """Ledger drafts for events whose rows (digests, in order) are in a text object of the caller's."""
    refs = [TextRef(object=text.digest, size=text.size, row=row) for row in rows] if text else []
    return _with_text(events, refs, store)


def _with_text(
    events: Sequence[Event], rows: Sequence[TextRef], store: Completing | None
) -> list[Draft]:
    refs = iter(rows)
    found = []
    for event in events:
        data = {**event.data, "text": next(refs).as_data()} if event.text else event.data
        if store is not None:
            data = store.completed(data)
        found.append(Draft(type=event.type, subject=event.subject, actor=event.actor, data=data))
    return found
