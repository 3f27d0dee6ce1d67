"""The whole product on a bucket, from a recorder to an audit that finds who was at the bucket."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.media import ObjectResponse
from api.objects import KeptObjects, Served
from archive.audit import audit
from archive.audit.report import AuditReport
from archive.catalogue.search import FindQuery
from archive.opening import Archive, create_archive, open_archive
from archive.settings.model import S3Settings
from archive.store.s3 import extending
from archive.store.s3.client import S3
from archive.store.s3.errors import StoreUnreachableError
from archive.store.s3.retention import lock_of
from archive.store.s3.versions import oldest
from devices.folder import FolderRecorder
from ingest.deriving import derive
from ingest.docking import dock
from ingest.readback import verify
from ingest.receipt import Receipt
from ingest.release import release
from muniment.answer import Asked
from muniment.commands.clips import show_clip
from muniment.commands.doctor import doctor
from muniment.commands.find import Search, find
from tests.fakes.s3_proxy import S3Proxy
from tests.flows.footage import make_recorder
from tests.lab.rgw import Rgw
from tests.worm.conftest import make_bucket

ACTOR = "local-0"
LARGE = os.urandom(9 << 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """An archive on a bucket, with a docking in it that was released."""

    root: Path
    settings: S3Settings
    receipt: Receipt
    names: dict[str, bytes]  # what lay on the recorder
    s3: S3

    def digest(self, name: str) -> str:
        return hashlib.sha256(self.names[name]).hexdigest()


def docked(archive: Archive, source: FolderRecorder) -> Receipt:
    return dock(archive, source, serial="A1", officer=None, case=None, reread=False, actor=ACTOR)


@pytest.fixture(scope="module")
def world(server: Rgw, tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("world")
    settings = make_bucket(server.endpoint)
    settings = S3Settings(
        bucket=settings.bucket, endpoint=settings.endpoint, prefix="unit/", retain_days=1
    )
    root, recorder = folder / "archive", make_recorder(folder / "recorder", small=2)
    (recorder / "large.mp4").write_bytes(LARGE)
    names = {path.name: path.read_bytes() for path in recorder.iterdir()}
    create_archive(root, origin="worm.example/1", unit="unit", s3=settings)
    with open_archive(root, write=True) as archive, FolderRecorder(recorder) as source:
        receipt = docked(archive, source)
        assert not verify(archive, receipt.docking, actor=ACTOR)
        assert derive(archive, None, actor=ACTOR).posters == 1
        done = release(archive, source, receipt, policy="by-hand", actor=ACTOR)
        assert (done.erased, done.kept) == (4, [])
    assert not any(recorder.iterdir())
    s3 = S3(settings, patience=5)
    return World(root=root, settings=settings, receipt=receipt, names=names, s3=s3)


def objects_in(data: Any) -> Iterator[dict[str, Any]]:
    if isinstance(data, dict):
        if "object" in data:
            yield data
        for member in data.values():
            yield from objects_in(member)
    elif isinstance(data, list):
        for member in data:
            yield from objects_in(member)


def codes(report: AuditReport) -> list[str]:
    return [str(finding.code) for finding in report.findings]


def test_an_archive_on_a_bucket_is_intact_and_holds_no_object_on_the_local_disk(
    world: World,
) -> None:
    report = audit(world.root)
    assert report.ok, report.findings
    assert report.objects_checked == report.objects_total >= 8
    assert report.bytes_checked > len(LARGE)
    assert [p.name for p in (world.root / "store").rglob("*")] == ["incoming"]


def test_while_the_server_is_away_what_only_reads_the_catalogue_answers_at_once(
    world: World, server: Rgw, tmp_path: Path
) -> None:
    nobody = S3Proxy(server.port)
    nobody.close()
    root = Path(shutil.copytree(world.root, tmp_path / "a"))
    toml = root / "muniment.toml"
    toml.write_text(toml.read_text().replace(server.endpoint, nobody.url))
    with open_archive(root, write=False) as archive:
        archive.catalogue.catch_up()
        clip = archive.catalogue.find(FindQuery()).clips[0].clip
    asked, begun = Asked(root=root, json=False, language="en"), time.monotonic()
    assert find(asked, Search(kind="video")).document["recorded"] is True
    (root / "catalogue.db").unlink()
    with pytest.raises(StoreUnreachableError) as told:
        show_clip(asked, clip)
    assert "staged" not in str(told.value)
    checks = {c["name"]: c for c in doctor(asked).document["checks"]}
    assert (checks["S3 store"]["ok"], checks["archive"]["ok"]) == (False, True)
    assert "cannot be reached now" in doctor(asked, part="s3").text
    assert time.monotonic() - begun < 60


def test_every_entry_names_the_version_under_which_an_object_is_locked(world: World) -> None:
    with open_archive(world.root, write=False) as archive:
        named = [item for entry in archive.reader.entries() for item in objects_in(entry.data)]
    assert len(named) > 10
    for item in named:
        version = oldest(world.s3, item["object"])
        assert version is not None
        assert item["version"] == version.id
        lock = lock_of(world.s3, version)
        assert lock is not None
        assert lock.holds(datetime.now(UTC) + timedelta(hours=20))


def test_a_recorder_that_comes_again_brings_nothing_new(world: World, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "copy.mp4").write_bytes(LARGE)
    with open_archive(world.root, write=True) as archive:
        with FolderRecorder(tmp_path / "other") as source:
            receipt = docked(archive, source)
        assert receipt.clips[0].sha256 == world.digest("large.mp4")
        assert not verify(archive, receipt.docking, actor=ACTOR)
        archive.catalogue.rebuild()
    version = oldest(world.s3, world.digest("large.mp4"))
    assert version is not None
    assert version.newest, "there is one version of these bytes"


def get(world: World, headers: dict[str, str]) -> httpx.Response:
    """What a browser is given of the large clip."""
    digest, kept = world.digest("large.mp4"), KeptObjects()
    with open_archive(world.root, write=False) as archive:

        async def show(request: Request) -> Response:
            served = Served(
                path=Path(),
                digest=digest,
                size=len(LARGE),
                name="large.mp4",
                ranges=lambda start, stop: archive.store.open_range(digest, start, stop),
            )
            return ObjectResponse(
                request, await kept.opened(served), allowed=lambda: True, damaged=told
            )

        async def told() -> None:
            pytest.fail("the bytes are right")

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(Starlette(routes=[Route("/", show)]))
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                answer = await client.get("/", headers=headers)
            kept.close()
            return answer

        return asyncio.run(ask())


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [
        ({}, 200, LARGE),
        ({"Range": "bytes=1000-2000"}, 206, LARGE[1000:2001]),
        ({"Range": f"bytes={8 << 20}-"}, 206, LARGE[8 << 20 :]),
    ],
)
def test_a_clip_is_played_by_ranges_straight_from_the_bucket(
    world: World, asked: dict[str, str], status: int, body: bytes
) -> None:
    answer = get(world, asked)
    assert answer.status_code == status
    assert answer.content == body
    assert answer.headers["etag"] == f'"{world.digest("large.mp4")}"'


def test_the_scheduled_audit_makes_the_locks_of_all_that_is_named_longer(world: World) -> None:
    with open_archive(world.root, write=False) as archive:
        assert extending.extend(archive).longer == 0, "they are new"
        later = extending.extend(archive, now=datetime.now(UTC) + timedelta(days=1))
        version = oldest(world.s3, world.digest("large.mp4"))
    assert (later.failed, later.longer) == ((), later.looked_at)
    assert version is not None
    lock = lock_of(world.s3, version)
    assert lock is not None
    assert lock.holds(datetime.now(UTC) + timedelta(days=1, hours=20))


def test_the_command_line_works_on_it(world: World) -> None:
    for words in (["clip", "show", world.receipt.clips[0].clip or ""], ["doctor", "s3"]):
        command = [sys.executable, "-m", "muniment", "--root", str(world.root), *words]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_what_was_done_behind_our_back_is_found_and_named(world: World, server: Rgw) -> None:
    """Last in this module: the archive is spoilt by it."""
    s3, settings = world.s3, world.settings
    gone, hidden, beside = (world.digest(n) for n in ("note0000.txt", "note0001.txt", "clip.mp4"))
    version = oldest(s3, gone)
    assert version is not None
    where = (f"--bucket={settings.bucket}", f"--object={version.key}")
    server.admin("object", "rm", *where, f"--object-version={version.id}")
    s3.call("delete_object", Key=s3.key(hidden))
    s3.call("put_object", Key=s3.key(beside), Body=b"another recording")
    s3.call("put_object", Key=s3.key("ab" * 32), Body=b"whose is this?")
    s3.call("put_object", Key="unit/readme.txt", Body=b"no digest")
    report = audit(world.root)
    found = {(str(f.code), f.where.rpartition("/")[2]) for f in report.findings}
    assert found == {
        ("object_missing", gone),
        ("object_hidden", hidden),
        ("object_other_version", beside),
        ("foreign_file", "ab" * 32),
        ("foreign_file", "readme.txt"),
    }
    missing = next(f for f in report.findings if f.code == "object_missing")
    assert "administrator" in missing.detail
    assert missing.subject in {clip.clip for clip in world.receipt.clips}


def test_a_version_that_was_put_back_is_not_the_one_that_the_ledger_names(
    server: Rgw, tmp_path: Path
) -> None:
    settings = make_bucket(server.endpoint)
    create_archive(tmp_path / "archive", origin="worm.example/2", s3=settings)
    s3 = S3(settings, patience=5)
    with open_archive(tmp_path / "archive", write=False) as archive:
        (text,) = {i["object"] for e in archive.reader.entries() for i in objects_in(e.data)}
        original = archive.store.read(text)
    version = oldest(s3, text)
    assert version is not None
    where = (f"--bucket={settings.bucket}", f"--object={text}")
    server.admin("object", "rm", *where, f"--object-version={version.id}")
    s3.call("put_object", Key=text, Body=original)
    assert codes(audit(tmp_path / "archive")) == ["object_missing"], "it is another version"
