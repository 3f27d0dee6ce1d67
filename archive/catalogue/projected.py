"""What a stretch of the ledger adds to the catalogue: rows that are still to be written. Values only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from archive.catalogue.words import case_tokens, tokens

Row = dict[str, Any]
_MOST: Final = 250_000  # characters of words that one entry brings: PostgreSQL takes a mebibyte


@dataclass(slots=True)
class Rows:
    """What a stretch of the ledger adds to each table. Names are those of the tables."""

    custody: list[Row] = field(default_factory=list)
    units: list[Row] = field(default_factory=list)
    accounts: list[Row] = field(default_factory=list)
    officers: list[Row] = field(default_factory=list)
    recorders: list[Row] = field(default_factory=list)
    dockings: list[Row] = field(default_factory=list)
    refusals: list[Row] = field(default_factory=list)
    sightings: list[Row] = field(default_factory=list)
    clips: list[Row] = field(default_factory=list)
    verified: list[Row] = field(default_factory=list)
    examined: list[Row] = field(default_factory=list)
    renditions: list[Row] = field(default_factory=list)
    due_anew: dict[str, None] = field(default_factory=dict)  # clips that were examined (again)
    # Clip, kind: the entry that says it is due, or None: not any more.
    due: dict[str, dict[str, int | None]] = field(default_factory=dict)
    # Clip and kind; None: it was made after all.
    failures: dict[tuple[str, str], Row | None] = field(default_factory=dict)
    assessments: dict[str, Row] = field(default_factory=dict)  # by clip
    recordings: dict[str, Row] = field(default_factory=dict)  # by id, as are their segments
    recording_segments: dict[str, list[Row]] = field(default_factory=dict)
    cases: list[Row] = field(default_factory=list)
    case_officers: list[Row] = field(default_factory=list)
    links: list[Row] = field(default_factory=list)
    objects: dict[str, int | None] = field(default_factory=dict)
    words: list[tuple[int, str]] = field(default_factory=list)  # entry index, tokens
    words_of_cases: list[tuple[int, str]] = field(default_factory=list)
    assignments: list[Row] = field(default_factory=list)
    clock_readings: list[Row] = field(default_factory=list)
    twins: list[Row] = field(default_factory=list)
    timestamps: list[Row] = field(default_factory=list)
    disputes: list[Row] = field(default_factory=list)
    settled: list[Row] = field(default_factory=list)  # disputes that a person ended
    owned: list[Row] = field(
        default_factory=list
    )  # clips that a person accepted or gave to another
    erased: list[Row] = field(default_factory=list)  # clips that were erased from their recorder
    requests: list[Row] = field(default_factory=list)
    request_clips: list[Row] = field(default_factory=list)
    sessions: list[Row] = field(default_factory=list)
    moved_sessions: list[Row] = field(default_factory=list)
    rights: list[Row] = field(default_factory=list)
    decided_rights: list[Row] = field(default_factory=list)
    changed_accounts: list[Row] = field(default_factory=list)
    placed_units: list[Row] = field(default_factory=list)
    alarms: list[Row] = field(default_factory=list)
    settled_alarms: list[Row] = field(default_factory=list)
    plays: list[Row] = field(default_factory=list)
    stills: list[Row] = field(default_factory=list)
    markers: list[Row] = field(default_factory=list)
    removed_markers: list[Row] = field(default_factory=list)
    documents: list[Row] = field(default_factory=list)
    removed_documents: list[Row] = field(default_factory=list)
    document_links: list[Row] = field(default_factory=list)
    unlinked_documents: list[Row] = field(default_factory=list)
    # By digest: a finding that is open, or the last entry whose finding was closed.
    damaged_objects: dict[str, Row | int] = field(default_factory=dict)
    names_changed: int | None = None  # last entry that changed a register
    disposed: list[Row] = field(default_factory=list)  # clips that were disposed of
    # Of each table of oversight what is done to it, in the ledger's order; how, oversight_writing.py says.
    steps: dict[str, list[tuple[str, Row]]] = field(default_factory=dict)

    def step(self, table: str, how: str, row: Row) -> None:
        """Do something to a table after all that was done to it before."""
        self.steps.setdefault(table, []).append((how, row))

    def add_words(self, index: int, *texts: str | None) -> None:
        """Index texts under the entry that brought them; of texts beyond all measure, their beginning."""
        found = body(token for text in texts if text for token in tokens(text))
        if found:
            self.words.append((index, found))

    def add_case(self, index: int, number: str | None, *texts: str | None) -> None:
        """Index a case's number, also by its parts, and its texts."""
        self.add_words(index, number, *texts)
        found = body(case_tokens(number, *texts))
        if found:
            self.words_of_cases.append((index, found))


def body(words: Iterable[str]) -> str:
    """A row of a text index; of words beyond all measure, the first."""
    found = " ".join(words)
    return found if len(found) <= _MOST else found[:_MOST].rpartition(" ")[0]
