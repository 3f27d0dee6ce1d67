"""Each kind of damage, made in a real archive: the audit finds it, names it, and names nothing else."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from archive.audit import AuditReport, Code, audit
from archive.events import Event
from archive.ids import new_id
from archive.keys.loading import StationKeys
from archive.ledger.batches import commit_line
from archive.ledger.entry import Draft, Link, build
from archive.ledger.merkle import Frontier, leaf_hash
from archive.ledger.note import Checkpoint
from archive.opening import create_archive, open_archive
from tests.unit.audit.made import CLIPS, ENTRIES, OBJECTS, ORIGIN, Made, fill, found, ingest


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


def test_a_whole_archive_has_no_findings_and_everything_was_counted(catalogued: Made) -> None:
    report = audit(catalogued.root)
    assert report.findings == ()
    assert report.ok
    assert report.entries_checked == 3 + 2 * (CLIPS + 2)
    assert report.objects_checked == report.objects_total
    assert report.objects_checked > OBJECTS
    assert report.interrupted == 0
    assert report.signatures_checked >= 5
    assert report.tiles_checked >= 8
    assert report.to_json()["findings"] == []


def test_an_audit_changes_nothing_below_the_root(catalogued: Made) -> None:
    def state() -> dict[str, tuple[int, int, bytes]]:
        return {
            str(path.relative_to(catalogued.root)): (
                path.lstat().st_mtime_ns,
                path.lstat().st_mode,
                path.read_bytes() if path.is_file() else b"",
            )
            for path in catalogued.root.rglob("*")
        }

    before = state()
    audit(catalogued.root)
    assert state() == before


# Objects


def test_a_changed_byte_in_an_object_is_named(made: Made) -> None:
    clip, digest = made.clips[5]
    made.flip(made.object(digest), 100)
    report = audit(made.root)
    assert found(report) == [("object_changed", made.object(digest))]
    assert report.findings[0].subject == clip


def test_a_deleted_a_cut_and_a_lengthened_object_are_named(made: Made) -> None:
    gone, cut, longer = (made.object(digest) for _, digest in made.clips[:3])
    made.path(gone).unlink()
    for where, data in ((cut, made.path(cut).read_bytes()[:-1]), (longer, b"more" * 100)):
        made.path(where).chmod(0o600)
        made.path(where).write_bytes(data)
        made.path(where).chmod(0o444)
    assert sorted(found(audit(made.root))) == sorted(
        [
            ("object_missing", gone),
            ("object_size_differs", cut),
            ("object_size_differs", longer),
        ]
    )


def test_two_objects_that_changed_places_are_both_named(made: Made) -> None:
    first, second = (made.path(made.object(digest)) for _, digest in made.clips[:2])
    for path in (first, second):
        path.parent.chmod(0o755)
    other = first.with_name("other")
    first.rename(other)
    second.rename(first)
    other.rename(second)
    where = {finding.where for finding in audit(made.root).findings}
    assert where == {made.object(digest) for _, digest in made.clips[:2]}


def test_a_file_that_no_entry_names_is_foreign_even_when_its_name_is_its_digest(made: Made) -> None:
    name = hashlib.sha256(b"stranger").hexdigest()
    path = made.path(made.object(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"stranger")
    path.chmod(0o444)
    assert found(audit(made.root)) == [("foreign_file", made.object(name))]


@pytest.mark.parametrize(
    "where",
    [
        "store/note.txt",
        "store/other/note.txt",
        "store/sha256/note.txt",
        "store/sha256/ab/note.txt",
        "store/sha256/ab/cd/note.txt",
        "store/sha256/ab/cd/ef/note.txt",
        "store/sha256/ab/cd/" + "e" * 64,
        "store/incoming/note.txt",
        "store/incoming/note/note.txt",
    ],
)
def test_a_file_where_none_belongs_is_foreign(made: Made, where: str) -> None:
    made.path(where).parent.mkdir(parents=True, exist_ok=True)
    made.path(where).write_bytes(b"note")
    assert found(audit(made.root)) == [("foreign_file", where)]


def test_an_object_in_a_wrong_folder_is_foreign_there_and_missing_here(made: Made) -> None:
    digest = made.clips[0][1]
    wrong = f"store/sha256/00/00/{digest}"
    made.path(wrong).parent.mkdir(parents=True, exist_ok=True)
    made.path(made.object(digest)).rename(made.path(wrong))
    assert sorted(found(audit(made.root))) == sorted(
        [("foreign_file", wrong), ("object_missing", made.object(digest))]
    )


def test_a_link_or_a_pipe_in_the_store_is_no_object(made: Made) -> None:
    linked, piped = (made.object(digest) for _, digest in made.clips[:2])
    kept = made.root.parent / "kept"
    made.path(linked).rename(kept)
    made.path(linked).symlink_to(kept)
    made.path(piped).unlink()
    os.mkfifo(made.path(piped))
    assert sorted(found(audit(made.root))) == sorted(
        [("object_not_a_file", linked), ("object_not_a_file", piped)]
    )


def test_an_object_that_can_be_written_is_named(made: Made) -> None:
    where = made.object(made.clips[0][1])
    made.path(where).chmod(0o644)
    assert found(audit(made.root)) == [("object_writable", where)]


def test_an_interrupted_write_is_counted_and_no_finding(made: Made) -> None:
    digest = hashlib.sha256(b"half way").hexdigest()
    area = made.path("store/incoming/r-" + "a" * 24)
    area.mkdir()
    (area / ("b" * 32 + ".part")).write_bytes(b"half way")
    (area / ("b" * 32 + ".part")).chmod(0o444)
    made.path(made.object(digest)).parent.mkdir(parents=True, exist_ok=True)
    made.path(made.object(digest)).hardlink_to(area / ("b" * 32 + ".part"))
    (area / ("c" * 32 + ".part")).write_bytes(b"never linked")
    report = audit(made.root)
    assert found(report) == []
    assert report.interrupted == 1


def test_a_text_row_that_is_gone_from_its_object_is_named(made: Made) -> None:
    # An entry, rightly signed, that means a row which its text object does not have.
    with open_archive(made.root, write=True) as archive:
        first = next(e for e in archive.reader.entries() if e.type == "clip.ingested")
        text = {**first.data["text"], "row": "0" * 64}
        archive.ledger.append(
            [Draft(type="clip.linked", subject=first.subject, actor="local-1", data={"text": text})]
        )
    report = audit(made.root)
    assert found(report) == [("text_row_missing", made.object(text["object"]))]
    assert report.findings[0].subject == first.subject


# Entries


def index_of(report: AuditReport) -> str:
    return report.findings[0].detail.split()[1]


@pytest.mark.parametrize("index", [0, 1, 17, 255, 256, 300, 500, -3, -2, -1])
@pytest.mark.parametrize("part", [0.0, 0.3, 0.8])
def test_a_changed_byte_in_an_entry_names_that_entry(made: Made, index: int, part: float) -> None:
    lines = made.entry_lines()
    at, line = lines[index]
    made.flip(ENTRIES, at + int((len(line) - 2) * part), 2)
    report = audit(made.root)
    assert found(report) == [("entry_changed", ENTRIES)]
    assert index_of(report) == str(index % len(lines))


def test_every_member_of_an_entry_is_covered(made: Made) -> None:
    at, line = made.entry_lines()[40]
    for name in (b'"prev":"', b'"chain":{', b'"subject":"', b'"object":"', b'"time":"', b'"v":'):
        place = at + line.rindex(name) + len(name)
        made.flip(ENTRIES, place)
        report = audit(made.root)
        assert (found(report), index_of(report)) == ([("entry_changed", ENTRIES)], "40"), name
        made.flip(ENTRIES, place)


def test_a_byte_that_becomes_a_newline_breaks_one_entry(made: Made) -> None:
    at, line = made.entry_lines()[30]
    made.flip(ENTRIES, at + line.index(b"J") if b"J" in line else at + 5, line[5] ^ 10)
    report = audit(made.root)
    assert {f.code for f in report.findings} <= {Code.ENTRY_CHANGED, Code.COMMIT_DAMAGED}
    assert "entry 30 " in "".join(f.detail for f in report.findings)


def test_a_newline_between_two_entries_that_is_changed_names_the_first(made: Made) -> None:
    at, line = made.entry_lines()[30]
    made.flip(ENTRIES, at + len(line) - 1)
    report = audit(made.root)
    assert found(report) == [("entry_changed", ENTRIES)]
    assert report.findings[0].detail.startswith("entry 30: ")


@pytest.mark.parametrize("which", [0, 1, -1])
def test_a_changed_byte_in_a_commit_line_is_named(made: Made, which: int) -> None:
    marks = [(at, line) for at, line in made.lines() if line.startswith(b"=")]
    at, line = marks[which]
    for place in (0, 1, 40, len(line) - 2, len(line) - 1):
        made.flip(ENTRIES, at + place)
        report = audit(made.root)
        assert {f.where for f in report.findings} == {ENTRIES}, place
        assert {f.code for f in report.findings} <= {Code.COMMIT_DAMAGED, Code.ENTRY_CHANGED}
        made.flip(ENTRIES, at + place)


def test_an_entry_that_is_gone_is_named(made: Made) -> None:
    at, line = made.entry_lines()[100]
    data = made.path(ENTRIES).read_bytes()
    made.path(ENTRIES).write_bytes(data[:at] + data[at + len(line) :])
    report = audit(made.root)
    assert found(report) == [("entry_missing", ENTRIES)]
    assert index_of(report) == "100"


def test_a_line_between_entries_is_named(made: Made) -> None:
    at, _ = made.entry_lines()[100]
    data = made.path(ENTRIES).read_bytes()
    made.path(ENTRIES).write_bytes(data[:at] + b'{"a":1}\n' + data[at:])
    assert found(audit(made.root)) == [("commit_damaged", ENTRIES)]


def test_a_changed_first_line_is_named(made: Made) -> None:
    made.flip(ENTRIES, 3)
    assert found(audit(made.root)) == [("entries_header", ENTRIES)]


def test_a_changed_entry_is_told_without_any_tile(made: Made) -> None:
    shutil.rmtree(made.path("ledger/tile"))
    at, _ = made.entry_lines()[300]
    made.flip(ENTRIES, at + 50)
    report = audit(made.root)
    entries = [f for f in report.findings if f.where == ENTRIES]
    assert [str(f.code) for f in entries] == ["entry_changed"]
    assert "entry 300 " in entries[0].detail


def test_a_missing_entries_file_is_named(made: Made) -> None:
    made.path(ENTRIES).unlink()
    assert found(audit(made.root)) == [("entries_missing", ENTRIES)]


def test_an_entries_file_that_was_cut_off_is_named(made: Made) -> None:
    at, _ = made.entry_lines()[-1]
    with made.path(ENTRIES).open("r+b") as file:
        file.truncate(at + 20)
    codes = {f.code for f in audit(made.root).findings if f.where == ENTRIES}
    assert codes & {Code.ENTRY_CHANGED, Code.ENTRIES_TRUNCATED, Code.LEDGER_ROLLED_BACK}


def test_a_file_beside_the_entries_is_named(made: Made) -> None:
    made.path("ledger/entries/000000000001").write_bytes(b"")
    assert found(audit(made.root)) == [("ledger_foreign_file", "ledger/entries/000000000001")]


def test_a_torn_tail_is_counted_and_no_finding(made: Made) -> None:
    with made.path(ENTRIES).open("ab") as file:
        file.write(b'{"actor":"local-1","chain":{"cou')
    report = audit(made.root)
    assert (found(report), report.interrupted) == ([], 1)


def test_a_sealed_tail_is_nothing_at_all(made: Made) -> None:
    with made.path(ENTRIES).open("ab") as file:
        file.write(b'{"actor":"local-1"}\n{"chain"')
    with open_archive(made.root, write=True) as archive:
        archive.record([Event(type="case.closed", subject=new_id("case"), actor="local-1")])
    report = audit(made.root)
    assert (found(report), report.interrupted) == ([], 0)


def batch(made: Made, *befores: Link | None) -> list[bytes]:
    """The lines of a batch that is signed by our key: entries about the first clip, and their commit line."""
    signer = StationKeys(made.root).signer()
    tree = Frontier()
    with open_archive(made.root, write=False) as archive:
        for entry in archive.reader.entries():
            tree.append(entry.leaf)
            last = entry.leaf
    lines = []
    for before in befores:
        raw = build(
            Draft(type="clip.verified", subject=made.clips[0][0], actor="local-1", data={}),
            time="2026-11-22T00:00:00.000000Z",
            clock="host",
            prev=last,
            before=before,
        )
        last = leaf_hash(raw)
        tree.append(last)
        lines.append(raw + b"\n")
    note = signer.sign(Checkpoint(origin=ORIGIN, size=tree.size, root=tree.root()))
    return [*lines, commit_line(note)]


def append(made: Made, lines: list[bytes]) -> None:
    with made.path(ENTRIES).open("ab") as file:
        file.write(b"".join(lines))


def newest(made: Made) -> list[Link]:
    """The entries about the first clip, as links."""
    with open_archive(made.root, write=False) as archive:
        about = [e for e in archive.reader.entries() if e.subject == made.clips[0][0]]
    return [Link(count=e.chain["count"], index=e.index, leaf=e.leaf) for e in about]


def test_a_chain_of_a_subject_that_is_right_is_taken(made: Made) -> None:
    append(made, batch(made, newest(made)[-1]))
    assert found(audit(made.root)) == []


@pytest.mark.parametrize("wrong", ["begins anew", "forks", "skips", "other leaf", "other subject"])
def test_a_broken_chain_of_a_subject_is_named_although_it_is_signed(made: Made, wrong: str) -> None:
    """By a writer that is wrong: nothing but the subject's chain can tell."""
    links = newest(made)
    last = links[-1]
    before = {
        "begins anew": None,
        "forks": links[0],
        "skips": Link(count=last.count + 1, index=last.index, leaf=last.leaf),
        "other leaf": Link(count=last.count, index=last.index, leaf=links[0].leaf),
        "other subject": Link(count=1, index=0, leaf=leaf_hash(made.entry_lines()[0][1][:-1])),
    }[wrong]
    append(made, batch(made, before))
    report = audit(made.root)
    assert [str(f.code) for f in report.findings] == ["subject_chain_broken"]
    assert report.findings[0].subject == made.clips[0][0]


def test_a_batch_that_reached_the_disk_in_part_is_torn_before_and_after_its_seal(
    made: Made,
) -> None:
    """The commit line may be on the medium while a sector before it is not."""
    first = newest(made)[-1]
    lines = batch(made, first, Link(count=first.count + 1, index=0, leaf=bytes(32)))
    lines[0] = lines[0][:20] + bytes(40) + lines[0][60:]
    append(made, lines)
    report = audit(made.root)
    assert (found(report), report.interrupted) == ([], 1)
    with open_archive(made.root, write=True) as archive:
        archive.record([Event(type="case.closed", subject=new_id("case"), actor="local-1")])
    report = audit(made.root)
    assert (found(report), report.interrupted) == ([], 0)


# Tiles, bundles, checkpoint


def tiles(made: Made) -> list[str]:
    return sorted(
        str(path.relative_to(made.root))
        for path in made.path("ledger/tile").rglob("*")
        if path.is_file()
    )


def test_a_changed_byte_in_any_tile_or_bundle_is_named(made: Made) -> None:
    names = tiles(made)
    assert any(".p/" in name for name in names)
    for where in names:
        for at in (0, made.path(where).stat().st_size - 1):
            made.flip(where, at)
            code = "bundle_changed" if "/entries/" in where else "tile_changed"
            assert found(audit(made.root)) == [(code, where)]
            made.flip(where, at)


def test_a_cut_a_missing_and_a_foreign_tile_are_named(made: Made) -> None:
    cut, gone = "ledger/tile/0/000", "ledger/tile/entries/001"
    with made.path(cut).open("r+b") as file:
        file.truncate(100)
    made.path(gone).unlink()
    made.path("ledger/tile/0/1").write_bytes(b"")
    made.path("ledger/tile/7").mkdir()
    made.path("ledger/tile/7/000").write_bytes(bytes(8192))
    assert sorted(found(audit(made.root))) == sorted(
        [
            ("tile_changed", cut),
            ("bundle_missing", gone),
            ("tile_foreign", "ledger/tile/0/1"),
            ("tile_changed", "ledger/tile/7/000"),
        ]
    )


def test_a_changed_and_a_missing_checkpoint_are_named(made: Made) -> None:
    size = made.path("ledger/checkpoint").stat().st_size
    for at in (0, 25, 40, size - 10, size - 1):
        made.flip("ledger/checkpoint", at)
        assert found(audit(made.root)) == [("checkpoint_damaged", "ledger/checkpoint")]
        made.flip("ledger/checkpoint", at)
    made.path("ledger/checkpoint").unlink()
    assert found(audit(made.root)) == [("checkpoint_missing", "ledger/checkpoint")]


# Keys


def test_highest_signed_is_missing_malformed_or_changed(made: Made) -> None:
    where = "keys/highest-signed"
    text = made.path(where).read_text()
    for at in range(len(text)):
        made.flip(where, at)
        report = audit(made.root)
        assert {f.where for f in report.findings} == {where}, at
        assert len(report.findings) == 1
        made.flip(where, at)
    made.path(where).unlink()
    assert found(audit(made.root)) == [("highest_signed_missing", where)]


def test_a_changed_verifier_key_is_named_and_nothing_else(made: Made) -> None:
    for at in (0, 25, 40, 60):
        made.flip("keys/ledger.vkey", at)
        assert found(audit(made.root)) == [("vkey_damaged", "keys/ledger.vkey")]
        made.flip("keys/ledger.vkey", at)
    made.path("keys/ledger.vkey").unlink()
    assert found(audit(made.root)) == [("vkey_missing", "keys/ledger.vkey")]


def test_a_key_that_others_may_read_and_another_key_are_named(made: Made, tmp_path: Path) -> None:
    made.path("keys/ledger.key").chmod(0o640)
    assert found(audit(made.root)) == [("key_exposed", "keys/ledger.key")]
    create_archive(tmp_path / "other", origin="other.example")
    shutil.copy(tmp_path / "other/keys/ledger.key", made.path("keys/ledger.key"))
    made.path("keys/ledger.key").chmod(0o600)
    assert found(audit(made.root)) == [("key_mismatch", "keys/ledger.key")]


# Older copies


def put_back(made: Made, old: Path, *folders: str) -> None:
    for folder in folders:
        shutil.rmtree(made.path(folder))
        shutil.copytree(old / folder, made.path(folder))


def grow(root: Path) -> None:
    with open_archive(root, write=True) as archive:
        with archive.store.writing() as writing:
            item = writing.put([b"later"])[0]
            archive.record([ingest(new_id("clip"), item.digest, item.size)])
        archive.catalogue.catch_up()


def test_a_ledger_that_was_put_back_is_found_by_the_keys(made: Made, tmp_path: Path) -> None:
    shutil.copytree(made.root, tmp_path / "old")
    grow(made.root)
    made.path("catalogue.db").unlink()
    put_back(made, tmp_path / "old", "ledger")
    report = audit(made.root)
    assert ("ledger_rolled_back", ENTRIES) in found(report)
    assert {str(f.code) for f in report.findings} == {"ledger_rolled_back", "foreign_file"}


def test_a_ledger_put_back_with_its_keys_is_found_by_catalogue_and_store(
    made: Made, tmp_path: Path
) -> None:
    shutil.copytree(made.root, tmp_path / "old")
    grow(made.root)
    put_back(made, tmp_path / "old", "ledger", "keys")
    report = audit(made.root)
    assert ("ledger_rolled_back", ENTRIES) in found(report)
    made.path("catalogue.db").unlink()
    assert {str(f.code) for f in audit(made.root).findings} == {"foreign_file"}


def test_a_ledger_that_went_another_way_is_found(made: Made, tmp_path: Path) -> None:
    shutil.copytree(made.root, tmp_path / "other")
    grow(made.root)
    grow(tmp_path / "other")
    put_back(made, tmp_path / "other", "ledger")
    assert "ledger_forked" in {str(f.code) for f in audit(made.root).findings}
