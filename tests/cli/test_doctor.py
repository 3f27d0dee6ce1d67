"""`doctor`: what counts as a fault, and what is only told."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from ingest.media import landlock
from tests.cli.command import Command
from tests.fakes.kernel import WITHOUT_LANDLOCK


def test_what_usb_lacks_is_told_and_is_a_fault_only_where_it_was_asked_for(
    archive: Command,
) -> None:
    plain = archive.json("doctor", status=None)
    assert plain["ok"] == all(check["ok"] for check in plain["checks"])
    asked = archive.json("doctor", "usb", status=None)
    usb = [check["ok"] for check in asked["usb"]]
    assert len(usb) == 7
    assert asked["ok"] == (plain["ok"] and all(usb))
    archive("doctor", "usb", status=0 if asked["ok"] else 5)


def test_a_part_that_there_is_none_of_is_wrong_usage(archive: Command) -> None:
    assert "C001" in archive("doctor", "cloud", status=2).err


def test_what_the_settings_ask_of_the_machine_is_looked_at(archive: Command) -> None:
    toml = archive.root / "muniment.toml"
    toml.write_text(toml.read_text() + '\n[gat947]\nlibrary = "/nowhere/maker.so"\n')
    report = archive.json("doctor", status=5)
    faults = {check["name"]: check["detail"] for check in report["checks"] if not check["ok"]}
    assert "No such file" in faults["maker's library"]


def test_a_signing_key_that_cannot_be_used_is_a_fault(archive: Command) -> None:
    def told() -> tuple[bool, str]:
        checks = archive.json("doctor", status=None)["checks"]
        return next((c["ok"], c["detail"]) for c in checks if c["name"] == "signing key")

    assert told()[0]
    assert "without a passphrase" in told()[1]
    secret = "a passphrase of some length"
    archive("key", "protect", stdin=secret.encode())
    assert told()[0] is False
    assert "MUNIMENT_KEY_PASSPHRASE" in told()[1]
    archive("doctor", status=5)


def test_findings_on_record_are_a_fault_until_an_audit_finds_nothing(archive: Command) -> None:
    def told() -> dict[str, object]:
        (check,) = (
            c for c in archive.json("doctor", status=None)["checks"] if c["name"] == "audit"
        )
        return dict(check)

    assert told()["ok"] is True
    keys = archive.root / "keys" / "ledger.key"
    keys.chmod(0o644)
    archive("audit", "--record", status=1)
    assert told()["ok"] is False
    assert "key_exposed" in str(told()["detail"])
    archive("doctor", status=5)
    keys.chmod(0o600)
    archive("audit", "--record")
    assert told()["ok"] is True


@pytest.mark.parametrize("kernel", ["", WITHOUT_LANDLOCK], ids=["this kernel", "no Landlock"])
def test_a_kernel_that_keeps_media_processes_from_less_is_told_and_is_no_fault(
    archive: Command, kernel: str
) -> None:
    begin = f"{kernel}\nimport os, sys\nos.execv(sys.argv[1], sys.argv[1:])"
    command = replace(archive, prefix=(sys.executable, "-c", begin))
    checks = command.json("doctor", status=None)["checks"]
    (check,) = (check for check in checks if check["name"] == "media processes")
    has = not kernel and landlock.version() > 0
    assert check["ok"] is True
    assert check["warning"] is not has
    assert ("has no Landlock" in check["detail"]) is not has
