"""Which of the tokens that the ledger keeps date the clips of a package, and their parts out of the store.

Holds: of each authority, the first token after a clip's ingestion; what it dates is proven against the very
checkpoint that was stamped. A token that renews earlier ones is none of these: its imprint is over more than a note.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from archive.ledger.entry import Entry
from archive.ledger.note import Checkpoint, parse_checkpoint, parse_note
from archive.opening import Archive
from archive.package.naming import file_name
from archive.package.selecting import Clip, entries_at

STAMPED: Final = "checkpoint.timestamped"
_LOOK: Final = 256  # tokens after a clip's ingestion that are looked at
_MOST: Final = 4 << 20  # bytes of a note, a token, a chain, a revocation list of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token over an earlier checkpoint, and what it dates."""

    entry: Entry
    authority: str
    own: bool
    time: str
    note: bytes
    checkpoint: Checkpoint
    token: bytes
    chain: bytes
    ca: bytes
    revocation: tuple[tuple[str, bytes], ...]  # "crl" or "ocsp", DER
    dates: tuple[Clip, ...]

    @property
    def unsynchronised(self) -> bool:
        """Whether the agency's own authority says that its clock was in step with nobody's."""
        return self.entry.data.get("synchronised") is False

    @property
    def folder(self) -> str:
        """Its folder in the bag."""
        return f"data/timestamps/{self.checkpoint.size}-{file_name(self.authority)}"


def tokens_of(archive: Archive, clips: Iterable[Clip]) -> tuple[Token, ...]:
    """Tokens that date these clips, by size and authority.

    Raises:
        MissingObjectError, FixityError: a part of a token is damaged.
    """
    indexes = archive.catalogue.indexes_of_types(STAMPED)
    seen: dict[int, Entry] = {}
    chosen: dict[tuple[int, str], tuple[Entry, list[Clip]]] = {}
    for clip in clips:
        for entry in _first_of_each(archive, indexes, clip.row.ingested_index, seen):
            key = (int(entry.data["size"]), str(entry.data["authority"]))
            chosen.setdefault(key, (entry, []))[1].append(clip)
    return tuple(_token(archive, *chosen[key]) for key in sorted(chosen))


def _first_of_each(
    archive: Archive, indexes: list[int], ingested: int, seen: dict[int, Entry]
) -> list[Entry]:
    """Of each authority the first token over a checkpoint that has this entry."""
    at = bisect_right(indexes, ingested)
    near = indexes[at : at + _LOOK]
    seen |= {e.index: e for e in entries_at(archive.reader, (i for i in near if i not in seen))}
    found: dict[str, Entry] = {}
    for index in near:
        data = seen[index].data
        if int(data["size"]) > ingested and "renews" not in data:
            found.setdefault(str(data["authority"]), seen[index])
    return list(found.values())


def _token(archive: Archive, entry: Entry, dates: list[Clip]) -> Token:
    data = entry.data
    note = _object(archive, data["checkpoint"])
    return Token(
        entry=entry,
        authority=str(data["authority"]),
        own=bool(data["own"]),
        time=str(data["time"]),
        note=note,
        checkpoint=parse_checkpoint(parse_note(note).text),
        token=_object(archive, data["token"]),
        chain=_object(archive, data["chain"]),
        ca=_object(archive, data["ca"]),
        revocation=tuple((str(r["kind"]), _object(archive, r)) for r in data["revocation"]),
        dates=tuple(dates),
    )


def _object(archive: Archive, named: dict[str, Any]) -> bytes:
    return archive.store.read(str(named["object"]), most=_MOST)


def token_files(
    folder: str, token: bytes, chain: bytes, revocation: Iterable[tuple[str, bytes]]
) -> Iterable[tuple[str, bytes]]:
    """A token's files: path in the bag and bytes."""
    yield f"{folder}/token.der", token
    yield f"{folder}/chain.pem", chain
    for n, (kind, der) in enumerate(revocation):
        yield f"{folder}/revocation-{n}.{kind}", der
