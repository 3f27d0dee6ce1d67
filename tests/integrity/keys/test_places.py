"""Where the key may lie: in a file, under a passphrase, in a credential; and what is said when it cannot be used."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from archive.errors import ArchiveError, LedgerDamagedError, NotAnArchiveError
from archive.keys import secrets
from archive.keys.errors import KeyLockedError, KeyRefusedError, KeyTokenError
from archive.keys.loading import is_encrypted
from archive.keys.rotation import protect, rotate
from archive.opening import create_archive, open_archive
from tests.integrity.keys.places import (
    ORIGIN,
    PASSPHRASE,
    change,
    found,
    newest,
    signers,
    use_token,
    write,
)


def put_under(root: Path, passphrase: str = PASSPHRASE) -> Path:
    """Protect an archive's key; its file."""
    with open_archive(root, write=True) as archive:
        protect(archive, passphrase)
    return root / "keys/ledger.key"


def test_a_key_under_a_passphrase_signs_with_it_only(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = put_under(root)
    assert is_encrypted(key.read_bytes())
    assert key.stat().st_mode & 0o777 == 0o600
    with pytest.raises(KeyLockedError, match=secrets.PASSPHRASE):
        write(root)
    monkeypatch.setenv(secrets.PASSPHRASE, PASSPHRASE + "!")
    with pytest.raises(KeyLockedError, match="wrong"):
        write(root)
    monkeypatch.setenv(secrets.PASSPHRASE, PASSPHRASE)
    write(root)
    assert found(root) == []


def test_openssl_opens_it_and_sees_how_it_is_stretched(root: Path) -> None:
    key = put_under(root)
    form = subprocess.run(
        ["openssl", "asn1parse", "-in", key], check=True, capture_output=True, text=True
    )
    assert {"scrypt", "aes-256-cbc"} <= set(form.stdout.replace(":", " ").split())
    opened = ["openssl", "pkey", "-in", str(key), "-noout", "-passin", f"pass:{PASSPHRASE}"]
    subprocess.run(opened, check=True, capture_output=True)
    assert subprocess.run([*opened[:-1], "pass:other"], check=False, capture_output=True).returncode


def test_a_passphrase_can_be_changed_and_has_a_length(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_under(root)
    monkeypatch.setenv(secrets.PASSPHRASE, PASSPHRASE)
    put_under(root, "another one of some length")
    with pytest.raises(KeyLockedError):
        write(root)
    monkeypatch.setenv(secrets.PASSPHRASE, "another one of some length")
    with pytest.raises(KeyRefusedError, match="12 characters"):
        put_under(root, "too short")
    write(root)


def test_a_new_key_is_under_the_passphrase_of_the_old_one(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = put_under(root)
    monkeypatch.setenv(secrets.PASSPHRASE, PASSPHRASE)
    change(root)
    assert is_encrypted(key.read_bytes())
    write(root)
    assert found(root) == []


def test_an_archive_that_is_made_with_a_passphrase_has_no_plain_key(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(secrets.PASSPHRASE, PASSPHRASE)
    create_archive(place / "b", origin=ORIGIN)
    assert is_encrypted((place / "b/keys/ledger.key").read_bytes())
    write(place / "b")


def test_a_service_finds_the_passphrase_in_its_credentials(
    root: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_under(root)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(place))
    with pytest.raises(KeyLockedError):
        write(root)
    (place / "ledger-passphrase").write_text(PASSPHRASE + "\n")
    write(root)


def test_a_service_finds_the_key_itself_in_its_credentials(
    root: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "keys/ledger.key").rename(place / "ledger.key")
    with pytest.raises(NotAnArchiveError, match=r"ledger\.key"):
        write(root)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(place))
    write(root)
    done = change(root)  # the new one cannot be put there: it is in its file
    write(root)
    assert signers(root)[-1] == done.key.id.hex()
    assert (root / "keys/ledger.key").exists()
    assert found(root) == []


def test_the_key_of_another_archive_signs_nothing(root: Path, place: Path) -> None:
    create_archive(place / "b", origin=ORIGIN)
    shutil.copy(place / "b/keys/ledger.key", root / "keys/ledger.key")
    with pytest.raises(LedgerDamagedError, match="one pair"):
        write(root)
    assert found(root) == [("key_mismatch", "keys/ledger.key")]


def test_no_changed_byte_of_a_protected_key_is_taken_for_another_key(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = put_under(root)
    monkeypatch.setenv(secrets.PASSPHRASE, PASSPHRASE)
    data = key.read_bytes()
    signer = newest(root)
    for at in range(30, len(data) - 30, 23):
        key.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
        with pytest.raises(ArchiveError) as caught:
            write(root)
        assert isinstance(caught.value, KeyLockedError | NotAnArchiveError | LedgerDamagedError)
    key.write_bytes(data)
    write(root)
    assert newest(root) == signer


def test_a_token_whose_library_is_not_there_is_said(root: Path) -> None:
    use_token(root, module="/nonexistent/library.so")
    write(root)  # the key is still in its file
    with (
        open_archive(root, write=True) as archive,
        pytest.raises(KeyTokenError, match="cannot be loaded"),
    ):
        rotate(archive, actor="local-0", hardware=True)
    assert found(root) == []


def test_no_token_in_the_settings_is_said(root: Path) -> None:
    with (
        open_archive(root, write=True) as archive,
        pytest.raises(KeyRefusedError, match=r"\[keys\.pkcs11\]"),
    ):
        rotate(archive, actor="local-0", hardware=True)
