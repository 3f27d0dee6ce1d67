"""`ROOT/keys`: which keys it names, and how one is put in the place of another (docs/formats/ledger.md).

What holds at every moment, whenever the power goes: `ledger.vkey` is a key that the ledger introduced, and
the private half of every key that may still have to sign is in its file, in `next-<id>.key`, or in hardware
(`next-<id>.hardware` while that is new).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from archive.durable import Disk, read_small
from archive.errors import MalformedNoteError, NotAnArchiveError
from archive.keys.errors import KeyHistoryError
from archive.ledger.note import Verifier

KEY: Final = "keys/ledger.key"
VKEY: Final = "keys/ledger.vkey"
RETIRED: Final = "keys/retired.vkeys"
FILE: Final = "key"  # kinds of what announces a key: its file
HARDWARE: Final = "hardware"  # or nothing, because it is in hardware
_MODE: Final = 0o600
# No such file for us. Any other error is one of the medium, which may hold it all the same.
_NONE: Final = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


def known_keys(root: Path) -> tuple[Verifier, ...]:
    """The keys that the folder names, oldest first.

    Raises:
        NotAnArchiveError: it names none.
        MalformedNoteError: the newest cannot be read.
        KeyHistoryError: the older ones cannot be read.
        OSError: the medium failed.
    """
    try:
        newest = Verifier.from_vkey(read_small(root / VKEY).decode())
    except (*_NONE, UnicodeDecodeError) as e:
        raise NotAnArchiveError(f"{root} is no archive: {VKEY} cannot be read") from e
    return (*(key for key in retired_keys(root) if key != newest), newest)


def retired_keys(root: Path) -> tuple[Verifier, ...]:
    """The keys that were in force before, oldest first. Raises KeyHistoryError."""
    try:
        text = (root / RETIRED).read_text()
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as e:
        raise KeyHistoryError(f"{RETIRED} cannot be read: put it back from a backup") from e
    try:
        return tuple(dict.fromkeys(Verifier.from_vkey(line) for line in text.splitlines()))
    except MalformedNoteError as e:
        raise KeyHistoryError(
            f"{RETIRED} is not a list of verifier keys ({e}): put it back from a backup"
        ) from e


def next_key(root: Path, verifier: Verifier, kind: str = FILE) -> Path:
    """Where the private half of a key lies that is about to come into force, or what says that it is in hardware."""
    return root / "keys" / f"next-{verifier.id.hex()}.{kind}"


def announced_keys(root: Path) -> list[Path]:
    """Files of keys that are about to come into force, or were when somebody was interrupted; half-written ones too."""
    return sorted((root / "keys").glob("next-*"))


def announce_hardware(root: Path, verifier: Verifier, disk: Disk) -> None:
    """Say that a key in hardware is about to come into force. Raises OSError."""
    disk.replace_file(next_key(root, verifier, HARDWARE), b"")


def write_private(path: Path, key: Ed25519PrivateKey, passphrase: bytes | None, disk: Disk) -> None:
    """Keep a private key in a file of its owner's, encrypted where there is a passphrase. Raises OSError."""
    if passphrase is None:
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    else:
        from archive.keys.encrypting import sealed  # what it stands on takes time to load

        pem = sealed(key, passphrase)
    disk.replace_file(path, pem, mode=_MODE)


def settle(
    root: Path,
    in_force: Verifier,
    *,
    sync: Callable[[], None],
    disk: Disk,
    destroy: Callable[[tuple[Verifier, ...]], None] | None = None,
) -> None:
    """Make the folder say what the entries say: this key is in force. The caller holds the ledger's lock.

    The normal end of a change of keys, and what heals one that was cut short. Nothing is written where
    nothing has changed.

    Args:
        root: of the archive.
        in_force: by the entries.
        sync: makes those entries last; called before anything of an older key goes.
        disk: where it is written.
        destroy: removes what hardware still holds of keys that were in force before. Called while the change is
            still announced, so that whoever ends it calls it again.

    Raises:
        KeyHistoryError: the folder is of a newer time than the ledger. Nothing was changed.
        OSError: the medium failed; the next opening goes on.
    """
    known, announced = known_keys(root), announced_keys(root)
    if known[-1] == in_force and not announced:
        return
    if in_force in known[:-1]:
        raise KeyHistoryError(
            f"{VKEY} names a key that the ledger does not know yet: ledger/ or keys/ is another copy"
        )
    sync()
    if known[-1] != in_force:
        lines = "".join(f"{key.vkey()}\n" for key in known)
        disk.replace_file(root / RETIRED, lines.encode())
        disk.replace_file(root / VKEY, f"{in_force.vkey()}\n".encode())
    if destroy is not None:
        destroy(retired_keys(root))
    for path in announced:
        if path == next_key(root, in_force):
            # And the key before it is gone. Not renamed: a copy is whole whichever name is lost.
            disk.replace_file(root / KEY, path.read_bytes(), mode=_MODE)
        elif path == next_key(root, in_force, HARDWARE):
            disk.unlink(root / KEY)
            disk.sync_dir(root / "keys")
        disk.unlink(path)  # of any other key: no entry ever named it
    if announced:
        disk.sync_dir(root / "keys")
