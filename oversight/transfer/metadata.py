"""metadata.xml of a transfer, written and read. The elements stand in docs/formats/transfer.md.

What always holds: what is written is well-formed XML 1.0 in UTF-8, whatever people wrote; a character that XML cannot
have is U+FFFD. What is read has no document type, and so no entity but the five of XML, is at most 256 MiB, and is of
one namespace; anything else is MetadataError. Says nothing about whether the records are true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from oversight.transfer.dossier import Dossier, Record

NAMESPACE: Final = "urn:muniment:transfer:1"
MOST: Final = 256 << 20  # bytes
NAMES: Final = {
    "archivalCode": "档号",
    "fondsCode": "全宗号",
    "title": "题名",
    "creator": "责任者",
    "date": "日期",
    "retentionPeriod": "保管期限",
    "securityClass": "密级",
    "format": "格式",
    "extent": "大小",
    "duration": "时长",
    "fixity": "校验值",
    "location": "存放位置",
    "disposed": "已依法销毁",
    "event": "业务",
}
NEEDED: Final = ("archivalCode", "title", "creator", "retentionPeriod", "format")
NEEDED_OF_BYTES: Final = ("extent", "fixity", "location")
_ILL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
_SEPARATOR: Final = " "


class MetadataError(ValueError):
    """The bytes are no metadata. Callers say whose they are."""


@dataclass(slots=True)
class ReadRecord:
    """One record as it was read."""

    kind: str
    id: str
    values: dict[str, str] = field(default_factory=dict)
    events: int = 0
    last: dict[str, str] = field(default_factory=dict)  # when, of the last event of each type


def write(dossier: Dossier, records: Sequence[Record]) -> bytes:
    """The whole file."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<transfer xmlns="{NAMESPACE}">']
    for record in records:
        lines.append(f"  <record kind={_quoted(record.kind)} id={_quoted(record.id)}>")
        lines += [f"    {line}" for line in _elements(dossier, record)]
        lines.append("  </record>")
    lines += ["</transfer>", ""]
    return "\n".join(lines).encode()


def _elements(dossier: Dossier, record: Record) -> Iterator[str]:
    term = dossier.term
    yield _element("archivalCode", record.code)
    yield from _if_any("fondsCode", dossier.fonds)
    yield _element("title", record.title)
    yield _element("creator", record.creator)
    yield from _if_any("date", record.date)
    yield _element("retentionPeriod", f"{term.name.zh} {term.name.en}", code=term.code)
    yield from _if_any("securityClass", dossier.secrecy)
    yield _element("format", record.format)
    if record.size is not None:
        yield _element("extent", str(record.size), unit="byte")
    if record.duration_us is not None:
        yield _element("duration", str(record.duration_us), unit="microsecond")
    if record.sha256 is not None:
        yield _element("fixity", record.sha256, algorithm="SHA-256")
    yield from _if_any("location", record.location)
    if record.disposed:
        yield _element("disposed", "true")
    for event in record.events:
        said = {"index": str(event.index), "at": event.at, "agent": event.agent}
        yield _element("event", event.type, **said)


def _if_any(tag: str, text: str | None) -> Iterator[str]:
    if text:
        yield _element(tag, text)


def _element(tag: str, text: str, **attributes: str) -> str:
    said = "".join(f" {name}={_quoted(value)}" for name, value in attributes.items())
    return f'<{tag} name="{NAMES[tag]}"{said}>{escape(_clean(text))}</{tag}>'


def _quoted(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    return _ILL.sub("\ufffd", text)


class _Reader:
    """What expat tells, as records."""

    def __init__(self) -> None:
        self.records: list[ReadRecord] = []
        self._path: list[str] = []
        self._text: list[str] = []
        self._at = ""  # of the event that is being read
        self.parser = parser = expat.ParserCreate("utf-8", namespace_separator=_SEPARATOR)
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append

    def _refuse(self, *_: object) -> NoReturn:
        raise MetadataError("it has a document type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, tag = name.rpartition(_SEPARATOR)
        self._path.append(tag)
        self._text.clear()
        allowed = {1: {"transfer"}, 2: {"record"}, 3: NAMES.keys()}.get(len(self._path), set())
        if space != NAMESPACE or tag not in allowed:
            raise MetadataError(f"there is no element {'/'.join(self._path)[:80]}")
        self._at = attributes.get("at", "")
        if tag == "record":
            kind, id_ = attributes.get("kind", ""), attributes.get("id", "")
            self.records.append(ReadRecord(kind=kind, id=id_))

    def _end(self, _name: str) -> None:
        tag, depth = self._path.pop(), len(self._path)
        if depth != 2:
            return
        record, text = self.records[-1], "".join(self._text)
        self._text.clear()
        if tag == "event":
            record.events += 1
            record.last[text] = self._at
        elif tag in record.values:
            raise MetadataError(f"{tag} is there twice in {record.id[:80]}")
        else:
            record.values[tag] = text


def read(data: bytes) -> list[ReadRecord]:
    """The records of a file. Raises MetadataError."""
    if len(data) > MOST:
        raise MetadataError(f"it has more than {MOST} bytes")
    reader = _Reader()
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as e:
        raise MetadataError(f"it is no XML: {e}") from e
    return reader.records


def missing(records: Sequence[ReadRecord]) -> list[str]:
    """Which needed elements are not there or empty: `<id> <element>`."""
    found = []
    for record in records:
        needed: tuple[str, ...] = NEEDED
        if record.kind != "case" and "disposed" not in record.values:
            needed = (*NEEDED, *NEEDED_OF_BYTES)
        found += [f"{record.id} {tag}" for tag in needed if not record.values.get(tag, "").strip()]
    return found
