"""Who reads an archive from which something was lawfully disposed of: packages, verifiers, text rows, work lists."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive import cases, holds
from archive.audit import audit
from archive.errors import DisposedClipError
from archive.opening import Archive, open_archive
from archive.package.build import build
from tests.fakes.disposing import ACTOR, WHY, approved, carried, classify, ingest, new_archive

FILES = {"goes.mp4": b"goes" * 100, "stays.mp4": b"stays" * 100}


@pytest.fixture
def disposed(tmp_path: Path) -> Iterator[tuple[Archive, dict[str, str]]]:
    """Two clips of a closed case, whose words lay in one text object; one is gone."""
    root = tmp_path / "archive"
    with new_archive(root) as archive:
        clips = ingest(archive, tmp_path / "card", FILES)
        cases.open_case(archive, actor=ACTOR, number="7")
        for clip in clips.values():
            cases.link_clip(archive, actor=ACTOR, number="7", clip=clip, reason=WHY)
        cases.unlink_clip(archive, actor=ACTOR, number="7", clip=clips["goes.mp4"], reason=WHY)
        cases.close_case(archive, actor=ACTOR, number="7")
        archive.catalogue.catch_up()
        classify(archive, [clips["goes.mp4"]], "ordinary")
        assert carried(archive, approved(archive)).ended
    with open_archive(root, write=True) as archive:  # one that has nothing in memory
        archive.catalogue.catch_up()
        yield archive, clips


def test_a_package_of_what_stays_proves_itself_though_its_words_were_moved(
    disposed: tuple[Archive, dict[str, str]], tmp_path: Path
) -> None:
    archive, clips = disposed
    out = tmp_path / "out.zip"
    build(archive, clips["stays.mp4"], out, kinds=[], progress=say_nothing, actor=ACTOR)
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            str(unpacked(tmp_path) / "verify.py"),
            str(out),
            "--json",
        ],
        capture_output=True,
        check=False,
        timeout=120,
    )
    said = json.loads(done.stdout)
    assert said["ok"], said
    assert b"stays.mp4" in done.stdout


def say_nothing(*_: object) -> None:
    """Nobody waits."""


def unpacked(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "out.zip") as file:
        file.extractall(folder / "bag")
    return next((folder / "bag").iterdir())


def test_a_clip_that_is_gone_is_in_no_package_and_in_no_work_list(
    disposed: tuple[Archive, dict[str, str]], tmp_path: Path
) -> None:
    archive, clips = disposed
    with pytest.raises(DisposedClipError):
        build(
            archive,
            clips["goes.mp4"],
            tmp_path / "no.zip",
            kinds=[],
            progress=say_nothing,
            actor=ACTOR,
        )
    gone = clips["goes.mp4"]
    assert gone not in {each.clip for each in archive.catalogue.unexamined()}
    assert gone not in {each.clip for each in archive.catalogue.unverified()}
    with pytest.raises(DisposedClipError):
        holds.place(archive, about=gone, actor=ACTOR, reason=WHY)
    with pytest.raises(DisposedClipError):
        classify(archive, [gone], "ordinary")


def test_a_recorder_that_still_has_the_clip_is_docked_as_ever(
    disposed: tuple[Archive, dict[str, str]], tmp_path: Path
) -> None:
    archive, clips = disposed
    again = ingest(archive, tmp_path / "card", FILES)
    # What stays is known; what went is nobody's, so it comes in as a new clip.
    assert again["stays.mp4"] == clips["stays.mp4"]
    assert again["goes.mp4"] != clips["goes.mp4"]
    assert archive.store.size(digest_of(FILES["goes.mp4"])) == len(FILES["goes.mp4"])
    report = audit(archive.root)
    assert report.ok, report.findings
    archive.catalogue.rebuild()
    report = audit(archive.root)
    assert report.ok, report.findings


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
