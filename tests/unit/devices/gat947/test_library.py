"""A maker's library: what it is asked, what is believed, and what it cannot do to us."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from devices.errors import NoAccessError, NoRecorderError, ProtocolError, RecorderSilentError
from devices.gat947.interface import DOCUMENTED, SHORT, UNTERMINATED, ZfyInfo
from devices.gat947.library import MakersLibrary, library_at, password_from
from devices.gat947.recorder import switch, with_identity
from devices.hotplug import Plugged
from devices.recorder import RecorderFacts
from tests.unit.devices.gat947.conftest import Maker

WHO = ZfyInfo(
    serial="A123456", badge="012345", officer="张三", unit="330100000001", unit_name="一中队"
)


def calls(folder: Path) -> list[str]:
    words = [line.split() for line in (folder / "calls").read_text("gbk").splitlines()]
    return [found[0] for found in words if found and found[0] != "rights"]


def test_a_recorder_says_who_it_is_and_how_full_its_battery_is(
    maker: Maker, tmp_path: Path
) -> None:
    found = maker().identify()
    assert found.info == WHO
    assert (found.battery, found.resolution) == (87, (1920, 1080))
    assert found.code == "HA-H6[31m"  # nothing that a terminal would act on
    assert calls(tmp_path) == ["Init_Device", "GetIDCode", "GetZFYInfo", "UnInit_Device"]


def test_the_library_runs_without_any_capability(maker: Maker, tmp_path: Path) -> None:
    maker().identify()
    assert "rights 0000000000000000\n" in (tmp_path / "calls").read_text("gbk")


def test_a_switch_to_mass_storage_is_one_session_and_the_clock_is_set_before(
    maker: Maker, tmp_path: Path
) -> None:
    assert maker().to_disk(set_clock=True).info == WHO
    assert calls(tmp_path)[-3:] == ["SyncDevTime", "SetMSDC", "UnInit_Device"]
    maker().to_disk(set_clock=False)
    assert calls(tmp_path).count("SyncDevTime") == 1


def test_a_result_of_16_bits_is_read_and_so_is_one_where_32_were_expected(maker: Maker) -> None:
    assert maker("RESULT=short", abi=SHORT).identify().info == WHO
    assert maker("RESULT=short").identify().info == WHO


def test_a_result_of_32_bits_where_16_were_said_is_noticed(maker: Maker) -> None:
    with pytest.raises(ProtocolError, match="wrote more than documented"):
        maker(abi=SHORT).identify()


def test_fields_without_a_byte_for_the_nul_are_read(maker: Maker) -> None:
    abi = dataclasses.replace(DOCUMENTED, fields=UNTERMINATED)
    assert maker("SPARE=0", abi=abi).identify().info == WHO


def test_fields_without_a_nul_are_taken_whole(maker: Maker) -> None:
    info = maker("NO_NUL").identify().info
    assert (info.serial, info.badge, info.unit) == ("x" * 8, "x" * 7, "x" * 13)


def test_who_it_belongs_to_is_written_and_what_does_not_fit_is_not(
    maker: Maker, tmp_path: Path
) -> None:
    maker().write(WHO)
    assert "WriteZFYInfo A123456" in (tmp_path / "calls").read_text("gbk")
    assert "user 012345" in (tmp_path / "calls").read_text("gbk")
    with pytest.raises(ValueError, match="does not fit a field of 6 bytes"):
        maker().write(dataclasses.replace(WHO, badge="0123456"))
    assert calls(tmp_path).count("WriteZFYInfo") == 1


def test_the_password_comes_from_the_environment_and_a_wrong_one_is_said_without_it(
    maker: Maker, tmp_path: Path
) -> None:
    assert password_from({}) == "000000"
    right = password_from({"MUNIMENT_GAT947_PASSWORD": "s3cret"})
    assert maker('SECRET="s3cret"', password=right).identify().info == WHO
    with pytest.raises(NoAccessError, match="another password") as caught:
        maker('SECRET="s3cret"', password="000111").to_disk(set_clock=True)
    assert "000111" not in str(caught.value)
    assert "SetMSDC" not in calls(tmp_path)
    assert calls(tmp_path)[-1] == "UnInit_Device"


def test_no_recorder_is_no_failure_of_the_library(maker: Maker, tmp_path: Path) -> None:
    with pytest.raises(NoRecorderError, match="finds no recorder"):
        maker("NOBODY").identify()
    assert calls(tmp_path) == ["Init_Device"]


def test_a_library_that_hangs_is_ended_in_time_and_named(maker: Maker) -> None:
    before = time.monotonic()
    with pytest.raises(RecorderSilentError, match="GetZFYInfo"):
        maker("HANGS", timeout=2).identify()
    assert time.monotonic() - before < 10


@pytest.mark.parametrize("variant", ["CRASHES", "LEAVES"])
def test_a_library_that_ends_its_process_ends_only_that(maker: Maker, variant: str) -> None:
    with pytest.raises(ProtocolError, match="ended in GetZFYInfo"):
        maker(variant).identify()


def test_a_library_that_prints_without_end_fills_nothing(maker: Maker) -> None:
    with pytest.raises(RecorderSilentError):
        maker("TALKS", timeout=2).identify()


def test_how_a_library_lets_go_does_not_matter_any_more(maker: Maker) -> None:
    assert maker("HANGS_AT_THE_END", timeout=3).to_disk(set_clock=False).info == WHO


def test_a_library_that_writes_too_far_is_not_believed(maker: Maker) -> None:
    with pytest.raises(ProtocolError, match="wrote more than documented in GetZFYInfo"):
        maker("LONGER").identify()


def test_codes_that_say_failed_or_nothing_known_are_failures(maker: Maker) -> None:
    with pytest.raises(ProtocolError, match="SetMSDC answered code 99"):
        maker("UNKNOWN_CODE").to_disk(set_clock=False)
    with pytest.raises(ProtocolError, match="SyncDevTime answered SET_SYSTEMTIME_FAILED"):
        maker("CLOCK_FAILS").set_clock()
    maker("SAYS_NOTHING").to_disk(set_clock=False)  # then what it returns is believed


def test_a_battery_that_cannot_be_is_none(maker: Maker) -> None:
    assert maker("LIES").identify().battery is None


def test_what_cannot_be_loaded_is_said(maker: Maker, tmp_path: Path) -> None:
    with pytest.raises(NoAccessError, match="ReadDeviceBatteryDumpEnergy"):
        maker("NO_BATTERY").identify()
    text = tmp_path / "lib.so"
    text.write_text("no library")
    with pytest.raises(NoAccessError, match=r"lib\.so"):
        MakersLibrary(text).identify()
    with pytest.raises(NoAccessError, match="No such file"):
        MakersLibrary(tmp_path / "none.so")
    text.chmod(0o646)
    with pytest.raises(NoAccessError, match="everybody may change it"):
        MakersLibrary(text)


class Hub:
    """Ports at which disks appear when one waits."""

    def __init__(self, *coming: Plugged) -> None:
        self._coming = list(coming)

    def present(self) -> list[Plugged]:
        return [plugged("1-1", "ptp", 4), plugged("1-9", "mass_storage", 9)]

    def wait(self, timeout: float) -> list[Plugged]:
        assert timeout >= 0
        return [plugged("1-9", "mass_storage", 9), *self._coming]


def plugged(port: str, kind: str, address: int) -> Plugged:
    return Plugged(
        port=port,
        kind=kind,  # type: ignore[arg-type]
        serial=None,
        vendor=1,
        product=2,
        bus=1,
        address=address,
        make=None,
        model=None,
    )


def test_the_disk_that_comes_after_the_switch_is_the_recorder(maker: Maker) -> None:
    disk = plugged("1-1", "mass_storage", 5)
    identity, found = switch(maker(), Hub(disk), set_clock=False)
    assert found == disk
    facts = with_identity(RecorderFacts(transport="mass_storage", serial="USB1"), identity)
    assert facts == RecorderFacts(
        transport="gat947",
        serial="USB1",
        second_serial="A123456",
        model="HA-H6[31m",
        badge="012345",
        unit="330100000001",
        battery=87,
    )


def test_no_disk_or_two_are_not_guessed_about(maker: Maker) -> None:
    with pytest.raises(NoRecorderError, match="no disk came"):
        switch(maker(), Hub(), set_clock=False, patience=0.2)
    two = Hub(plugged("1-1", "mass_storage", 5), plugged("1-2", "mass_storage", 6))
    with pytest.raises(NoRecorderError, match="2 disks came"):
        switch(maker(), two, set_clock=False)


def test_a_switched_disk_without_a_usb_serial_is_known_by_its_own(maker: Maker) -> None:
    facts = with_identity(RecorderFacts(transport="mass_storage"), maker().identify())
    assert (facts.serial, facts.second_serial) == ("A123456", "A123456")


def test_a_password_that_cannot_be_one_is_said_without_it(
    compiled: Callable[..., Path],
) -> None:
    for password in ("x" * 33, "\u0e01"):
        with pytest.raises(
            NoAccessError, match="MUNIMENT_GAT947_PASSWORD is no password"
        ) as caught:
            library_at(compiled(), {"MUNIMENT_GAT947_PASSWORD": password})
        assert password not in str(caught.value)
