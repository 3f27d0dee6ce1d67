"""What the doctor says of a machine's USB: what is missing, and what to do."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from muniment.doctor.usb import Finding, look
from muniment.messages import TABLES


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine's files, as a station has them."""
    for folder in ("dev/bus/usb", "proc/1", "usr/lib/udev/rules.d"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "usr/lib/udev/rules.d/60-muniment.rules").touch()
    (tmp_path / "proc/filesystems").write_text("nodev\tproc\n\text4\n\tvfat\n")
    (tmp_path / "proc/1/comm").write_text("systemd\n")
    modules = tmp_path / "lib/modules" / platform.release()
    modules.mkdir(parents=True)
    (modules / "modules.dep").write_text("kernel/fs/exfat/exfat.ko.xz:\n")
    return tmp_path


def findings(machine: Path) -> dict[str, Finding]:
    found = look(machine, device_nodes=machine / "dev/bus/usb")
    return {finding.name.removeprefix("doctor.usb."): finding for finding in found}


def test_a_stations_machine_lacks_nothing_that_its_files_show(machine: Path) -> None:
    found = findings(machine)
    for name in ("libusb", "access", "rule", "file_systems", "desktop"):
        assert found[name].missing is None, found[name]
    assert found["rule"].detail == "/usr/lib/udev/rules.d/60-muniment.rules"


def test_a_machine_without_usb_is_told_from_one_without_the_right(machine: Path) -> None:
    (machine / "dev/bus/usb").rmdir()
    assert findings(machine)["access"].missing == "doctor.usb.no_usb"


def test_file_systems_of_neither_kernel_nor_modules_are_named(machine: Path) -> None:
    (machine / "proc/filesystems").write_text("\text4\n")
    found = findings(machine)["file_systems"]
    assert (found.missing, found.detail) == ("doctor.usb.file_systems_no", "vfat")


def test_a_desktop_that_opens_cameras_is_named(machine: Path) -> None:
    (machine / "proc/7").mkdir()
    (machine / "proc/7/comm").write_text("gvfs-gphoto2-vo\n")
    assert findings(machine)["desktop"].detail == "gvfs-gphoto2-vo"


def test_the_rule_matters_to_who_is_not_root(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (machine / "usr/lib/udev/rules.d/60-muniment.rules").unlink()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert findings(machine)["rule"].missing == "doctor.usb.rule_no"


def test_everything_that_can_be_missing_has_its_sentence_in_both_languages(machine: Path) -> None:
    for table in TABLES.values():
        for finding in look(machine):
            assert table[finding.name]
            assert table[f"{finding.name}_no"] or finding.name == "doctor.usb.access"
