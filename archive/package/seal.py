"""The seal: one ledger entry that names the payload manifest and the tag files, and proofs of it.

Holds: nothing of the payload changes after the entry; proofs are against the one checkpoint that is packed.
Who is killed in between leaves an entry about a package that nobody has, which is harmless.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from archive.events import Event, record
from archive.ledger.entry import Entry
from archive.ledger.note import Checkpoint, parse_checkpoint, parse_note
from archive.ledger.published import proof_text
from archive.opening import Archive
from archive.package.bag import Bag
from archive.package.outside import Outside, ask_outside
from archive.package.payload import log_at
from archive.package.selecting import Selection
from archive.package.tokens import token_files


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A sealed payload."""

    entry: Entry
    note: bytes  # covers the entry; with cosignature lines
    outside: Outside


def append_seal(
    archive: Archive,
    selection: Selection,
    bag: Bag,
    *,
    actor: str,
    manifest: str,
    tags: Mapping[str, str],
    cites: Checkpoint,
) -> Entry:
    """Append `package.made`. Raises as `archive.events.record`."""
    text = {"name": bag.name}
    if selection.number is not None:
        text["number"] = selection.number
    event = Event(
        type="package.made",
        subject=selection.subject,
        actor=actor,
        data={
            "format": 1,
            "manifest": manifest,
            "files": bag.payload_files,
            "bytes": bag.payload_bytes,
            "clips": len(selection.clips),
            "tags": dict(tags),
            "cites": {"size": cites.size, "root": cites.root.hex()},
        },
        text=text,
    )
    return record(archive, [event])[0]


def publish_seal(archive: Archive, entry: Entry, known: Container[str]) -> Seal:
    """Publish a checkpoint over the entry, have it cosigned, and stamped by who answers of `known`.

    Raises:
        ArchiveError, OSError: it could not be published.
    """
    note = archive.ledger.publish()
    outside = ask_outside(archive, note, known)
    return Seal(entry=entry, note=outside.note, outside=outside)


def add_proofs(bag: Bag, archive: Archive, seal: Seal, entries: Sequence[Entry]) -> None:
    """Everything below `proofs/`. Raises LedgerDamagedError, ProofError, OSError."""
    checkpoint = parse_checkpoint(parse_note(seal.note).text)
    log = log_at(archive, checkpoint)
    bag.add("proofs/package.entry", seal.entry.raw)
    bag.add("proofs/checkpoint", seal.note)
    index = seal.entry.index
    bag.add("proofs/package.tlog-proof", proof_text(index, log.path(index), seal.note))
    for entry in entries:
        proof = proof_text(entry.index, log.path(entry.index), seal.note)
        bag.add(f"proofs/{entry.index}.tlog-proof", proof)
    for stamp in seal.outside.stamps:
        folder = f"proofs/timestamps/{stamp.authority}"
        revocation = [(item.kind, item.der) for item in stamp.revocation]
        for path, data in token_files(folder, stamp.token, stamp.chain, revocation):
            bag.add(path, data)
