"""Originals and renditions over HTTP: exact bytes, honest headers, and the view in the ledger first."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from email import message_from_bytes
from email.message import Message

import pytest

from api.mediatypes import disposition, media_type
from api.recording import VIEW_WINDOW, Recording
from archive.errors import LedgerFailedError
from archive.events import Event
from archive.ledger.entry import Entry
from archive.store.posix import path_of
from tests.api.world import VIDEO, World

BYTES = VIDEO + b"first"
ETAG = f'"{hashlib.sha256(BYTES).hexdigest()}"'


def test_the_original_is_sent_byte_for_byte_with_its_digest(world: World) -> None:
    answer = world.client("chief").get(world.clip("first") + "/original")
    assert answer.content == BYTES
    headers = answer.headers
    assert headers["etag"] == ETAG
    digest = base64.b64encode(hashlib.sha256(BYTES).digest()).decode()
    assert headers["repr-digest"] == f"sha-256=:{digest}:"
    assert headers["content-length"] == str(len(BYTES))
    assert headers["accept-ranges"] == "bytes"
    assert headers["content-type"] == "video/mp4"
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert "filename*=UTF-8''first%20%E8%AF%A2" in headers["content-disposition"]


def test_head_says_the_same_and_sends_nothing(world: World) -> None:
    client = world.client("chief")
    path = world.clip("first") + "/original"
    head, whole = client.head(path, headers={"Range": "bytes=0-1"}), client.get(path)
    assert head.status_code == 200
    assert head.content == b""
    for name in ("etag", "repr-digest", "content-length", "content-type", "accept-ranges"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=1000-", 1000, len(BYTES)),
        ("bytes=-5", len(BYTES) - 5, len(BYTES)),
    ],
)
def test_a_range_is_those_bytes(world: World, asked: str, start: int, stop: int) -> None:
    answer = world.client("chief").get(world.clip("first") + "/original", headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == BYTES[start:stop]
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(BYTES)}"
    assert answer.headers["etag"] == ETAG


def test_several_ranges_are_parts_each_with_its_place(world: World) -> None:
    answer = world.client("chief").get(
        world.clip("first") + "/original", headers={"Range": "bytes=0-3,100-199"}
    )
    assert answer.status_code == 206
    assert int(answer.headers["content-length"]) == len(answer.content)
    kind = answer.headers["content-type"].encode()
    whole = message_from_bytes(b"Content-Type: " + kind + b"\r\n\r\n" + answer.content)
    found = []
    for part in whole.get_payload():
        assert isinstance(part, Message)
        found.append((part["content-range"], part.get_payload(decode=True)))
    size = len(BYTES)
    assert [place for place, _ in found] == [f"bytes 0-3/{size}", f"bytes 100-199/{size}"]
    assert BYTES[:4] in answer.content
    assert BYTES[100:200] in answer.content


@pytest.mark.parametrize(
    "asked", ["bytes=" + ",".join(["0-"] * 1000), "bytes=0-,1-,2-", "bytes=0-5000,4000-9000"]
)
def test_greedy_ranges_get_the_whole_once(world: World, asked: str) -> None:
    answer = world.client("chief").get(world.clip("first") + "/original", headers={"Range": asked})
    assert answer.status_code == 200
    assert answer.content == BYTES


def test_a_range_past_the_end_is_416_with_the_length(world: World) -> None:
    answer = world.client("chief").get(
        world.clip("first") + "/original", headers={"Range": f"bytes={len(BYTES)}-"}
    )
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(BYTES)}"
    assert answer.json()["code"] == "P025"


@pytest.mark.parametrize(
    ("condition", "status"),
    [(ETAG, 206), ('"other"', 200), (f"W/{ETAG}", 200), ("Sat, 01 Jan 2028 00:00:00 GMT", 200)],
)
def test_if_range_compares_strongly(world: World, condition: str, status: int) -> None:
    answer = world.client("chief").get(
        world.clip("first") + "/original", headers={"Range": "bytes=0-9", "If-Range": condition}
    )
    assert answer.status_code == status


@pytest.mark.parametrize("condition", [ETAG, f'"x", {ETAG}', f"W/{ETAG}", "*"])
def test_if_none_match_is_304_and_no_view(world: World, condition: str) -> None:
    client = world.client("chief")
    before = len(world.entries("clip.viewed"))
    answer = client.get(
        world.clip("first") + "/original",
        headers={"If-None-Match": condition, "Range": "bytes=0-1"},
    )
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == ETAG
    client.head(world.clip("first") + "/original")
    assert len(world.entries("clip.viewed")) == before


def test_if_match_of_other_bytes_is_412(world: World) -> None:
    answer = world.client("chief").get(
        world.clip("first") + "/original", headers={"If-Match": '"other"'}
    )
    assert answer.status_code == 412


def test_one_playback_is_one_view_and_another_session_another(world: World) -> None:
    before = len(world.entries("clip.viewed"))
    for _ in range(2):
        client = world.client("chief")
        for start in range(0, 5000, 1000):
            client.get(
                world.clip("second") + "/original", headers={"Range": f"bytes={start}-{start + 9}"}
            )
        client.get(world.clip("second") + "/renditions/poster")
    views = world.entries("clip.viewed")[before:]
    assert [v.data["what"] for v in views] == ["original", "poster"] * 2
    assert {v.actor for v in views} == {world.users["chief"].id}
    assert views[0].data["object"] == hashlib.sha256(VIDEO + b"second").hexdigest()


def test_a_view_window_ends() -> None:
    now = [0.0]
    appended: list[Event] = []

    def append(events: list[Event]) -> list[Entry]:
        appended.extend(events)
        return [Entry(index=i, raw=b"{}") for i, _ in enumerate(events)]

    recording = Recording(append, clock=lambda: now[0])
    event = Event(type="clip.viewed", subject="clip-1", actor="account-1")

    async def look() -> None:
        for moment in (0.0, VIEW_WINDOW - 1, VIEW_WINDOW, VIEW_WINDOW + 1):
            now[0] = moment
            await recording.view(event, session="s", clip="clip-1", what="original")

    asyncio.run(look())
    recording.close()
    assert len(appended) == 2


def test_what_cannot_be_recorded_is_not_shown(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = fresh.client("chief")
    assert client.get(fresh.clip("first")).status_code == 200

    def fail(*_: object) -> None:
        raise LedgerFailedError("the disk said no")

    monkeypatch.setattr(fresh.archive.ledger, "append", fail)
    for path in ("/original", "/renditions/poster", "/proof"):
        answer = client.get(fresh.clip("first") + path)
        assert (answer.status_code, answer.json()["code"]) == (503, "A023"), path
        assert BYTES[:50] not in answer.content
    assert client.get("/api/v1/clips").status_code == 503
    # The next one is tried again, not answered from a failed view.
    monkeypatch.undo()
    assert client.get(fresh.clip("first") + "/original").content == BYTES


def test_a_missing_or_short_object_is_an_error_and_never_a_short_answer(fresh: World) -> None:
    client = fresh.client("chief")
    path = path_of(fresh.archive.store.folder, ETAG.strip('"'))
    path.chmod(0o600)
    os.truncate(path, 1000)
    for method in ("GET", "HEAD"):
        assert client.request(method, fresh.clip("first") + "/original").status_code == 500
    path.unlink()
    answer = client.get(fresh.clip("first") + "/original", headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer.json()["code"]) == (500, "A024")
    assert not fresh.entries("clip.viewed")
    assert "badge finding" in fresh.browser("chief").get(f"/clips/{fresh.ids['first']}").text


@pytest.mark.parametrize(
    ("head", "kind", "expected"),
    [
        (b"<html><script>", "document", "application/octet-stream"),
        (b"<svg xmlns=", "photo", "application/octet-stream"),
        (b"<?xml version", None, "application/octet-stream"),
        (b"%PDF-1.7", "document", "application/pdf"),
        (b"\0\0\0\x18ftypM4A ", "audio", "audio/mp4"),
        (b"\x1aE\xdf\xa3webm", "video", "video/webm"),
        (b"RIFF\0\0\0\0AVI LIST", "video", "video/x-msvideo"),
        (b"", None, "application/octet-stream"),
    ],
)
def test_the_bytes_decide_the_media_type_and_nothing_runs(
    head: bytes, kind: str | None, expected: str
) -> None:
    assert media_type(head, kind) == expected
    shown = expected.startswith(("video/", "audio/", "image/"))
    assert disposition(expected, "x").startswith("inline" if shown else "attachment")


@pytest.mark.parametrize("name", ['a"b\r\nX: y', "\ud800", "../../x", "警.mp4", ""])
def test_no_name_breaks_out_of_its_header(name: str) -> None:
    header = disposition("video/mp4", name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
