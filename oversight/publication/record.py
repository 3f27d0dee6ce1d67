"""What the public is told of one decision, as a value and as the bytes that are kept (canonical JSON).

What always holds: a person's name stands in it shortened and no number of a person at all, from the first version on;
what is taken out of a text is gone from it, and only that it was is left.

What is told: 国办发〔2018〕118号, 执法机关、执法对象、执法类别、执法结论.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from archive.canonical import encode
from archive.catalogue.subject_queries import SubjectRow
from oversight.publication.errors import PublicationTextError
from oversight.publication.names import shown_name

FORMAT: Final = 1
GONE: Final = "［已隐去］"  # one for each passage, however long it was
# What people wrote, in the order in which it is shown: only this is redacted.
TEXTS: Final = ("title", "facts", "basis", "conclusion")
MOST_TEXT: Final = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Whom a decision is about, as the public reads it."""

    kind: str  # person, organisation
    name: str
    number: str | None  # of an organisation only


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is told of a decision."""

    case: str  # number
    document: str  # number of the decision, as on the paper; may be empty
    agency: str  # 执法机关
    subjects: tuple[Shown, ...]
    act: str
    matter: str | None  # id in the list
    decided: str  # day, where the archive is
    title: str
    facts: str
    basis: str
    conclusion: str

    def to_data(self) -> dict[str, Any]:
        """As it is kept, pushed and shown."""
        return {
            "format": FORMAT,
            "kind": "decision",
            "case": self.case,
            "document": self.document,
            "agency": self.agency,
            "subjects": [
                {"kind": s.kind, "name": s.name, "number": s.number} for s in self.subjects
            ],
            "act": self.act,
            "matter": self.matter,
            "decided": self.decided,
            **{name: getattr(self, name) for name in TEXTS},
        }

    def to_bytes(self) -> bytes:
        """As it is kept."""
        return encode(self.to_data())


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What somebody writes of a decision so that it can be published."""

    title: str
    conclusion: str
    facts: str = ""
    basis: str = ""
    document: str = ""

    def checked(self) -> Wording:
        """Trimmed. Raises PublicationTextError: nothing is concluded, or a text is too long."""
        found = Wording(**{name: _text(name, getattr(self, name)) for name in self.__slots__})
        if not found.title or not found.conclusion:
            raise PublicationTextError("a record needs a title and a conclusion")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A passage that goes: from and to count characters of the text that is checked now."""

    field: str  # one of TEXTS
    begin: int
    end: int


def shown_subjects(rows: Sequence[SubjectRow]) -> tuple[Shown, ...]:
    """Whom a case names, as the public reads them. What was disposed of is nobody's name any more."""
    found = []
    for row in rows:
        person = row.kind == "person"
        name = shown_name(row.name or "", person=person) or GONE
        found.append(Shown(kind=row.kind, name=name, number=None if person else row.number))
    return tuple(found)


def without_persons(text: str, rows: Sequence[SubjectRow]) -> str:
    """A text in which the case's persons stand by their shortened names, and their numbers not at all."""
    for row in rows:
        if row.kind != "person":
            continue
        if row.number:
            text = text.replace(row.number, GONE)
        if row.name and len(row.name.strip()) > 1:
            text = text.replace(row.name.strip(), shown_name(row.name, person=True))
    return text


def redacted(record: Record, marks: Sequence[Mark]) -> tuple[Record, int]:
    """The record without the marked passages, and how many they are; those that touch are one.

    Raises:
        PublicationTextError: a mark lies outside its text.
    """
    by_field: dict[str, list[tuple[int, int]]] = {}
    for mark in marks:
        if mark.field not in TEXTS:
            raise PublicationTextError(f"only {', '.join(TEXTS)} are redacted")
        if not 0 <= mark.begin < mark.end <= len(getattr(record, mark.field)):
            raise PublicationTextError(f"a mark lies outside {mark.field}")
        by_field.setdefault(mark.field, []).append((mark.begin, mark.end))
    texts, count = {}, 0
    for field, spans in by_field.items():
        joined = _joined(spans)
        texts[field] = _cut(getattr(record, field), joined)
        count += len(joined)
    return replace(record, **texts), count  # type: ignore[arg-type]  # each of TEXTS is one


def read_record(data: bytes) -> Record:
    """A record out of its bytes. Raises PublicationTextError: it is none."""
    try:
        return _record(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise PublicationTextError("what is to be published is no record of a decision") from e


def _record(found: Mapping[str, Any]) -> Record:
    if found["format"] != FORMAT or found["kind"] != "decision":
        raise ValueError("another format")
    return Record(
        subjects=tuple(
            Shown(kind=str(s["kind"]), name=str(s["name"]), number=_or_none(s["number"]))
            for s in found["subjects"]
        ),
        matter=_or_none(found["matter"]),
        **{
            name: str(found[name])
            for name in ("case", "document", "agency", "act", "decided", *TEXTS)
        },
    )


def _or_none(value: Any) -> str | None:
    return None if value is None else str(value)


def _text(name: str, text: str) -> str:
    found = text.replace("\r\n", "\n").strip()
    if len(found) > MOST_TEXT:
        raise PublicationTextError(f"{name} has more than {MOST_TEXT} characters")
    if any(c not in {"\n", "\t"} and not c.isprintable() for c in found.replace("\u3000", " ")):
        raise PublicationTextError(f"{name} holds a character that nobody can read")
    return found


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((begin, end))
    return found


def _cut(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for begin, end in reversed(spans):
        text = text[:begin] + GONE + text[end:]
    return text
