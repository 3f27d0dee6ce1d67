"""The key in hardware: SoftHSM2 stands in for it. A token reads its settings once in a process."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pkcs11.exceptions import FunctionRejected

from archive.durable import Disk
from archive.errors import ArchiveError
from archive.keys import pkcs11, secrets
from archive.keys.errors import KeyLockedError, KeyTokenError
from archive.keys.folder import announced_keys, known_keys
from archive.keys.rotation import rotate
from archive.ledger.note import Verifier
from archive.opening import open_archive
from archive.settings import load
from tests.integrity.keys.places import LABEL, PIN, found, newest, note, signers, use_token, write


@pytest.fixture
def held(root: Path, tokens: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive whose key is in the token."""
    assert tokens.is_dir()
    monkeypatch.setenv(secrets.PIN, PIN)
    use_token(root, label=f"{LABEL} {root.parent.name}")
    with open_archive(root, write=True) as archive:
        rotate(archive, actor="local-0", hardware=True)
    return root


def forget(root: Path) -> None:
    """Sessions of this process end, as in another process."""
    settings = load(root).pkcs11
    assert settings is not None
    pkcs11.Token(settings).forget()


def in_token(root: Path) -> list[Verifier]:
    """The archive's keys that the token holds, each with its private half."""
    settings = load(root).pkcs11
    assert settings is not None
    token = pkcs11.Token(settings)
    keys = token.keys(newest(root).name)
    for key in keys:
        token.private(token.session(), key)
    return keys


def test_the_key_is_made_in_the_token_and_signs_there(held: Path) -> None:
    assert not (held / "keys/ledger.key").exists()
    write(held)
    assert signers(held)[-1] == newest(held).id.hex()
    assert len(known_keys(held)) == 2
    assert announced_keys(held) == []
    assert found(held) == []


def test_one_key_in_hardware_follows_another_and_goes_back_to_a_file(held: Path) -> None:
    for hardware in (True, False, True):
        with open_archive(held, write=True) as archive:
            note(archive)
            done = rotate(archive, actor="local-0", hardware=hardware)
            note(archive)
        assert signers(held)[-1] == done.key.id.hex()
        assert (held / "keys/ledger.key").exists() is not hardware
        assert not done.left
        assert in_token(held) == ([done.key] if hardware else [])
    assert len(known_keys(held)) == 5
    assert found(held) == []


@pytest.mark.parametrize("pin", [None, "654321", "1", "654 321"])
def test_a_missing_or_wrong_pin_signs_nothing(
    held: Path, pin: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(held)
    monkeypatch.delenv(secrets.PIN)
    if pin is not None:
        monkeypatch.setenv(secrets.PIN, pin)
    size = len(signers(held))
    with pytest.raises(KeyLockedError, match="PIN"):
        write(held)
    monkeypatch.setenv(secrets.PIN, PIN)
    assert len(signers(held)) == size
    write(held)


def test_a_service_finds_the_pin_in_its_credentials(
    held: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(held)
    monkeypatch.delenv(secrets.PIN)
    (place / "pkcs11-pin").write_text(f"{PIN}\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(place))
    write(held)


def test_a_session_that_the_token_forgot_is_opened_anew(held: Path) -> None:
    settings = load(held).pkcs11
    assert settings is not None
    with open_archive(held, write=True) as archive:
        note(archive)
        pkcs11.Token(settings).session().close()
        note(archive)
    assert found(held) == []


def test_another_token_or_label_than_the_key_is_in_signs_nothing(held: Path) -> None:
    path = held / "muniment.toml"
    text = path.read_text()
    for wrong, why in (
        (text.replace('token = "station"', 'token = "other"'), "is not there"),
        (text.replace('label = "', 'label = "x'), "holds no key"),
    ):
        path.write_text(wrong)
        with pytest.raises(KeyTokenError, match=why):
            write(held)
    path.write_text(text)
    write(held)


SIGN = """
import shutil, sys
from pathlib import Path
from archive.errors import ArchiveError
from archive.opening import open_archive
from tests.integrity.keys.places import note
root, tokens = Path(sys.argv[1]), Path(sys.argv[2])
with open_archive(root, write=True) as archive:
    note(archive)
    shutil.rmtree(tokens)
    try:
        note(archive)
    except ArchiveError as e:
        print(e.code)
"""


def test_a_token_that_is_pulled_out_is_said_and_the_ledger_stays_whole(
    held: Path, tokens: Path, tmp_path: Path
) -> None:
    mine = Path(shutil.copytree(tokens, tmp_path / "mine"))
    settings = mine / "softhsm2.conf"
    settings.write_text(settings.read_text().replace(str(tokens), str(mine)))
    before = len(signers(held))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SIGN, held, mine / "tokens"],
        env={**os.environ, "SOFTHSM2_CONF": str(settings)},
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "A091\n"
    assert len(signers(held)) == before + 1
    write(held)
    assert found(held) == []


class KillingDisk(Disk):
    """Kills its process before a file of this name is replaced."""

    def __init__(self, name: str) -> None:
        self._name = name

    def replace_file(self, path: Path, data: bytes, **options: Any) -> None:
        if path.name == self._name:
            os.kill(os.getpid(), signal.SIGKILL)
        super().replace_file(path, data, **options)

    def unlink(self, path: Path) -> None:
        if path.name == self._name:
            os.kill(os.getpid(), signal.SIGKILL)
        super().unlink(path)


KILLED = """
import sys
from pathlib import Path
from archive.keys.rotation import rotate
from archive.opening import open_archive
from tests.integrity.keys.test_hardware import KillingDisk
with open_archive(Path(sys.argv[1]), write=True, disk=KillingDisk(sys.argv[2])) as archive:
    rotate(archive, actor="local-0", hardware=True)
"""


@pytest.mark.parametrize("name", ["retired.vkeys", "ledger.vkey", "ledger.key"])
def test_a_kill_on_the_way_to_hardware_is_healed_by_the_next_opening(
    root: Path, tokens: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tokens.is_dir()
    monkeypatch.setenv(secrets.PIN, PIN)
    use_token(root, label=f"{LABEL} {root.parent.name}")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED, root, name],
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert found(root) == []
    write(root)
    assert len(known_keys(root)) == 2
    assert signers(root)[-1] == newest(root).id.hex()
    assert not (root / "keys/ledger.key").exists()
    assert announced_keys(root) == []
    assert found(root) == []


def test_a_key_that_no_entry_named_is_used_by_the_next_change(held: Path) -> None:
    settings = load(held).pkcs11
    assert settings is not None
    spare = pkcs11.Token(settings).make(newest(held).name)
    with open_archive(held, write=True) as archive:
        assert rotate(archive, actor="local-0", hardware=True).key == spare
    assert in_token(held) == [spare]


def test_a_kill_before_the_old_key_is_destroyed_is_healed_by_the_next_opening(held: Path) -> None:
    old = newest(held)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED, held, "retired.vkeys"],
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    forget(held)
    assert len(in_token(held)) == 2
    write(held)
    assert old != newest(held)
    assert in_token(held) == [newest(held)]
    assert found(held) == []


def refuse(token: pkcs11.Token, verifiers: tuple[Verifier, ...]) -> None:
    """A token whose objects cannot be removed."""
    raise token.failed(FunctionRejected(str(len(verifiers))))


def test_a_key_that_the_token_will_not_give_up_is_said_to_be_there_still(
    held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = newest(held)
    monkeypatch.setattr(pkcs11.Token, "destroy", refuse)
    with open_archive(held, write=True) as archive:
        assert rotate(archive, actor="local-0").left == "hardware"
    assert in_token(held) == [old]
    write(held)
    assert signers(held)[-1] == newest(held).id.hex()


def test_an_error_names_the_token_and_not_the_pin(
    held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(held)
    monkeypatch.setenv(secrets.PIN, "99887766")
    with pytest.raises(ArchiveError) as caught:
        write(held)
    assert "station" in str(caught.value)
    assert "99887766" not in str(caught.value)
