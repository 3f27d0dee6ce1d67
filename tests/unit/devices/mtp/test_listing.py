"""Listing: everything once, under a path below the root or refused, in bounded time and memory."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from devices.clips import Listing
from devices.errors import ClipChangedError, ProtocolError
from devices.mtp.codes import Operation
from devices.mtp.listing import Limits
from devices.mtp.recorder import MtpRecorder
from devices.paths import display
from tests.fakes.responder import (
    ANDROID,
    MTP,
    PIMA,
    STORE,
    WRAP,
    Content,
    Habits,
    Misdeed,
    Node,
    Responder,
    tree,
)

Docked = Callable[..., MtpRecorder]
OTHER = 0x0002_0001
MANY = {f"DCIM/{n:03}.mp4": b"x" * n for n in range(30)}


def paths(listing: Listing) -> list[bytes]:
    return [clip.path for clip in listing.clips]


def refused(listing: Listing) -> list[tuple[bytes, str]]:
    return [(row.path, row.code) for row in listing.refused]


@pytest.mark.parametrize("root", ["usual", "zero_only", "all_for_zero", "own_handle"])
def test_the_top_is_found_however_it_must_be_asked_for(docked: Docked, root: str) -> None:
    files = {"a/b/c": b"1", "a/d": b"2", "e": b"3"}
    habits = Habits(root=root)  # type: ignore[arg-type]
    listing = docked(Responder(tree(files), habits=habits)).list()
    assert paths(listing) == [b"a/b/c", b"a/d", b"e"]
    assert refused(listing) == []


def test_with_two_storages_paths_begin_with_the_storage(docked: Docked) -> None:
    nodes = [Node("a"), Node("a", storage=OTHER)]
    link = Responder(nodes, storages=(STORE, OTHER, 0x0003_0000))
    assert paths(docked(link).list()) == [b"Store 1/a", b"Store 2/a"]
    link.descriptions[OTHER] = "Store 1"
    assert paths(docked(link).list()) == [b"storage-00010001/a", b"storage-00020001/a"]
    link.descriptions[OTHER] = "../etc"
    assert paths(docked(link).list()) == [b"Store 1/a", b"storage-00020001/a"]
    recorder = docked(link)
    for clip in recorder.list().clips:
        recorder.open(clip).close()


def test_every_storage_is_asked_for_by_its_number(docked: Docked) -> None:
    link = Responder([], storages=(STORE, OTHER))
    docked(link).list()
    asked = {call[1] for call in link.asked if call[0] == Operation.GET_OBJECT_HANDLES}
    assert asked == {STORE, OTHER}


def test_no_storage_is_not_the_same_as_nothing_on_it(docked: Docked) -> None:
    assert refused(docked(Responder(storages=())).list()) == [(b".", "listing_failed")]
    assert refused(docked(Responder()).list()) == []


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "/etc/passwd", "a\0b", "\0"])
def test_a_name_that_is_no_name_is_refused_whatever_it_leads_to(docked: Docked, name: str) -> None:
    folder = Node(name, folder=True)
    link = Responder([Node(name, b"1"), folder, Node("inside", parent=folder), Node("good")])
    listing = docked(link).list()
    assert paths(listing) == [b"good"]
    assert refused(listing) == [(b"object-00000001", "bad_name"), (b"object-00000002", "bad_name")]


@pytest.mark.parametrize(
    "name", ["夜巡 01.mp4", "😀.mp4", "\ud83d.mp4", "\udc00", "a\\b\n", "-rf", "x" * 254]
)
def test_any_other_name_is_a_path_that_says_exactly_what_it_was(docked: Docked, name: str) -> None:
    recorder = docked(Responder([Node(name, b"1")]))
    (clip,) = recorder.list().clips
    assert clip.path.decode("utf-8", "surrogatepass") == name
    text, raw = display(clip.path)
    text.encode()
    assert (raw is None) == (text == name)
    recorder.open(clip).close()


def test_a_name_of_64_kilobytes_is_cut_by_its_own_count_or_refused(docked: Docked) -> None:
    listing = docked(Responder([Node("n" * 65_535, b"1"), Node("good")])).list()
    assert b"good" in paths(listing)
    assert len(listing.clips) + len(listing.refused) == 2
    assert max(len(row.path) for row in listing.refused) < 300


def test_of_two_objects_with_one_path_the_second_is_refused(docked: Docked) -> None:
    recorder = docked(Responder([Node("a", b"1"), Node("a", b"22"), Node("a", folder=True)]))
    listing = recorder.list()
    assert [(clip.path, clip.size) for clip in listing.clips] == [(b"a", 1)]
    assert refused(listing) == [(b"a", "same_path")]
    recorder.open(listing.clips[0]).close()


@pytest.mark.slow
def test_two_thousand_folders_deep(docked: Docked) -> None:
    deep = "/".join(["d"] * 2000) + "/x.mp4"
    recorder = docked(Responder(tree({deep: b"1"})))
    (clip,) = recorder.list().clips
    assert clip.path == deep.encode()


def test_too_deep_is_said(docked: Docked) -> None:
    recorder = docked(Responder(tree({"a/b/c/x": b"1", "y": b""})), Limits(depth=2))
    listing = recorder.list()
    assert paths(listing) == [b"y"]
    assert refused(listing) == [(b"a/b/c", "unreadable_folder")]


def test_a_folder_that_contains_itself_is_walked_once(docked: Docked) -> None:
    link = Responder(tree({"a/b/x": b"1"}))
    inside = {node.handle for node in link.nodes if node.name == "b"}
    top = next(node.handle for node in link.nodes if node.name == "a")
    link.extra_handles = lambda parent: [top] if parent in inside else []
    listing = docked(link).list()
    assert paths(listing) == [b"a/b/x"]
    assert refused(listing) == [(b"a/b/object-%08X" % top, "listing_failed")]


def test_a_handle_said_twice_is_one_object(docked: Docked) -> None:
    link = Responder([Node("a", b"1")])
    link.extra_handles = lambda _: [1] * 1000
    listing = docked(link).list()
    assert (paths(listing), refused(listing)) == ([b"a"], [])


@pytest.mark.slow
def test_handles_without_end_are_ended(docked: Docked) -> None:
    link = Responder([Node("a", b"1")])
    link.extra_handles = lambda parent: list(range(1000, 200_000)) if parent == WRAP - 1 else []
    listing = docked(link, Limits(objects=500)).list()
    assert paths(listing) == [b"a"]
    assert (b".", "listing_failed") in refused(listing)
    assert len(link.asked) < 2000


def test_a_listing_that_takes_for_ever_is_ended(docked: Docked) -> None:
    link = Responder(tree(MANY), habits=Habits(operations=PIMA))
    listing = docked(link, Limits(seconds=0.005)).list()
    assert 0 < len(listing.clips) < len(MANY)
    assert refused(listing) == [(b".", "listing_failed")]


def test_long_paths_without_end_are_ended(docked: Docked) -> None:
    link = Responder(tree({"/".join(["d" * 200] * 50) + f"/{n}": b"" for n in range(9)}))
    listing = docked(link, Limits(text=300_000)).list()
    assert refused(listing) == [(b".", "listing_failed")]


def test_an_object_and_a_folder_that_say_nothing_are_refused(docked: Docked) -> None:
    link = Responder(tree({"a/x": b"1", "b/y": b"2"}), habits=Habits(operations=PIMA))
    recorder = docked(link)
    link.misdeeds.append(
        Misdeed(deed="refuse", operation=Operation.GET_OBJECT_INFO, after=3, times=1)
    )
    listing = recorder.list()
    assert len(listing.clips) == 1
    assert [code for _, code in refused(listing)] == ["unreadable"]
    link.misdeeds.append(
        Misdeed(deed="refuse", operation=Operation.GET_OBJECT_HANDLES, after=1, times=1)
    )
    listing = recorder.list()
    assert paths(listing) == [b"a/x"]
    assert refused(listing) == [(b"b", "unreadable_folder")]


@pytest.mark.parametrize("over_4g", ["unknown", "wrap"])
@pytest.mark.parametrize("zlp", [True, False])
@pytest.mark.parametrize("size", [WRAP + 10_000_000, WRAP - 12, WRAP + 500])
def test_over_4_gib_the_size_is_the_true_one_and_its_end_is_read(
    docked: Docked, over_4g: str, zlp: bool, size: int
) -> None:
    content = Content(size)
    habits = Habits(over_4g=over_4g, zero_length_packet=zlp)  # type: ignore[arg-type]
    recorder = docked(Responder(tree({"a": content}), habits=habits))
    (clip,) = recorder.list().clips
    assert clip.size == size
    with recorder.open(clip) as reader:
        reader.seek(size - 5)
        end = memoryview(bytearray(20))
        assert reader.read_into(end) == 5
        assert end[:5] == content[size - 5 : size]
        assert reader.read_into(end) == 0


def test_a_size_that_nobody_says_is_no_size(docked: Docked) -> None:
    habits = Habits(operations=PIMA)
    listing = docked(Responder(tree({"a": Content(WRAP + 9)}), habits=habits)).list()
    assert refused(listing) == [(b"a", "unreadable")]
    habits = Habits(props_without_size=True)
    listing = docked(Responder(tree({"a": b"123"}), habits=habits)).list()
    assert [clip.size for clip in listing.clips] == [3]


@pytest.mark.parametrize("date", ["", "yesterday", "20260230T000000", "00000000T000000"])
def test_a_date_that_is_none_is_1970(docked: Docked, date: str) -> None:
    recorder = docked(Responder([Node("a", b"1", date=date)]))
    (clip,) = recorder.list().clips
    assert clip.mtime_ns == 0
    recorder.open(clip).close()


# Lists of properties


def test_a_list_of_properties_saves_asking_for_each(docked: Docked) -> None:
    link = Responder(tree(MANY))
    slow = docked(Responder(tree(MANY), habits=Habits(operations=MTP - {0x9805}))).list()
    assert docked(link).list() == slow
    asked = [call[0] for call in link.asked]
    assert asked.count(Operation.GET_OBJECT_INFO) < 5


def lying(link: Responder, change: Callable[[bytes], bytes]) -> None:
    """Let its lists of properties lie."""
    honest = link._property_list
    link._property_list = lambda parent: change(honest(parent))  # type: ignore[method-assign]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"\xff\xff\xff\xff" + data[4:],
        lambda data: data[: len(data) // 2],
        lambda _: b"\0\0\0\0",
        lambda _: b"",
        lambda _: struct.pack("<I", 1) + struct.pack("<IHHI", 7, 0xDC04, 0x1234, 1),
        lambda data: data.replace(struct.pack("<HH", 0xDC04, 8), struct.pack("<HH", 0xDC04, 7)),
        lambda data: data.replace("2026".encode("utf-16-le"), "1999".encode("utf-16-le")),
        lambda data: data.replace(".mp4".encode("utf-16-le"), ".exe".encode("utf-16-le")),
    ],
)
def test_a_list_of_properties_that_cannot_be_is_not_believed(
    docked: Docked, change: Callable[[bytes], bytes]
) -> None:
    link = Responder(tree(MANY))
    lying(link, change)
    recorder = docked(link)
    listing = recorder.list()
    assert [(c.path.decode(), c.size) for c in listing.clips] == [
        (path, len(data)) for path, data in MANY.items()
    ]
    recorder.open(listing.clips[7]).close()


def test_a_list_of_properties_that_loses_the_session_is_done_without(docked: Docked) -> None:
    for deed in ("mute", "wrong_code"):
        link = Responder(tree(MANY), habits=Habits(new_handles=True))
        misdeed = Misdeed(deed=deed, operation=Operation.GET_OBJECT_PROP_LIST)
        link.misdeeds.append(misdeed)
        assert len(docked(link).list().clips) == len(MANY)


def test_a_list_that_lies_of_one_object_is_found_out_when_it_is_opened(docked: Docked) -> None:
    link = Responder(tree(MANY))
    lying(
        link,
        lambda data: data.replace(
            struct.pack("<HHQ", 0xDC04, 8, 29), struct.pack("<HHQ", 0xDC04, 8, 28)
        ),
    )
    recorder = docked(link)
    clip = recorder.list().clips[29]
    assert clip.size == 28
    with pytest.raises(ClipChangedError):
        recorder.open(clip)
    assert recorder.list().clips[29].size == 29


def test_a_listing_begins_anew_where_the_session_was_lost(docked: Docked) -> None:
    link = Responder(tree(MANY), habits=Habits(operations=PIMA, new_handles=True))
    recorder = docked(link)
    mute = Misdeed(deed="mute", operation=Operation.GET_OBJECT_INFO, after=9, times=1)
    link.misdeeds.append(mute)
    listing = recorder.list()
    assert len(listing.clips) == len(MANY)
    for clip in listing.clips[:3]:
        with recorder.open(clip) as reader:
            room = memoryview(bytearray(100))
            assert reader.read_into(room) == clip.size
    link.misdeeds.append(Misdeed(deed="wrong_code", operation=Operation.GET_OBJECT_INFO))
    with pytest.raises(ProtocolError):
        recorder.list()


def test_android_s_operations_are_a_superset() -> None:
    assert PIMA < MTP < ANDROID
