"""Notes under envelopes and receipts: made by the ledger's key, believed from the keys that the settings name.

What always holds: what is signed says whether it is a message or a receipt and whose it is, so neither is taken for the
other, for a checkpoint or for an item of the feed.
"""

from __future__ import annotations

import hashlib
from typing import Final

from archive.canonical import encode
from archive.errors import MalformedNoteError
from archive.keys.loading import StationKeys
from archive.ledger.note import ExchangeItem, Verifier, parse_note
from archive.opening import Archive
from archive.settings.model import PeerSettings
from oversight.exchange.errors import MessageRefusedError
from oversight.exchange.model import Envelope, Receipt

_MOST: Final = 16 * 1024  # characters of a note


def sign(archive: Archive, said: Envelope | Receipt) -> str:
    """The note of this archive under it. Raises ArchiveError: the key cannot be used now."""
    signer = StationKeys(archive.root, archive.settings.pkcs11).signer()
    return signer.tell(_item(said)).decode()


def need_signed(peer: PeerSettings, said: Envelope | Receipt, note: object) -> str:
    """A note is the peer's, under just this.

    Raises:
        MessageRefusedError: it is not.
    """
    if type(note) is not str or len(note) > _MOST:
        raise MessageRefusedError("there is no note")
    item = _item(said)
    try:
        parsed = parse_note(note.encode())
    except (MalformedNoteError, UnicodeEncodeError) as e:
        raise MessageRefusedError("the note is none") from e
    if parsed.text != item.text() or item.origin != peer.origin:
        raise MessageRefusedError("the note is under something else")
    message = parsed.text.encode()
    for vkey in peer.vkeys:
        verifier = Verifier.from_vkey(vkey)
        for signature in parsed.signatures:
            if (signature.name, signature.key_id) != (verifier.name, verifier.id):
                continue
            if verifier.is_signed_by(message, signature.value):
                return note
    raise MessageRefusedError(f"the signature is none of {peer.name}'s")


def _item(said: Envelope | Receipt) -> ExchangeItem:
    digest = hashlib.sha256(encode(said.to_data())).hexdigest()
    if isinstance(said, Envelope):
        return ExchangeItem(what="message", origin=said.sender, digest=digest)
    return ExchangeItem(what="receipt", origin=said.recipient, digest=digest)
