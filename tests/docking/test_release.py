"""What is erased from a recorder, and what stays: an outside reader finds every erased byte in the archive."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive.audit.recording import damaged
from archive.errors import ArchiveBusyError, MissingObjectError
from archive.opening import Archive, open_archive
from archive.store.area import Area, recorder_area
from archive.store.posix import path_of
from devices.clips import FoundClip
from devices.errors import DeviceError, NotErasableError
from devices.folder import FolderRecorder
from ingest import release as releasing
from ingest.docking import dock
from ingest.readback import verify
from ingest.receipt import Receipt
from ingest.release import Released, release
from tests.fakes.outsider import check_log
from tests.fakes.releasing import ForgetfulRecorder, NotedRecorder, gone, refused, silent

ACTOR = "local-0"


def secured(archive: Archive, source: FolderRecorder, *, reread: bool = False) -> Receipt:
    return dock(archive, source, serial="A1", officer=None, case=None, reread=reread, actor=ACTOR)


def released(archive: Archive, source: FolderRecorder, receipt: Receipt) -> Released:
    wrong = verify(archive, receipt.docking, actor=ACTOR)
    return release(
        archive,
        source,
        receipt,
        policy="by-hand",
        actor=ACTOR,
        damaged={failure.clip for failure in wrong},
    )


def all_at_once(archive: Archive, source: FolderRecorder) -> Released:
    with source:
        return released(archive, source, secured(archive, source))


def events(archive: Archive, kind: str) -> list[dict[str, object]]:
    return [e.data for e in archive.reader.entries() if e.type == kind]


def codes(done: Released) -> dict[str, str]:
    return {clip.path: clip.code for clip in done.kept}


def fill(recorder: Path, count: int = 3) -> None:
    for n in range(count):
        (recorder / f"{n}.mp4").write_bytes(b"%d" % n * 700_000)


def test_nothing_goes_before_a_stranger_finds_it_verified_in_the_published_ledger(
    archive: Archive, root: Path, recorder: Path
) -> None:
    fill(recorder)
    content = {p.name: p.read_bytes() for p in recorder.iterdir()}
    vkey = (root / "keys" / "ledger.vkey").read_text()
    seen = []

    def look(path: str) -> None:
        log = b"\n".join(check_log(root / "ledger", vkey).entries)
        digest = hashlib.sha256(content[path]).hexdigest()
        with open_archive(root, write=False) as outside:
            assert path_of(outside.store.folder, digest).read_bytes() == content[path]
            verified = [
                e.data["original"]["object"]
                for e in outside.reader.entries()
                if e.type == "clip.verified" and e.raw in log
            ]
        assert digest in verified
        assert b'"release.started"' in log
        seen.append(path)

    done = all_at_once(archive, NotedRecorder(recorder, look))
    assert (done.erased, done.kept, done.stopped) == (3, [], None)
    assert sorted(seen) == sorted(content)
    assert list(recorder.iterdir()) == []
    (started,), (ended,) = events(archive, "release.started"), events(archive, "release.ended")
    assert (started["policy"], started["clips"]) == ("by-hand", 3)
    assert (ended["erased"], ended["kept"], ended["codes"]) == (3, 0, {})
    erased = [e["erased"]["object"] for e in events(archive, "recorder.erased")]  # type: ignore[index]
    assert sorted(erased) == sorted(hashlib.sha256(c).hexdigest() for c in content.values())


def test_folders_and_what_is_no_file_stay(archive: Archive, recorder: Path) -> None:
    (recorder / "DCIM" / "empty").mkdir(parents=True)
    (recorder / "DCIM" / "a.mp4").write_bytes(b"a")
    (recorder / "link").symlink_to("DCIM/a.mp4")
    done = all_at_once(archive, FolderRecorder(recorder))
    assert done.erased == 1
    assert codes(done) == {"link": "link"}
    assert sorted(str(p.relative_to(recorder)) for p in recorder.rglob("*")) == [
        "DCIM",
        "DCIM/empty",
        "link",
    ]


def test_a_small_file_is_compared_whole_and_a_long_one_by_head_and_tail(
    archive: Archive, recorder: Path
) -> None:
    (recorder / "long.mp4").write_bytes(os.urandom(2 << 20))
    (recorder / "empty.mp4").write_bytes(b"")
    assert all_at_once(archive, FolderRecorder(recorder)).erased == 2
    by_size = {e["erased"]["size"]: e["compared"] for e in events(archive, "recorder.erased")}  # type: ignore[index]
    assert by_size == {2 << 20: "sample", 0: "whole"}


@pytest.mark.parametrize("at", [0, -1], ids=["head", "tail"])
def test_a_file_that_changed_behind_its_time_is_kept(
    archive: Archive, recorder: Path, at: int
) -> None:
    file = recorder / "a.mp4"
    file.write_bytes(b"a" * (2 << 20))
    times = file.stat()
    with FolderRecorder(recorder) as source:
        receipt = secured(archive, source)
        changed = bytearray(b"a" * (2 << 20))
        changed[at] = 0
        file.write_bytes(changed)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
        done = released(archive, source, receipt)
    assert (done.erased, codes(done)) == (0, {"a.mp4": "D012"})
    assert file.read_bytes() == changed


def test_what_is_known_by_its_name_only_is_read_whole_before_it_goes(
    archive: Archive, recorder: Path
) -> None:
    for name in ("same.mp4", "other.mp4"):
        (recorder / name).write_bytes(b"a" * (2 << 20))
    with FolderRecorder(recorder) as source:
        secured(archive, source)
    middle = recorder / "other.mp4"
    times = middle.stat()
    with middle.open("r+b") as file:
        file.seek(1 << 20)
        file.write(b"b")
    os.utime(middle, ns=(times.st_atime_ns, times.st_mtime_ns))
    done = all_at_once(archive, FolderRecorder(recorder))
    assert (done.erased, codes(done)) == (1, {"other.mp4": "D012"})
    assert [e["compared"] for e in events(archive, "recorder.erased")] == ["whole"]
    assert middle.exists()


def test_a_copy_of_an_earlier_docking_is_read_back_again_before_the_original_goes(
    archive: Archive, recorder: Path
) -> None:
    fill(recorder, 2)
    with FolderRecorder(recorder) as source:
        receipt = secured(archive, source)
        verify(archive, receipt.docking, actor=ACTOR)
    held = path_of(archive.store.folder, receipt.clips[0].sha256 or "")
    held.chmod(0o644)
    held.write_bytes(b"rotten" * 1000)
    done = all_at_once(archive, FolderRecorder(recorder))
    assert (done.erased, codes(done)) == (1, {receipt.clips[0].path: "damaged"})
    assert (recorder / receipt.clips[0].path).exists()


def test_what_a_finding_is_open_on_stays_although_its_copy_reads_back_equal(
    archive: Archive, recorder: Path
) -> None:
    fill(recorder, 2)
    with FolderRecorder(recorder) as source:
        receipt = secured(archive, source)
        verify(archive, receipt.docking, actor=ACTOR)
    line = receipt.clips[0]
    found = damaged(
        subject=line.clip or "",
        digest=line.sha256 or "",
        code="object_unreadable",
        found_by="audit",
        actor=ACTOR,
    )
    archive.record([found])
    done = all_at_once(archive, FolderRecorder(recorder))
    assert (done.erased, codes(done)) == (1, {line.path: "damaged"})
    assert "a finding on it is open" in done.kept[0].reason
    assert (recorder / line.path).exists()


def test_damage_in_read_back_keeps_the_clip_and_all_that_belongs_to_it(
    archive: Archive, recorder: Path
) -> None:
    name = "DCAM_1_012345_20260117_101112"
    for end in (".mp4", ".jpg", ".log"):
        (recorder / (name + end)).write_bytes(end.encode() * 1000)
    (recorder / "b.mp4").write_bytes(b"b" * 1000)
    with FolderRecorder(recorder) as source:
        receipt = secured(archive, source)
        (clip,) = [c for c in receipt.clips if c.path.endswith("112.mp4")]
        held = path_of(archive.store.folder, clip.sha256 or "")
        held.chmod(0o644)
        held.write_bytes(b"rotten")
        done = released(archive, source, receipt)
    owners = {h.found.path.decode(): h.owner for h in receipt.held}
    group = {p for p, owner in owners.items() if owner == owners[clip.path]}
    assert codes(done) == dict.fromkeys(group, "damaged")
    (found,) = events(archive, "object.damaged")
    assert (found["digest"], found["code"]) == (clip.sha256, "object_size_differs")
    assert [alarm["clip"] for alarm in events(archive, "alarm.raised")] == [clip.clip]
    assert {p.name for p in recorder.iterdir()} == group
    assert len(group) > 1


def test_what_was_not_read_back_is_kept(archive: Archive, recorder: Path) -> None:
    fill(recorder)
    with FolderRecorder(recorder) as source:
        receipt = secured(archive, source)
        done = release(archive, source, receipt, policy="by-hand", actor=ACTOR)
    assert set(codes(done).values()) == {"not_verified"}
    assert len(list(recorder.iterdir())) == 3
    assert events(archive, "release.started") == []


def test_what_is_quarantined_is_kept(root: Path, recorder: Path) -> None:
    settings = root / "muniment.toml"
    text = settings.read_text().replace('recorder = "accept"', 'recorder = "quarantine"')
    settings.write_text(text)
    fill(recorder, 1)
    with open_archive(root, write=True) as archive:
        for _ in range(2):  # also when it is known from before
            done = all_at_once(archive, FolderRecorder(recorder))
            assert (done.erased, codes(done)) == (0, {"0.mp4": "quarantined"})
    assert (recorder / "0.mp4").exists()


def test_a_docking_that_ended_early_releases_nothing(archive: Archive, recorder: Path) -> None:
    fill(recorder)
    with FolderRecorder(recorder) as source:
        secured(archive, source)
        receipt = dock(
            archive,
            source,
            serial="A1",
            officer=None,
            case=None,
            reread=True,
            actor=ACTOR,
            cancelled=lambda: True,
        )
        assert receipt.ended_early == "I010"
        done = released(archive, source, receipt)
    assert done.erased == 0
    assert len(list(recorder.iterdir())) == 3


def test_reading_again_is_enough_for_a_sample(archive: Archive, recorder: Path) -> None:
    (recorder / "a.mp4").write_bytes(b"a" * (2 << 20))
    with FolderRecorder(recorder) as source:
        secured(archive, source)
        assert released(archive, source, secured(archive, source, reread=True)).erased == 1
    assert [e["compared"] for e in events(archive, "recorder.erased")] == ["sample"]


def test_a_recorder_that_cannot_be_erased_from_says_so_and_no_entry_claims_otherwise(
    archive: Archive, recorder: Path
) -> None:
    class ReadOnly(FolderRecorder):
        @contextmanager
        def releasing(self) -> Iterator[None]:
            yield from self._refusing()

        def _refusing(self) -> Iterator[None]:
            raise refused()

    fill(recorder)
    done = all_at_once(archive, ReadOnly(recorder))
    assert isinstance(done.stopped, NotErasableError)
    assert set(codes(done).values()) == {"D022"}
    assert len(list(recorder.iterdir())) == 3
    assert events(archive, "release.started") == []


def test_a_file_that_may_not_be_erased_stays_and_the_others_go(
    archive: Archive, recorder: Path
) -> None:
    class Refusing(FolderRecorder):
        def erase(self, clip: FoundClip) -> None:
            if clip.path == b"1.mp4":
                raise refused()
            super().erase(clip)

    fill(recorder)
    done = all_at_once(archive, Refusing(recorder))
    assert (done.erased, codes(done), done.stopped) == (2, {"1.mp4": "D022"}, None)


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("took_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", [silent, gone], ids=["silent", "pulled"])
def test_an_erasure_that_does_not_answer_is_looked_at_again_or_said_to_be_unknown(
    archive: Archive,
    recorder: Path,
    error: Callable[[], DeviceError],
    at: int,
    *,
    took_effect: bool,
) -> None:
    fill(recorder)
    source = ForgetfulRecorder(recorder, at, error(), took_effect=took_effect)
    done = all_at_once(archive, source)
    pulled = error is gone
    seen = at + (took_effect and not pulled)
    assert done.erased == seen == len(events(archive, "recorder.erased"))
    unknown = [clip for clip in done.kept if clip.code == "not_known"]
    assert len(unknown) == pulled
    assert done.erased + len(done.kept) == 3
    (ended,) = events(archive, "release.ended")
    assert (ended["erased"], ended["kept"]) == (done.erased, len(done.kept))
    assert type(done.stopped) is type(error())
    assert len(list(recorder.iterdir())) == 3 - at - took_effect


def test_entries_follow_their_erasures_in_groups_and_none_waits_long(
    archive: Archive, recorder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(120):
        (recorder / f"{n:03}.mp4").write_bytes(b"%d" % n)
    waiting: list[int] = []

    def look(_: str) -> None:
        told = len(events(archive, "recorder.erased"))
        waiting.append(n_erased() - told)

    def n_erased() -> int:
        return before + len(source.erased)

    before, source = 0, NotedRecorder(recorder, look)
    assert all_at_once(archive, source).erased == 120
    assert 0 < max(waiting) <= 50
    waiting.clear()
    fill(recorder)
    monkeypatch.setattr(releasing, "_LATEST", 0.0)
    before, source = 120, NotedRecorder(recorder, look)
    assert all_at_once(archive, source).erased == 3
    assert max(waiting) == 0


def test_a_release_can_be_stopped_between_two_files(archive: Archive, recorder: Path) -> None:
    fill(recorder)
    with NotedRecorder(recorder) as source:
        receipt = secured(archive, source)
        verify(archive, receipt.docking, actor=ACTOR)
        done = release(
            archive,
            source,
            receipt,
            policy="after-verify",
            actor=ACTOR,
            cancelled=lambda: len(source.erased) == 1,
        )
    assert done.erased == 1
    assert codes(done) == dict.fromkeys((p.name for p in recorder.iterdir()), "I010")
    assert len(events(archive, "recorder.erased")) == 1


def test_nothing_is_erased_while_another_program_docks_the_recorder(
    archive: Archive, recorder: Path
) -> None:
    fill(recorder)
    with FolderRecorder(recorder) as source:
        receipt = secured(archive, source)
        verify(archive, receipt.docking, actor=ACTOR)
        with (
            Area(archive.store.incoming, recorder_area(receipt.recorder_id), archive.disk),
            pytest.raises(ArchiveBusyError),
        ):
            release(archive, source, receipt, policy="by-hand", actor=ACTOR)
    assert len(list(recorder.iterdir())) == 3


def test_an_interrupt_in_the_middle_still_tells_what_went(archive: Archive, recorder: Path) -> None:
    fill(recorder)
    source = NotedRecorder(recorder)

    def interrupt(_: str) -> None:
        if len(source.erased) == 1:
            raise KeyboardInterrupt

    source._before = interrupt
    with pytest.raises(KeyboardInterrupt):
        all_at_once(archive, source)
    assert len(list(recorder.iterdir())) == 2
    assert len(events(archive, "recorder.erased")) == 1
    assert events(archive, "release.ended")[0]["erased"] == 1


def test_a_failing_object_stops_the_release(archive: Archive, recorder: Path) -> None:
    fill(recorder)
    with FolderRecorder(recorder) as source:
        receipt = secured(archive, source)
        verify(archive, receipt.docking, actor=ACTOR)
        path_of(archive.store.folder, receipt.clips[1].sha256 or "").unlink()
        done = release(archive, source, receipt, policy="by-hand", actor=ACTOR)
    assert isinstance(done.stopped, MissingObjectError)
    assert codes(done) == {"1.mp4": "A024", "2.mp4": "A024"}
    assert sorted(p.name for p in recorder.iterdir()) == ["1.mp4", "2.mp4"]
