"""Cosignatures on checkpoints: keys and signatures of witnesses. No files, no clock.

Source: C2SP tlog-cosignature v1.0.1 (Ed25519, type 0x04) and v1.1.0-rc.1 (ML-DSA-44, type 0x06).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final

from archive.errors import MalformedNoteError
from archive.ledger.note import decode_base64, key_id

ED25519_COSIGNATURE: Final = 0x04
ML_DSA_44_COSIGNATURE: Final = 0x06
_SIZES: Final = {ED25519_COSIGNATURE: 32, ML_DSA_44_COSIGNATURE: 1312}  # bytes of a public key


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
        if len(parts) != 3 or not parts[0]:
            raise MalformedNoteError("not a verifier key")
        raw = decode_base64(parts[2])
        if not raw or _SIZES.get(raw[0]) != len(raw) - 1:
            raise MalformedNoteError("not a witness's key (type 04 or 06)")
        verifier = cls(name=parts[0], kind=raw[0], key=raw[1:])
        if verifier.id.hex() != parts[1]:
            raise MalformedNoteError("the verifier key's id is another key's")
        return verifier
