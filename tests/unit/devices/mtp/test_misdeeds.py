"""Recorders that do wrong: each ends in bounded time, with a reason, and nothing false is taken for true."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest

from devices.errors import (
    ClipUnreadableError,
    DeviceError,
    ProtocolError,
    RecorderSilentError,
    SourceGoneError,
)
from devices.mtp.codes import Operation, Response
from devices.mtp.fetching import BLOCK
from devices.mtp.reader import MtpReader
from devices.mtp.recorder import MtpRecorder
from tests.fakes.responder import (
    ANDROID,
    PIMA,
    Content,
    Deed,
    Habits,
    Misdeed,
    Node,
    Payload,
    Responder,
    tree,
)

Docked = Callable[..., MtpRecorder]
WHOLE_ONLY = PIMA - {Operation.GET_PARTIAL_OBJECT}
DATA = Content(2 * BLOCK + 1234)[0 : 2 * BLOCK + 1234]
# Without parts, no response counts bytes; data that end early end there; the rest parses or is refused.
_FORGIVEN = {"cut", "fewer", "more", "miscounted", "long_header"}
DEEDS: tuple[Deed, ...] = get_args(Deed)


def good_part(reader: MtpReader) -> tuple[bytes, DeviceError | None]:
    """What could be read, and what ended it."""
    buffer, found = memoryview(bytearray(1 << 20)), bytearray()
    try:
        while count := reader.read_into(buffer):
            found += buffer[:count]
            if len(found) > 2 * len(DATA):
                break
    except DeviceError as e:
        return bytes(found), e
    return bytes(found), None


def everything(docked: Docked, link: Responder) -> object:
    """Use a recorder as a docking does; the first error ends it. What it complained of, if it did."""
    listing = None
    try:
        recorder = docked(link)
        recorder.read_clock()
        listing = recorder.list()
        for clip in listing.clips:
            with recorder.open(clip) as reader:
                found, error = good_part(reader)
                true = DATA if clip.path == b"a/b" else b"x"
                assert true.startswith(found) or len(found) > len(true)
                if error is not None:
                    raise error
                reader.restat()
            with recorder.releasing():
                recorder.erase(clip)
        recorder.set_clock()
    except DeviceError as e:
        return e
    return listing and listing.refused


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("times", [1, None])
@pytest.mark.parametrize("after", [0, 3])
@pytest.mark.parametrize("operations", [ANDROID, WHOLE_ONLY])
def test_whatever_it_does_wrong_it_ends_in_bounded_time(
    docked: Docked, deed: Deed, times: int | None, after: int, operations: frozenset[int]
) -> None:
    habits = Habits(operations=operations)
    link = Responder(
        tree({"a/b": DATA, "c": b"x"}),
        habits=habits,
        misdeeds=[Misdeed(deed=deed, times=times, after=after)],
    )
    complaint = everything(docked, link)
    assert link.hand.seconds < 300
    assert link.reads < 20_000
    assert link.sent < 600 << 20
    if times is None and deed not in _FORGIVEN:
        assert complaint


@pytest.mark.parametrize("deed", ["mute", "no_response", "stall", "wrong_transaction", "runt"])
@pytest.mark.parametrize("operation", [Operation.GET_PARTIAL_OBJECT64, Operation.GET_OBJECT_INFO])
@pytest.mark.parametrize("new_handles", [False, True])
def test_what_goes_wrong_once_is_done_again(
    docked: Docked, deed: Deed, operation: Operation, new_handles: bool
) -> None:
    misdeed = Misdeed(deed=deed, operation=operation, after=1, times=1)
    link = Responder(
        tree({"d/a": DATA}), habits=Habits(new_handles=new_handles), misdeeds=[misdeed]
    )
    recorder = docked(link)
    (clip,) = recorder.list().clips
    with recorder.open(clip) as reader:
        assert good_part(reader) == (DATA, None)
        assert reader.restat() == (clip.size, clip.mtime_ns)
    assert misdeed.times == 0


def test_a_mute_recorder_is_said_to_be_silent_and_not_asked_for_ever(docked: Docked) -> None:
    link = Responder(misdeeds=[Misdeed(deed="mute")])
    with pytest.raises(RecorderSilentError, match="a session was being opened"):
        docked(link)
    assert link.hand.seconds < 60
    assert link.closed


def test_a_recorder_that_falls_silent_keeps_what_was_read_and_costs_no_time_again(
    docked: Docked,
) -> None:
    link = Responder(tree({"a": DATA}))
    recorder = docked(link)
    (clip,) = recorder.list().clips
    with recorder.open(clip) as reader:
        link.misdeeds.append(Misdeed(deed="mute", after=1))
        found, error = good_part(reader)
    assert found == DATA[:BLOCK]
    assert isinstance(error, RecorderSilentError)
    before = link.hand.seconds
    with pytest.raises(RecorderSilentError):
        recorder.open(clip)
    assert link.hand.seconds == before


def test_a_stall_is_cleared_within_the_session(docked: Docked) -> None:
    link = Responder(tree({"a": DATA}))
    recorder = docked(link)
    (clip,) = recorder.list().clips
    link.misdeeds.append(Misdeed(deed="stall", operation=Operation.GET_PARTIAL_OBJECT64, times=1))
    with recorder.open(clip) as reader:
        assert good_part(reader) == (DATA, None)
    assert [asked[0] for asked in link.asked].count(Operation.OPEN_SESSION) == 1


@pytest.mark.parametrize("operations", [ANDROID, WHOLE_ONLY])
def test_fewer_bytes_than_its_size_end_early(docked: Docked, operations: frozenset[int]) -> None:
    node = Node("a", DATA, claims=len(DATA) + 100)
    link = Responder([node], habits=Habits(operations=operations))
    recorder = docked(link)
    (clip,) = recorder.list().clips
    assert clip.size == len(DATA) + 100
    with recorder.open(clip) as reader:
        assert good_part(reader) == (DATA, None)
        before = link.sent
        assert good_part(reader) == (b"", None)
        assert link.sent - before < 100


@pytest.mark.parametrize("always_unknown", [False, True])
@pytest.mark.parametrize("claims", [0, 1, 700, BLOCK, 2 * BLOCK])
@pytest.mark.parametrize("operations", [ANDROID, PIMA, WHOLE_ONLY])
def test_a_clip_that_is_longer_than_its_size_is_never_taken_for_whole(
    docked: Docked, operations: frozenset[int], claims: int, always_unknown: bool
) -> None:
    node = Node("a", DATA, claims=claims)
    habits = Habits(operations=operations, always_unknown=always_unknown)
    recorder = docked(Responder([node], habits=habits))
    (clip,) = recorder.list().clips
    assert clip.size == claims
    with recorder.open(clip) as reader:
        found, error = good_part(reader)
        assert DATA.startswith(found)
        assert len(found) > claims or error is not None


@pytest.mark.parametrize("claims", [0, 700, BLOCK])
def test_one_that_goes_on_behind_its_size_is_found_also_where_reading_begins_there(
    docked: Docked, claims: int
) -> None:
    recorder = docked(Responder([Node("a", DATA, claims=claims)]))
    (clip,) = recorder.list().clips
    with recorder.open(clip) as reader:
        reader.seek(claims)
        assert good_part(reader) == (DATA[claims : claims + 1], None)


class Strict(Responder):
    """Refuses to be asked for bytes behind the end."""

    def _bytes(
        self, node: Node, offset: int, length: int
    ) -> tuple[Payload | None, int, tuple[int, ...]]:
        if offset + length > node.size:
            return None, Response.INVALID_PARAMETER, ()
        return super()._bytes(node, offset, length)


@pytest.mark.parametrize("size", [0, 1, 512, 5000, BLOCK, BLOCK + 1, 2 * BLOCK])
def test_a_recorder_that_refuses_more_than_there_is_gives_what_there_is(
    docked: Docked, size: int
) -> None:
    link = Strict(tree({"a": DATA[:size]}))
    recorder = docked(link)
    (clip,) = recorder.list().clips
    with recorder.open(clip) as reader:
        assert good_part(reader) == (DATA[:size], None)
    refused = [call for call in link.asked if call[-1] > size and call[0] == 0x95C1]
    assert len(refused) <= 1


@pytest.mark.parametrize("zero_length_packet", [False, True])
@pytest.mark.parametrize("size", [0, 500, 512, 1012, 1024, BLOCK, 2 * BLOCK - 12])
def test_lengths_that_no_container_says_end_where_the_bytes_end(
    docked: Docked, size: int, *, zero_length_packet: bool
) -> None:
    habits = Habits(always_unknown=True, zero_length_packet=zero_length_packet)
    recorder = docked(Responder(tree({"a": DATA[:size]}), habits=habits))
    (clip,) = recorder.list().clips
    with recorder.open(clip) as reader:
        assert good_part(reader) == (DATA[:size], None)


@pytest.mark.parametrize("operations", [ANDROID, WHOLE_ONLY])
def test_more_bytes_than_were_asked_for_are_never_given_out(
    docked: Docked, operations: frozenset[int]
) -> None:
    link = Responder(tree({"a": DATA}), habits=Habits(operations=operations))
    recorder = docked(link)
    (clip,) = recorder.list().clips
    link.misdeeds.append(Misdeed(deed="more", operation=Operation.GET_PARTIAL_OBJECT64))
    with recorder.open(clip) as reader:
        found, error = good_part(reader)
    if operations is WHOLE_ONLY:
        assert (found, error) == (DATA, None)
    else:
        assert found == b""
        assert isinstance(error, ProtocolError)


def test_a_part_whose_response_counts_other_bytes_is_not_believed(docked: Docked) -> None:
    link = Responder(tree({"a": DATA}))
    recorder = docked(link)
    (clip,) = recorder.list().clips
    link.misdeeds.append(Misdeed(deed="miscounted", operation=Operation.GET_PARTIAL_OBJECT64))
    with recorder.open(clip) as reader:
        found, error = good_part(reader)
    assert found == b""
    assert isinstance(error, ProtocolError)


@pytest.mark.parametrize("operations", [ANDROID, WHOLE_ONLY])
def test_a_response_that_looks_like_data_is_not_taken_for_data(
    docked: Docked, operations: frozenset[int]
) -> None:
    data = DATA[: 2 * BLOCK]
    habits = Habits(operations=operations, zero_length_packet=False)
    for times in (1, None):
        link = Responder(tree({"a": data}), habits=habits)
        recorder = docked(link)
        (clip,) = recorder.list().clips
        link.misdeeds += [
            Misdeed(deed="cut", operation=operation, times=times)
            for operation in (Operation.GET_PARTIAL_OBJECT64, Operation.GET_OBJECT)
        ]
        with recorder.open(clip) as reader:
            found, error = good_part(reader)
        assert found == data or error is not None
        if operations is ANDROID:
            assert data.startswith(found)


@pytest.mark.parametrize("operations", [ANDROID, WHOLE_ONLY])
def test_a_failing_card_gives_what_lies_before_and_behind_the_bad_place(
    docked: Docked, operations: frozenset[int]
) -> None:
    start = BLOCK + 300_000
    node = Node("a", DATA, bad=(start, start + 512))
    recorder = docked(Responder([node], habits=Habits(operations=operations)))
    (clip,) = recorder.list().clips
    with recorder.open(clip) as reader:
        found, error = good_part(reader)
        assert isinstance(error, ClipUnreadableError)
        assert DATA.startswith(found)
        if operations is ANDROID:
            assert start - 4096 <= len(found) <= start
            reader.seek(start + 4096)
            assert good_part(reader) == (DATA[start + 4096 :], None)


def test_pulled_in_mid_transfer_the_bytes_that_came_are_given_first(docked: Docked) -> None:
    link = Responder(tree({"a": DATA}))
    recorder = docked(link)
    (clip,) = recorder.list().clips
    link._until_pull = 700_000
    with recorder.open(clip) as reader:
        found, error = good_part(reader)
        assert isinstance(error, SourceGoneError)
        assert 600_000 < len(found) < 700_000
        assert DATA.startswith(found)
        with pytest.raises(SourceGoneError):
            reader.restat()
    assert not recorder.is_there()
    for call in (recorder.list, recorder.read_clock, recorder.set_clock):
        with pytest.raises(SourceGoneError):
            call()
    recorder.close()


@pytest.mark.parametrize("operations", [ANDROID, PIMA])
def test_pulled_every_megabyte_it_goes_on_where_it_stopped(
    docked: Docked, operations: frozenset[int]
) -> None:
    data = Content(6 << 20)[0 : 6 << 20]
    habits = Habits(operations=operations, disconnect_every=1 << 20)
    link = Responder(tree({"a": data}), habits=habits)
    found = b""
    for _ in range(9):
        recorder = docked(link)
        (clip,) = recorder.list().clips
        with recorder.open(clip) as reader:
            reader.seek(len(found))
            got, error = good_part(reader)
        found += got
        if error is None:
            break
        assert isinstance(error, SourceGoneError)
        link.replug()
    assert found == data
    assert link.sent <= 1.1 * len(data)


@pytest.mark.parametrize(
    "operation", [Operation.GET_STORAGE_IDS, Operation.GET_OBJECT_HANDLES, None]
)
def test_arrays_of_four_billion_elements_take_no_memory(
    docked: Docked, operation: Operation | None
) -> None:
    link = Responder(tree({"a": b"1"}))
    recorder = docked(link)
    link.misdeeds.append(Misdeed(deed="huge_count", operation=operation))
    listing = recorder.list()
    assert listing.clips == []
    assert {row.code for row in listing.refused} <= {"listing_failed", "unreadable_folder"}
    assert listing.refused


def test_a_dataset_without_end_is_cut_off(docked: Docked) -> None:
    link = Responder(tree({"a": b"1"}))
    recorder = docked(link)
    link.misdeeds.append(Misdeed(deed="endless", operation=Operation.GET_OBJECT_HANDLES))
    before = link.sent
    with pytest.raises(ProtocolError, match="a dataset of more than"):
        recorder.list()
    assert link.sent - before < 40 << 20


def test_a_recorder_lost_again_and_again_is_given_up(docked: Docked) -> None:
    link = Responder(tree({f"{n}.mp4": DATA for n in range(40)}))
    recorder = docked(link)
    clips = recorder.list().clips
    link.misdeeds.append(Misdeed(deed="mute", operation=Operation.GET_PARTIAL_OBJECT64))
    before = link.hand.seconds
    for clip in clips:
        with pytest.raises(RecorderSilentError):  # noqa: SIM117
            with recorder.open(clip) as reader:
                reader.read_into(memoryview(bytearray(10)))
    assert link.hand.seconds - before < 400


def test_a_busy_recorder_is_waited_for(docked: Docked) -> None:
    busy = Misdeed(deed="busy", operation=Operation.GET_OBJECT_HANDLES, times=2)
    link = Responder(tree({"a": b"1"}), misdeeds=[busy])
    assert len(docked(link).list().clips) == 1


def test_a_session_somebody_left_open_is_taken_over(docked: Docked) -> None:
    link = Responder(tree({"a": b"1"}), habits=Habits(session_left_open=True))
    assert len(docked(link).list().clips) == 1


def test_two_readers_take_turns(docked: Docked) -> None:
    size = 5 * BLOCK + 7
    data, other = Content(size)[0:size], Content(size, salt=9)[0:size]
    for operations in (ANDROID, WHOLE_ONLY):
        habits = Habits(operations=operations)
        link = Responder(tree({"a": data, "b": other}), habits=habits)
        recorder = docked(link)
        first, second = recorder.list().clips
        with recorder.open(first) as one, recorder.open(second) as two:
            found = bytearray(), bytearray()
            buffer = memoryview(bytearray(300_000))
            while len(found[0]) < size or len(found[1]) < size:
                for reader, kept in zip((one, two), found, strict=True):
                    count = reader.read_into(buffer)
                    assert count or len(kept) == size
                    kept.extend(buffer[:count])
        assert (bytes(found[0]), bytes(found[1])) == (data, other)
        assert [call[0] for call in link.asked].count(Operation.OPEN_SESSION) == 1
