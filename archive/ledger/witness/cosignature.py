"""Cosignatures on checkpoints: keys and signatures of witnesses. No files, no clock.

Source: C2SP tlog-cosignature v1.0.1 (Ed25519, type 0x04) and v1.1.0-rc.1 (ML-DSA-44, type 0x06). What is
signed says, as of a time, that a tree is the largest that the witness saw of a log, and grew out of all before it.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from archive.errors import MalformedNoteError
from archive.keys.points import why_refused
from archive.ledger.note import (
    Checkpoint,
    Note,
    Signature,
    decode_base64,
    is_name,
    key_id,
    parse_checkpoint,
)

ED25519_COSIGNATURE: Final = 0x04
ML_DSA_44_COSIGNATURE: Final = 0x06
_SIZES: Final = {ED25519_COSIGNATURE: 32, ML_DSA_44_COSIGNATURE: 1312}  # bytes of a public key
_SIGNATURES: Final = {ED25519_COSIGNATURE: 64, ML_DSA_44_COSIGNATURE: 2420}
_LABEL: Final = b"subtree/v1\n\0"
_LATEST: Final = 2**63 - 1  # tlog-cosignature, "Format": of a timestamp
_MOST_OPAQUE: Final = 255  # bytes: opaque<1..2^8-1>

CosignatureKey = Ed25519PrivateKey | MLDSA44PrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class CosignatureVerifier:
    """A witness's key."""

    name: str
    kind: int  # ED25519_COSIGNATURE or ML_DSA_44_COSIGNATURE
    key: bytes

    @property
    def id(self) -> bytes:
        """The 4-byte key id."""
        return key_id(self.name, self.kind, self.key)

    def vkey(self) -> str:
        """`<name>+<key id>+<base64(type ‖ key)>` (signed-note, "Verifier keys")."""
        encoded = base64.b64encode(bytes([self.kind]) + self.key).decode()
        return f"{self.name}+{self.id.hex()}+{encoded}"

    @classmethod
    def from_vkey(cls, vkey: str) -> CosignatureVerifier:
        """Read a witness's verifier key.

        Raises:
            MalformedNoteError: not one, or its id does not fit.
        """
        parts = vkey.strip("\n").split("+", 2)
        if len(parts) != 3 or not is_name(parts[0]):
            raise MalformedNoteError("not a verifier key")
        raw = decode_base64(parts[2])
        if not raw or _SIZES.get(raw[0]) != len(raw) - 1:
            raise MalformedNoteError("not a witness's key (type 04 or 06)")
        if raw[0] == ED25519_COSIGNATURE and (refused := why_refused(raw[1:])):
            raise MalformedNoteError(f"the witness's key is {refused}")
        verifier = cls(name=parts[0], kind=raw[0], key=raw[1:])
        if verifier.id.hex() != parts[1]:
            raise MalformedNoteError("the verifier key's id is another key's")
        return verifier

    def owns(self, signature: Signature) -> bool:
        """Whether a signature line says that it is by this key."""
        return signature.name == self.name and signature.key_id == self.id

    def check(self, note: Note) -> int | None:
        """When this witness cosigned the checkpoint in a note, the newest time; None: it did not.

        Raises:
            MalformedNoteError: a cosignature under this key is wrong, or the note holds no checkpoint.
        """
        times = [self.check_line(note, line) for line in note.signatures if self.owns(line)]
        return max(times, default=None)

    def check_line(self, note: Note, line: Signature) -> int:
        """The time that one line of this key says, seconds since 1970.

        Raises:
            MalformedNoteError: it is not this key's signature over the note.
        """
        if len(line.value) != 8 + _SIGNATURES[self.kind]:
            raise MalformedNoteError("a cosignature has another length")
        time, value = int.from_bytes(line.value[:8], "big"), line.value[8:]
        if time > _LATEST:
            raise MalformedNoteError("a cosignature's time is beyond what is allowed")
        message = _message(self.name, self.kind, note, time)
        try:
            if self.kind == ED25519_COSIGNATURE:
                Ed25519PublicKey.from_public_bytes(self.key).verify(value, message)
            else:
                MLDSA44PublicKey.from_public_bytes(self.key).verify(value, message)
        except InvalidSignature as e:
            raise MalformedNoteError(f"the cosignature of {self.name} is wrong") from e
        return time


class Cosigner:
    """Cosigns checkpoints with one key, which never leaves it."""

    def __init__(self, name: str, key: CosignatureKey) -> None:
        """Raises MalformedNoteError: no witness can be called that."""
        if not is_name(name) or len(name.encode()) > _MOST_OPAQUE:
            raise MalformedNoteError(f"{name!r} is no name for a witness")
        kind = ED25519_COSIGNATURE if isinstance(key, Ed25519PrivateKey) else ML_DSA_44_COSIGNATURE
        public = key.public_key().public_bytes_raw()
        self._key = key
        self.verifier = CosignatureVerifier(name=name, kind=kind, key=public)

    def cosign(self, note: Note, time: int) -> Signature:
        """The signature line over a checkpoint, as of a time in seconds since 1970.

        Raises:
            MalformedNoteError: the note holds no checkpoint that can be cosigned.
        """
        message = _message(self.verifier.name, self.verifier.kind, note, time)
        value = time.to_bytes(8, "big") + self._key.sign(message)
        return Signature(name=self.verifier.name, key_id=self.verifier.id, value=value)


def _message(name: str, kind: int, note: Note, time: int) -> bytes:
    """What is signed (tlog-cosignature, "Ed25519 signed message", "ML-DSA-44 signed message")."""
    checkpoint = parse_checkpoint(note.text)
    if kind == ED25519_COSIGNATURE:
        return f"cosignature/v1\ntime {time}\n{note.text}".encode()
    return subtree_message(name, checkpoint, time)


def subtree_message(name: str, checkpoint: Checkpoint, time: int) -> bytes:
    """`cosigned_message` of a whole checkpoint: extension lines are not in it.

    Raises:
        MalformedNoteError: the origin is too long for it.
    """
    cosigner, origin = name.encode(), checkpoint.origin.encode()
    if not 0 < len(cosigner) <= _MOST_OPAQUE or len(origin) > _MOST_OPAQUE:
        raise MalformedNoteError("a name is too long for this kind of cosignature")
    return b"".join(
        (
            _LABEL,
            bytes([len(cosigner)]) + cosigner,
            time.to_bytes(8, "big"),
            bytes([len(origin)]) + origin,
            bytes(8),  # start
            checkpoint.size.to_bytes(8, "big"),
            checkpoint.root,
        )
    )
