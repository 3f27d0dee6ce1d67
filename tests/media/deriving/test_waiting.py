"""What waits, what was tried in vain, what somebody wants now, and what an older version left."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.audit.recording import damaged, sound
from archive.events import Event
from archive.opening import Archive, open_archive
from archive.store.posix import path_of
from ingest.deriving import derive
from ingest.deriving.claims import claimed
from ingest.deriving.kinds import KINDS, STAGES, VERSIONS, stage_of
from ingest.deriving.serving import WantingThread
from ingest.deriving.wanted import Want, Wanted
from tests.media.deriving.card import ACTOR, GPX, PDF, docked, entries, made, names

EMPTY_GPX = GPX[: GPX.index("<trkseg>")] + "<trkseg></trkseg></trk></gpx>"


@pytest.fixture
def little(tmp_path: Path, card: Path) -> Path:
    """An archive with one film, a side file that has no position, and a document."""
    folder = tmp_path / "little"
    folder.mkdir()
    shutil.copy(card / "whole.mp4", folder / "film.mp4")
    (folder / "film.gpx").write_text(EMPTY_GPX)
    (folder / "paper.pdf").write_bytes(PDF)
    return docked(tmp_path / "archive", folder)


def clip_of(root: Path, name: str) -> str:
    return next(clip for clip, path in names(root).items() if path == name)


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def failed_tracks(root: Path) -> int:
    return sum(e.data["kind"] == "track" for e in entries(root, "rendition.failed"))


def test_what_cannot_be_made_is_said_once_and_tried_again_by_who_asks_or_a_newer_version(
    little: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = clip_of(little, "film.mp4")
    with open_archive(little, write=True) as archive:
        first = derive(archive, None, actor=ACTOR)
        assert [(kind, code) for _, kind, code in first.unmade] == [("track", "no_position")]
        derive(archive, None, actor=ACTOR)
        assert failed_tracks(little) == 1
        (row,) = archive.catalogue.failures(clip)
        assert (row.kind, row.version) == ("track", VERSIONS["track"])
        derive(archive, [clip], actor=ACTOR, again=True)
        assert failed_tracks(little) == 2
        monkeypatch.setitem(VERSIONS, "track", "99")
        derive(archive, None, actor=ACTOR)
        assert failed_tracks(little) == 3
        assert entries(little, "rendition.failed")[-1].data["version"] == "99"
        derive(archive, None, actor=ACTOR)
    assert failed_tracks(little) == 3


def test_only_the_kinds_that_are_asked_for_are_made(little: Path) -> None:
    with open_archive(little, write=True) as archive:
        derive(archive, None, actor=ACTOR, kinds=("examine",))
        assert {kind for _, kind in made(little)} == {"poster"}
        derive(archive, None, actor=ACTOR, kinds=("waveform",))
        assert {kind for _, kind in made(little)} == {"poster", "waveform"}
        archive.catalogue.catch_up()
        assert archive.catalogue.due_kinds() == {"strip": 1, "quality": 1, "track": 1, "page": 1}
        assert archive.catalogue.due_kinds([clip_of(little, "paper.pdf")]) == {"page": 1}


def test_a_clip_that_an_older_version_examined_is_examined_again_and_its_poster_kept(
    little: Path,
) -> None:
    clip = clip_of(little, "film.mp4")
    with open_archive(little, write=True) as archive:
        with archive.store.writing() as writing:
            (stored,) = writing.put([b"\xff\xd8\xff an old poster \xff\xd9"])
            poster = {"object": stored.digest, "size": stored.size}
            old = {"kind": "poster", "rendition": poster, "of": "0" * 64}
            archive.record(
                [
                    Event(type="clip.examined", subject=clip, actor=ACTOR, data={"width": 320}),
                    Event(type="rendition.made", subject=clip, actor=ACTOR, data=old),
                ]
            )
        archive.catalogue.catch_up()
        assert clip in {row.clip for row in archive.catalogue.unexamined()}
        derive(archive, None, actor=ACTOR)
        archive.catalogue.catch_up()
        row = archive.catalogue.clip(clip)
    assert row is not None
    assert row.facts is not None
    assert row.due == ()
    assert made(little)["film.mp4", "poster"] == stored.digest


def test_an_original_that_is_gone_stops_no_other_clip_and_is_no_failure_of_the_maker(
    little: Path,
) -> None:
    clip = clip_of(little, "film.mp4")
    with open_archive(little, write=True) as archive:
        archive.catalogue.catch_up()
        row = archive.catalogue.clip(clip)
        assert row is not None
        path_of(archive.store.folder, row.sha256).unlink()
        result = derive(archive, None, actor=ACTOR)
    assert [one for one, _ in result.failed] == [clip]
    assert ("paper.pdf", "page") in made(little)
    assert clip not in {e.subject for e in entries(little, "clip.examined", "rendition.failed")}


def found(archive: Archive, clip: str, *, closed: bool) -> None:
    """A finding on a clip's original is opened, or closed."""
    archive.catalogue.catch_up()
    row = archive.catalogue.clip(clip)
    assert row is not None
    said = {"subject": clip, "digest": row.sha256, "actor": ACTOR}
    if closed:
        before = archive.catalogue.damaged_object(row.sha256)
        assert before is not None
        archive.record([sound(**said, closes=before.index, found_by="audit")])
    else:
        archive.record([damaged(**said, code="object_changed", found_by="audit")])
    archive.catalogue.catch_up()


@pytest.mark.parametrize("before", [(), ("examine",)], ids=["not examined", "examined"])
def test_nothing_is_made_of_a_clip_while_a_finding_on_it_is_open(
    little: Path, before: tuple[str, ...]
) -> None:
    clip = clip_of(little, "film.mp4")
    with open_archive(little, write=True) as archive:
        if before:
            derive(archive, None, actor=ACTOR, kinds=before)
        known = [e.index for e in entries(little, "rendition.made") if e.subject == clip]
        found(archive, clip, closed=False)
        result = derive(archive, None, actor=ACTOR)
        assert {one for one, _ in result.failed} == {clip}
        assert all("finding on its original is open" in why for _, why in result.failed)
        of_it = [e.index for e in entries(little, "rendition.made") if e.subject == clip]
        assert of_it == known
        assert ("paper.pdf", "page") in made(little)
        found(archive, clip, closed=True)
        assert derive(archive, None, actor=ACTOR).failed == []
    assert ("film.mp4", "strip") in made(little)


def test_no_track_is_made_of_a_side_file_with_an_open_finding(little: Path) -> None:
    with open_archive(little, write=True) as archive:
        derive(archive, None, actor=ACTOR, kinds=("examine",))
        found(archive, clip_of(little, "film.gpx"), closed=False)
        derive(archive, None, actor=ACTOR)
        archive.catalogue.catch_up()
        assert archive.catalogue.due_kinds([clip_of(little, "film.mp4")]) == {"track": 1}


def test_what_somebody_waits_for_is_made_before_the_rest_though_nothing_says_it_is_due(
    little: Path,
) -> None:
    clip = clip_of(little, "film.mp4")
    wanted = Wanted(little)
    assert wanted.pending() == []
    assert wanted.want(clip, "proxy-low")
    assert wanted.want("clip-nobody", "strip")
    assert wanted.pending() == [Want(clip, "proxy-low"), Want("clip-nobody", "strip")]
    with open_archive(little, write=True) as archive, WantingThread(archive):
        wait_until(lambda: not wanted.pending())
    assert {kind for name, kind in made(little) if name == "film.mp4"} == {"poster", "proxy-low"}
    with open_archive(little, write=True) as archive:
        assert wanted.want(clip, "waveform")
        derive(archive, None, actor=ACTOR)
    kinds = [e.data["kind"] for e in entries(little, "rendition.made")]
    assert kinds.index("waveform") < kinds.index("strip")
    assert wanted.pending() == []


def test_a_file_of_wishes_that_is_no_database_is_no_reason_to_fail(little: Path) -> None:
    (little / "work.db").write_bytes(b"not a database" * 1000)
    wanted = Wanted(little)
    assert not wanted.want("clip-1", "strip")
    assert wanted.pending() == []
    with open_archive(little, write=True) as archive:
        assert derive(archive, None, actor=ACTOR, kinds=("examine",)).examined == 3


def test_a_claim_is_held_by_one_of_each_hand_and_ends_with_its_block(tmp_path: Path) -> None:
    with claimed(tmp_path, ["a", "b"], "child") as mine:
        assert mine == {"a", "b"}
        with claimed(tmp_path, ["b", "c"], "child") as theirs:
            assert theirs == {"c"}
        with claimed(tmp_path, ["a"], "encoder") as theirs:
            assert theirs == {"a"}
    with claimed(tmp_path, ["a", "b"], "child") as mine:
        assert mine == {"a", "b"}


def test_work_that_another_process_holds_is_waited_for_and_found_done(little: Path) -> None:
    clip = clip_of(little, "film.mp4")

    def page(_done: int, _total: int, stage: str) -> None:
        if stage == "survey" and not let_go:
            # It was claimed when the page began; now its holder has made it and goes.
            let_go.append(held.__exit__(None, None, None))

    with open_archive(little, write=True) as archive:
        derive(archive, None, actor=ACTOR, kinds=("examine",))
        held, let_go = claimed(little, [clip], "child"), list[object]()
        assert held.__enter__() == {clip}
        derive(archive, None, actor=ACTOR, kinds=("strip",), progress=page)
    assert ("film.mp4", "strip") in made(little)


def test_every_kind_has_one_stage_and_a_version() -> None:
    kinds = [kind for stage in STAGES for kind in stage.kinds]
    assert len(kinds) == len(set(kinds))
    assert set(VERSIONS) == {*kinds, "proxy-low"}
    assert {kind for kind in KINDS if stage_of(kind) is None} == {"poster"}


def test_wishes_are_forgotten_after_a_day(little: Path) -> None:
    wanted = Wanted(little)
    wanted.want("clip-old", "strip")
    with sqlite3.connect(little / "work.db") as db:
        db.execute("UPDATE wanted SET asked = asked - 100000")
    db.close()
    wanted.want("clip-new", "strip")
    assert wanted.pending() == [Want("clip-new", "strip")]


def test_a_look_that_another_process_has_begun_is_waited_for(little: Path) -> None:
    clip = clip_of(little, "film.mp4")
    held = claimed(little, [clip], "child")
    assert held.__enter__() == {clip}
    timer = threading.Timer(1.0, held.__exit__, (None, None, None))
    timer.start()
    with open_archive(little, write=True) as archive:
        assert derive(archive, None, actor=ACTOR, kinds=("examine",)).examined == 3
    timer.join()


def test_what_the_parser_did_not_live_through_is_tried_again_only_when_asked_for(
    little: Path,
) -> None:
    clip = clip_of(little, "film.mp4")
    with open_archive(little, write=True) as archive:
        with archive.store.writing() as writing:
            (stored,) = writing.put([b"{}"])
            facts = {"object": stored.digest, "size": stored.size}
            crashed = {"facts": facts, "damaged": True, "damage": ["parser_crashed"], "due": []}
            archive.record([Event(type="clip.examined", subject=clip, actor=ACTOR, data=crashed)])
        archive.catalogue.catch_up()
        assert archive.catalogue.unexamined([clip]) == []
        assert derive(archive, [clip], actor=ACTOR).examined == 0, "as every docking's work does"
        assert derive(archive, [clip], actor=ACTOR, again=True).examined == 1
        archive.catalogue.catch_up()
        row = archive.catalogue.clip(clip)
    assert row is not None
    assert not row.damaged
