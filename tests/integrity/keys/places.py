"""Names that the tests of keys share, and what they do with an archive."""

from __future__ import annotations

from pathlib import Path

from archive.audit import audit
from archive.audit.report import AuditReport
from archive.events import Event
from archive.keys import secrets
from archive.keys.folder import known_keys
from archive.keys.rotation import Rotated, rotate
from archive.ledger.entry import Entry
from archive.ledger.note import Verifier, parse_note
from archive.opening import Archive, open_archive

ORIGIN = "station1.test.invalid/archive"
MODULE = "/usr/lib/softhsm/libsofthsm2.so"
TOKEN = "station"
LABEL = "ledger"
PIN = "123456"
PASSPHRASE = "a passphrase of some length"
SECRETS = (secrets.PASSPHRASE, secrets.PIN, "CREDENTIALS_DIRECTORY")


def note(archive: Archive, subject: str = "clip-x") -> None:
    """Record something."""
    archive.record([Event(type="x", subject=subject, actor="local-0", text={"reason": "因为"})])


def write(root: Path, subject: str = "clip-x") -> None:
    """Open, record, close."""
    with open_archive(root, write=True) as archive:
        note(archive, subject)


def change(root: Path) -> Rotated:
    """A new key, as `muniment key rotate` does it."""
    with open_archive(root, write=True) as archive:
        return rotate(archive, actor="local-0")


def newest(root: Path) -> Verifier:
    """The key that the folder says is in force."""
    return known_keys(root)[-1]


def signers(root: Path) -> list[str]:
    """The ids of the keys that signed each batch, as anybody can read them."""
    import base64

    lines = (root / "ledger/entries/000000000000").read_bytes().split(b"\n")
    notes = [base64.b64decode(line[2:]) for line in lines if line.startswith(b"= ")]
    return [parse_note(found).signatures[0].key_id.hex() for found in notes]


def entries(root: Path) -> list[Entry]:
    """All entries."""
    with open_archive(root, write=False) as archive:
        return list(archive.reader.entries())


def codes(report: AuditReport) -> list[tuple[str, str]]:
    """What an audit found, and where."""
    return [(str(f.code), f.where) for f in report.findings]


def found(root: Path) -> list[tuple[str, str]]:
    """What an audit finds now."""
    return codes(audit(root))


def use_token(root: Path, *, token: str = TOKEN, module: str = MODULE, label: str = LABEL) -> None:
    """Name a token in the settings."""
    with (root / "muniment.toml").open("a") as file:
        file.write(f'\n[keys.pkcs11]\nmodule = "{module}"\ntoken = "{token}"\nlabel = "{label}"\n')
