"""A small archive for the API's tests: two units, three officers, clips with real bytes, an account for each role."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import argon2
import httpx2
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.identity.accounts import Account, Accounts
from api.identity.registering import add_account
from archive import cases
from archive.events import Event
from archive.ids import new_id
from archive.ledger.entry import Entry
from archive.opening import Archive, create_archive, open_archive

PASSWORD = "correct horse battery"
# As argon2id, but cheap: these tests sign in hundreds of times.
HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
BASE = "http://127.0.0.1:8000"
ORIGIN = {"Origin": BASE}
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 3
VIDEO = b"\0\0\0\x18ftypisom" + bytes(i * 7 % 256 for i in range(100_000))
CASE = "2026-0117"
_EXAMINED: dict[str, Any] = {
    "kind": "video",
    "container": "mp4",
    "duration_us": 61_500_000,
    "video": "h264",
    "audio": "aac",
    "width": 1280,
    "height": 720,
    "rate": "25/1",
    "created": None,
    "damaged": False,
    "damage": [],
    "playable": True,
    "tool": "pyav",
    "version": "18",
}


class Client:
    """One visitor: headers of its own, cookies kept as a browser does, no redirect followed."""

    def __init__(self, test: TestClient, headers: dict[str, str]) -> None:
        self._test, self.headers = test, headers
        self.cookies: dict[str, str] = {}

    def request(self, method: str, path: str, **kwargs: Any) -> httpx2.Response:
        """Ask."""
        headers = self.headers | (kwargs.pop("headers", None) or {})
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{n}={v}" for n, v in self.cookies.items())
        self._test.cookies.clear()
        response = self._test.request(method, path, headers=headers, **kwargs)
        for name in (c.name for c in response.cookies.jar):
            self.cookies[name] = str(response.cookies[name])
        return response

    def get(self, path: str, **kwargs: Any) -> httpx2.Response:
        """GET."""
        return self.request("GET", path, **kwargs)

    def head(self, path: str, **kwargs: Any) -> httpx2.Response:
        """HEAD."""
        return self.request("HEAD", path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> httpx2.Response:
        """POST."""
        return self.request("POST", path, **kwargs)

    def put(self, path: str, **kwargs: Any) -> httpx2.Response:
        """PUT."""
        return self.request("PUT", path, **kwargs)

    def patch(self, path: str, **kwargs: Any) -> httpx2.Response:
        """PATCH."""
        return self.request("PATCH", path, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> httpx2.Response:
        """DELETE, with a body too."""
        return self.request("DELETE", path, **kwargs)


@dataclass(kw_only=True)
class World:
    """An archive, its accounts and its application, started."""

    archive: Archive
    accounts: Accounts
    app: FastAPI
    test: TestClient
    ids: dict[str, str] = field(default_factory=dict)
    users: dict[str, Account] = field(default_factory=dict)

    def close(self) -> None:
        """Stop and let go of all."""
        self.test.__exit__(None, None, None)
        self.accounts.close()
        self.archive.close()

    def client(self, user: str | None = None) -> Client:
        """A program, signed in by bearer token where a user is named."""
        if user is None:
            return Client(self.test, {})
        token, _ = self.accounts.open_session(self.accounts.by_name(user))
        return Client(self.test, {"Authorization": f"Bearer {token}"})

    def browser(self, user: str | None = None, *, lang: str = "en") -> Client:
        """A person's browser, signed in by cookie where a user is named."""
        client = Client(self.test, {"Accept": "text/html", "Accept-Language": lang})
        if user is not None:
            token, _ = self.accounts.open_session(self.accounts.by_name(user))
            client.cookies["muniment_session"] = token
        return client

    def at(self, peer: str) -> Client:
        """A program at another address."""
        test = TestClient(self.app, base_url=BASE, client=(peer, 50_000), follow_redirects=False)
        return Client(test, {})

    def entries(self, type_: str) -> list[Entry]:
        """Every entry of a type."""
        return [e for e in self.archive.reader.entries() if e.type == type_]

    def clip(self, name: str) -> str:
        """The API's address of a clip."""
        return f"/api/v1/clips/{self.ids[name]}"


def make_world(root: Path, *, url: str | None = None, settings: str = "") -> World:
    """Make the archive and everything in it; `settings`: more of muniment.toml, `url`: where people reach it."""
    create_archive(root, origin="station.test/archive", unit="North")
    if url or settings:
        path = root / "muniment.toml"
        text = path.read_text().replace("[serve]\n", f'[serve]\nurl = "{url}"\n')
        path.write_text(f"{text}\n{settings}")
    archive = open_archive(root, write=True)
    accounts = Accounts(root / "accounts.db", hasher=HASHER)
    app = create_app(archive, accounts=accounts)
    test = TestClient(
        app,
        base_url=BASE,
        client=("127.0.0.1", 50_000),
        follow_redirects=False,
        raise_server_exceptions=False,
    )
    world = World(archive=archive, accounts=accounts, app=app, test=test)
    _registers(world)
    _clip(world, "first", officer="wang", unit="North", recorder="T100", hour=8)
    _clip(world, "second", officer="li", unit="North", recorder="T100", hour=9)
    _clip(world, "south", officer="zhao", unit="South", recorder="T200", hour=10)
    archive.catalogue.catch_up()
    cases.open_case(
        archive,
        actor="local-0",
        number=CASE,
        unit=world.ids["North"],
        title="夜间检查",
        subject="某公司",
    )
    for name in ("first", "second", "south"):
        cases.link_clip(
            archive, actor="local-0", number=CASE, clip=world.ids[name], reason="接入时指定"
        )
    _users(world)
    archive.ledger.publish()
    test.__enter__()
    return world


def _registers(world: World) -> None:
    north = world.archive.settings.unit
    assert north is not None
    world.ids |= {"North": north, "South": new_id("unit")}
    events = [
        Event(
            type="unit.registered",
            subject=world.ids["South"],
            actor="local-0",
            text={"name": "South"},
        )
    ]
    for name, badge, unit in (
        ("wang", "012345", "North"),
        ("li", "012346", "North"),
        ("zhao", "990001", "South"),
    ):
        world.ids[name] = new_id("officer")
        events.append(
            Event(
                type="officer.registered",
                subject=world.ids[name],
                actor="local-0",
                data={"unit": world.ids[unit]},
                text={"badge": badge},
            )
        )
    for serial in ("T100", "T200"):
        world.ids[serial] = new_id("recorder")
        events.append(
            Event(
                type="recorder.registered",
                subject=world.ids[serial],
                actor="local-0",
                data={"unit": None, "officer": None},
                text={"serial": serial},
            )
        )
    world.archive.record(events)


def _clip(
    world: World,
    name: str,
    *,
    officer: str,
    unit: str,
    recorder: str,
    hour: int,
    late: bool = False,
) -> None:
    archive, clip = world.archive, new_id("clip")
    world.ids[name] = clip
    with archive.store.writing() as writing:
        video, poster = (
            writing.put([VIDEO + name.encode()])[0],
            writing.put([JPEG + name.encode()])[0],
        )
        original = {"object": video.digest, "size": video.size}
        start = f"2026-01-17T{hour:02}:00:00Z"
        archive.record(
            [
                Event(
                    type="clip.ingested",
                    subject=clip,
                    actor=archive.settings.station,
                    data={
                        "docking": new_id("docking"),
                        "recorder": world.ids[recorder],
                        "officer": world.ids[officer],
                        "unit": world.ids[unit],
                        "original": original,
                        "modified": start,
                        "kind": "video",
                        "start": start,
                        "start_source": "name",
                        "offset_ms": 180_000 if name == "second" else None,
                        "uncertainty_ms": 500 if name == "second" else None,
                        "marked": name == "first",
                        "late": late,
                        "same_as": None,
                        "resumed": None,
                        "quarantined": False,
                    },
                    text={
                        "path": f"DCIM/{name} 询问 <b>.mp4",
                        "start_raw": "20260117",
                        "belongs_to": None,
                    },
                ),
                Event(
                    type="clip.examined",
                    subject=clip,
                    actor=archive.settings.station,
                    data=_EXAMINED,
                ),
                Event(
                    type="rendition.made",
                    subject=clip,
                    actor=archive.settings.station,
                    data={
                        "kind": "poster",
                        "rendition": {"object": poster.digest, "size": poster.size},
                        "media_type": "image/jpeg",
                        "tool": "pyav",
                        "version": "18",
                        "parameters": {"width": 640},
                        "of": video.digest,
                    },
                ),
                Event(
                    type="clip.verified",
                    subject=clip,
                    actor=archive.settings.station,
                    data={"docking": None, "original": original},
                ),
            ]
        )


def _users(world: World) -> None:
    for name, role, unit, officer in (
        ("chief", "supervisor", "North", None),
        ("southchief", "supervisor", "South", None),
        ("wang", "officer", None, "wang"),
        ("archivist", "archivist", None, None),
        ("overseer", "oversight", None, None),
        ("reviewer", "reviewer", None, None),
        ("root", "administrator", None, None),
    ):
        world.users[name] = add_account(
            world.archive,
            world.accounts,
            actor="local-0",
            name=name,
            role=role,
            password=PASSWORD,
            unit=None if unit is None else world.ids[unit],
            officer=None if officer is None else world.ids[officer],
        )
