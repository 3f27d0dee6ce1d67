"""Listing, reading, erasing: two responders that nobody here wrote."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from devices.clips import FoundClip
from devices.errors import ClipChangedError, NotErasableError, SourceGoneError
from devices.mtp.operations import Operations
from devices.mtp.recorder import MtpRecorder
from devices.mtp.session import Session
from devices.usb import open_link
from tests.usb import shelf
from tests.usb.guest.conftest import Cable
from tests.usb.lab.gadget import Gadget

MIB = shelf.MEGABYTE
RESPONDERS = ("usb-mtp", "umtprd")


@pytest.fixture(params=RESPONDERS)
def small(
    request: pytest.FixtureRequest, opened: Callable[..., MtpRecorder], tmp_path: Path
) -> MtpRecorder:
    """A recorder with the small tree, from each of the two."""
    if request.param == "usb-mtp":
        return opened("CAM0")
    shelf.small_files(tmp_path)
    request.getfixturevalue("gadget")("UMTP", tmp_path)
    return opened("UMTP")


def clip_at(recorder: MtpRecorder, path: str) -> FoundClip:
    [clip] = [clip for clip in recorder.list().clips if clip.path == path.encode()]
    return clip


def read(
    recorder: MtpRecorder, clip: FoundClip, *, start: int = 0, most: int | None = None
) -> bytes:
    """A stretch of a clip."""
    got = bytearray()
    room = memoryview(bytearray(4 * MIB))
    with recorder.open(clip) as reader:
        reader.seek(start)
        while (most is None or len(got) < most) and (count := reader.read_into(room)):
            got += room[:count]
    return bytes(got[:most])


def test_everything_is_listed_and_read_letter_for_letter(small: MtpRecorder) -> None:
    listing = small.list()
    assert {clip.path.decode(): clip.size for clip in listing.clips} == shelf.SMALL
    assert listing.refused == []
    for clip in listing.clips:
        path = clip.path.decode()
        assert read(small, clip) == shelf.pattern(path, shelf.SMALL[path]), path


def test_it_says_what_it_is(small: MtpRecorder) -> None:
    facts = small.facts
    assert (facts.transport, facts.serial) == ("mtp", "CAM0" if facts.make == "QEMU" else "UMTP")
    assert facts.port is not None
    assert facts.second_serial
    assert facts.capacity
    assert facts.free is None or facts.free <= facts.capacity
    assert small.is_there()


def test_a_time_of_the_recorder_is_its_files_time_to_the_second(
    opened: Callable[..., MtpRecorder], folder: Path
) -> None:
    recorder = opened("CAM0")
    for clip in recorder.list().clips:
        real = (folder / "cam0" / clip.path.decode()).stat().st_mtime
        # QEMU tells its local time, which this host keeps in UTC; the recorder's zone is Shanghai's.
        assert clip.mtime_ns // 10**9 + 8 * 3600 == pytest.approx(int(real), abs=1)


def test_a_clip_is_read_from_any_place(small: MtpRecorder) -> None:
    path = "DCIM/执法记录仪/DCAM_A0001_012345_20240229_131415_IMP.mp4"
    whole = shelf.pattern(path, shelf.SMALL[path])
    clip = clip_at(small, path)
    for start in (1, 511, 2 * MIB - 1, 2 * MIB + 512, len(whole) - 3, len(whole)):
        assert read(small, clip, start=start) == whole[start:], start


def test_over_four_gigabytes_by_parts(
    gadget: Callable[..., Gadget], opened: Callable[..., MtpRecorder], tmp_path: Path
) -> None:
    shelf.sparse(tmp_path / "长录像.mp4", shelf.HUGE)
    gadget("UMTPHUGE", tmp_path)
    recorder = opened("UMTPHUGE")
    [clip] = recorder.list().clips
    assert clip.size == shelf.HUGE  # its ObjectInfo and its containers say 10 MB
    last = shelf.HUGE // MIB * MIB
    for at in (0, (4 << 30) - MIB, 4 << 30, (4 << 30) + 5 * MIB, last):
        assert read(recorder, clip, start=at, most=32)[:32] == shelf.mark(at)[: shelf.HUGE - at], at
    assert len(read(recorder, clip, start=last - MIB)) == MIB + shelf.HUGE % MIB


def test_over_four_gigabytes_in_one_stream(
    opened: Callable[..., MtpRecorder], record_property: Callable[[str, object], None]
) -> None:
    recorder = opened("HUGE")
    [clip] = recorder.list().clips
    assert clip.size == shelf.HUGE  # its ObjectInfo and its containers say 0xFFFFFFFF
    room = memoryview(bytearray(2 * MIB))
    total, started = 0, time.monotonic()
    with recorder.open(clip) as reader:
        while count := reader.read_into(room):
            for at in range(-total % MIB, count, MIB):
                expected = shelf.mark(total + at)[: count - at]
                assert room[at : at + len(expected)] == expected, total + at
            total += count
    assert total == shelf.HUGE
    record_property("whole 4.3 GB stream", f"{total / 1e6 / (time.monotonic() - started):.0f} MB/s")


@pytest.mark.parametrize("responder", RESPONDERS)
def test_one_clip_is_erased_and_nothing_else(
    responder: str,
    request: pytest.FixtureRequest,
    opened: Callable[..., MtpRecorder],
    folder: Path,
    tmp_path: Path,
) -> None:
    at, serial = (folder / shelf.LIVE, "LIVE") if responder == "usb-mtp" else (tmp_path, "UMTPRW")
    if responder == "umtprd":
        shelf.small_files(at)
        request.getfixturevalue("gadget")(serial, at, writable=True)
    recorder = opened(serial)
    clip = clip_at(recorder, "DCIM/100MEDIA/one.mp4")
    with pytest.raises(ValueError, match="releasing"):
        recorder.erase(clip)
    with recorder.releasing():
        recorder.erase(clip)
        with pytest.raises(ClipChangedError):
            recorder.erase(clip)
    assert not (at / "DCIM/100MEDIA/one.mp4").exists()
    assert (at / "DCIM/100MEDIA/two.mp4").exists()
    assert len(recorder.list().clips) == len(shelf.SMALL) - 1
    shelf.small_files(at)


def test_a_clip_that_grew_since_it_was_listed_is_not_erased(
    gadget: Callable[..., Gadget], opened: Callable[..., MtpRecorder], tmp_path: Path
) -> None:
    shelf.small_files(tmp_path)
    gadget("UMTPRW", tmp_path, writable=True)
    recorder = opened("UMTPRW")
    clip = clip_at(recorder, "DCIM/100MEDIA/one.mp4")
    with (tmp_path / "DCIM/100MEDIA/one.mp4").open("ab") as file:
        file.write(b"more")
    with recorder.releasing(), pytest.raises(ClipChangedError):
        recorder.erase(clip)
    assert (tmp_path / "DCIM/100MEDIA/one.mp4").stat().st_size == 504


def test_a_read_only_recorder_refuses_and_says_so(small: MtpRecorder) -> None:
    clip = clip_at(small, "readme.txt")
    with pytest.raises(NotErasableError), small.releasing():
        small.erase(clip)
    assert clip_at(small, "readme.txt") == clip


def test_what_changes_on_it_is_an_event(folder: Path) -> None:
    session = Session(open_link(serial="LIVE"))
    session.open()
    operations = Operations(session=session)
    try:
        [storage] = operations.storage_ids()
        operations.handles(storage, 0xFFFF_FFFF)  # it watches folders that were listed
        (folder / shelf.LIVE / "new.mp4").write_bytes(b"new")
        event = operations.event(5)
        assert event is not None
        assert event.code == 0x4002  # ObjectAdded
        assert operations.object_info(event.parameters[0]).name == "new.mp4"
    finally:
        session.close()
        (folder / shelf.LIVE / "new.mp4").unlink()


def test_four_recorders_are_read_side_by_side(
    opened: Callable[..., MtpRecorder], folder: Path
) -> None:
    digests: dict[str, str] = {}

    def fetch(name: str) -> None:
        recorder = opened(name.upper())
        [clip] = recorder.list().clips
        digests[name] = hashlib.sha256(read(recorder, clip, most=8 * MIB)).hexdigest()

    threads = [threading.Thread(target=fetch, args=(name,)) for name in shelf.FAST]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with (folder / "fast0" / "clip.mp4").open("rb") as file:
        expected = hashlib.sha256(file.read(8 * MIB)).hexdigest()
    assert digests == dict.fromkeys(shelf.FAST, expected)


@pytest.mark.parametrize("responder", RESPONDERS)
def test_pulled_in_mid_transfer_it_goes_on_where_it_stopped(
    responder: str,
    request: pytest.FixtureRequest,
    opened: Callable[..., MtpRecorder],
    cable: Callable[[str], Cable],
    tmp_path: Path,
) -> None:
    size = shelf.LARGE if responder == "usb-mtp" else 20 * MIB
    serial = "FAST0" if responder == "usb-mtp" else "UMTPPULL"
    served: Gadget | None = None
    if responder == "umtprd":
        shelf.sparse(tmp_path / "clip.mp4", size)
        served = request.getfixturevalue("gadget")(serial, tmp_path)
    recorder = opened(serial)
    [clip] = recorder.list().clips
    pull = served.unplug if served else cable("fast0").unplug
    room = memoryview(bytearray(MIB))
    got, pulled = 0, threading.Thread(target=pull)
    with recorder.open(clip) as reader:

        def read_on() -> None:
            nonlocal got
            while count := reader.read_into(room):
                got += count
                if got >= size // 4 and not pulled.ident:
                    pulled.start()

        with pytest.raises(SourceGoneError):
            read_on()
    pulled.join()
    assert size // 4 <= got < size
    assert not recorder.is_there()
    recorder.close()
    if served:
        served.restart()
    else:
        cable("fast0").plug()
    again = opened(serial)
    [found] = again.list().clips
    assert (found.path, found.size, found.mtime_ns) == (clip.path, clip.size, clip.mtime_ns)
    rest = read(again, found, start=got)
    assert len(rest) == size - got
    at = -(-got // MIB) * MIB
    assert rest[at - got : at - got + 32] == shelf.mark(at)
