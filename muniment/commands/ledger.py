"""`ledger vkey|checkpoint|entries|proof`: for outsiders, exactly the published bytes. Write nothing."""

from __future__ import annotations

import json

from archive.cases import UnknownClipError
from archive.errors import ReadOnlyArchiveError
from archive.opening import open_archive
from muniment.answer import Answer, Asked
from muniment.columns import printable
from muniment.opening import untouched


def vkey(asked: Asked) -> Answer:
    """The verifier key, one line."""
    with open_archive(asked.root, write=False) as archive:
        text = archive.reader.vkey()
    return Answer(document={"vkey": text.strip()}, raw=text.encode())


def checkpoint(asked: Asked) -> Answer:
    """The newest checkpoint, a signed note."""
    with open_archive(asked.root, write=False) as archive:
        note = archive.reader.checkpoint()
    return Answer(document={"checkpoint": note.decode()}, raw=note)


def entries(asked: Asked, *, subject: str | None, first: int, last: int | None) -> Answer:
    """Entries from `first` to `last`, both included."""
    stop = None if last is None else last + 1
    with open_archive(asked.root, write=False) as archive:
        found = [
            entry
            for entry in archive.reader.entries(first, stop)
            if subject is None or entry.subject == subject
        ]
    document = {
        "entries": [
            {"index": entry.index, "leaf": entry.leaf.hex(), "entry": json.loads(entry.raw)}
            for entry in found
        ]
    }
    return Answer(document=document, raw=b"".join(entry.raw + b"\n" for entry in found))


def proof(asked: Asked, clip: str) -> Answer:
    """The tlog-proof of a clip's `clip.ingested` entry against the newest checkpoint.

    Raises:
        UnknownClipError: there is no such clip.
        ReadOnlyArchiveError: its entry is not published yet, and cannot be from here.
    """
    with untouched(asked) as (archive, catalogue):
        row = catalogue.clip(clip)
        if row is None:
            raise UnknownClipError(asked.words("clip.unknown", clip=printable(clip)))
        try:
            text = archive.reader.proof(row.ingested_index)
        except IndexError:
            # A writer was killed between commit and publication: the next one publishes first.
            text = b""
    if not text:
        with open_archive(asked.root, write=True) as archive:
            archive.ledger.publish()
            try:
                text = archive.reader.proof(row.ingested_index)
            except IndexError as error:
                raise ReadOnlyArchiveError("the entry is not published yet") from error
    document = {"clip": clip, "index": row.ingested_index, "proof": text.decode()}
    return Answer(document=document, raw=text)
