"""Files that stay open between ranges: never other bytes than the store has now, and none that stays for good."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from starlette.requests import Request

from api import objects
from api.hashing import CHUNK
from api.media import HELD, ObjectResponse
from api.objects import KeptObjects, OpenObject, Served, ShortObjectError
from archive.errors import FixityError, MissingObjectError
from archive.store.posix import path_of
from tests.api.world import World, make_world

BYTES = b"\0\0\0\x18ftypisom" + bytes(1000)


@pytest.fixture
def anyio_backend() -> str:
    """What runs the tests that need an event loop."""
    return "asyncio"


def served_at(path: Path) -> Served:
    """An object, just stored."""
    path.write_bytes(BYTES)
    return Served(path=path, digest=sha256(BYTES).hexdigest(), size=len(BYTES), name="clip.mp4")


def is_open(fd: int) -> bool:
    """Whether a descriptor is one."""
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


@pytest.mark.anyio
async def test_the_next_answer_uses_the_same_open_file(tmp_path: Path) -> None:
    served, kept = served_at(tmp_path / "object"), KeptObjects()
    first, again = kept.open(served), kept.open(served)
    assert first is again
    kept.close()
    assert is_open(first.fd), "two answers are being sent"
    first.let_go()
    again.let_go()
    assert not is_open(first.fd)


def _swap(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(b"x" * len(BYTES))
    kept = path.stat()
    os.utime(other, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    other.replace(path)


def _rewrite(path: Path) -> None:
    kept = path.stat()
    path.write_bytes(b"x" * len(BYTES))
    os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns))


@pytest.mark.anyio
@pytest.mark.parametrize("change", [_swap, _rewrite])
async def test_a_file_that_was_replaced_or_rewritten_is_opened_anew(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    served, kept = served_at(tmp_path / "object"), KeptObjects()
    before = kept.open(served)
    await asyncio.sleep(0.02)  # longer than the steps of a file system's clock
    change(served.path)
    now = kept.open(served)
    assert now is not before
    assert os.pread(now.fd, len(BYTES), 0) == b"x" * len(BYTES)
    before.let_go()
    assert not is_open(before.fd), "nobody keeps what the path no longer leads to"
    now.let_go()
    kept.close()


@pytest.mark.anyio
async def test_what_was_removed_cut_or_made_a_link_is_an_error_at_once(tmp_path: Path) -> None:
    served, kept = served_at(tmp_path / "object"), KeptObjects()
    one = kept.open(served)
    one.let_go()
    os.truncate(served.path, 10)
    with pytest.raises(ShortObjectError):
        kept.open(served)
    assert not is_open(one.fd)
    served.path.unlink()
    with pytest.raises(MissingObjectError):
        kept.open(served)
    (tmp_path / "elsewhere").write_bytes(BYTES)
    served.path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        kept.open(served)


@pytest.mark.anyio
async def test_another_clip_of_the_same_bytes_gets_its_own_name(tmp_path: Path) -> None:
    kept, served = KeptObjects(), served_at(tmp_path / "object")
    for name in ("one.mp4", "two.mp4"):
        shown = kept.open(replace(served, name=name))
        assert name in dict(shown.fields)[b"content-disposition"].decode()
        shown.let_go()
    kept.close()


@pytest.mark.anyio
async def test_no_more_than_a_few_are_kept(tmp_path: Path) -> None:
    kept, shown = KeptObjects(), []
    for number in range(objects.MOST + 3):
        path = tmp_path / str(number)
        path.write_bytes(b"%4d" % number)
        digest = sha256(b"%4d" % number).hexdigest()
        shown.append(kept.open(Served(path=path, digest=digest, size=4, name="x")))
    for one in shown:
        one.let_go()
    assert sum(is_open(one.fd) for one in shown) == objects.MOST
    kept.close()
    assert not any(is_open(one.fd) for one in shown)


@pytest.mark.anyio
async def test_what_nobody_asks_for_any_more_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "KEEP_SECONDS", 0.05)
    served, kept = served_at(tmp_path / "object"), KeptObjects()
    one = kept.open(served)
    one.let_go()
    assert is_open(one.fd)
    await asyncio.sleep(0.3)
    assert not is_open(one.fd)
    again = kept.open(served)
    again.let_go()
    assert is_open(again.fd), "and the next one is kept as the first"
    kept.close()
    assert not is_open(again.fd)
    unkept = kept.open(served)
    unkept.let_go()
    assert not is_open(unkept.fd), "none is kept after the end"


def test_an_object_that_changes_between_two_ranges_is_never_shown_from_before(
    fresh: World,
) -> None:
    client, path = fresh.client("chief"), fresh.clip("first") + "/original"
    asked = {"Range": "bytes=0-9"}
    digest = client.get(path, headers=asked).headers["etag"].strip('"')
    stored = path_of(fresh.archive.store.folder, digest)
    stored.chmod(0o600)
    os.truncate(stored, 1000)
    assert client.get(path, headers=asked).status_code == 500
    stored.unlink()
    assert client.get(path, headers=asked).json()["code"] == "A024"


def test_who_may_not_see_a_clip_gets_no_byte_of_a_file_that_is_open(fresh: World) -> None:
    path, asked = fresh.clip("first") + "/original", {"Range": "bytes=0-9"}
    chief = fresh.client("chief")
    assert chief.get(path, headers=asked).status_code == 206
    assert fresh.client("southchief").get(path, headers=asked).status_code == 404
    assert fresh.client("overseer").get(path, headers=asked).status_code == 403
    assert fresh.client().get(path, headers=asked).status_code == 401
    fresh.accounts.disable(fresh.users["chief"])
    assert chief.get(path, headers=asked).status_code == 401


def test_a_service_that_has_ended_has_no_object_open(tmp_path: Path) -> None:
    world = make_world(tmp_path / "archive")
    get = world.client("chief").get
    assert get(world.clip("first") + "/original", headers={"Range": "bytes=0-9"}).status_code == 206
    store = world.archive.root / "store"

    def shown() -> list[Path]:
        links = [path for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
        targets = [path.readlink() for path in links]
        return [t for t in targets if t.is_relative_to(store) and t.is_file()]

    assert shown(), "kept for the next range"
    world.close()
    assert not shown()


@pytest.mark.anyio
@pytest.mark.parametrize("over", [-1, 0, 1, HELD, HELD + 1])
async def test_what_is_held_back_is_more_than_a_player_does_without(
    tmp_path: Path, over: int
) -> None:
    path, good = tmp_path / "object", bytes(2 * CHUNK + over)
    served = Served(path=path, digest=sha256(good).hexdigest(), size=len(good), name="clip.mp4")

    async def sent() -> int:
        scope = {"type": "http", "method": "GET", "headers": [], "path": "/", "query_string": b""}
        response = ObjectResponse(
            Request(scope), OpenObject(served), allowed=lambda: True, damaged=_nothing
        )
        count = 0
        try:
            async for chunk in response._hashed():
                count += len(chunk)
        except FixityError:
            return count
        finally:
            response.close()
        assert count == len(good)
        return count

    path.write_bytes(good)
    assert await sent() == len(good)
    path.write_bytes(b"x" + good[1:])
    assert await sent() == len(good) - HELD


async def _nothing() -> None:
    """Tell nobody."""
