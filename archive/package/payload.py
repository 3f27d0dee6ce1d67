"""The payload of a package: originals copied and compared, then what explains and dates them.

Holds: an original that is not byte for byte what its entry names stops the making, and is named; a finding on it is
opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing

from archive.audit.recording import put_finding
from archive.audit.report import Code
from archive.errors import FixityError, MissingObjectError
from archive.keys.folder import known_keys
from archive.ledger.entry import Entry
from archive.ledger.note import Checkpoint
from archive.ledger.published import PublishedLog, proof_text
from archive.opening import Archive
from archive.package.bag import Bag
from archive.package.document import original_path, rendition_path
from archive.package.errors import OriginalDamagedError
from archive.package.selecting import Clip, Selection
from archive.package.tokens import Token, token_files

Progress = Callable[[int, int, str], None]  # done, of how many bytes, what is copied now


def add_clips(bag: Bag, archive: Archive, selection: Selection, progress: Progress) -> None:
    """Copy originals and renditions.

    Raises:
        OriginalDamagedError: one is not what its entry says.
        OSError: a medium failed.
    """
    total, done = selection.size, 0

    def told(n: int) -> None:
        nonlocal done
        done += n
        progress(done, total, note)

    for clip in selection.clips:
        row = clip.row
        note = row.path or row.clip
        things = [(original_path(clip), row.sha256, row.size)]
        things += [
            (rendition_path(row.clip, r.kind, r.media_type), r.sha256, r.size)
            for r in clip.renditions
        ]
        for path, digest, size in things:
            actual = _copied(bag, archive, path, (digest, size), told)
            if actual != (digest, size):
                _put_on_record(archive, row.clip, digest, same_size=actual[1] == size)
                what = f"hashes to {actual[0]}" if actual[1] == size else "has another length"
                raise OriginalDamagedError(
                    f"{row.clip}, {path}: object {digest} in the store now {what}: the archive is"
                    " damaged, run `muniment audit`"
                )


def _put_on_record(archive: Archive, clip: str, digest: str, *, same_size: bool) -> None:
    """From now on nobody is shown it, and the next package leaves it out. Raises ArchiveError, OSError."""
    code = Code.OBJECT_CHANGED if same_size else Code.OBJECT_SIZE_DIFFERS
    actor = archive.settings.station
    put_finding(archive, subject=clip, digest=digest, code=str(code), clip=clip, actor=actor)
    archive.ledger.publish()


def _copied(
    bag: Bag,
    archive: Archive,
    path: str,
    named: tuple[str, int],
    told: Callable[[int], None],
) -> tuple[str, int]:
    try:
        with closing(archive.store.open(named[0])) as source:
            return bag.copy(path, source, named[1], told)
    except (FixityError, MissingObjectError) as e:
        raise OriginalDamagedError(f"{path}: {e}") from e


def add_ledger(bag: Bag, entries: Sequence[Entry], lines: Iterable[bytes], note: bytes) -> None:
    """The ledger's part: entries, the words that they name, and the checkpoint that is cited."""
    raws = (b"%d %s\n" % (entry.index, entry.raw) for entry in entries)
    bag.add("data/ledger/entries.jsonl", b"".join(raws))
    bag.add("data/ledger/text.jsonl", b"".join(line + b"\n" for line in lines))
    bag.add("data/ledger/checkpoint", note)


def add_tokens(bag: Bag, archive: Archive, tokens: Iterable[Token]) -> None:
    """Earlier tokens, each with proofs that what it dates was in the checkpoint that was stamped."""
    for token in tokens:
        bag.add(f"{token.folder}/checkpoint", token.note)
        for path, data in token_files(token.folder, token.token, token.chain, token.revocation):
            bag.add(path, data)
        log = log_at(archive, token.checkpoint)
        for clip in token.dates:
            index = clip.row.ingested_index
            proof = proof_text(index, log.path(index), token.note)
            bag.add(f"{token.folder}/{index}.tlog-proof", proof)


def log_at(archive: Archive, checkpoint: Checkpoint) -> PublishedLog:
    """The published log as it was at a checkpoint."""
    return PublishedLog(archive.reader.folder, checkpoint)


def add_keys(bag: Bag, archive: Archive, roots: Mapping[str, Sequence[bytes]]) -> None:
    """Keys of the ledger, of witnesses, and the authorities' root certificates (PEM, by authority)."""
    vkeys = (verifier.vkey() for verifier in known_keys(archive.root))
    bag.add("data/keys/ledger.vkeys", _lines(vkeys))
    bag.add(
        "data/keys/witnesses.vkeys",
        _lines(witness.vkey for witness in archive.settings.witnesses.witnesses),
    )
    for authority, pems in sorted(roots.items()):
        unique = dict.fromkeys(pem.strip() + b"\n" for pem in pems)
        bag.add(f"data/keys/{authority}.pem", b"".join(unique))


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines if line).encode()


def dated(clip: Clip, tokens: Iterable[Token]) -> Token | None:
    """The earliest token that dates a clip."""
    mine = [token for token in tokens if any(other is clip for other in token.dates)]
    return min(mine, key=lambda token: token.time) if mine else None
