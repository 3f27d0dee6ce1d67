"""Findings on objects on record: opened once, closed by an audit that hashed the object right, in every mode."""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
from pathlib import Path

import pytest

from archive import settings
from archive.audit import AuditReport, Full, Mode, Sample, Since, Turn, audit
from archive.audit.errors import AuditFailedError
from archive.audit.hashing import Hasher, object_path
from archive.audit.inventory import take_inventory
from archive.audit.recording import damaged, put_on_record
from archive.audit.whole import WholeAudit
from archive.opening import create_archive, open_archive
from tests.unit.audit.made import ORIGIN, Made, fill


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("whole") / "archive"
    create_archive(root, origin=ORIGIN, unit="unit", sm3=True)
    return Made(root, fill(root))


@pytest.fixture
def made(whole: Made, tmp_path: Path) -> Made:
    root = tmp_path / "archive"
    shutil.copytree(whole.root, root)
    return Made(root, whole.clips)


def on_the_record(root: Path, mode: Mode | None = None) -> AuditReport:
    """One audit with `--record`."""
    report = audit(root, mode=mode)
    with open_archive(root, write=True) as archive:
        put_on_record(archive, report, actor="local-0")
        archive.ledger.publish()
        archive.catalogue.catch_up()
    return report


def told(root: Path) -> list[tuple[str, str, str]]:
    with open_archive(root, write=False) as archive:
        return [
            (e.type, e.subject, e.data["digest"])
            for e in archive.reader.entries()
            if e.type in {"object.damaged", "object.sound"}
        ]


def open_ones(root: Path) -> frozenset[str]:
    with open_archive(root, write=False) as archive:
        return archive.catalogue.damaged_digests()


def test_a_finding_is_told_once_and_closed_when_the_object_is_right_again(made: Made) -> None:
    clip, digest = made.clips[3]
    where = made.object(digest)
    good = made.path(where).read_bytes()
    made.flip(where, 1)
    assert [str(f.code) for f in on_the_record(made.root).findings] == ["object_changed"]
    assert told(made.root) == [("object.damaged", clip, digest)]
    again = on_the_record(made.root)
    assert [(one.digest, one.mended) for one in again.open] == [(digest, False)]
    assert told(made.root) == [("object.damaged", clip, digest)]
    assert open_ones(made.root) == {digest}
    made.path(where).chmod(0o600)
    made.path(where).write_bytes(good)
    made.path(where).chmod(0o444)
    assert audit(made.root).open[0].mended
    assert len(told(made.root)) == 1, "an audit without --record writes nothing"
    assert on_the_record(made.root).ok
    assert told(made.root)[1:] == [("object.sound", clip, digest)]
    assert open_ones(made.root) == frozenset()
    assert audit(made.root).open == ()


@pytest.mark.parametrize(
    "mode",
    [
        Since(index=10_000_000),
        Sample(percent=0.0001, seed="1"),
        Turn(first=0, count=0, since=10_000_000),
    ],
    ids=["since", "sample", "turn"],
)
def test_an_audit_of_a_part_reads_what_is_damaged_too(made: Made, mode: Mode) -> None:
    _, digest = made.clips[3]
    where = made.object(digest)
    made.flip(where, 1)
    on_the_record(made.root)
    assert digest in {f.digest for f in audit(made.root, mode=mode).findings}
    made.flip(where, 1)  # and back
    assert on_the_record(made.root, mode).open[0].mended
    assert open_ones(made.root) == frozenset()


def test_what_is_only_writable_is_shown_all_the_same(made: Made) -> None:
    _, digest = made.clips[3]
    made.path(made.object(digest)).chmod(0o644)
    assert [str(f.code) for f in on_the_record(made.root, Full()).findings] == ["object_writable"]
    assert told(made.root) == []


@pytest.mark.parametrize("how", ["missing", "shorter", "link"])
def test_what_cannot_be_read_whole_is_told_too(made: Made, how: str) -> None:
    clip, digest = made.clips[3]
    path = made.path(made.object(digest))
    data = path.read_bytes()
    path.unlink()
    if how == "shorter":
        path.write_bytes(data[:-1])
        path.chmod(0o444)
    elif how == "link":
        path.symlink_to("/dev/null")
    on_the_record(made.root)
    assert told(made.root) == [("object.damaged", clip, digest)]


def test_an_interrupted_write_that_changed_is_found_and_nobody_s_object(made: Made) -> None:
    path = made.path(made.object(hashlib.sha256(b"interrupted").hexdigest()))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"interruptea")
    path.chmod(0o444)
    area = made.path("store/incoming/w-1")
    area.mkdir(parents=True)
    (area / "1").hardlink_to(path)
    assert "object_changed" in [str(f.code) for f in on_the_record(made.root).findings]
    assert told(made.root) == []


def read_and_found(root: Path, clip: str, digest: str) -> None:
    """What a reading puts on record that found the object changed."""
    with open_archive(root, write=True) as archive:
        station = archive.settings.station
        event = damaged(
            subject=clip, digest=digest, code="object_changed", found_by="reading", actor=station
        )
        archive.record([event])
        archive.ledger.publish()
        archive.catalogue.catch_up()


def test_bytes_that_were_hashed_before_the_finding_do_not_close_it(made: Made) -> None:
    clip, digest = made.clips[3]
    key = bytes.fromhex(digest)
    with Hasher(made.root, None) as hasher:
        inventory = take_inventory(made.root)
        read = {key: inventory.sizes()[key]}
        hasher.begin(read, sm3=lambda _: True)
        deadline = time.monotonic() + 30
        while any(thread.name == "hash" for thread in threading.enumerate()):
            assert time.monotonic() < deadline
            time.sleep(0.001)
        made.flip(object_path(key), 1)
        read_and_found(made.root, clip, digest)
        whole = WholeAudit(made.root, Full(), lambda _: None, settings.load(made.root))
        report = whole.run(inventory, hasher)
    assert [one.mended for one in report.open] == [False]
    assert [(str(f.code), f.digest) for f in report.findings] == [("object_changed", digest)]


def test_an_audit_closes_only_findings_that_it_saw(made: Made) -> None:
    clip, digest = made.clips[3]
    read_and_found(made.root, clip, digest)
    report = audit(made.root)
    assert report.open[0].mended
    read_and_found(made.root, clip, digest)  # after it was hashed
    with open_archive(made.root, write=True) as archive:
        put_on_record(archive, report, actor="local-0")
        archive.ledger.publish()
        archive.catalogue.catch_up()
    assert open_ones(made.root) == {digest}
    later = on_the_record(made.root)
    assert later.open[0].mended, "the entries say the same as the catalogue"
    assert open_ones(made.root) == frozenset()


def test_an_audit_closes_nothing_where_another_found_damage_meanwhile(made: Made) -> None:
    clip, digest = made.clips[3]
    read_and_found(made.root, clip, digest)
    early = audit(made.root)
    assert early.open[0].mended
    made.flip(made.object(digest), 1)
    on_the_record(made.root)  # it is known: no entry of its own
    with open_archive(made.root, write=True) as archive:
        put_on_record(archive, early, actor="local-0")
        archive.ledger.publish()
        archive.catalogue.catch_up()
    assert open_ones(made.root) == {digest}


@pytest.mark.parametrize("left", ["nothing", "folders"])
def test_a_store_that_is_not_there_is_no_damage_of_each_object(made: Made, left: str) -> None:
    store = made.path("store")
    store.rename(store.with_name("away"))
    store.mkdir()
    if left == "folders":
        (store / "sha256").mkdir()
        (store / "incoming").mkdir()
    with pytest.raises(AuditFailedError, match="the store is not there"):
        audit(made.root)
    shutil.rmtree(store)
    store.with_name("away").rename(store)
    assert audit(made.root).ok
