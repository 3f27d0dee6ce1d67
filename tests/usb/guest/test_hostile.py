"""Recorders that do not play by the rules, as real USB devices: the fake of the unit tests behind the kernel's bus."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from devices.clips import Listing
from devices.errors import DeviceError, RecorderSilentError, SourceGoneError
from devices.mtp.codes import Operation
from devices.mtp.link import Link
from devices.mtp.recorder import MtpRecorder
from devices.mtp.timing import Timing
from tests.fakes.responder import (
    MTP,
    PIMA,
    Content,
    Deed,
    Habits,
    Hand,
    Misdeed,
    Node,
    Responder,
    tree,
)
from tests.usb.lab.vhci import VirtualRecorder

MIB = 1 << 20
SIZE = 3 * MIB + 12345
IMPATIENT = Timing(answer=0.7, slow=0.7, settle=0.3, quiet=0.1)
READING = Operation.GET_PARTIAL_OBJECT64
Plug = Callable[[Link], VirtualRecorder]
Open = Callable[..., MtpRecorder]

# Those in which the bus itself has a part; the others are tried in memory, by the unit tests of devices/mtp.
ONCE: tuple[Deed, ...] = (
    *("mute", "no_response", "stall", "long_header", "wrong_transaction", "runt", "empty_packets"),
)
FOR_EVER: tuple[Deed, ...] = (
    *("mute", "stall", "long_header", "wrong_transaction", "garbage", "endless", "pull"),
)


def clips() -> list[Node]:
    return tree({"DCIM/执法/一.mp4": Content(SIZE), "DCIM/two.mp4": b"x" * 500})


def read(
    recorder: MtpRecorder, number: int = 0, *, start: int = 0
) -> tuple[bytes, DeviceError | None]:
    """A clip from a place on, as far as it goes, and why no further."""
    got = bytearray()
    room = memoryview(bytearray(MIB))
    try:
        with recorder.open(recorder.list().clips[number]) as reader:
            reader.seek(start)
            while came := reader.read_into(room):
                got += room[:came]
    except DeviceError as e:
        return bytes(got), e
    return bytes(got), None


def listed(recorder: MtpRecorder) -> tuple[Listing, DeviceError | None]:
    try:
        return recorder.list(), None
    except DeviceError as e:
        return Listing(clips=[], refused=[]), e


@pytest.mark.parametrize(
    ("zero_length_packet", "operations"),
    [(True, MTP | {READING}), (False, MTP), (False, PIMA)],
    ids=["mtp", "mtp-without-zlp", "ptp-without-zlp"],
)
def test_every_habit_gives_the_same_bytes(
    zero_length_packet: bool, operations: frozenset[int], hostile: Plug, opened: Open
) -> None:
    habits = Habits(
        zero_length_packet=zero_length_packet,
        operations=operations,
        vendor=0 if operations == PIMA else 6,
        new_handles=True,
    )
    recorder = opened(hostile(Responder(clips(), habits=habits)).serial, IMPATIENT)
    assert recorder.facts.transport == ("ptp" if operations == PIMA else "mtp")
    assert [clip.path.decode() for clip in recorder.list().clips] == [
        "DCIM/two.mp4",
        "DCIM/执法/一.mp4",
    ]
    assert read(recorder, 0) == (b"x" * 500, None)
    assert read(recorder, 1) == (Content(SIZE)[0:SIZE], None)


@pytest.mark.parametrize("deed", ONCE)
def test_what_goes_wrong_once_costs_nothing_but_time(
    deed: Deed, hostile: Plug, opened: Open
) -> None:
    misdeed = Misdeed(deed=deed, operation=READING, after=1, times=1)
    recorder = opened(hostile(Responder(clips(), misdeeds=[misdeed])).serial, IMPATIENT)
    started = time.monotonic()
    got, error = read(recorder, 1)
    assert time.monotonic() - started < 10
    if error is not None:  # said, and what came before it is good
        assert got == Content(SIZE)[0 : len(got)]
        got, error = read(recorder, 1, start=len(got))
        assert (got, error) == (Content(SIZE)[SIZE - len(got) : SIZE], None)
    else:
        assert got == Content(SIZE)[0:SIZE]
    assert misdeed.times == 0


@pytest.mark.parametrize("deed", FOR_EVER)
def test_what_goes_wrong_for_ever_ends_soon_with_a_reason(
    deed: Deed, hostile: Plug, opened: Open
) -> None:
    misdeed = Misdeed(deed=deed, operation=READING, after=1)
    recorder = opened(hostile(Responder(clips(), misdeeds=[misdeed])).serial, IMPATIENT)
    started = time.monotonic()
    got, error = read(recorder, 1)
    assert time.monotonic() - started < 30
    assert got == Content(SIZE)[0 : len(got)]
    assert len(got) >= 2 * MIB
    assert error is not None
    assert isinstance(error, SourceGoneError) == (deed == "pull")
    other = opened("CAM0", IMPATIENT)  # a neighbour on the same machine
    assert other.list().clips


def test_one_that_never_says_a_word_is_given_up_in_time(hostile: Plug, opened: Open) -> None:
    serial = hostile(Responder(misdeeds=[Misdeed(deed="mute")])).serial
    started = time.monotonic()
    with pytest.raises(RecorderSilentError):
        opened(serial, IMPATIENT)
    assert time.monotonic() - started < 15
    assert opened("CAM0").list().clips


@pytest.mark.parametrize("deed", ["huge_count", "endless", "runt"])
def test_a_listing_that_cannot_be_is_refused(deed: Deed, hostile: Plug, opened: Open) -> None:
    misdeed = Misdeed(deed=deed, operation=Operation.GET_OBJECT_HANDLES)
    recorder = opened(hostile(Responder(clips(), misdeeds=[misdeed])).serial, IMPATIENT)
    started = time.monotonic()
    listing, error = listed(recorder)
    assert time.monotonic() - started < 30
    if error is None:
        assert listing.clips == []
        assert listing.refused
    else:
        assert error.code in {"D020", "D021"}


def test_one_that_leaves_every_megabyte_gives_its_whole_clip(
    opened: Open, record_property: Callable[[str, object], None]
) -> None:
    responder = Responder(clips(), habits=Habits(disconnect_every=MIB))
    got = bytearray()
    for dockings in count(1):
        assert dockings <= 12
        plugged = VirtualRecorder(responder, serial="FLEETING")
        try:
            recorder = opened("FLEETING", IMPATIENT)
            more, error = read(recorder, 1, start=len(got))
            recorder.close()
            got += more
        finally:
            plugged.unplug()
        if error is None:
            break
        assert isinstance(error, SourceGoneError)
        assert more
        responder.replug()
    assert got == Content(SIZE)[0:SIZE]
    assert responder.sent <= 1.6 * SIZE
    record_property(
        "bytes sent by a recorder that leaves every MB", f"{responder.sent / SIZE:.2f} x"
    )


class WallClock(Hand):
    """The guest's own clock, minutes behind."""

    def now(self) -> datetime:
        return datetime.now(UTC) - timedelta(minutes=7) + timedelta(hours=8)


def test_its_clock_is_read_with_its_uncertainty_and_set(hostile: Plug, opened: Open) -> None:
    responder = Responder(clips(), hand=WallClock())
    recorder = opened(hostile(responder).serial)
    reading = recorder.read_clock()
    assert reading is not None
    assert abs(reading.offset_us - 7 * 60 * 10**6) <= reading.uncertainty_us
    assert reading.uncertainty_us < 2 * 10**6
    assert recorder.set_clock()
    assert len(responder.set_values) == 1
    written = responder.set_values[0][1:].decode("utf-16-le").rstrip("\0")
    said = datetime.strptime(f"{written}+0800", "%Y%m%dT%H%M%S%z")
    assert abs(datetime.now(UTC) - said) < timedelta(seconds=3)


def test_one_without_a_clock_has_none(opened: Open) -> None:
    recorder = opened("CAM0")
    assert recorder.read_clock() is None
    assert not recorder.set_clock()
