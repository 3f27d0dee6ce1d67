"""The catalogue, a writer at work, the modes: audits of an archive that is whole but for one thing."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from archive.audit import CatalogueNotCheckedError, Sample, Since, audit
from archive.events import Event
from archive.ids import new_id
from archive.opening import create_archive, open_archive
from tests.unit.audit.made import CLIPS, ORIGIN, Made, fill, found, ingest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("whole") / "archive"
    create_archive(root, origin=ORIGIN, unit="unit", sm3=True)
    return Made(root, fill(root))


@pytest.fixture
def made(whole: Made, tmp_path: Path) -> Made:
    root = tmp_path / "archive"
    shutil.copytree(whole.root, root)
    # These tests are about the rest; the catalogue has its own below.
    (root / "catalogue.db").unlink()
    return Made(root, whole.clips)


@pytest.fixture
def catalogued(whole: Made, tmp_path: Path) -> Made:
    root = tmp_path / "archive"
    shutil.copytree(whole.root, root)
    return Made(root, whole.clips)


# Catalogue


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE clips SET size = size + 1 WHERE ingested_index = 9",
        "UPDATE clips SET path = 'other' WHERE ingested_index = 9",
        'DELETE FROM custody WHERE "index" = 20',
        "INSERT INTO links (case_id, clip, linked, start_us) VALUES ('case-1', 'clip-1', 1, 1)",
        "UPDATE head SET leaf = 'x'",
        "DROP TABLE units",
        "INSERT INTO words (rowid, body) VALUES (100000, 'stranger')",
    ],
)
def test_a_changed_row_of_the_catalogue_is_named(catalogued: Made, statement: str) -> None:
    change(catalogued.path("catalogue.db"), statement)
    assert {
        (code.replace("damaged", "differs"), where) for code, where in found(audit(catalogued.root))
    } == {("catalogue_differs", "catalogue.db")}


def test_a_catalogue_that_is_no_database_is_named(catalogued: Made) -> None:
    catalogued.flip("catalogue.db", 3)
    assert found(audit(catalogued.root)) == [("catalogue_damaged", "catalogue.db")]


def test_a_catalogue_that_is_behind_is_no_finding(catalogued: Made) -> None:
    with open_archive(catalogued.root, write=True) as archive:
        archive.record([Event(type="case.closed", subject=new_id("case"), actor="local-1")])
    assert found(audit(catalogued.root)) == []


def test_a_catalogue_of_an_older_version_is_no_finding(catalogued: Made) -> None:
    change(catalogued.path("catalogue.db"), "UPDATE alembic_version SET version_num = '0000'")
    change(catalogued.path("catalogue.db"), "DROP TABLE units")
    assert found(audit(catalogued.root)) == []


def test_a_catalogue_that_somebody_writes_is_read_as_it_is(catalogued: Made) -> None:
    with open_archive(catalogued.root, write=True) as archive:
        archive.record([Event(type="case.closed", subject=new_id("case"), actor="local-1")])
        archive.catalogue.catch_up()
        assert catalogued.path("catalogue.db-wal").stat().st_size
        assert found(audit(catalogued.root)) == []


@pytest.mark.parametrize("length", [0, 1, 32, 33, 4152])
def test_a_catalogue_whose_writer_was_killed_as_it_began_is_compared(
    catalogued: Made, length: int
) -> None:
    files = [catalogued.path(f"catalogue.db{ending}") for ending in ("", "-wal", "-shm")]
    with closing(sqlite3.connect(files[0])) as db:
        db.executescript("CREATE TABLE begun (x); DROP TABLE begun")
        begun = [file.read_bytes() for file in files]
    assert len(begun[1]) >= 4152
    for file, data in zip(files, begun, strict=True):
        file.write_bytes(data[:length] if file == files[1] else data)
    assert audit(catalogued.root).findings == ()


def test_no_room_for_a_second_catalogue_is_an_error_and_no_finding(
    catalogued: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(catalogued.root))
    with pytest.raises(CatalogueNotCheckedError) as caught:
        audit(catalogued.root)
    assert caught.value.exit_status == 5
    assert caught.value.report is not None
    assert caught.value.report.ok


# Beside a running docking


def test_an_audit_beside_a_writer_finds_nothing(made: Made) -> None:
    stop = threading.Event()

    def dock() -> int:
        done = 0
        with open_archive(made.root, write=True) as archive:
            while not stop.is_set():
                with archive.store.writing() as writing:
                    item = writing.put([os.urandom(3000)])[0]
                    archive.record([ingest(new_id("clip"), item.digest, item.size)])
                archive.catalogue.catch_up()
                done += 1
        return done

    with ThreadPoolExecutor(1) as pool:
        docking = pool.submit(dock)
        reports = [audit(made.root) for _ in range(6)]
        stop.set()
        assert docking.result() > 3
    assert [f for report in reports for f in report.findings] == []
    assert reports[-1].size > reports[0].size
    assert found(audit(made.root)) == []


# Modes


def test_a_sample_can_be_drawn_again_and_checks_every_entry(made: Made) -> None:
    made.flip(made.object(made.clips[0][1]), 10)
    some = audit(made.root, mode=Sample(percent=10, seed="a"))
    assert some.objects_checked == -(-some.objects_total // 10)
    assert some.entries_checked == 3 + 2 * (CLIPS + 2)
    assert some.to_json()["coverage"] == {"percent": 10, "seed": "a"}
    assert audit(made.root, mode=Sample(percent=10, seed="a")) == some
    every = audit(made.root, mode=Sample(percent=100, seed="a"))
    assert len(every.findings) == 1


def test_since_reads_the_objects_of_newer_entries_only(made: Made) -> None:
    made.flip(made.object(made.clips[0][1]), 10)
    made.flip(made.object(made.clips[-1][1]), 10)
    report = audit(made.root, mode=Since(index=3 + 2 * CLIPS))
    assert found(report) == [("object_changed", made.object(made.clips[-1][1]))]


def test_an_archive_that_cannot_be_written_is_audited(catalogued: Made) -> None:
    folders = [path for path in catalogued.root.rglob("*") if path.is_dir()] + [catalogued.root]
    for folder in folders:
        folder.chmod(0o555)
    try:
        assert found(audit(catalogued.root)) == []
    finally:
        for folder in folders:
            folder.chmod(0o755)


def test_progress_is_told(made: Made) -> None:
    stages = []
    audit(made.root, progress=lambda progress: stages.append(progress.stage))
    assert set(stages) == {"entries", "tiles", "objects", "catalogue"}
