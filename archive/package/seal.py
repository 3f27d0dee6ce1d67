"""The seal: one ledger entry that names the payload manifest and the tag files, and proofs of it.

Holds: nothing of the payload changes after the entry; proofs are against the one checkpoint that is packed.
Who is killed in between leaves an entry about a package that nobody has, which is harmless.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from archive.errors import ArchiveBusyError
from archive.events import Event, record
from archive.ledger.entry import Entry
from archive.ledger.note import Checkpoint, parse_checkpoint, parse_note
from archive.ledger.published import consistency_text, proof_text
from archive.opening import Archive
from archive.package.bag import Bag
from archive.package.outside import Outside, ask_outside
from archive.package.payload import log_at
from archive.package.selecting import Selection
from archive.package.tokens import token_files
from archive.timestamps.stamping import authorities


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
    """Append `package.made`.

    Raises:
        ArchiveBusyError: something was recorded about the clip since it was read: the entry is one about a package
            that nobody has.
        ArchiveError, OSError: as `archive.events.record`.
    """
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
            "asked": authorities(archive),
        },
        text=text,
    )
    entry = record(archive, [event])[0]
    _check_follows(entry, selection)
    return entry


def _check_follows(entry: Entry, selection: Selection) -> None:
    """The seal of a clip is the next entry about it after the last one that is packed."""
    if selection.case is not None:
        return
    clip = selection.clips[0]
    if entry.document["chain"]["count"] != len(clip.entries) + 1:
        raise ArchiveBusyError(
            f"something was recorded about {clip.row.clip} while its package was made: make it again"
        )


def publish_seal(archive: Archive, entry: Entry, known: Container[str]) -> Seal:
    """Publish a checkpoint over the entry, have it cosigned, and stamped by who answers of `known`.

    Raises:
        ArchiveError, OSError: it could not be published.
    """
    note = archive.ledger.publish()
    outside = ask_outside(archive, note, known)
    return Seal(entry=entry, note=outside.note, outside=outside)


def add_proofs(
    bag: Bag,
    archive: Archive,
    seal: Seal,
    entries: Sequence[Entry],
    cited: Iterable[Checkpoint],
) -> None:
    """Everything below `proofs/`.

    Args:
        bag: payload and tag files that the seal names are in it.
        archive: whose ledger it is.
        seal: with the checkpoint that proofs lead to.
        entries: of which there is to be a proof.
        cited: checkpoints in the payload.

    Raises:
        LedgerDamagedError, ProofError, OSError: the ledger is damaged, or a medium failed.
    """
    checkpoint = parse_checkpoint(parse_note(seal.note).text)
    # By size and root: a second root of one size would take a file's name twice, and that stops the making.
    earlier = {(c.size, c.root): c for c in cited if 0 < c.size < checkpoint.size}.values()
    log = log_at(archive, checkpoint)
    bag.add("proofs/package.entry", seal.entry.raw)
    bag.add("proofs/checkpoint", seal.note)
    index = seal.entry.index
    bag.add("proofs/package.tlog-proof", proof_text(index, log.path(index), seal.note))
    for entry in entries:
        proof = proof_text(entry.index, log.path(entry.index), seal.note)
        bag.add(f"proofs/{entry.index}.tlog-proof", proof)
    for old in sorted(earlier, key=lambda one: one.size):
        bag.add(f"proofs/{old.size}.consistency", consistency_text(old.size, log.consistency(old)))
    for stamp in seal.outside.stamps:
        folder = f"proofs/timestamps/{stamp.authority}"
        revocation = [(item.kind, item.der) for item in stamp.revocation]
        for path, data in token_files(folder, stamp.token, stamp.chain, revocation):
            bag.add(path, data)
