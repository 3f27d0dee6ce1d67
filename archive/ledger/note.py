"""Signed notes and checkpoints: text in, values out. No files, no clock.

Sources: C2SP signed-note v1.0.0, C2SP tlog-checkpoint v1.0.0. A note is text that ends in a
newline, an empty line, and lines `— <name> <base64(4-byte key id ‖ signature)>`. Stricter than the
specification asks where it is free to be: base64 has one spelling.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from archive.errors import LedgerDamagedError, MalformedNoteError
from archive.keys.points import why_refused
from archive.ledger.merkle import HASH_SIZE

ED25519: Final = 0x01  # signed-note, "Signature types"
_MAX_NOTE: Final = 1_000_000
_MAX_SIGNATURES: Final = 100
_NAME: Final = re.compile(r"[^\s+\x00-\x20]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature line, verified or not."""

    name: str
    key_id: bytes  # 4 bytes
    value: bytes

    def line(self) -> str:
        """As it stands in a note, with its newline."""
        return f"— {self.name} {base64.b64encode(self.key_id + self.value).decode()}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note whose form is right; nothing is said about its signatures."""

    text: str  # ends in a newline
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a checkpoint's text says (tlog-checkpoint, "Note text")."""

    origin: str
    size: int
    root: bytes  # 32 bytes

    def text(self) -> str:
        """The note text."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItem:
    """What is signed of an item of the public feed (docs/formats/feed.md)."""

    origin: str
    number: int
    digest: str  # SHA-256 of the item's canonical bytes, hex

    def text(self) -> str:
        """The note text. No checkpoint reads like it: its first line has spaces, which an origin has not."""
        return f"muniment feed 1\n{self.origin}\n{self.number}\n{self.digest}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeItem:
    """What is signed of a message between archives, or of the receipt for one (docs/formats/exchange.md)."""

    what: Literal["message", "receipt"]
    origin: str  # whose ledger's key signs
    digest: str  # SHA-256 of the canonical bytes, hex

    def text(self) -> str:
        """The note text. Neither a checkpoint nor an item of the feed reads like it."""
        return f"muniment exchange 1 {self.what}\n{self.origin}\n{self.digest}\n"


Told = FeedItem | ExchangeItem  # all that a ledger's key signs beside checkpoints and keys


def decode_base64(text: str) -> bytes:
    """Standard base64 in its one canonical spelling.

    Raises:
        MalformedNoteError: anything else.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as e:
        raise MalformedNoteError("not base64") from e
    if base64.b64encode(data).decode() != text:
        raise MalformedNoteError("base64 in another than its canonical spelling")
    return data


def is_name(text: str) -> bool:
    """Whether a key can be called so (signed-note, "Format")."""
    return _NAME.fullmatch(text) is not None


def parse_note(data: bytes) -> Note:
    """Take a note apart.

    Raises:
        MalformedNoteError: not a note. Nothing else is ever raised, whatever the bytes.
    """
    if len(data) > _MAX_NOTE:
        raise MalformedNoteError("longer than a note may be")
    try:
        whole = data.decode()
    except UnicodeDecodeError as e:
        raise MalformedNoteError("not UTF-8") from e
    if any(c < " " and c != "\n" for c in whole):
        raise MalformedNoteError("holds a control character")
    cut = whole.rfind("\n\n")  # the last empty line separates
    if cut < 0 or not whole.endswith("\n"):
        raise MalformedNoteError("no text, empty line and signatures")
    text, lines = whole[: cut + 1], whole[cut + 2 :].split("\n")[:-1]
    if not lines or len(lines) > _MAX_SIGNATURES:
        raise MalformedNoteError(f"{len(lines)} signatures")
    return Note(text=text, signatures=tuple(_parse_signature(line) for line in lines))


def _parse_signature(line: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—" or not _NAME.fullmatch(parts[1]):
        raise MalformedNoteError("a signature line has another form")
    raw = decode_base64(parts[2])
    if len(raw) < 5:
        raise MalformedNoteError("a signature is too short")
    return Signature(name=parts[1], key_id=raw[:4], value=raw[4:])


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint out of a note's text. Extension lines are allowed and ignored.

    Raises:
        MalformedNoteError: no checkpoint.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] != "" or not lines[0] or "" in lines[3:-1]:
        raise MalformedNoteError("not origin, size and root")
    size, root = parse_size(lines[1]), decode_base64(lines[2])
    if len(root) != HASH_SIZE:
        raise MalformedNoteError("the root is no SHA-256")
    return Checkpoint(origin=lines[0], size=size, root=root)


def parse_size(text: str) -> int:
    """A tree's size: decimal, with no leading zero but in `0`.

    Raises:
        MalformedNoteError: another spelling.
    """
    digits = text.isascii() and text.isdigit() and len(text) <= 19
    if not digits or (text[0] == "0" and text != "0"):
        raise MalformedNoteError("the size is no decimal number")
    return int(text)


@lru_cache(maxsize=256)
def key_id(name: str, kind: int, key: bytes) -> bytes:
    """SHA-256(name ‖ 0x0A ‖ type ‖ key)[:4] (signed-note, "Signatures")."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """An Ed25519 key that a checkpoint may be signed with."""

    name: str
    key: bytes  # 32 bytes

    @property
    def id(self) -> bytes:
        """The 4-byte key id."""
        return key_id(self.name, ED25519, self.key)

    def vkey(self) -> str:
        """`<name>+<key id>+<base64(type ‖ key)>` (signed-note, "Verifier keys")."""
        return (
            f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([ED25519]) + self.key).decode()}"
        )

    @classmethod
    def from_vkey(cls, vkey: str) -> Verifier:
        """Read a verifier key.

        Raises:
            MalformedNoteError: not one, one that nobody should trust, or its id does not fit.
        """
        parts = vkey.strip("\n").split("+", 2)
        if len(parts) != 3 or not _NAME.fullmatch(parts[0]):
            raise MalformedNoteError("not a verifier key")
        raw = decode_base64(parts[2])
        if len(raw) != 33 or raw[0] != ED25519:
            raise MalformedNoteError("not an Ed25519 verifier key")
        if refused := why_refused(raw[1:]):
            raise MalformedNoteError(f"the verifier key is {refused}")
        verifier = cls(name=parts[0], key=raw[1:])
        if verifier.id.hex() != parts[1]:
            raise MalformedNoteError("the verifier key's id is another key's")
        return verifier

    def check(self, note: Note) -> Checkpoint:
        """The checkpoint in a note, after its signature by this key.

        Unknown (name, id) pairs are ignored; a bad signature under ours refuses the note (signed-note, "Verifying").

        Raises:
            MalformedNoteError: not signed by this key, or no checkpoint of this origin.
        """
        public = Ed25519PublicKey.from_public_bytes(self.key)
        message, own = note.text.encode(), self.id
        ours = [s for s in note.signatures if s.name == self.name and s.key_id == own]
        if not ours:
            raise MalformedNoteError(f"not signed by {self.name}+{own.hex()}")
        for signature in ours:
            try:
                public.verify(signature.value, message)
            except InvalidSignature as e:
                raise MalformedNoteError("the signature is wrong") from e
        return parse_checkpoint(note.text)

    def is_signed_by(self, message: bytes, signature: bytes) -> bool:
        """Whether this key's holder signed exactly these bytes."""
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


def signed_by(note: Note, known: Sequence[Verifier]) -> Verifier | None:
    """Which of these keys a note names as its signer, the newest if several. Whether it really is, `check` says."""
    for verifier in reversed(known):
        own = verifier.id
        if any(s.name == verifier.name and s.key_id == own for s in note.signatures):
            return verifier
    return None


class Signer(Protocol):
    """Signs checkpoints. The key never leaves it."""

    @property
    def verifier(self) -> Verifier:
        """Its public half."""

    def sign(self, checkpoint: Checkpoint) -> bytes:
        """The whole note. Raises ArchiveError: the key cannot be used now."""

    def introduce(self, successor: Verifier) -> bytes:
        """The signature under which another key comes into force. Raises as `sign`."""

    def tell(self, item: Told) -> bytes:
        """What others are told, as a note. Raises as `sign`."""


class Ed25519KeySigner:
    """A signer whose key is in memory."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._key = key
        self.verifier = Verifier(name=name, key=public)

    def sign(self, checkpoint: Checkpoint) -> bytes:
        """The whole note."""
        text = checkpoint.text()
        return _note(self.verifier, text, self._key.sign(text.encode()))

    def introduce(self, successor: Verifier) -> bytes:
        """The signature under which another key comes into force."""
        return self._key.sign(introduction(successor))

    def tell(self, item: Told) -> bytes:
        """What others are told, as a note."""
        return told_note(self.verifier, item, self._key.sign(item.text().encode()))

    # A key that is never followed by another is all the keys there are (writer.py, `Keys`).

    def known(self) -> tuple[Verifier, ...]:
        """The one key."""
        return (self.verifier,)

    def signer_for(self, verifier: Verifier, *, sync: object = None) -> Signer:
        """This one. Raises LedgerDamagedError: another key is in force."""
        del sync
        if verifier != self.verifier:
            raise LedgerDamagedError("another key is in force than the one that was given")
        return self


def signed_note(verifier: Verifier, checkpoint: Checkpoint, signature: bytes) -> bytes:
    """A checkpoint with one signature as a note."""
    return _note(verifier, checkpoint.text(), signature)


def told_note(verifier: Verifier, item: Told, signature: bytes) -> bytes:
    """What others are told, with one signature, as a note."""
    return _note(verifier, item.text(), signature)


def _note(verifier: Verifier, text: str, signature: bytes) -> bytes:
    line = Signature(name=verifier.name, key_id=verifier.id, value=signature).line()
    return f"{text}\n{line}".encode()


def introduction(successor: Verifier) -> bytes:
    """What the key in force signs so that another follows it (ledger.md, `key.introduced`).

    No checkpoint reads like it: its first line has spaces, which an origin has not.
    """
    return f"muniment key 1\n{successor.name}\n{successor.vkey()}\n".encode()
