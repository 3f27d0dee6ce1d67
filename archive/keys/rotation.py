"""One key after another: the old one signs the new one into force, in entries that anybody can follow.

Order, each step lasting before the next (docs/formats/ledger.md, "Keys"):

1. the new key pair, beside the old one or in hardware;
2. one batch, signed by the old key: `key.introduced`, `key.retired`. This is the moment at which it has happened;
3. `retired.vkeys`, `ledger.vkey`, `ledger.key` (folder.py); whoever comes next does it where we were killed.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive.events import Event, drafts
from archive.ids import new_id
from archive.keys import folder, secrets
from archive.keys.errors import KeyLockedError, KeyRefusedError, KeyTokenError
from archive.keys.history import INTRODUCED, RETIRED, KeyHistory, KeyPeriod, introduced_as
from archive.keys.loading import StationKeys, is_encrypted, read_private
from archive.keys.pkcs11 import Token
from archive.ledger.entry import Draft
from archive.ledger.lock import FileLock
from archive.ledger.note import Ed25519KeySigner, Signer, Verifier
from archive.settings import Settings

if TYPE_CHECKING:
    from archive.opening import Archive

SHORTEST: Final = 12  # characters of a passphrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """A key that came into force."""

    before: Verifier
    key: Verifier
    index: int  # of the entry that introduced it
    left: str = ""  # where the old one still is: "hardware", "credential"; empty: it is destroyed


def rotate(
    archive: Archive,
    *,
    actor: str,
    hardware: bool = False,
    compromised: str | None = None,
    seen: KeyHistory | None = None,
) -> Rotated:
    """Bring a new key into force.

    Args:
        archive: open for writing.
        actor: who asks for it.
        hardware: the new key is to be in the token that the settings name.
        compromised: why the old one is no longer to be believed; None: it is as good as ever.
        seen: the keys so far, where the caller has read them.

    Raises:
        KeyRefusedError: no token is configured, or somebody else changed the key just now.
        KeyLockedError, KeyTokenError: the old key, or the token, cannot be used. Nothing was changed.
        KeyHistoryError: the entries about earlier keys contradict each other.
        ArchiveError, OSError: as `Ledger.append`; whether the new key is in force, the next opening sees.
    """
    history = seen or history_of(archive)
    token = _token(archive.settings) if hardware else None

    was = StationKeys(archive.root, archive.settings.pkcs11).place(history.current)

    def prepare(signer: Signer, size: int) -> list[Draft]:
        if signer.verifier != history.current:
            raise KeyRefusedError("the key was changed just now: look at `muniment key list`")
        new = _in_file(archive, history) if token is None else _in_hardware(archive, token, history)
        old = history.periods[-1]
        return drafts(
            writing,
            [
                _introduced(actor, old.verifier, signer, new),
                _retired(actor, old, size + 2, compromised),  # it signs this batch itself
            ],
        )

    with archive.store.writing() as writing:
        entries = archive.ledger.append_prepared(prepare)
    archive.ledger.publish()
    left = _still_at(archive, history.current, was)
    return Rotated(
        before=history.current, key=archive.ledger.key, index=entries[0].index, left=left
    )


def _still_at(archive: Archive, retired: Verifier, was: str) -> str:
    """Where a key still is that is no longer in force; empty: it is destroyed. A token that is silent still has it."""
    if was != "hardware" or archive.settings.pkcs11 is None:
        return was if was == "credential" else ""
    try:
        held = Token(archive.settings.pkcs11).keys(retired.name)
    except (KeyLockedError, KeyTokenError):
        return was
    return was if retired in held else ""


def history_of(archive: Archive) -> KeyHistory:
    """All keys, out of the ledger's entries. Raises KeyHistoryError, LedgerDamagedError."""
    entries = ((entry.index, entry.raw) for entry in archive.reader.entries())
    return KeyHistory.of(entries, folder.known_keys(archive.root))


def _introduced(actor: str, old: Verifier, signer: Signer, new: Verifier) -> Event:
    signature = base64.b64encode(signer.introduce(new)).decode()
    return Event(
        type=INTRODUCED,
        subject=new_id("key"),
        actor=actor,
        data={**introduced_as(new), "before": {"id": old.id.hex(), "signature": signature}},
        text={"vkey": new.vkey()},
    )


def _retired(actor: str, old: KeyPeriod, until: int, compromised: str | None) -> Event:
    return Event(
        type=RETIRED,
        subject=old.subject or new_id("key"),
        actor=actor,
        data={
            "id": old.verifier.id.hex(),
            "why": "rotated" if compromised is None else "compromised",
            "from": until,
        },
        text=None if compromised is None else {"reason": compromised},
    )


def _in_file(archive: Archive, history: KeyHistory) -> Verifier:
    """A new key in a file beside the old one, under a passphrase where the old one is, or where one is given."""
    path = archive.root / folder.KEY
    passphrase = secrets.passphrase()
    if passphrase is None and path.exists() and is_encrypted(path.read_bytes()):
        raise KeyRefusedError(f"the key is under a passphrase: set {secrets.PASSPHRASE}")
    key = Ed25519PrivateKey.generate()
    new = Ed25519KeySigner(history.current.name, key).verifier
    folder.write_private(folder.next_key(archive.root, new), key, passphrase, archive.disk)
    return new


def _token(settings: Settings) -> Token:
    if settings.pkcs11 is None:
        raise KeyRefusedError(
            "muniment.toml names no token: set module, token and label under [keys.pkcs11]"
        )
    return Token(settings.pkcs11)


def _in_hardware(archive: Archive, token: Token, history: KeyHistory) -> Verifier:
    """A key of the token's that was never in force: one that is there already, else a new one."""
    name = history.current.name
    unused = [key for key in token.keys(name) if key not in history.verifiers]
    new = unused[0] if unused else token.make(name)
    folder.announce_hardware(archive.root, new, archive.disk)
    return new


def protect(archive: Archive, passphrase: str) -> None:
    """Put the key's file under a passphrase, or under another.

    Raises:
        KeyRefusedError: the passphrase is too short, or the key is in no file.
        KeyLockedError: the passphrase it is under now is missing or wrong. Nothing was changed.
        OSError: the medium failed; the file is as before or as wanted.
    """
    if len(passphrase) < SHORTEST:
        raise KeyRefusedError(f"a passphrase has at least {SHORTEST} characters")
    path = archive.root / folder.KEY
    lock = FileLock(archive.root / "ledger" / "lock")
    try:
        with lock.held():
            if not path.exists():
                raise KeyRefusedError(f"the signing key is not in {folder.KEY}")
            folder.write_private(path, read_private(path), passphrase.encode(), archive.disk)
    finally:
        lock.close()
