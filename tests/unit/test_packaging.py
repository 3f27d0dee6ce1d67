"""What an installed station consists of: files in their places, a unit that systemd takes, rules that udev can read."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import tomllib
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGING: Final = ROOT / "packaging"
SCRIPTS: Final = ("install.sh", "uninstall.sh", "muniment", "muniment-new-archive")
UNIT: Final = "muniment-station.service"
SEALER: Final = "muniment-sealer.service"
WITNESS: Final = "muniment-witness.service"
MOST_EXPOSED: Final = 25  # tenths, of systemd-analyze's 100; it was 22 when this was written

# udev(7), "Rules files": keys that are matched, keys that are set, and the rest.
MATCHED: Final = {"ACTION", "SUBSYSTEM", "SUBSYSTEMS", "KERNEL"}
SET: Final = {"GROUP", "MODE", "GOTO", "LABEL"}
PART: Final = re.compile(
    r'(?P<key>[A-Z]+)(?:\{(?P<of>[A-Za-z0-9_]+)\})?(?P<how>==|!=|\+=|:=|=)"(?P<value>[^"]*)"'
)


def run(script: str, *options: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(PACKAGING / script), *map(str, options)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    done = run("install.sh", "--root", tmp_path / "a station", "--without-program")
    assert (done.returncode, done.stderr) == (0, "")
    return tmp_path / "a station"


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): oct(stat.S_IMODE(path.stat().st_mode))
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_everything_lies_where_debian_has_it(installed: Path) -> None:
    assert tree(installed) == {
        "etc/muniment/station.env": "0o600",
        "lib/systemd/system/muniment-sealer.service": "0o644",
        "lib/systemd/system/muniment-station.service": "0o644",
        "lib/systemd/system/muniment-witness.service": "0o644",
        "usr/bin/muniment": "0o755",
        "usr/lib/sysusers.d/muniment.conf": "0o644",
        "usr/lib/tmpfiles.d/muniment.conf": "0o644",
        "usr/lib/udev/rules.d/60-muniment.rules": "0o644",
        "usr/lib/udev/rules.d/69-muniment.rules": "0o644",
        "usr/sbin/muniment-new-archive": "0o755",
        "usr/share/doc/muniment/copyright": "0o644",
        "usr/share/doc/muniment/station.md": "0o644",
        "usr/share/doc/muniment/witness.md": "0o644",
        "usr/share/muniment/installed": "0o644",
    }


def test_an_installation_ends_with_what_to_do_next(tmp_path: Path) -> None:
    told = run("install.sh", "--root", tmp_path / "x", "--without-program").stdout
    steps = ("muniment-new-archive", "systemctl enable --now", "muniment user add")
    places = [told.find(step) for step in steps]
    assert -1 not in places
    assert places == sorted(places)


def test_a_second_installation_keeps_what_a_person_changed(installed: Path) -> None:
    settings = installed / "etc/muniment/station.env"
    settings.write_text("MUNIMENT_PORT=9000\n")
    unit = installed / "lib/systemd/system" / UNIT
    unit.write_text("old")
    assert run("install.sh", "--without-program", f"--root={installed}").returncode == 0
    assert settings.read_text() == "MUNIMENT_PORT=9000\n"
    assert unit.read_text() == (PACKAGING / UNIT).read_text()


def test_what_was_brought_is_taken_away_and_nothing_else(installed: Path) -> None:
    archive = installed / "var/lib/muniment/archive/store"
    archive.mkdir(parents=True)
    (archive / "object").write_text("evidence")
    (installed / "usr/bin/other").touch()
    assert run("uninstall.sh", "--root", installed).returncode == 0
    left = {"etc/muniment/station.env", "usr/bin/other", "var/lib/muniment/archive/store/object"}
    assert tree(installed).keys() == left
    assert run("uninstall.sh", "--root", installed).returncode == 4


def test_an_option_that_there_is_none_of_installs_nothing(tmp_path: Path) -> None:
    done = run("install.sh", "--root", tmp_path / "x", "--everything")
    assert done.returncode == 2
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_read_by_every_posix_shell(name: str) -> None:
    for shell in ("dash", "bash"):
        if shutil.which(shell):
            done = subprocess.run(
                [shell, "-n", str(PACKAGING / name)], capture_output=True, check=False
            )
            assert (done.returncode, done.stderr) == (0, b"")
    assert os.access(PACKAGING / name, os.X_OK) or name.endswith(".sh")


def unit_lines(name: str = UNIT) -> list[tuple[str, str]]:
    lines = (PACKAGING / name).read_text().splitlines()
    return [(k, v) for k, eq, v in (line.partition("=") for line in lines) if eq and k[0] != "#"]


def test_the_service_comes_back_by_itself_and_ends_in_time() -> None:
    unit = dict(unit_lines())
    assert unit["Restart"] == "always"
    assert unit["StartLimitIntervalSec"] == "0"
    assert unit["WantedBy"] == "multi-user.target"
    assert unit["KillSignal"] == "SIGTERM"
    assert unit["TimeoutStopSec"] == "15"


@pytest.mark.parametrize(
    ("name", "right"), [(UNIT, "CAP_SYS_ADMIN"), (SEALER, "CAP_LINUX_IMMUTABLE")]
)
def test_each_service_has_only_the_one_right_that_it_needs(name: str, right: str) -> None:
    unit = dict(unit_lines(name))
    assert unit["User"] == "muniment"
    assert unit["NoNewPrivileges"] == "yes"
    assert unit["CapabilityBoundingSet"] == unit["AmbientCapabilities"] == right


def test_the_station_may_ask_whether_its_clock_is_in_step() -> None:
    lines = list(unit_lines(UNIT))
    # systemd.exec(5), ProtectClock=: blocks adjtimex(2) whatever it is called for
    assert ("ProtectClock", "yes") not in lines
    assert ("SystemCallFilter", "adjtimex clock_adjtime") in lines
    assert "CAP_SYS_TIME" not in dict(lines)["CapabilityBoundingSet"]


def test_by_hand_one_has_the_right_that_the_station_has() -> None:
    wrapper = (PACKAGING / "muniment").read_text()
    assert re.findall(r"\+(\w+)", wrapper) == ["sys_admin"]


def test_the_station_asks_the_sealer_where_it_listens() -> None:
    started = dict(unit_lines(SEALER))["ExecStart"]
    socket = re.findall(r"--socket=(\S+)", started)[0]
    assert f'sealer = "{socket}"' in (PACKAGING / "muniment-new-archive").read_text()
    assert socket.startswith(f"/run/{dict(unit_lines(SEALER))['RuntimeDirectory']}/")


def test_the_service_calls_an_option_that_there_is() -> None:
    unit = dict(unit_lines())
    assert unit["ExecStart"].startswith("/opt/muniment/bin/muniment --root=")
    assert unit["ReadWritePaths"].split()[0] == "/var/lib/muniment"
    grammar = (ROOT / "muniment/grammar/archives.py").read_text("utf-8")
    for option in re.findall(r"--(?!root)\w+", unit["ExecStart"]):
        assert f'"{option}"' in grammar


def test_the_witness_has_no_right_at_all_and_an_option_for_its_folder() -> None:
    unit = dict(unit_lines(WITNESS))
    assert unit["CapabilityBoundingSet"] == ""
    assert unit["DynamicUser"] == unit["NoNewPrivileges"] == "yes"
    command = f"/opt/muniment/bin/muniment witness serve --folder=/var/lib/{unit['StateDirectory']}"
    assert unit["ExecStart"].startswith(command)
    assert '"--folder"' in (ROOT / "muniment/grammar/witnesses.py").read_text("utf-8")


@pytest.mark.parametrize("name", [UNIT, SEALER, WITNESS])
def test_systemd_takes_the_unit_and_finds_it_little_exposed(installed: Path, name: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs the Debian package systemd")
    program = installed / "opt/muniment/bin/muniment"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for target in ("sysinit.target", "multi-user.target", "shutdown.target", "basic.target"):
        (installed / "lib/systemd/system" / target).write_text("[Unit]\nDescription=x\n")
    verify = ["systemd-analyze", "verify", "--man=no", f"--root={installed}", name]
    done = subprocess.run(verify, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    exposed = ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}"]
    done = subprocess.run(
        [*exposed, f"--root={installed}", name],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout[-200:]


def rules(name: str) -> list[list[re.Match[str]]]:
    """A rules file as udev reads it: lines, each of parts. Every character is accounted for."""
    text = (PACKAGING / name).read_text().replace("\\\n", "")
    found = []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        parts = [PART.fullmatch(part.strip()) for part in re.split(r",(?=\s*[A-Z])", line)]
        assert all(parts), line
        found.append([part for part in parts if part])
    return found


@pytest.mark.parametrize("name", ["60-muniment.rules", "69-muniment.rules"])
def test_a_rule_says_only_what_udev_knows_and_jumps_forward(name: str) -> None:
    labels: list[str] = []
    jumps: list[str] = []
    for line in reversed(rules(name)):
        for part in line:
            key, of, how = part["key"], part["of"], part["how"]
            if key == "ENV":
                assert of is not None
                assert how in {"==", "!=", "="}
            elif key in MATCHED:
                assert how in {"==", "!="}
            else:
                assert key in SET
                assert how == "="
            if key == "LABEL":
                labels.append(part["value"])
            elif key == "GOTO":
                jumps.append(part["value"])
                assert part["value"] in labels
    assert set(labels) >= set(jumps)
    assert len(labels) == len(set(labels))


def outcome(name: str, **device: str) -> dict[str, str]:
    """What a rules file sets for a device: enough of udev to run ours."""
    done: dict[str, str] = {}
    target = ""
    for line in rules(name):
        if target:
            if line[0]["key"] != "LABEL" or line[0]["value"] != target:
                continue
            target = ""
        if not all(_is_met(part, device) for part in line):
            continue
        for part in line:
            if part["how"] == "=" and part["key"] == "GOTO":
                target = part["value"]
            elif part["how"] == "=" and part["key"] != "LABEL":
                done[part["of"] or part["key"]] = part["value"]
    return done


def _is_met(part: re.Match[str], device: dict[str, str]) -> bool:
    if part["how"] not in {"==", "!="}:
        return True
    pattern = re.escape(part["value"]).replace(r"\*", ".*").replace(r"\?", ".")
    same = re.fullmatch(pattern, device.get(part["of"] or part["key"], "")) is not None
    return same == (part["how"] == "==")


def test_cameras_and_cards_become_the_stations_and_no_desktops() -> None:
    usb = {"ACTION": "add", "SUBSYSTEM": "usb", "DEVTYPE": "usb_device"}
    camera = outcome("60-muniment.rules", **usb, ID_USB_INTERFACES=":060101:")
    assert (camera["GROUP"], camera["MODE"]) == ("muniment", "0660")
    assert camera["ID_GPHOTO2"] == ""
    assert (camera["MTP_NO_PROBE"], camera["ID_MM_DEVICE_IGNORE"]) == ("1", "1")
    disk = outcome("60-muniment.rules", **usb, ID_USB_INTERFACES=":080650:")
    assert disk == {"GROUP": "muniment", "MODE": "0660", "ID_MM_DEVICE_IGNORE": "1"}
    block = outcome("60-muniment.rules", ACTION="add", SUBSYSTEM="block", SUBSYSTEMS="usb")
    assert (block["GROUP"], block["UDISKS_IGNORE"]) == ("muniment", "1")
    hidden = outcome("69-muniment.rules", **usb, ID_MTP_DEVICE="1")
    assert (hidden["GROUP"], hidden["ID_MTP_DEVICE"]) == ("muniment", "")


def test_keyboards_inner_disks_and_what_is_exempted_stay_as_they_are() -> None:
    usb = {"ACTION": "add", "SUBSYSTEM": "usb", "DEVTYPE": "usb_device"}
    for device in (
        {**usb, "ID_USB_INTERFACES": ":030101:"},
        {"ACTION": "add", "SUBSYSTEM": "block", "SUBSYSTEMS": "ata"},
        {**usb, "ID_USB_INTERFACES": ":060101:", "MUNIMENT_IGNORE": "1"},
        {**usb, "ACTION": "remove", "ID_USB_INTERFACES": ":060101:"},
    ):
        assert outcome("60-muniment.rules", **device) == {}
        assert outcome("69-muniment.rules", **device) == {}


def test_a_new_archive_of_a_station_has_immutable_objects(tmp_path: Path) -> None:
    script = (PACKAGING / "muniment-new-archive").read_text()
    toml = tmp_path / "muniment.toml"
    edit = script[script.index("sealed=") : script.index("# The sealer looks")]
    rest = '[time]\nzone = "Asia/Shanghai"\n'
    for before in (
        "format = 1\n",
        f"[store]\nkind = 'posix'\n{rest}",
        f"[store]\nimmutable = false\n{rest}",
        f"[store]\nimmutable = true\nsealer = '/x'\n{rest}",
    ):
        toml.write_text(before)
        subprocess.run(["sh", "-euc", f"toml={toml}\n{edit}"], check=True, timeout=10)
        found = tomllib.loads(toml.read_text())
        assert found["store"]["immutable"] is True
        assert found["store"]["sealer"] == "/run/muniment-sealer/socket"
        assert (rest in before) == ("time" in found)
