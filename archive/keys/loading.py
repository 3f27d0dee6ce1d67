"""Finding the private half of the key in force: a systemd credential, a file (plain or under a passphrase), hardware.

Which of them has it is not a setting: each is asked for the key that the ledger says is in force, in this
order, and the first that holds it signs. So keys can move from one to the other by rotation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from archive.durable import Disk, read_small
from archive.errors import (
    ArchiveError,
    LedgerDamagedError,
    NotAnArchiveError,
    ReadOnlyArchiveError,
)
from archive.keys import folder, secrets
from archive.keys.errors import KeyLockedError, KeyTokenError
from archive.ledger.note import Ed25519KeySigner, Signer, Verifier
from archive.settings.model import Pkcs11Settings


class StationKeys:
    """The keys of the archive at a ROOT."""

    def __init__(
        self, root: Path, pkcs11: Pkcs11Settings | None = None, *, disk: Disk | None = None
    ) -> None:
        self._root = root
        self._pkcs11 = pkcs11
        self._disk = disk or Disk()

    def known(self) -> tuple[Verifier, ...]:
        """The keys that the keys folder names, oldest first. Raises as `folder.known_keys`."""
        return folder.known_keys(self._root)

    def signer_for(self, verifier: Verifier, *, sync: Callable[[], None]) -> Signer:
        """The signer of the key in force; ends or undoes a change of keys that was cut short.

        Raises:
            LedgerDamagedError: the key that is here is another.
            NotAnArchiveError, ReadOnlyArchiveError: its file cannot be read.
            KeyLockedError, KeyTokenError: it cannot be used now.
            OSError: the medium failed.
        """
        signer, _ = self._find(verifier)
        folder.settle(
            self._root, verifier, sync=sync, disk=self._disk, destroy=self._destroy_in_hardware
        )
        return signer

    def signer(self) -> Signer:
        """The signer of the newest key. Changes nothing. Raises as `signer_for`."""
        return self._find(self.known()[-1])[0]

    def place(self, verifier: Verifier) -> str:
        """Where a key's private half is: "file", "passphrase", "credential", "hardware"; empty: not here."""
        try:
            path = self._find(verifier)[1]
        except ArchiveError:
            return ""
        if path is None:
            return "hardware"
        if path == secrets.credential("ledger.key"):
            return "credential"
        return "passphrase" if is_encrypted(path.read_bytes()) else "file"

    def _find(self, verifier: Verifier) -> tuple[Signer, Path | None]:
        """The signer, and the file it is from; None: from hardware."""
        problems: list[ArchiveError | OSError] = []
        for path in self._files(verifier):
            try:
                key = read_private(path)
            except (ArchiveError, OSError) as e:
                problems.append(e)
                continue
            signer = Ed25519KeySigner(verifier.name, key)
            if signer.verifier == verifier:
                return signer, path
            problems.append(
                LedgerDamagedError(
                    f"{path.parent.name}/{path.name} and {folder.VKEY} are not one pair: put back the"
                    " right one from a backup"
                )
            )
        if self._pkcs11 is not None:
            try:
                return self._in_hardware(self._pkcs11, verifier), None
            except ArchiveError as e:
                problems.append(e)
        # What could not be looked into may hold the key; what holds another key does not.
        problems.sort(key=lambda e: not isinstance(e, KeyLockedError | KeyTokenError))
        raise (
            problems[0]
            if problems
            else NotAnArchiveError(f"{self._root}: the signing key cannot be read: no {folder.KEY}")
        )

    def _files(self, verifier: Verifier) -> Iterator[Path]:
        given = secrets.credential("ledger.key")
        paths = [self._root / folder.KEY, folder.next_key(self._root, verifier)]
        for path in [given, *paths] if given is not None else paths:
            if path.exists():
                yield path

    def _destroy_in_hardware(self, retired: tuple[Verifier, ...]) -> None:
        """What the token still holds of keys that are no longer in force goes, if the token will."""
        if self._pkcs11 is None:
            return
        from archive.keys.pkcs11 import Token

        # The change has happened: nothing waits for the token. Whoever changed the key looks, and says it.
        with suppress(KeyLockedError, KeyTokenError):
            Token(self._pkcs11).destroy(retired)

    def _in_hardware(self, settings: Pkcs11Settings, verifier: Verifier) -> Signer:
        # The library is loaded where it is asked for only.
        from archive.keys.pkcs11 import Token

        return Token(settings).signer(verifier)


def is_encrypted(pem: bytes) -> bool:
    """Whether a key's file is under a passphrase (RFC 7468, 11)."""
    return b"BEGIN ENCRYPTED" in pem[:40]


def read_private(path: Path) -> Ed25519PrivateKey:
    """The private key in a file.

    Raises:
        NotAnArchiveError: there is none.
        ReadOnlyArchiveError: this user may not read it.
        KeyLockedError: its passphrase is missing or wrong.
        OSError: the medium failed.
    """
    name = f"{path.parent.name}/{path.name}"
    try:
        pem = read_small(path)
        passphrase = secrets.passphrase() if is_encrypted(pem) else None
    except PermissionError as e:
        raise ReadOnlyArchiveError(
            f"{name} cannot be read by this user: it belongs to the archive's owner"
        ) from e
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as e:
        raise NotAnArchiveError(f"the signing key cannot be read: {name}: {e.strerror}") from e
    if is_encrypted(pem) and passphrase is None:
        raise KeyLockedError(
            f"{name} is under a passphrase: set {secrets.PASSPHRASE}, or give the service the"
            " credential ledger-passphrase"
        )
    try:
        key = load_pem_private_key(pem, password=passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as e:
        if passphrase is not None:
            raise KeyLockedError(f"{name}: the passphrase is wrong, or the file is damaged") from e
        raise NotAnArchiveError(f"the signing key cannot be read: {name}: {e}") from e
    if not isinstance(key, Ed25519PrivateKey):
        raise NotAnArchiveError(f"{name} is no Ed25519 key")
    return key
