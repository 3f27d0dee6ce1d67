"""The next range of what is watched: answered as the whole way would, and by the whole way once anything changed."""

from __future__ import annotations

import asyncio
import gc
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api import nextrange
from api.app import create_app
from api.approval.grants import Grant
from api.filesending import Following
from api.freshness import CHECK_SECONDS
from api.identity.accounts import Accounts
from api.nextrange import NextRange, Piece
from api.protocol import GuardedProtocol
from api.recording import VIEW_WINDOW
from api.service import Service
from api.serving import listen
from archive import cases
from archive.audit.recording import put_finding
from archive.audit.report import Code
from archive.opening import Archive, open_archive
from archive.store.posix import path_of
from tests.api.world import VIDEO, make_world

BYTES = VIDEO + b"first"  # the world's first clip
_DATE = re.compile(rb"date: [^\r]*\r\n")


class Served:
    """A world behind a real socket, in a thread of this process; what was answered the short way is counted."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch, *, most: int | None = None) -> None:
        world = make_world(root)
        self.ids, self.users, self.path = world.ids, world.users, world.clip("first")
        world.close()
        self.archive: Archive = open_archive(root, write=True)
        self.accounts = Accounts(root / "accounts.db")
        app = create_app(self.archive, accounts=self.accounts)
        self.service: Service = app.service  # type: ignore[attr-defined]  # app.py's own class
        # Another process's. Opened before anybody asks: opening it commits.
        self.other = Accounts(root / "accounts.db")
        self.bystander = self.accounts.open_session(self.accounts.by_name("chief"))[0]
        self.short = 0
        patch.setattr(NextRange, "piece", self._counted(NextRange.piece))
        listening = listen("127.0.0.1", 0)
        config = uvicorn.Config(
            app,
            loop="uvloop",  # as in service: what comes first in a turn is its own
            http=GuardedProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            limit_concurrency=most,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=lambda: self._server.run(sockets=[listening]))
        self._thread.start()
        self.port = listening.getsockname()[1]

    def _counted(self, inner: Callable[..., Piece | None]) -> Callable[..., Piece | None]:
        def piece(one: NextRange, first: int, last: int) -> Piece | None:
            found = inner(one, first, last)
            self.short += found is not None
            return found

        return piece

    def object(self) -> Path:
        """The clip's file."""
        row = self.archive.catalogue.clip(self.path.rpartition("/")[2])
        assert row is not None
        return path_of(self.archive.store.folder, row.sha256)

    def views(self) -> int:
        """How many views of the clip the ledger has."""
        clip = self.path.rpartition("/")[2]
        return sum(
            e.type == "clip.viewed" and e.subject == clip for e in self.archive.reader.entries()
        )

    def close(self) -> None:
        """Stop."""
        self._server.should_exit = True
        self._thread.join(20)
        self.other.close()
        self.accounts.close()
        self.archive.close()

    def loop(self) -> asyncio.AbstractEventLoop:
        """The server's."""
        return next(iter(self._server.server_state.connections)).loop


class Visitor:
    """One connection of somebody who is signed in."""

    def __init__(self, served: Served, *, token: str | None = None, more: str = "") -> None:
        self._served, self._more = served, more
        accounts = served.accounts
        self.token = token or accounts.open_session(accounts.by_name("chief"))[0]
        self._got = b""
        self._connection = socket.create_connection(("127.0.0.1", served.port), timeout=20)

    def head(self, range_: str, method: str = "GET") -> bytes:
        """A request."""
        return (
            f"{method} {self._served.path}/original HTTP/1.1\r\nHost: 127.0.0.1:{self._served.port}\r\n"
            f"Range: bytes={range_}\r\n{self._more}Authorization: Bearer {self.token}\r\n\r\n"
        ).encode()

    def ask(self, range_: str) -> tuple[int, bytes, bytes]:
        """Status, head without its date, and body."""
        self._connection.sendall(self.head(range_))
        return self.answer()

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self._connection.sendall(data)

    def answer(self) -> tuple[int, bytes, bytes]:
        """The next answer."""
        while b"\r\n\r\n" not in self._got:
            self._get()
        head, _, rest = self._got.partition(b"\r\n\r\n")
        length = int(re.findall(rb"content-length: ([0-9]+)", head.lower())[0])
        self._got = rest
        while len(self._got) < length:
            self._get()
        body, self._got = self._got[:length], self._got[length:]
        return int(head.split()[1]), _DATE.sub(b"", head + b"\r\n"), body

    def _get(self) -> None:
        got = self._connection.recv(1 << 20)
        assert got, "the connection ended"
        self._got += got

    def settle(self) -> None:
        """Ask until the short way is taken: the view's own entry is one that a search looks at once."""
        assert self.ask("0-9")[2] == BYTES[:10]
        time.sleep(2 * CHECK_SECONDS)
        for _ in range(50):
            before = self._served.short
            assert self.ask("0-9")[2] == BYTES[:10]
            if self._served.short > before:
                return
        raise AssertionError("the short way is never taken")

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One for the tests that change nothing that others rest on."""
    with pytest.MonkeyPatch.context() as patch:
        made = Served(tmp_path_factory.mktemp("next") / "root", patch)
        yield made
        made.close()


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """One for a test that changes things."""
    made = Served(tmp_path / "root", monkeypatch)
    yield made
    made.close()


def whole_way(served: Served, visitor: Visitor, range_: str) -> tuple[int, bytes, bytes]:
    """The answer to the same as the first request of a connection."""
    other = Visitor(served, token=visitor.token)
    try:
        return other.ask(range_)
    finally:
        other.close()


@given(
    st.lists(
        st.one_of(
            st.tuples(st.integers(0, 2 * len(BYTES)), st.integers(0, 2 * len(BYTES))),
            st.tuples(st.just(0), st.integers(len(BYTES) - 2, len(BYTES) + 1)),
        ),
        max_size=6,
    )
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_range_is_answered_as_the_whole_way_answers_it(
    served: Served, ranges: list[tuple[int, int]]
) -> None:
    visitor = Visitor(served)
    try:
        visitor.settle()
        for first, last in ranges:
            visitor.ask("0-9")  # what was no range left nothing to follow
            before = served.short
            answer = visitor.ask(f"{first}-{last}")
            was_short = served.short > before
            assert answer == whole_way(served, visitor, f"{first}-{last}")
            if answer[0] == 206:
                assert answer[2] == BYTES[first : last + 1]
            # Else the test would compare the whole way with itself.
            assert was_short == (answer[0] == 206 and len(answer[2]) < len(BYTES))
    finally:
        visitor.close()


def test_it_is_one_view_and_each_answer_is_counted(served: Served) -> None:
    before, visitor = served.views(), Visitor(served)
    counter = served.service.metrics._requests.labels("GET", "/api/v1/clips/{clip}/original", "206")
    visitor.settle()
    time.sleep(0.1)  # an answer is counted once it left
    counted, short = counter._value.get(), served.short
    for number in range(20):
        assert visitor.ask(f"{number}-{number + 9}")[2] == BYTES[number : number + 10]
    visitor.close()
    time.sleep(0.1)
    assert served.short - short == 20
    assert served.views() - before == 1
    assert counter._value.get() - counted == 20


def test_heads_in_pieces_or_two_at_once_and_others_between_go_the_whole_way(served: Served) -> None:
    visitor = Visitor(served)
    visitor.settle()
    short = served.short
    head = visitor.head("5-9")
    visitor.send(head[:50])
    time.sleep(0.1)
    visitor.send(head[50:])
    assert visitor.answer()[2] == BYTES[5:10]
    visitor.send(visitor.head("1-2") + visitor.head("3-4"))
    assert [visitor.answer()[2], visitor.answer()[2]] == [BYTES[1:3], BYTES[3:5]]
    visitor.send(visitor.head("7-8", "HEAD"))
    status = b""
    while not status.endswith(b"\r\n\r\n"):
        status += visitor._connection.recv(1)
    assert status.startswith(b"HTTP/1.1 200")
    assert served.short == short
    assert visitor.ask("6-9")[2] == BYTES[6:10]
    assert visitor.ask("7-9")[2] == BYTES[7:10]
    assert served.short == short + 1
    visitor.close()


def test_what_asks_to_end_the_connection_is_answered_and_ended(served: Served) -> None:
    visitor = Visitor(served, more="Connection: close\r\n")
    assert visitor.ask("0-9")[2] == BYTES[:10]
    assert visitor._connection.recv(1) == b""
    visitor.close()


def test_beyond_the_limit_of_connections_nobody_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = Served(tmp_path / "root", monkeypatch, most=3)
    visitor = Visitor(few)
    visitor.settle()
    more = [Visitor(few, token=visitor.token) for _ in range(2)]
    time.sleep(0.1)
    short = few.short
    visitor.send(visitor.head("0-9"))
    assert visitor._connection.recv(12) == b"HTTP/1.1 503"
    assert few.short == short
    for one in (visitor, *more):
        one.close()
    few.close()


def _looked_at(own: Served, change: Callable[[], None]) -> None:
    """Have somebody's session looked at in a turn of the event loop that goes on while something is changed."""
    looked, changed = threading.Event(), threading.Event()

    def turn() -> None:
        own.accounts.session(own.bystander)
        looked.set()
        changed.wait(10)
        time.sleep(0.3)  # the request comes meanwhile

    own.loop().call_soon_threadsafe(turn)
    looked.wait(10)
    change()
    changed.set()


def _ended(own: Served, visitor: Visitor) -> None:
    own.accounts.close_session(visitor.token)


def _ended_elsewhere(own: Served, visitor: Visitor) -> None:
    other = Accounts(own.archive.root / "accounts.db")
    other.close_session(visitor.token)
    other.close()


def _ended_elsewhere_in_a_turn_that_had_looked(own: Served, visitor: Visitor) -> None:
    _looked_at(own, lambda: own.other.close_session(visitor.token))


def _left_alone(own: Served, visitor: Visitor) -> None:
    del visitor
    now = own.accounts.clock
    own.accounts.clock = lambda: now() + 24 * 3600


def _damaged(own: Served, visitor: Visitor) -> None:
    del visitor
    clip = own.path.rpartition("/")[2]
    digest = own.object().name
    put_finding(
        own.archive,
        subject=clip,
        digest=digest,
        code=str(Code.OBJECT_CHANGED),
        clip=clip,
        actor=own.archive.settings.station,
    )
    time.sleep(0.1)  # freshness' look


def _cut(own: Served, visitor: Visitor) -> None:
    del visitor
    own.object().chmod(0o600)
    with own.object().open("r+b") as file:
        file.truncate(50)


def _gone(own: Served, visitor: Visitor) -> None:
    del visitor
    own.object().unlink()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (_ended, 401),
        (_ended_elsewhere, 401),
        (_ended_elsewhere_in_a_turn_that_had_looked, 401),
        (_left_alone, 401),
        (_damaged, 409),
        (_cut, 500),
        (_gone, 500),
    ],
    ids=lambda one: getattr(one, "__name__", str(one)),
)
def test_no_further_range_leaves_once_it_may_not(
    own: Served, change: Callable[[Served, Visitor], None], status: int
) -> None:
    visitor = Visitor(own)
    visitor.settle()
    short = own.short
    change(own, visitor)
    answer = visitor.ask("0-9")
    assert own.short == short
    assert BYTES[:10] not in answer[2]
    assert answer[0] == status
    visitor.close()


def test_after_ten_minutes_it_is_another_view(own: Served) -> None:
    visitor, clock = Visitor(own), own.service.recording._clock
    visitor.settle()
    short = own.short
    assert own.views() == 1
    own.service.recording._clock = lambda: clock() + VIEW_WINDOW
    assert visitor.ask("0-9")[2] == BYTES[:10]
    assert (own.views(), own.short) == (2, short)
    visitor.close()


@pytest.mark.parametrize("seen_by_another", [False, True])
def test_the_ledger_grew_by_what_a_search_shows_so_all_is_asked_again(
    own: Served, seen_by_another: bool
) -> None:
    visitor, other = Visitor(own), Visitor(own)
    other.settle()
    visitor.settle()
    cases.open_case(
        own.archive, actor="local-0", number="x", unit=own.ids["North"], title="", subject=""
    )
    time.sleep(0.1)
    short = own.short
    if seen_by_another:  # so the catalogue is level again, and of another version
        other.ask("0-9")
    assert visitor.ask("0-9")[2] == BYTES[:10]
    assert own.short == short
    assert visitor.ask("0-9")[2] == BYTES[:10]
    assert own.short == short + 1
    visitor.close()
    other.close()


def test_another_file_at_the_same_place_is_opened_anew(own: Served) -> None:
    visitor = Visitor(own)
    visitor.settle()
    short, path = own.short, own.object()
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    copy.replace(path)
    assert visitor.ask("0-9")[2] == BYTES[:10]
    assert own.short == short
    visitor.close()


def test_another_kind_of_file_that_somebody_else_opened_has_its_own_headers(own: Served) -> None:
    visitor, other = Visitor(own), Visitor(own)
    other.settle()
    visitor.settle()
    path = own.object()
    copy = path.with_name("copy")
    copy.write_bytes(b"%PDF-1.7\n".ljust(len(BYTES), b" "))
    copy.replace(path)
    shown = other.ask("0-9")
    assert b"application/pdf" in shown[1]
    assert visitor.ask("0-9") == shown
    visitor.close()
    other.close()


def test_nothing_of_a_connection_that_ended_stays_in_memory(own: Served) -> None:
    gc.collect()
    gc.disable()
    try:
        for _ in range(5):
            visitor = Visitor(own)
            visitor.settle()
            visitor.close()
        time.sleep(0.3)
        assert not [one for one in gc.get_objects() if isinstance(one, (NextRange, Following))]
    finally:
        gc.enable()


def test_the_use_of_a_session_is_written_every_minute_still(own: Served) -> None:
    visitor, now = Visitor(own), own.accounts.clock
    visitor.settle()
    short = own.short
    own.accounts.clock = lambda: now() + 61
    visitor.ask("0-9")
    assert own.short == short
    [(seen,)] = own.accounts.rows("SELECT max(seen) FROM session")
    assert float(str(seen)) > now() + 50
    visitor.close()


def test_what_is_not_in_memory_is_read_in_a_thread(
    own: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = Visitor(own)
    visitor.settle()
    short = own.short
    monkeypatch.setattr(nextrange, "in_memory", lambda *_: False)
    assert visitor.ask("0-9")[2] == BYTES[:10]
    assert own.short == short
    visitor.close()


def test_what_is_asked_about_while_it_is_sent_goes_the_whole_way(
    own: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = Visitor(own)
    visitor.settle()
    short = own.short
    monkeypatch.setattr(nextrange, "CHUNK", 50)
    assert visitor.ask("0-49")[2] == BYTES[:50]
    assert visitor.ask("0-50")[2] == BYTES[:51]
    assert own.short == short + 1
    visitor.close()


def test_who_watches_by_a_grant_goes_the_whole_way(
    own: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = Visitor(own)
    now = time.time()
    grant = Grant(
        request="request-1",
        account=own.accounts.by_name("chief").id,
        case=None,
        unit=None,
        clips=frozenset(),
        since=now - 60,
        until=now + 60,
        upto=1,
        by="head",
    )
    monkeypatch.setattr(type(own.service.grants), "active", lambda *_: [grant])
    for _ in range(3):
        assert visitor.ask("0-9")[2] == BYTES[:10]
    assert own.short == 0
    visitor.close()
