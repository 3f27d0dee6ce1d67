"""How a package is made: whole or not at all, and never over something that is there."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive import cases
from archive.cases import UnknownCaseError, UnknownClipError
from archive.errors import ArchiveBusyError, MissingObjectError
from archive.events import Event
from archive.ids import new_id
from archive.opening import Archive, open_archive
from archive.package.build import build, needs
from archive.package.errors import (
    EmptyPackageError,
    OriginalDamagedError,
    PackagePlaceError,
    PackageSpaceError,
)
from archive.package.selecting import select
from archive.package.verifier.checking import check_package
from tests.integrity.package.making import (
    ACTOR,
    add_poster,
    dock_clips,
    new_archive,
    open_case,
    pack,
    say_nothing,
)
from tests.integrity.package.unpacking import document, entries, members

MUNIMENT = str(Path(sys.executable).with_name("muniment"))


def object_path(archive: Archive, digest: str) -> Path:
    """Where an object lies."""
    return archive.root / "store" / "sha256" / digest[:2] / digest[2:4] / digest


def flip(archive: Archive, digest: str) -> None:
    """Turn one bit of an object over."""
    path = object_path(archive, digest)
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def digest_of(archive: Archive, clip: str) -> str:
    """Of a clip's original."""
    row = archive.catalogue.clip(clip)
    assert row is not None
    return row.sha256


def left_in(folder: Path) -> list[str]:
    """Files of a folder."""
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_one_flipped_bit_stops_the_making_and_is_named(archive: Archive, tmp_path: Path) -> None:
    clips = dock_clips(archive, tmp_path / "recorder", {"a.txt": b"a" * 99, "b.txt": b"b" * 99})
    case = open_case(archive, clips)
    size = archive.ledger.size
    flip(archive, digest_of(archive, clips[1]))
    with pytest.raises(OriginalDamagedError, match=clips[1]):
        pack(archive, case, tmp_path / "case.zip")
    assert left_in(tmp_path) == []
    types = [entry.type for entry in archive.reader.entries(size)]
    assert "package.made" not in types
    assert types[-2:] == ["object.damaged", "alarm.raised"]
    assert archive.catalogue.damaged_digests() == {digest_of(archive, clips[1])}
    built = pack(archive, case, tmp_path / "case.zip")
    assert [(item.clip, item.why) for item in built.left_out] == [(clips[1], "damaged")]


def test_a_damaged_rendition_is_left_out_and_named_and_stops_nothing(
    archive: Archive, tmp_path: Path
) -> None:
    clips = dock_clips(archive, tmp_path / "recorder", {"a.txt": b"a" * 99, "b.txt": b"b" * 99})
    case = open_case(archive, clips)
    for clip in clips:
        add_poster(archive, clip)
    archive.catalogue.catch_up()
    (poster,) = archive.catalogue.renditions(clips[0])
    flip(archive, poster.sha256)
    with pytest.raises(OriginalDamagedError, match=clips[0]):
        pack(archive, case, tmp_path / "case.zip")
    built = pack(archive, case, tmp_path / "case.zip")
    assert (built.clips, built.left_out, built.withheld) == (2, (), ((clips[0], "poster"),))
    files = members(built.out)
    first, second = document(files)["clips"]
    assert (first["renditions_left_out"], first["renditions"]) == (["poster"], [])
    assert [one["kind"] for one in second["renditions"]] == ["poster"]
    assert f"{clips[0]}, poster" in files["README.txt"].decode()
    assert check_package(built.out)["ok"]


def test_an_original_that_grew_or_shrank_stops_the_making(archive: Archive, tmp_path: Path) -> None:
    names = {f"{n}.txt": b"%d" % n * 99 for n in range(3)}
    clips = dock_clips(archive, tmp_path / "recorder", names)
    for clip, data in zip(clips, (b"a" * 98, b"a" * 100, b""), strict=True):
        path = object_path(archive, digest_of(archive, clip))
        path.chmod(0o644)
        path.write_bytes(data)
        with pytest.raises(OriginalDamagedError, match="length"):
            pack(archive, clip, tmp_path / "clip.zip")
    assert left_in(tmp_path) == []


def test_a_name_that_is_taken_is_refused_and_stays_as_it_was(
    archive: Archive, tmp_path: Path
) -> None:
    (clip,) = dock_clips(archive, tmp_path / "recorder", {"a.txt": b"a"})
    out = tmp_path / "clip.zip"
    out.write_bytes(b"another's")
    link = tmp_path / "link.zip"
    link.symlink_to(tmp_path / "nowhere")
    size = archive.ledger.size
    for taken in (out, link, tmp_path / "no-such-folder" / "clip.zip", archive.root / "clip.zip"):
        with pytest.raises(PackagePlaceError):
            pack(archive, clip, taken)
    assert out.read_bytes() == b"another's"
    assert archive.ledger.size == size


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """As on a medium whose files may not be longer: what is full answers the same way."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_leaves_nothing_under_the_name(archive: Archive, tmp_path: Path) -> None:
    (clip,) = dock_clips(archive, tmp_path / "recorder", {"a.bin": os.urandom(8 << 20)})
    out = tmp_path / "clip.zip"
    with files_limited_to(4 << 20), pytest.raises(PackageSpaceError):
        pack(archive, clip, out)
    assert left_in(tmp_path) == []
    assert pack(archive, clip, out).clips == 1


def test_unknown_and_empty_subjects_are_refused(archive: Archive, tmp_path: Path) -> None:
    out = tmp_path / "case.zip"
    case = open_case(archive, [])
    for subject, error in (
        (new_id("case"), UnknownCaseError),
        (new_id("clip"), UnknownClipError),
        ("../etc", UnknownClipError),
        (case, EmptyPackageError),
    ):
        with pytest.raises(error):
            pack(archive, subject, out)
    assert left_in(tmp_path) == []


def test_what_cannot_be_handed_out_is_named(archive: Archive, tmp_path: Path) -> None:
    clips = dock_clips(archive, tmp_path / "recorder", {f"{n}.txt": b"%d" % n for n in range(3)})
    case = open_case(archive, clips)
    _quarantined(archive, clips[0], case)
    object_path(archive, digest_of(archive, clips[1])).unlink()
    built = pack(archive, case, tmp_path / "case.zip")
    files = members(built.out)
    assert [clip["clip"] for clip in document(files)["clips"]] == [clips[0], clips[2]]
    left_out = document(files)["left_out"]
    assert {"clip": clips[1], "why": "missing"} in left_out
    assert {item["why"] for item in left_out} == {"missing", "quarantined"}
    text = files["README.txt"].decode()
    assert all(item["clip"] in text for item in left_out)
    with pytest.raises(MissingObjectError):
        pack(archive, clips[1], tmp_path / "clip.zip")


def _quarantined(archive: Archive, like: str, case: str) -> None:
    """Another clip of the case, that nobody has accepted."""
    row = archive.catalogue.clip(like)
    assert row is not None
    entry = archive.reader.entry(row.ingested_index)
    clip = new_id("clip")
    data = {name: value for name, value in entry.data.items() if name != "text"}
    archive.record(
        [
            Event(
                type="clip.ingested",
                subject=clip,
                actor=ACTOR,
                data={**data, "quarantined": True},
                text={"path": "quarantined.txt", "start_raw": None, "belongs_to": None},
            ),
            Event(
                type="clip.linked",
                subject=clip,
                actor=ACTOR,
                data={"case": case, "by": "docking", "rule": None},
                text={"reason": "at docking"},
            ),
        ]
    )
    archive.catalogue.catch_up()


def test_a_case_of_several_recorders_has_each_with_its_docking(
    archive: Archive, tmp_path: Path
) -> None:
    clips = []
    for serial in ("R1", "R2"):
        clips += dock_clips(archive, tmp_path / serial, {"a.txt": serial.encode()}, serial=serial)
    case = open_case(archive, clips)
    cases.unlink_clip(archive, actor=ACTOR, number="2026-0117", clip=clips[0], reason="another")
    cases.link_clip(archive, actor=ACTOR, number="2026-0117", clip=clips[0], reason="back")
    files = members(pack(archive, case, tmp_path / "case.zip").out)
    found = [json.loads(raw) for raw in entries(files).values()]
    types = [entry["type"] for entry in found]
    assert types.count("docking.started") == types.count("docking.ended") == 2
    assert types.count("recorder.noticed") == 2
    assert types.count("clip.unlinked") == 1
    assert [clip["clip"] for clip in document(files)["clips"]] == clips


def test_two_packages_of_one_case_are_two_entries(archive: Archive, tmp_path: Path) -> None:
    clips = dock_clips(archive, tmp_path / "recorder", {"a.txt": b"a"})
    case = open_case(archive, clips)
    first = pack(archive, case, tmp_path / "1.zip", kinds=["all"])
    second = pack(archive, case, tmp_path / "2.zip", kinds=[])
    assert first.entry < second.entry
    alone = pack(archive, clips[0], tmp_path / "3.zip")
    again = pack(archive, clips[0], tmp_path / "4.zip")
    assert alone.entry not in entries(members(alone.out))
    # What happened to a clip includes that it was handed out before.
    assert alone.entry in entries(members(again.out))
    assert document(members(again.out))["subject"] == {
        "kind": "clip",
        "id": clips[0],
        "number": None,
    }


def test_memory_does_not_grow_with_the_original(archive: Archive, tmp_path: Path) -> None:
    (clip,) = dock_clips(archive, tmp_path / "recorder", {"a.bin": bytes(40 << 20)})
    seen: list[tuple[int, int]] = []
    tracemalloc.start()
    try:
        build(  # without a PDF: a font takes 50 MB
            archive,
            clip,
            tmp_path / "clip.zip",
            kinds=[],
            progress=lambda done, total, _: seen.append((done, total)),
            actor=ACTOR,
        )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 32 << 20
    assert seen[-1] == (40 << 20, 40 << 20)
    assert seen == sorted(seen)


def test_a_maker_that_is_killed_leaves_no_package_and_hinders_nobody(tmp_path: Path) -> None:
    root, out = new_archive(tmp_path / "archive", stamps=False), tmp_path / "clip.zip"
    with open_archive(root, write=True) as archive:
        (clip,) = dock_clips(archive, tmp_path / "recorder", {"a.bin": os.urandom(64 << 20)})
    beside = tmp_path / "clip.zip.making"
    command = [MUNIMENT, "--root", str(root), "package", clip, "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (beside.exists() and beside.stat().st_size > 1 << 20):
        assert time.monotonic() < deadline
        assert process.poll() is None, "it was too quick to be killed"
        time.sleep(0.001)
    process.send_signal(signal.SIGSTOP)
    with open_archive(root, write=True) as archive, pytest.raises(ArchiveBusyError):
        pack(archive, clip, out)
    process.kill()
    process.wait()
    assert not out.exists()
    assert beside.exists()
    with open_archive(root, write=True) as archive:
        assert pack(archive, clip, out).clips == 1
    assert left_in(tmp_path) == ["clip.zip"]
    assert members(out)


def test_a_medium_without_links_gets_its_package_too(archive: Archive, tmp_path: Path) -> None:
    class NoLinks(type(archive.disk)):  # type: ignore[misc]
        """A stick: FAT knows no second name."""

        def link(self, source: Path, target: Path) -> None:
            if target.suffix == ".zip":
                raise PermissionError(1, "Operation not permitted")
            super().link(source, target)

    (clip,) = dock_clips(archive, tmp_path / "recorder", {"a.txt": b"a"})
    archive.disk = NoLinks()
    assert pack(archive, clip, tmp_path / "clip.zip").clips == 1
    assert left_in(tmp_path) == ["clip.zip"]


def test_who_is_silent_is_named_and_stops_nothing(tmp_path: Path) -> None:
    root = new_archive(tmp_path / "archive", stamps=False)
    settings = root / "muniment.toml"
    settings.write_text(
        settings.read_text()
        + '\n[witnesses]\nquorum = 1\n[[witnesses.witness]]\nurl = "http://127.0.0.1:9"\n'
        + 'vkey = "witness.invalid/0+ea174841+BCvCgAszFuAJIJ/9dX2rGczwroS8eukGVOHoFxLScPZT"\n'
    )
    with open_archive(root, write=True) as archive:
        (clip,) = dock_clips(archive, tmp_path / "recorder", {"a.txt": b"a"})
        built = build(
            archive, clip, tmp_path / "clip.zip", kinds=[], progress=say_nothing, actor=ACTOR
        )
    assert not built.outside.complete
    assert built.outside.submitted is not None
    assert [answer.ok for answer in built.outside.submitted.answers] == [False]
    assert document(members(built.out))["witnesses"]["quorum"] == 1


def test_a_finished_package_is_safe_from_the_next_maker(archive: Archive, tmp_path: Path) -> None:
    """Killed between the two names, then moved away: the interim name still leads to the finished file."""
    (clip,) = dock_clips(archive, tmp_path / "recorder", {"a.txt": b"a"})
    out, moved = tmp_path / "clip.zip", tmp_path / "moved.zip"
    pack(archive, clip, out)
    (tmp_path / "clip.zip.making").hardlink_to(out)
    out.rename(moved)
    finished = moved.read_bytes()
    pack(archive, clip, out)
    assert moved.read_bytes() == finished
    assert left_in(tmp_path) == ["clip.zip", "moved.zip"]


def test_the_second_name_of_a_finished_package_goes_when_it_is_asked_for_again(
    archive: Archive, tmp_path: Path
) -> None:
    """Killed between the two names, and nobody moved it."""
    (clip,) = dock_clips(archive, tmp_path / "recorder", {"a.txt": b"a"})
    out = tmp_path / "clip.zip"
    pack(archive, clip, out)
    (tmp_path / "clip.zip.making").hardlink_to(out)
    with pytest.raises(PackagePlaceError, match="there already"):
        pack(archive, clip, out)
    assert left_in(tmp_path) == ["clip.zip"]
    assert members(out)


def test_what_is_recorded_about_a_clip_meanwhile_stops_its_package(
    archive: Archive, tmp_path: Path
) -> None:
    (clip,) = dock_clips(archive, tmp_path / "recorder", {"a.txt": b"a"})

    def meanwhile(_done: int, _total: int, _note: str) -> None:
        if not archive.catalogue.renditions(clip):
            add_poster(archive, clip)

    with pytest.raises(ArchiveBusyError, match="make it again"):
        build(archive, clip, tmp_path / "a.zip", kinds=[], progress=meanwhile, actor=ACTOR)
    assert list(tmp_path.glob("*.zip*")) == []
    build(archive, clip, tmp_path / "a.zip", kinds=[], progress=say_nothing, actor=ACTOR)


def test_it_asks_for_the_room_that_it_takes_and_little_more(
    archive: Archive, tmp_path: Path
) -> None:
    clips = dock_clips(archive, tmp_path / "recorder", {f"{n}.txt": b"%d" % n for n in range(30)})
    case = open_case(archive, clips)
    taken = pack(archive, case, tmp_path / "case.zip").out.stat().st_size
    asked = needs(select(archive, case, []), 0)
    assert taken <= asked <= taken + (3 << 19)
