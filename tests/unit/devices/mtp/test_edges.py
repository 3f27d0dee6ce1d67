"""What happens seldom: half answers, lost sessions, a keyboard's interrupt, pulls at each step."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from devices.errors import (
    ClipChangedError,
    ClipUnreadableError,
    ProtocolError,
    RecorderSilentError,
    SourceGoneError,
)
from devices.mtp.codes import Event, Operation, Response
from devices.mtp.containers import Kind, Message, build, build_message
from devices.mtp.errors import OutOfStepError, ParseError, RefusedError, SessionLostError
from devices.mtp.fetching import BLOCK
from devices.mtp.link import LinkError, LinkGoneError, LinkStalledError, LinkTimeoutError
from devices.mtp.operations import ROOT, Operations
from devices.mtp.recorder import MtpRecorder
from devices.mtp.session import Session
from devices.mtp.transfers import Transfer
from tests.fakes.responder import (
    ANDROID,
    MTP,
    PIMA,
    STORE,
    Content,
    Habits,
    Misdeed,
    Node,
    Responder,
    tree,
)

Docked = Callable[..., MtpRecorder]
WHOLE_ONLY = PIMA - {Operation.GET_PARTIAL_OBJECT}
OTHER = 0x0002_0001
DATA = Content(2 * BLOCK + 1234)[0 : 2 * BLOCK + 1234]


def read_all(recorder: MtpRecorder) -> bytes:
    (clip, *_) = recorder.list().clips
    with recorder.open(clip) as reader:
        room, found = memoryview(bytearray(1 << 20)), bytearray()
        while count := reader.read_into(room):
            found += room[:count]
    return bytes(found)


class Slow(Responder):
    """Each read takes seconds."""

    seconds = 0.0

    def read_into(self, buffer: memoryview, *, timeout: float) -> int:
        self.hand.seconds += self.seconds
        return super().read_into(buffer, timeout=timeout)


class Scripted(Responder):
    """Raises what it is told to, each once, at the call of that name."""

    def __init__(self, *args: object, **rest: object) -> None:
        super().__init__(*args, **rest)  # type: ignore[arg-type]
        self.raising: dict[str, list[BaseException]] = {}

    def _maybe(self, call: str) -> None:
        if self.raising.get(call):
            error = self.raising[call].pop(0)
            if isinstance(error, LinkGoneError):
                self.plugged = False
            raise error

    def read_into(self, buffer: memoryview, *, timeout: float) -> int:
        self._maybe("read_into")
        return super().read_into(buffer, timeout=timeout)

    def write(self, data: bytes, *, timeout: float) -> None:
        self._maybe("write")
        super().write(data, timeout=timeout)

    def cancel(self, transaction: int) -> None:
        self._maybe("cancel")
        super().cancel(transaction)

    def clear_halt(self) -> None:
        self._maybe("clear_halt")
        super().clear_halt()

    def device_status(self) -> bytes:
        self._maybe("device_status")
        return super().device_status()

    def reset(self) -> None:
        self._maybe("reset")
        super().reset()


def test_what_came_before_silence_is_kept_and_the_rest_is_asked_for(docked: Docked) -> None:
    link = Responder(tree({"a": DATA}), habits=Habits(new_handles=True))
    link.misdeeds.append(
        Misdeed(deed="stuck", operation=Operation.GET_PARTIAL_OBJECT64, after=1, times=1)
    )
    before = link.sent
    assert read_all(docked(link)) == DATA
    assert link.sent - before < len(DATA) + 10_000
    link = Responder(tree({"a": DATA}), habits=Habits(operations=WHOLE_ONLY))
    link.misdeeds.append(Misdeed(deed="stuck", operation=Operation.GET_OBJECT, times=1))
    assert read_all(docked(link)) == DATA


@pytest.mark.parametrize("operations", [ANDROID, WHOLE_ONLY])
def test_handles_that_mean_other_objects_after_a_loss_mix_nothing_up(
    docked: Docked, operations: frozenset[int]
) -> None:
    files = {name: Content(2 * BLOCK, salt=ord(name))[0 : 2 * BLOCK] for name in "abc"}
    habits = Habits(operations=operations, swapped_handles=True)
    link = Responder(tree(files), habits=habits)
    recorder = docked(link)
    listing = recorder.list()
    readers = [recorder.open(clip) for clip in listing.clips]
    link.misdeeds.append(Misdeed(deed="mute", after=2, times=1))
    found = {name: bytearray() for name in files}
    room = memoryview(bytearray(BLOCK // 2))
    going = dict(zip(files, readers, strict=True))
    while going:
        for name, reader in list(going.items()):
            if count := reader.read_into(room):
                found[name] += room[:count]
            else:
                going.pop(name).close()
    assert {name: bytes(data) for name, data in found.items()} == files
    assert [clip.size for clip in recorder.list().clips] == [2 * BLOCK] * 3


@pytest.mark.parametrize(
    "code", [Response.OPERATION_NOT_SUPPORTED, Response.PARAMETER_NOT_SUPPORTED]
)
def test_parts_that_are_offered_and_not_given_are_done_without(docked: Docked, code: int) -> None:
    link = Responder(tree({"a": DATA}))
    link.misdeeds.append(
        Misdeed(deed="refuse", operation=Operation.GET_PARTIAL_OBJECT64, code=code)
    )
    assert read_all(docked(link)) == DATA
    link.misdeeds.append(Misdeed(deed="refuse", operation=Operation.GET_OBJECT))
    recorder = docked(link)
    with pytest.raises(ClipUnreadableError):
        read_all(recorder)


def test_over_4_gib_without_wide_offsets_it_is_one_stream(docked: Docked) -> None:
    size = (1 << 32) + 5
    link = Responder(tree({"a": Content(size)}), habits=Habits(operations=MTP))
    recorder = docked(link)
    (clip,) = recorder.list().clips
    room = memoryview(bytearray(100))
    with recorder.open(clip) as reader:
        assert room[: reader.read_into(room)] == Content(size)[0:100]
    assert Operation.GET_PARTIAL_OBJECT not in {call[0] for call in link.asked}


def test_a_clip_is_found_on_its_own_storage(docked: Docked) -> None:
    nodes = [Node("a", b"1"), Node("a", b"2", storage=OTHER)]
    link = Responder(nodes, storages=(STORE, OTHER))
    _, second = docked(link).list().clips
    with docked(link).open(second) as reader:
        room = memoryview(bytearray(4))
        assert reader.read_into(room[:0]) == 0
        assert (reader.read_into(room), room[0]) == (1, ord("2"))


def test_names_that_are_properties_only_are_asked_for(docked: Docked) -> None:
    nameless = Habits(nameless=True)
    assert docked(Responder([Node("a")], habits=nameless)).list().clips[0].path == b"a"
    for link in (
        Responder([Node("a")], habits=Habits(nameless=True, operations=PIMA)),
        Responder(
            [Node("a")],
            habits=nameless,
            misdeeds=[Misdeed(deed="refuse", operation=Operation.GET_OBJECT_PROP_VALUE)],
        ),
    ):
        listing = docked(link).list()
        assert listing.clips == []
        assert len(listing.refused) == 1


@pytest.mark.parametrize("deed", ["refuse", "huge_count"])
def test_sizes_are_asked_for_where_it_does_not_say_which_properties_it_has(
    docked: Docked, deed: str
) -> None:
    link = Responder(tree({"a": b"123"}))
    misdeed = Misdeed(deed=deed, operation=Operation.GET_OBJECT_PROPS_SUPPORTED)  # type: ignore[arg-type]
    link.misdeeds.append(misdeed)
    assert docked(link).list().clips[0].size == 3
    link.misdeeds.append(
        Misdeed(
            deed="refuse",
            operation=Operation.GET_OBJECT_PROP_VALUE,
            code=Response.OBJECT_PROP_NOT_SUPPORTED,
        )
    )
    assert docked(link).list().clips[0].size == 3


def test_a_list_of_properties_is_not_believed_where_nothing_confirms_it(docked: Docked) -> None:
    link = Responder(tree({f"{n}": b"" for n in range(20)}), habits=Habits(operations=MTP))
    recorder = docked(link)
    link.misdeeds.append(Misdeed(deed="refuse", operation=Operation.GET_OBJECT_INFO, times=1))
    assert len(recorder.list().clips) == 20


def test_what_is_wanted_soon_is_fetched_before_it_is_asked_for(docked: Docked) -> None:
    link = Responder(tree({"a": DATA}))
    recorder = docked(link)
    (clip,) = recorder.list().clips
    with recorder.open(clip) as reader:
        reader.prefetch()
        reader.prefetch()
        reader.restat()  # waits for it
        asked = [call for call in link.asked if call[0] == Operation.GET_PARTIAL_OBJECT64]
        assert len(asked) == 1
        room = memoryview(bytearray(100))
        assert room[: reader.read_into(room)] == DATA[:100]


def test_memory_does_not_grow_with_a_clip(docked: Docked) -> None:
    link = Responder(tree({"a": Content(40 << 20)}))
    recorder = docked(link)
    (clip,) = recorder.list().clips
    blocks = []
    take = recorder._blocks.take
    recorder._blocks.take = lambda: blocks.append(take()) or blocks[-1]  # type: ignore[func-returns-value, method-assign]
    for _ in range(3):
        with recorder.open(clip) as reader:
            room = memoryview(bytearray(1 << 20))
            while reader.read_into(room):
                pass
    assert len({id(block) for block in blocks}) == 2


def test_a_clip_that_vanishes_meanwhile_is_said(docked: Docked) -> None:
    link = Responder(tree({"a": b"1", "b": b"2"}))
    recorder = docked(link)
    first, second = recorder.list().clips
    with recorder.open(first) as reader:
        link.nodes[0].name = "other"
        with pytest.raises(ClipChangedError):
            reader.restat()
        del link.nodes[0]
        with pytest.raises(ClipUnreadableError):
            reader.restat()
    with pytest.raises(ClipChangedError):
        recorder.open(first)
    gone = Misdeed(
        deed="refuse",
        operation=Operation.DELETE_OBJECT,
        code=Response.INVALID_OBJECT_HANDLE,
    )
    link.misdeeds.append(gone)
    with recorder.releasing(), pytest.raises(ClipChangedError):
        recorder.erase(second)


def test_a_clip_of_which_nothing_is_said_is_unreadable(docked: Docked) -> None:
    link = Responder(tree({"a": b"1"}))
    recorder = docked(link)
    (clip,) = recorder.list().clips
    link.misdeeds.append(Misdeed(deed="refuse", operation=Operation.GET_OBJECT_INFO))
    with pytest.raises(ClipUnreadableError):
        recorder.open(clip)


def test_an_erasure_that_cannot_be_looked_at_is_not_known(docked: Docked) -> None:
    link = Responder(tree({"a": b"1", "b": b"2"}))
    recorder = docked(link)
    first, second = recorder.list().clips
    blind = Misdeed(deed="refuse", operation=Operation.GET_OBJECT_INFO, after=1)
    link.misdeeds.append(blind)
    with recorder.releasing():
        recorder.erase(first)  # gone from its folder, that is enough
        blind.after = 1
        link.misdeeds.append(Misdeed(deed="refuse", operation=Operation.GET_OBJECT_HANDLES))
        with pytest.raises(ProtocolError, match="not known"):
            recorder.erase(second)


def test_without_a_battery_there_is_no_level(docked: Docked) -> None:
    assert docked(Responder(habits=Habits(battery=None))).facts.battery is None


def test_a_recorder_that_forgets_its_session_gets_a_new_one(docked: Docked) -> None:
    link = Responder(tree({"a": DATA}), habits=Habits(new_handles=True))
    recorder = docked(link)
    recorder.list()
    link.opened = False
    assert read_all(recorder) == DATA


@pytest.mark.parametrize("operations", [ANDROID, WHOLE_ONLY])
def test_an_interrupt_in_the_middle_of_a_transaction_confuses_nothing(
    docked: Docked, operations: frozenset[int]
) -> None:
    link = Scripted(tree({"a": DATA}), habits=Habits(operations=operations))
    recorder = docked(link)
    recorder.list()
    link.raising["read_into"] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        recorder.list()
    before = len(link.asked)
    assert read_all(recorder) == DATA
    assert link.asked[before][0] == Operation.OPEN_SESSION  # nothing is asked into the remains


@pytest.mark.parametrize("call", ["cancel", "clear_halt", "device_status", "read_into", "write"])
@pytest.mark.parametrize("first", [LinkTimeoutError, LinkStalledError])
def test_a_pull_while_finding_back_is_a_pull(
    docked: Docked, call: str, first: type[LinkError]
) -> None:
    link = Scripted(tree({"a": b"1"}))
    recorder = docked(link)
    link.raising["read_into"] = [first()]
    link.raising.setdefault(call, []).append(LinkGoneError())
    with pytest.raises(SourceGoneError):  # noqa: PT012 - a write is reached by the second only
        recorder.list()
        recorder.list()


def test_a_pull_while_opening_is_a_pull(docked: Docked) -> None:
    for call in ("write", "read_into"):
        link = Scripted()
        link.raising[call] = [LinkGoneError()]
        with pytest.raises(SourceGoneError):
            docked(link)
        assert link.closed


def test_steps_that_a_recorder_does_not_know_are_passed_over(docked: Docked) -> None:
    link = Scripted(tree({"a": b"1"}))
    recorder = docked(link)
    link.raising = {
        "read_into": [LinkTimeoutError()],
        "cancel": [LinkStalledError()],
        "device_status": [LinkStalledError()],
        "clear_halt": [LinkError()],
    }
    assert len(recorder.list().clips) == 1


def test_a_recorder_that_is_not_ready_is_waited_for_and_not_for_ever(docked: Docked) -> None:
    for times in (3, 1000):
        link = Responder(tree({"a": b"1"}))
        recorder = docked(link)
        link.habits.busy_status = times
        link.misdeeds.append(Misdeed(deed="stall", times=1))
        before = link.hand.seconds
        assert len(recorder.list().clips) == 1
        assert link.hand.seconds - before < 20


def test_a_pipe_that_does_not_run_dry_is_reset(docked: Docked) -> None:
    link = Scripted(tree({"a": b"1"}))
    recorder = docked(link)
    link.misdeeds.append(Misdeed(deed="endless", operation=Operation.GET_OBJECT_HANDLES, times=1))
    link.raising["cancel"] = [LinkStalledError()]
    assert len(recorder.list().clips) == 1


@pytest.mark.parametrize("when", [0, 1])
@pytest.mark.parametrize("error", [LinkGoneError, LinkTimeoutError, LinkStalledError])
def test_a_stream_that_cannot_be_begun_or_cancelled(
    docked: Docked, when: int, error: type[LinkError]
) -> None:
    link = Scripted(tree({"a": DATA}), habits=Habits(operations=WHOLE_ONLY))
    recorder = docked(link)
    (clip,) = recorder.list().clips
    reader = recorder.open(clip)
    room = memoryview(bytearray(100))
    if when:
        reader.read_into(room)
        reader._wait()
        link.raising["cancel"] = [error()]
    else:
        link.raising["write"] = [error()]
    try:
        recorder.read_clock()
        reader.seek(5)
        assert room[: reader.read_into(room)] == DATA[5:105]
    except SourceGoneError:
        assert error is LinkGoneError
    reader.close()


def test_a_stream_is_cancelled_where_its_reader_is_closed_or_another_question_comes(
    docked: Docked,
) -> None:
    link = Responder(tree({"a": DATA}), habits=Habits(operations=WHOLE_ONLY))
    recorder = docked(link)
    (clip,) = recorder.list().clips
    room = memoryview(bytearray(100))
    with recorder.open(clip) as reader:
        reader.read_into(room)
    recorder.list()
    reader = recorder.open(clip)
    reader.read_into(room)
    recorder.close()
    assert [call[0] for call in link.asked].count(Operation.OPEN_SESSION) == 1
    assert link.asked[-1][0] == Operation.CLOSE_SESSION
    reader.close()


def test_an_answer_that_takes_longer_than_it_may_is_none(docked: Docked) -> None:
    link = Slow(tree({f"{n:0200}": b"" for n in range(400)}))
    recorder = docked(link)
    link.seconds = 9.0
    link.misdeeds.append(Misdeed(deed="endless", operation=Operation.GET_OBJECT_HANDLES))
    with pytest.raises((RecorderSilentError, ProtocolError)):
        recorder.list()
    assert link.hand.seconds < 400


# Sessions and transfers by themselves


def session(link: Responder) -> Session:
    made = Session(link, link.hand.timing())
    made.open()
    return made


def test_a_folder_s_objects_can_be_counted() -> None:
    link = Responder(tree({"a": b"", "b": b""}))
    operations = Operations(session=session(link))
    assert operations.object_count(STORE, ROOT) == 2
    link.misdeeds.append(Misdeed(deed="refuse", code=Response.OK))
    assert operations.object_count(STORE, ROOT) is None


class Eventful(Responder):
    """Has something to say on its interrupt pipe."""

    said: bytes | None = None
    error: LinkError | None = None

    def read_event(self, *, timeout: float) -> bytes | None:  # noqa: ARG002
        if self.error is not None:
            raise self.error
        return self.said


def test_events_are_read_and_nonsense_is_refused() -> None:
    link = Eventful()
    operations = Operations(session=session(link))
    assert operations.event(0.1) is None
    link.said = build_message(Kind.EVENT, Event.OBJECT_ADDED, 0, 7)
    found = Message(code=Event.OBJECT_ADDED, transaction=0, parameters=(7,))
    assert operations.event(0.1) == found
    link.said = b"???"
    with pytest.raises(ParseError):
        operations.event(0.1)
    link.error = LinkStalledError()
    assert operations.event(0.1) is None
    link.error = LinkGoneError()
    with pytest.raises(SourceGoneError):
        operations.event(0.1)


def test_a_refusal_is_neither_asked_again_nor_taken_for_a_loss() -> None:
    link = Responder()
    made = session(link)
    with pytest.raises(RefusedError) as caught:
        made.get(Operation.GET_OBJECT_INFO, 5)
    assert caught.value.code == Response.INVALID_OBJECT_HANDLE
    assert len(link.asked) == 2
    assert made.generation == 1


def test_a_lost_session_says_so_and_its_handles_are_void() -> None:
    link = Responder(misdeeds=[Misdeed(deed="wrong_transaction", after=1, times=1)])
    made = session(link)
    with pytest.raises(SessionLostError, match="transaction"):
        made.get(Operation.GET_DEVICE_INFO)
    assert made.generation == 2
    made.get(Operation.GET_DEVICE_INFO)


def test_answers_that_belong_together_are_of_one_generation() -> None:
    made = session(Responder())
    assert made.steady(lambda: 5) == 5
    with pytest.raises(SessionLostError):
        made.steady(made.open)


class Pipe(Responder):
    """Gives out what lies in it, transfer by transfer."""

    def __init__(self, *transfers: bytes) -> None:
        super().__init__()
        self.transfers = list(transfers)

    def read_into(self, buffer: memoryview, *, timeout: float) -> int:  # noqa: ARG002
        if not self.transfers:
            raise LinkTimeoutError
        said, rest = self.transfers[0][: len(buffer)], self.transfers[0][len(buffer) :]
        if rest:
            self.transfers[0] = rest
        else:
            del self.transfers[0]
        buffer[: len(said)] = said
        return len(said)


def transfer(*transfers: bytes, expected: int | None = None) -> Transfer:
    pipe = Pipe(*transfers)
    return Transfer(
        pipe, pipe.hand.timing(), code=0x1009, transaction=3, seconds=5, expected=expected
    )


OK = build_message(Kind.RESPONSE, Response.OK, 3)
ROOM = memoryview(bytearray(4096))


def test_data_and_response_in_one_read_are_parted_by_the_length() -> None:
    data = bytes(range(250)) * 2
    for between in (
        (build(Kind.DATA, 0x1009, 3, data) + OK,),
        (build(Kind.DATA, 0x1009, 3, data), OK),
    ):
        found = transfer(*between)
        assert found.next(ROOM) == data
        assert not len(found.next(ROOM))
        assert found.response().code == Response.OK


def test_data_without_a_length_end_before_a_response_in_the_same_read() -> None:
    data = b"d" * 500
    head = struct.pack("<IHHI", 0xFFFFFFFF, Kind.DATA, 0x1009, 3)
    found = transfer(head + data + OK)
    assert found.next(ROOM) == data
    assert found.response().code == Response.OK
    other = build_message(Kind.RESPONSE, Response.OK, 4)  # not ours: it may be data
    found = transfer(head + data + other, OK)
    assert found.next(ROOM) == data + other
    assert found.response().code == Response.OK


def test_a_length_that_wrapped_at_4_gib_is_seen_through_where_the_size_is_known() -> None:
    size = (1 << 32) + 88
    head = struct.pack("<IHHI", (size + 12) % (1 << 32), Kind.DATA, 0x1009, 3)
    data = head + b"d" * 8180
    found = transfer(data, expected=size)
    assert (len(found.next(ROOM)), len(found.next(ROOM))) == (4084, 4096)
    found = transfer(data, expected=size + 1)  # then it is what it says
    with pytest.raises(OutOfStepError):
        found.next(ROOM)


@pytest.mark.parametrize(
    ("transfers", "why"),
    [
        ((build(Kind.DATA, 0x1009, 3, b"1") + b"x" * 600, OK), "behind the data"),
        ((build(Kind.DATA, 0x1009, 3, b"1") + OK[:-1], OK), "12|11"),
        ((build(Kind.DATA, 0x1009, 4, b"1"), OK), "transaction 4"),
        ((build(Kind.DATA, 0x1008, 3, b"1"), OK), "0x1008"),
        ((build(Kind.EVENT, 0x1009, 3, b""), OK), "EVENT"),
        ((build(Kind.DATA, 0x1009, 3, b"1"), b"", b"", b"", OK), "empty"),
        ((build(Kind.DATA, 0x1009, 3, b"1"), build(Kind.DATA, 0x1009, 3, b"")), "DATA"),
    ],
)
def test_what_cannot_be_here_is_out_of_step(transfers: tuple[bytes, ...], why: str) -> None:
    found = transfer(*transfers)
    with pytest.raises(OutOfStepError, match=why):  # noqa: PT012 - any of the steps may say it
        while len(found.next(ROOM)):
            pass
        found.response()


def test_a_response_is_not_read_in_the_midst_of_data() -> None:
    found = transfer(build(Kind.DATA, 0x1009, 3, bytes(9000)), OK)
    assert len(found.next(ROOM)) == 4084
    with pytest.raises(OutOfStepError, match="more data"):
        found.response()
    found = transfer(build(Kind.DATA, 0x1009, 3, b"1"), OK)
    with pytest.raises(OutOfStepError, match="none was due"):
        found.response()
