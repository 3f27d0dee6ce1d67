"""Erasing one file that is still the one that was listed; reading and setting the clock; what it says of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from devices.errors import (
    ClipChangedError,
    DeviceError,
    NotErasableError,
    ProtocolError,
    RecorderSilentError,
    SourceGoneError,
)
from devices.mtp.codes import Operation, Response
from devices.mtp.recorder import MtpRecorder
from devices.mtp.strings import parse_string
from tests.fakes.responder import (
    ANDROID,
    PIMA,
    Habits,
    Misdeed,
    Node,
    Responder,
    tree,
)

Docked = Callable[..., MtpRecorder]
FILES = {"DCIM/a": b"1", "DCIM/b": b"22", "c": b"333"}


def left(link: Responder) -> set[str]:
    return {node.name for node in link.nodes}


@pytest.mark.parametrize("new_handles", [False, True])
def test_what_is_erased_is_that_file_and_nothing_else(docked: Docked, new_handles: bool) -> None:
    link = Responder(tree(FILES), habits=Habits(new_handles=new_handles))
    recorder = docked(link)
    a, b, _ = recorder.list().clips
    with recorder.releasing():
        recorder.erase(a)
        link.misdeeds.append(Misdeed(deed="mute", times=1))  # handles may be new after this
        recorder.erase(b)
    assert left(link) == {"DCIM", "c"}
    deleted = [call for call in link.asked if call[0] == Operation.DELETE_OBJECT]
    assert {call[2] for call in deleted} == {0}  # the second parameter is said
    assert [clip.path for clip in recorder.list().clips] == [b"c"]


def test_a_handle_of_a_session_that_was_lost_erases_nothing(docked: Docked) -> None:
    link = Responder(tree(FILES), habits=Habits(swapped_handles=True))
    recorder = docked(link)
    a, *_ = recorder.list().clips
    looked = recorder._find(a)
    recorder._session.open()  # as another thread does that finds back
    recorder._find = lambda clip: looked  # type: ignore[method-assign] # noqa: ARG005
    with recorder.releasing(), pytest.raises(RecorderSilentError):
        recorder.erase(a)
    assert len(link.nodes) == 4


def test_a_clip_known_from_another_docking_is_found_by_its_path(docked: Docked) -> None:
    link = Responder(tree(FILES))
    (a, *_) = docked(link).list().clips
    link.habits.new_handles = True
    recorder = docked(link)
    with recorder.releasing():
        recorder.erase(replace(a, ino=3, dev=0))
    assert left(link) == {"DCIM", "b", "c"}


@pytest.mark.parametrize(
    "change",
    [
        lambda node: setattr(node, "content", b"other"),
        lambda node: setattr(node, "date", "20260301T080001"),
        lambda node: setattr(node, "name", "other"),
        lambda node: setattr(node, "folder", True),
    ],
)
def test_a_file_that_changed_is_not_erased(docked: Docked, change: Callable[[Node], None]) -> None:
    link = Responder(tree(FILES))
    recorder = docked(link)
    (*_, clip) = recorder.list().clips
    change(next(node for node in link.nodes if node.name == "c"))
    with recorder.releasing(), pytest.raises(ClipChangedError):
        recorder.erase(clip)
    assert len(link.nodes) == 4


def test_of_two_files_that_look_the_same_none_is_erased(docked: Docked) -> None:
    link = Responder([Node("a", b"1"), Node("a", b"1")])
    (clip,) = docked(link).list().clips
    fresh = docked(link)
    with fresh.releasing(), pytest.raises(ClipChangedError, match="two files"):
        fresh.erase(clip)
    assert len(link.nodes) == 2


def test_what_is_gone_already_is_said(docked: Docked) -> None:
    link = Responder(tree(FILES))
    recorder = docked(link)
    (*_, clip) = recorder.list().clips
    with recorder.releasing():
        recorder.erase(clip)
        with pytest.raises(ClipChangedError, match="not there any more"):
            recorder.erase(clip)


def test_nothing_is_erased_outside_of_a_release(docked: Docked) -> None:
    link = Responder(tree(FILES))
    recorder = docked(link)
    with pytest.raises(ValueError, match="releasing"):
        recorder.erase(recorder.list().clips[0])
    assert len(link.nodes) == 4


def test_a_recorder_that_offers_no_removal_is_not_released(docked: Docked) -> None:
    habits = Habits(operations=ANDROID - {Operation.DELETE_OBJECT})
    for unfit in (habits, Habits(read_only=True)):
        recorder = docked(Responder(tree(FILES), habits=unfit))
        with pytest.raises(NotErasableError), recorder.releasing():
            pass


@pytest.mark.parametrize(
    "code",
    [
        Response.STORE_READ_ONLY,
        Response.OBJECT_WRITE_PROTECTED,
        Response.PARTIAL_DELETION,
        Response.ACCESS_DENIED,
        Response.SPECIFICATION_BY_FORMAT_UNSUPPORTED,
    ],
)
def test_a_refusal_to_erase_is_said(docked: Docked, code: int) -> None:
    link = Responder(tree(FILES))
    link.misdeeds.append(Misdeed(deed="refuse", operation=Operation.DELETE_OBJECT, code=code))
    recorder = docked(link)
    with recorder.releasing(), pytest.raises(NotErasableError, match=f"0x{code:04X}"):
        recorder.erase(recorder.list().clips[0])


@pytest.mark.parametrize("deed", ["mute", "stall", "wrong_transaction", "no_response", "pull"])
def test_an_erasure_without_an_answer_is_not_sent_twice_and_not_said_to_be_done(
    docked: Docked, deed: str
) -> None:
    link = Responder(tree(FILES))
    misdeed = Misdeed(deed=deed, operation=Operation.DELETE_OBJECT)  # type: ignore[arg-type]
    link.misdeeds.append(misdeed)
    recorder = docked(link)
    with (
        recorder.releasing(),
        pytest.raises((RecorderSilentError, ProtocolError, SourceGoneError)),
    ):
        recorder.erase(recorder.list().clips[0])
    assert [call[0] for call in link.asked].count(Operation.DELETE_OBJECT) == 1


def test_an_erasure_that_is_only_claimed_is_found_out(docked: Docked) -> None:
    link = Responder(tree(FILES))
    link.misdeeds.append(
        Misdeed(deed="refuse", operation=Operation.DELETE_OBJECT, code=Response.OK)
    )
    recorder = docked(link)
    with recorder.releasing(), pytest.raises(NotErasableError, match="still there"):
        recorder.erase(recorder.list().clips[0])


# The clock


@pytest.mark.parametrize("fraction", [0, 50_000, 500_000, 950_000])
def test_the_clock_is_read_to_the_middle_of_its_second(docked: Docked, fraction: int) -> None:
    link = Responder()
    link.hand.start = link.hand.start.replace(microsecond=fraction)
    link.clock_ahead = timedelta(hours=8, seconds=-90)  # its clock runs in Shanghai, and late
    reading = docked(link).read_clock()
    assert reading is not None
    assert reading.raw == "20260301T195830"
    assert reading.device == datetime(2026, 3, 1, 11, 58, 30, tzinfo=UTC)
    true_offset = 90_000_000
    assert abs(reading.offset_us - true_offset) <= reading.uncertainty_us
    assert 500_000 <= reading.uncertainty_us < 510_000
    assert abs(reading.host - link.hand.now()) < timedelta(seconds=1)


@pytest.mark.parametrize(("suffix", "hours"), [("Z", 0), ("+0800", 8), ("-0330", -3.5), ("", 8)])
def test_the_clock_s_own_zone_is_kept(docked: Docked, suffix: str, hours: float) -> None:
    link = Responder(habits=Habits(clock=suffix))
    link.clock_ahead = timedelta(hours=hours)
    recorder = docked(link)
    reading = recorder.read_clock()
    assert reading is not None
    assert abs(reading.offset_us) <= reading.uncertainty_us
    link.clock_ahead += timedelta(seconds=5000)
    assert recorder.set_clock()
    text = parse_string(link.set_values[0])[0]
    shown = link.hand.now() + timedelta(hours=hours)
    assert text == f"{shown:%Y%m%dT%H%M%S}{suffix}"
    assert link.hand.now().microsecond < 10_000  # set when a second of ours began


def test_a_recorder_without_a_clock_has_none(docked: Docked) -> None:
    for habits in (Habits(clock=None), Habits(clock=" o'clock")):
        recorder = docked(Responder(habits=habits))
        assert recorder.read_clock() is None
    assert not docked(Responder(habits=Habits(clock=None))).set_clock()


def test_a_clock_that_cannot_be_set_is_said(docked: Docked) -> None:
    link = Responder(habits=Habits(settable=False))
    assert not docked(link).set_clock()
    assert link.set_values == []
    link = Responder()
    link.misdeeds.append(Misdeed(deed="refuse", operation=Operation.SET_DEVICE_PROP_VALUE))
    assert not docked(link).set_clock()
    link = Responder(misdeeds=[Misdeed(deed="mute", operation=Operation.SET_DEVICE_PROP_VALUE)])
    with pytest.raises(RecorderSilentError):
        docked(link).set_clock()
    assert len(link.set_values) == 1


# What it says of itself


def test_it_says_what_it_is(docked: Docked) -> None:
    facts = docked(Responder()).facts
    assert (facts.transport, facts.serial, facts.second_serial) == ("mtp", "BWC1", "SECOND")
    assert (facts.make, facts.model, facts.firmware) == ("Muniment", "Fake 1", "0.1")
    assert (facts.port, facts.battery) == ("1-1", 77)
    assert (facts.capacity, facts.free) == (64 << 30, 32 << 30)


def test_a_camera_without_mtp_is_ptp(docked: Docked) -> None:
    habits = Habits(operations=PIMA, vendor=0, clock=None)
    recorder = docked(Responder(tree(FILES), habits=habits))
    assert recorder.facts.transport == "ptp"
    assert recorder.name == "Muniment Fake 1"
    assert len(recorder.list().clips) == 3


def test_nonsense_is_nothing(docked: Docked) -> None:
    facts = docked(Responder(habits=Habits(free=65 << 30, battery=b"\xff"))).facts
    assert (facts.capacity, facts.free, facts.battery) == (64 << 30, None, None)
    facts = docked(Responder(habits=Habits(battery=b""), storages=())).facts
    assert (facts.capacity, facts.free, facts.battery) == (None, None, None)


@pytest.mark.parametrize(
    "operation",
    [
        Operation.GET_STORAGE_IDS,
        Operation.GET_STORAGE_INFO,
        Operation.GET_DEVICE_PROP_VALUE,
        Operation.GET_DEVICE_PROP_DESC,
    ],
)
@pytest.mark.parametrize("deed", ["refuse", "huge_count"])
def test_what_it_does_not_say_of_itself_is_left_out(
    docked: Docked, operation: Operation, deed: str
) -> None:
    link = Responder(misdeeds=[Misdeed(deed=deed, operation=operation)])  # type: ignore[arg-type]
    recorder = docked(link)
    recorder.read_clock()
    recorder.set_clock()


def test_a_closed_recorder_answers_nothing_and_its_readers_neither(docked: Docked) -> None:
    recorder = docked(Responder(tree(FILES)))
    (clip, *_) = recorder.list().clips
    reader = recorder.open(clip)
    recorder.close()
    recorder.close()
    for call in (recorder.list, lambda: reader.read_into(memoryview(bytearray(9)))):
        with pytest.raises(DeviceError):
            call()
    reader.close()
    reader.close()
