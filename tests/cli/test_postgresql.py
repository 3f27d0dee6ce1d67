"""An archive whose catalogue is on a PostgreSQL server: the whole way, and the server going away."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from archive.catalogue.search import FindQuery
from archive.opening import create_archive, open_archive
from devices.clips import FoundClip
from devices.folder import ClipReader, FolderRecorder
from ingest.docking import dock
from ingest.receipt import Progress
from tests.cli.command import Command
from tests.postgres import PostgresServer, running

QUESTIONS = (
    ("find",),
    ("find", "--text", "案", "--json"),
    ("find", "--case", "2026-1", "--officer", "012345", "--json"),
    ("case", "list", "--json"),
    ("docking", "list", "--json"),
)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def held(server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """An archive with one docking; each test leaves its catalogue whole."""
    folder = tmp_path_factory.mktemp("held")
    for name in ("012345_20260117_080000.mp4", "012345_20260117_090000_IMP.mp4"):
        (folder / "recorder" / "DCIM").mkdir(parents=True, exist_ok=True)
        (folder / "recorder" / "DCIM" / f"DCAM_DSJ4A00042_{name}").write_bytes(name.encode() * 99)
    command = Command(root=folder / "archive", cwd=folder)
    url = server.new_url()
    command("init", "--origin", "test.example/pg", "--unit", "一中队", "--catalogue", url)
    command("case", "open", "2026-1", "--title", "夜间酒驾检查一案")
    command("dock", folder / "recorder", "--no-derive", "--case", "2026-1")
    return command


def in_a_file(command: Command, place: Path) -> Command:
    """A copy of the same archive, whose catalogue is a file."""
    root = place / "copy"
    shutil.copytree(command.root, root)
    settings = (root / "muniment.toml").read_text()
    (root / "muniment.toml").write_text(re.sub(r'(?m)^url = "postgres.*$', "", settings))
    return Command(root=root, cwd=place)


def test_both_databases_give_the_same_answers_byte_for_byte(held: Command, place: Path) -> None:
    assert not (held.root / "catalogue.db").exists()
    other = in_a_file(held, place)
    for question in QUESTIONS:
        assert held(*question).out == other(*question).out
    (clip,) = {c["clip"] for c in held.json("find", "--mark")["clips"]}
    assert held("clip", "show", clip).out == other("clip", "show", clip).out
    assert len(held.json("find", "--text", "酒驾")["clips"]) == 2


def test_a_rebuild_and_an_audit_know_no_difference(held: Command) -> None:
    before = held("find", "--json").out
    held("rebuild")
    assert held("find", "--json").out == before
    assert held.json("audit")["findings"] == []


def test_a_changed_row_on_the_server_is_found_by_an_audit_and_mended(
    held: Command, server: PostgresServer
) -> None:
    (url,) = re.findall(r'(?m)^url = "(postgres.*)"$', (held.root / "muniment.toml").read_text())
    server.run("UPDATE clips SET marked = NOT marked", url)
    server.run("UPDATE words SET body = 'other'", url)
    found = held.json("audit", status=1)["findings"]
    assert {one["code"] for one in found} == {"catalogue_differs"}
    assert {one["where"] for one in found} == {"catalogue (PostgreSQL)"}
    assert len(found) == 2
    held("rebuild")
    assert held.json("audit")["findings"] == []


def test_a_server_that_is_away_is_said_and_nothing_is_lost(
    held: Command, server: PostgresServer, recorder: Path
) -> None:
    before = held("find", "--json").out
    server.stop()
    try:
        for command in (("find",), ("dock", recorder, "--no-derive"), ("rebuild",)):
            said = held(*command, status=5)
            assert "A064" in said.err
        assert held.json("audit", status=5)
        held("ledger", "checkpoint")
    finally:
        server.start()
    assert held("find", "--json").out == before
    (recorder / "DCIM" / "20260117" / "more.mp4").write_bytes(b"more" * 1000)
    receipt = held.json("dock", recorder, "--no-derive")
    assert [clip["status"] for clip in receipt["clips"]].count("ingested") == 4


def test_a_password_in_the_url_is_refused(muniment: Command) -> None:
    for url in (
        "postgresql://someone:secret@db.example/archive",
        "postgresql://someone@db.example/archive?password=secret",
    ):
        said = muniment("init", "--origin", "test.example/pg", "--catalogue", url, status=2)
        assert "A045" in said.err
        assert "MUNIMENT_CATALOGUE_PASSWORD" in said.err
        assert "secret" not in said.err
        assert not muniment.root.exists()


def test_tables_of_somebody_else_are_left_alone(muniment: Command, server: PostgresServer) -> None:
    url = server.new_url()
    server.run("CREATE TABLE sessions (mine text); INSERT INTO sessions VALUES ('kept')", url)
    said = muniment("init", "--origin", "test.example/pg", "--catalogue", url, status=2)
    assert "somebody else" in said.err
    assert "somebody else" in muniment("rebuild", status=2).err
    server.run("DELETE FROM sessions WHERE mine = 'kept'", url)


def test_a_docking_during_which_the_server_goes_ends_with_its_receipt(
    server: PostgresServer, tmp_path: Path
) -> None:
    source = tmp_path / "recorder"
    source.mkdir()
    for n in range(20):
        (source / f"{n}.mp4").write_bytes(bytes([n]) * 1_000_000)
    create_archive(tmp_path / "root", origin="o.invalid/a", catalogue_url=server.new_url())
    gone = threading.Event()

    class Waiting(FolderRecorder):
        """Its fourth clip and later ones are there when the server has gone."""

        def open(self, clip: FoundClip) -> ClipReader:
            if int(clip.path.removesuffix(b".mp4")) > 2:
                gone.wait(60)
            return super().open(clip)

    def progress(far: Progress) -> None:
        if far.done_clips and not gone.is_set():
            server.stop()
            gone.set()

    with open_archive(tmp_path / "root", write=True) as archive:
        held = partial(dock, archive, serial="SN1", officer=None, case=None, actor="local-0")
        docked = partial(held, reread=False)
        try:
            receipt = docked(Waiting(source), progress=progress)
        finally:
            server.start()
        assert receipt.ended_early == "A064"
        safe = [clip.path for clip in receipt.clips if clip.status == "ingested"]
        assert 0 < len(safe) <= 3
        again = docked(FolderRecorder(source))
        assert again.ended_early is None
        known = [clip.path for clip in again.clips if clip.status == "known"]
        assert sorted(known) == sorted(safe)
        archive.catalogue.catch_up()
        assert archive.catalogue.find(FindQuery()).total == 20
