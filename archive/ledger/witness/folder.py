"""A witness's folder: its name and keys, made at its first start, and the logs that it watches.

DIR/witness.key         Ed25519, PKCS#8 PEM, 0600
DIR/witness-mldsa.key   ML-DSA-44, the same
DIR/witness.vkeys       its verifier keys, one a line: what is given to those whose logs it watches
DIR/logs.vkeys          verifier keys of logs, one a line; `#` begins a remark. Written by people
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from archive.durable import Disk
from archive.errors import MalformedNoteError
from archive.ledger.note import Verifier
from archive.ledger.witness.cosignature import CosignatureKey, CosignatureVerifier, Cosigner
from archive.ledger.witness.errors import WitnessFolderError

_VKEYS: Final = "witness.vkeys"
_KEYS: Final = ("witness.key", "witness-mldsa.key")
_LOGS: Final = "logs.vkeys"


def open_keys(folder: Path, *, name: str, disk: Disk | None = None) -> list[Cosigner]:
    """The witness's keys; at the first start they are made, under this name.

    Raises:
        WitnessFolderError: a key is missing or is not the one that was made here.
        MalformedNoteError: the name cannot be a witness's.
        OSError: the folder cannot be used.
    """
    try:
        vkeys = (folder / _VKEYS).read_text().split()
    except FileNotFoundError:
        return _make(folder, name, disk or Disk())
    except UnicodeDecodeError as e:
        raise WitnessFolderError(f"{_VKEYS} is damaged") from e
    return [_open(folder / file, vkey) for file, vkey in zip(_KEYS, vkeys, strict=False)]


def read_logs(folder: Path) -> list[Verifier]:
    """The keys of `logs.vkeys`; none where it is not there.

    Raises:
        MalformedNoteError: a line is no verifier key of a log.
        OSError: it cannot be read.
    """
    try:
        lines = (folder / _LOGS).read_text("utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    texts = [line.partition("#")[0].strip() for line in lines]
    return [read_log(text) for text in texts if text]


class WatchedLogs:
    """The keys of `logs.vkeys`, read again where the file has changed. From any thread."""

    def __init__(self, folder: Path, *, told: Callable[[str], None]) -> None:
        """Read it; `told`: why a change is not taken in. Raises as `read_logs`."""
        self._folder = folder
        self._told = told
        self._seen = self._state()
        self._logs = read_logs(folder)

    def __call__(self) -> list[Verifier]:
        """The keys now. While the file cannot be read, or has a line that is none, those of before count."""
        state = self._state()
        if state != self._seen:
            try:
                self._logs = read_logs(self._folder)
            except (MalformedNoteError, OSError) as e:
                self._told(f"{_LOGS}: {e}")
            self._seen = state  # said once
        return self._logs

    def _state(self) -> tuple[int, int, int] | None:
        try:
            found = (self._folder / _LOGS).stat()
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns


def read_log(vkey: str) -> Verifier:
    """A log's key. Raises MalformedNoteError: it is none, and the message says which."""
    try:
        return Verifier.from_vkey(vkey)
    except MalformedNoteError as e:
        raise MalformedNoteError(f"{vkey[:80]!r} is no verifier key of a log: {e}") from e


def _make(folder: Path, name: str, disk: Disk) -> list[Cosigner]:
    keys: list[CosignatureKey] = [Ed25519PrivateKey.generate(), MLDSA44PrivateKey.generate()]
    made = [Cosigner(name, key) for key in keys]
    disk.make_dirs_synced(folder)
    if any((folder / file).exists() for file in _KEYS) and (folder / "logs").exists():
        # Other keys would begin every log's history anew: whoever trusted the old ones would not see a fork.
        raise WitnessFolderError(
            f"{folder / _VKEYS} is missing, and its keys are there: put it back"
        )
    for file, key in zip(_KEYS, keys, strict=True):
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        disk.replace_file(folder / file, pem, mode=0o600)
    # Last: without it a start that was cut short begins again.
    text = "".join(cosigner.verifier.vkey() + "\n" for cosigner in made)
    disk.replace_file(folder / _VKEYS, text.encode())
    return made


def _open(path: Path, vkey: str) -> Cosigner:
    verifier = CosignatureVerifier.from_vkey(vkey)
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (FileNotFoundError, ValueError, TypeError, UnsupportedAlgorithm) as e:
        raise WitnessFolderError(f"{path} cannot be read: {e}") from e
    if not isinstance(key, Ed25519PrivateKey | MLDSA44PrivateKey):
        raise WitnessFolderError(f"{path} is no key of a witness")
    cosigner = Cosigner(verifier.name, key)
    if cosigner.verifier != verifier:
        raise WitnessFolderError(f"{path} is not the key that {_VKEYS} names")
    return cosigner
