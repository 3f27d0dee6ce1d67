"""Signed notes, checkpoints, verifier keys and cosignatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature).

Holds: whatever the bytes, the only error is NoteError. Base64 has one spelling here.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import sha256
from re import compile as regex
from typing import NamedTuple

from archive.package.verifier.ed25519 import ed25519_verify, is_ed25519_key
from archive.package.verifier.found import VerifierError
from archive.package.verifier.mldsa import ml_dsa_verify

NOTE_ED25519, NOTE_COSIGNATURE, NOTE_ML_DSA = 0x01, 0x04, 0x06
_MOST_NOTE, _MOST_SIGNATURES = 1_000_000, 100
_NOTE_NAME = regex(r"[^\s+\x00-\x20\x7f-\x9f\ufeff]+")
_CONTROL = regex(r"[\x00-\x09\x0b-\x1f]")
_KEY_SIZES = {NOTE_ED25519: 32, NOTE_COSIGNATURE: 32, NOTE_ML_DSA: 1312}
HASH_SIZE = 32


class NoteError(VerifierError):
    """Bytes that are no note, no checkpoint or no key."""


class NoteSignature(NamedTuple):
    """One signature line, verified or not."""

    name: str
    key_id: bytes
    value: bytes


class Note(NamedTuple):
    """A note whose form is right; nothing is said about its signatures."""

    raw: bytes
    text: bytes  # ends in a newline
    signatures: tuple[NoteSignature, ...]


class Checkpoint(NamedTuple):
    """What a checkpoint's text says."""

    origin: str
    size: int
    root: bytes


class NoteKey(NamedTuple):
    """A key that signs or cosigns notes."""

    name: str
    kind: int
    key: bytes
    vkey: str

    @property
    def id(self) -> bytes:
        """SHA-256(name ‖ 0x0A ‖ type ‖ key)[:4] (signed-note, "Signatures")."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.key).digest()[:4]


def canonical_base64(text: str) -> bytes:
    """Raises NoteError: not base64, or another spelling of it."""
    try:
        data = b64decode(text, validate=True)
    except ValueError as e:
        raise NoteError("note.base64") from e
    if b64encode(data).decode() != text:
        raise NoteError("note.base64")
    return data


def canonical_number(text: str) -> int:
    """A decimal of at most 19 digits without a leading zero. Raises NoteError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19) or str(int(text)) != text:
        raise NoteError("note.number")
    return int(text)


def parse_note(data: bytes) -> Note:
    """Raises NoteError, whatever the bytes."""
    if len(data) > _MOST_NOTE:
        raise NoteError("note.long")
    try:
        whole = data.decode()
    except UnicodeDecodeError as e:
        raise NoteError("note.utf8") from e
    cut = whole.rfind("\n\n")  # the last empty line separates
    if cut < 0 or not whole.endswith("\n") or _CONTROL.search(whole):
        raise NoteError("note.form")
    lines = whole[cut + 2 :].split("\n")[:-1]
    if not 0 < len(lines) <= _MOST_SIGNATURES:
        raise NoteError("note.form")
    text = whole[: cut + 1].encode()
    return Note(data, text, tuple(_signature_line(line) for line in lines))


def _signature_line(line: str) -> NoteSignature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—" or not _NOTE_NAME.fullmatch(parts[1]):
        raise NoteError("note.form")
    raw = canonical_base64(parts[2])
    if len(raw) < 5:
        raise NoteError("note.form")
    return NoteSignature(parts[1], raw[:4], raw[4:])


def parse_checkpoint(note: Note) -> Checkpoint:
    """Origin, size and root; extension lines are allowed. Raises NoteError."""
    lines = note.text.decode().split("\n")
    if len(lines) < 4 or lines[-1] != "" or not lines[0] or "" in lines[3:-1]:
        raise NoteError("note.checkpoint")
    root = canonical_base64(lines[2])
    if len(root) != HASH_SIZE:
        raise NoteError("note.checkpoint")
    return Checkpoint(lines[0], canonical_number(lines[1]), root)


def parse_vkey(text: str) -> NoteKey:
    """`<name>+<id>+<base64(type ‖ key)>` (signed-note, "Verifier keys"). Raises NoteError: small order, too."""
    parts = text.split("+", 2)
    if len(parts) != 3 or not _NOTE_NAME.fullmatch(parts[0]):
        raise NoteError("note.vkey")
    raw = canonical_base64(parts[2])
    if not raw or _KEY_SIZES.get(raw[0]) != len(raw) - 1:
        raise NoteError("note.vkey")
    key = NoteKey(parts[0], raw[0], raw[1:], text)
    if key.id.hex() != parts[1]:
        raise NoteError("note.vkey_id")
    if key.kind != NOTE_ML_DSA and not is_ed25519_key(key.key):
        raise NoteError("note.weak")
    return key


def parse_vkeys(data: bytes) -> list[NoteKey]:
    """Keys, one a line. Raises NoteError."""
    try:
        text = data.decode()
    except UnicodeDecodeError as e:
        raise NoteError("note.utf8") from e
    if text and not text.endswith("\n"):
        raise NoteError("note.vkey")
    return [parse_vkey(line) for line in text.split("\n")[:-1]]


def signed_by(note: Note, key: NoteKey) -> bool | None:
    """Whether this key signed the note; None: it has no line of this key. One wrong line is enough for no."""
    ours = [s for s in note.signatures if (s.name, s.key_id) == (key.name, key.id)]
    if not ours:
        return None
    return all(ed25519_verify(key.key, note.text, s.value) for s in ours)


def cosigned_by(note: Note, key: NoteKey) -> bool | None:
    """Whether this witness cosigned (tlog-cosignature, "Format"); None: it has no line of this key."""
    ours = [s for s in note.signatures if (s.name, s.key_id) == (key.name, key.id)]
    if not ours:
        return None
    return all(_cosignature_holds(note, key, s.value) for s in ours)


def _cosignature_holds(note: Note, key: NoteKey, value: bytes) -> bool:
    time, signature = int.from_bytes(value[:8], "big"), value[8:]
    if len(value) < 8 or time >= 2**63:
        return False
    if key.kind == NOTE_COSIGNATURE:
        message = b"cosignature/v1\ntime %d\n" % time + note.text
        return ed25519_verify(key.key, message, signature)
    try:
        checkpoint = parse_checkpoint(note)
    except NoteError:
        return False
    cosigner, origin = key.name.encode(), checkpoint.origin.encode()
    if max(len(cosigner), len(origin)) > 255:
        return False
    # tlog-cosignature, "ML-DSA-44 signed message": a subtree from 0 to the checkpoint's size.
    named = bytes([len(cosigner)]) + cosigner + value[:8] + bytes([len(origin)]) + origin
    message = b"subtree/v1\n\0" + named + bytes(8) + checkpoint.size.to_bytes(8, "big")
    return ml_dsa_verify(key.key, message + checkpoint.root, signature)
