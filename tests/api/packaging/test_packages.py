"""Packages over the API: who may, what is told, what the ledger says, and what is left behind: nothing."""

from __future__ import annotations

import hashlib
import io
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api import media
from api.media import ObjectResponse
from api.packaging import jobs, making
from api.packaging.errors import PackageUnderWayError
from api.packaging.jobs import Job, Packages, Progress
from archive.errors import ArchiveBusyError
from archive.package.build import Built
from tests.api.world import CASE, ORIGIN, Client, World

PATH = "/api/v1/packages"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "_LEFT", 0)


def until_made(client: Client, id_: str) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while True:
        found: dict[str, Any] = client.get(f"{PATH}/{id_}").json()
        if found["state"] not in {"queued", "making"}:
            return found
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_case_is_packed_fetched_by_ranges_and_told_of_in_the_ledger(world: World) -> None:
    client = world.client("archivist")
    before = len(world.entries("package.fetched"))
    answer = client.post(PATH, json={"case": CASE})
    assert answer.status_code == 202
    assert answer.headers["location"] == f"{PATH}/{answer.json()['package']}"
    made = until_made(client, answer.json()["package"])
    assert (made["state"], made["clips"], made["left_out"]) == ("ready", 3, [])
    entry = world.archive.reader.entry(made["entry"])
    assert (entry.type, entry.actor) == ("package.made", world.users["archivist"].id)
    assert entry.data["manifest"] == made["manifest"]
    first = client.get(made["file"], headers={"Range": "bytes=0-3"})
    assert (first.status_code, first.content) == (206, b"PK\x03\x04")
    whole = client.get(made["file"])
    assert whole.status_code == 200
    assert whole.headers["content-disposition"].startswith("attachment;")
    assert hashlib.sha256(whole.content).hexdigest() == made["sha256"]
    assert len(whole.content) == made["size"]
    names = zipfile.ZipFile(io.BytesIO(whole.content)).namelist()
    assert {name.rpartition("/")[2] for name in names} >= {"verify.py", "verify.html"}
    fetched = world.entries("package.fetched")[before:]
    assert len(fetched) == 1, "ranges of one download are one event"
    assert fetched[0].data["made"] == made["entry"]
    assert fetched[0].data["sha256"] == made["sha256"]
    assert fetched[0].subject == made["subject"]
    assert client.delete(f"{PATH}/{made['package']}").status_code == 204
    assert client.get(made["file"]).status_code == 404
    work = world.archive.root / "work"
    assert not list(work.rglob("*.zip")), "nothing is left of it"


def test_a_clip_is_packed_too_and_the_page_offers_it(world: World) -> None:
    client = world.browser("archivist")
    page = client.get(f"/clips/{world.ids['south']}/custody").text
    assert 'action="/packages"' in page
    assert 'action="/packages"' in client.get(f"/cases/{CASE}").text
    answer = client.post(
        "/packages", data={"clip": world.ids["south"]}, headers=ORIGIN, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/packages")
    [job] = client.get(PATH).json()["packages"]
    until_made(client, job["package"])
    assert "verify.py" in client.get("/packages").text
    assert "<html" not in client.get("/packages?part=1").text
    client.post("/packages", data={"cancel": job["package"]}, headers=ORIGIN)
    assert client.get(PATH).json()["packages"] == []


@pytest.mark.parametrize("user", ["chief", "wang", "overseer", "reviewer", "root"])
def test_nobody_but_an_archivist_makes_or_fetches_packages(world: World, user: str) -> None:
    client = world.client(user)
    assert client.post(PATH, json={"case": CASE}).status_code == 403
    assert client.get(f"{PATH}/{'0' * 32}/file").status_code == 403
    assert client.get("/packages").status_code == 403
    for page in (f"/cases/{CASE}/custody", f"/cases/{CASE}"):
        assert 'action="/packages"' not in world.browser(user).get(page).text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"case": CASE, "clip": "clip-x"}, 422),
        ({"case": CASE, "more": 1}, 422),
        ({"clip": "clip-x"}, 404),
        ({"case": "no such case"}, 404),
    ],
)
def test_what_cannot_be_packed_is_refused_at_once(
    world: World, body: dict[str, Any], status: int
) -> None:
    assert world.client("archivist").post(PATH, json=body).status_code == status


def test_where_there_is_no_room_nothing_is_begun(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "_LEFT", 1 << 60)
    answer = world.client("archivist").post(PATH, json={"case": CASE})
    assert (answer.status_code, answer.json()["code"]) == (503, "A103")
    assert world.client("archivist").get(PATH).json()["packages"] == []


class Bench:
    """Packages whose making a test holds."""

    def __init__(self, folder: Path) -> None:
        self.now, self.go, self.begun = 1000.0, threading.Event(), threading.Event()
        self.errors: list[Exception] = []
        self.folder = folder
        self.packages = Packages(folder, self.make, clock=lambda: self.now)

    def make(self, subject: str, out: Path, progress: Progress, actor: str) -> Built:
        del actor
        self.begun.set()
        if self.errors:
            raise self.errors.pop()
        while not self.go.wait(0.01):
            progress(1, 2, subject)
        out.write_bytes(b"zip of " + subject.encode())
        return built_at(out)

    def ask(self, account: str = "a", subject: str = "s") -> Job:
        return self.packages.ask(account=account, subject=subject, title=subject)


def built_at(out: Path) -> Built:
    from archive.ledger.note import Checkpoint
    from archive.package.outside import Outside

    return Built(
        out=out,
        name="name",
        subject="s",
        clips=1,
        left_out=(),
        files=1,
        size=1,
        manifest="0" * 64,
        entry=1,
        note=b"",
        cites=Checkpoint(origin="o", size=1, root=b"0" * 32),
        tokens=(),
        outside=Outside(note=b"", submitted=None, stamps=(), refused=()),
        pdf=False,
        verifiers={},
    )


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "packages")
    yield made
    made.packages.close()


def wait(job: Job, *states: str) -> None:
    deadline = time.monotonic() + 10
    while job.state not in states:
        assert time.monotonic() < deadline, job.state
        time.sleep(0.01)


def test_an_account_has_one_under_way_and_sees_only_its_own(bench: Bench) -> None:
    job = bench.ask()
    with pytest.raises(PackageUnderWayError):
        bench.ask()
    other = bench.ask("b")
    assert bench.packages.of("b", job.id) is None
    assert bench.packages.of("a", job.id) is job
    bench.go.set()
    wait(job, "ready")
    wait(other, "ready")
    assert bench.ask().state in {"queued", "making"}


def test_what_is_cancelled_leaves_nothing(bench: Bench) -> None:
    job = bench.ask()
    bench.begun.wait(5)
    waiting = bench.ask("b")
    bench.packages.cancel(waiting)
    bench.packages.cancel(job)
    wait(job, "cancelled")
    assert waiting.state == "cancelled"
    bench.go.set()
    after = bench.ask("c")
    wait(after, "ready")
    assert [path.name for path in bench.folder.rglob("*.zip")] == [f"{after.id}.zip"]


def test_a_package_is_gone_after_a_day_and_with_its_process(bench: Bench) -> None:
    bench.go.set()
    job = bench.ask()
    wait(job, "ready")
    assert job.path is not None
    bench.now += jobs.KEPT - 1
    assert bench.packages.of("a", job.id) is job
    bench.now += 1
    assert bench.packages.of("a", job.id) is None
    assert not job.path.exists()
    later = bench.ask()
    wait(later, "ready")
    bench.packages.close()
    assert list(bench.folder.iterdir()) == []


def test_what_a_dead_process_left_is_cleared_and_a_living_ones_stays(
    bench: Bench, tmp_path: Path
) -> None:
    bench.go.set()
    job = bench.ask()
    wait(job, "ready")
    dead = bench.folder / "dead"
    dead.mkdir()
    (dead / "held").touch()
    (dead / "old.zip").write_bytes(b"old")
    second = Bench(tmp_path / "packages")
    second.go.set()
    wait(second.ask(), "ready")
    assert not dead.exists()
    assert job.path is not None
    assert job.path.exists()
    second.packages.close()


def test_a_clip_that_somebody_looked_at_meanwhile_is_packed_again(bench: Bench) -> None:
    bench.go.set()
    bench.errors = [ArchiveBusyError("viewed"), ArchiveBusyError("viewed")]
    job = bench.ask()
    wait(job, "ready")
    bench.errors = [ArchiveBusyError("viewed")] * 3
    again = bench.ask()
    wait(again, "failed")
    assert again.code == ArchiveBusyError.code
    bench.errors = [RuntimeError("a bug of ours")]
    broken = bench.ask("b")
    wait(broken, "failed")
    assert broken.code == "P050"
    assert broken.detail is None, "nothing of our insides"
    wait(bench.ask("c"), "ready")


def test_of_one_account_few_are_kept(bench: Bench) -> None:
    bench.go.set()
    made = []
    for n in range(jobs.MOST_READY + 1):
        bench.now += 1
        made.append(bench.ask(subject=str(n)))
        wait(made[-1], "ready")
    kept = [job.subject for job in bench.packages.all_of("a")]
    assert kept == [str(n) for n in range(jobs.MOST_READY, 0, -1)]


def test_a_package_that_is_being_sent_ends_with_its_account(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, asked = fresh.client("archivist"), []
    made = until_made(client, client.post(PATH, json={"case": CASE}).json()["package"])

    class Kept(ObjectResponse):
        def __init__(self, *args: Any, **named: Any) -> None:
            asked.append(named["allowed"])
            super().__init__(*args, **named)

    monkeypatch.setattr(media, "ObjectResponse", Kept)
    assert client.get(made["file"]).status_code == 200
    assert asked[0]()
    fresh.accounts.disable(fresh.users["archivist"])
    assert not asked[0]()
