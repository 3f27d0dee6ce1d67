"""The newest checkpoint goes to every witness; whatever they do, only a true quorum makes it cosigned."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

from archive.errors import LedgerDamagedError, LedgerRolledBackError
from archive.ledger.note import parse_checkpoint, parse_note
from archive.ledger.published import PublishedLog
from archive.ledger.witness.cosignature import CosignatureVerifier
from archive.ledger.witness.cosigned import keep_cosigned, with_lines, witnesses_of
from archive.ledger.witness.remembered import NAME, read_seen
from archive.ledger.witness.service import Witness
from archive.ledger.witness.submitting import Submitted, cosigned, submit, verifiers_of
from archive.opening import Archive, create_archive, open_archive
from archive.settings.model import WitnessPolicy, WitnessSettings
from tests.fakes.ledgers import draft
from tests.fakes.logs import MemoryLog
from tests.fakes.witnesses import Lie, cosigner, lying, new_witness, serving

Serve = Callable[[int], str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("made") / "a"
    create_archive(root, origin="test.invalid/ledger")
    return root


@pytest.fixture
def archive(made: Path, tmp_path: Path) -> Iterator[Archive]:
    shutil.copytree(made, tmp_path / "a")
    with open_archive(tmp_path / "a", write=True) as archive:
        yield archive


@pytest.fixture
def serve(archive: Archive, tmp_path: Path) -> Iterator[Serve]:
    """Start a real witness of this ledger, by number; its address."""
    with ExitStack() as stack:

        def start(number: int) -> str:
            folder = tmp_path / f"w{number}"
            witness = new_witness(folder, archive.reader.verifier, seed=number)
            return stack.enter_context(serving(stack.enter_context(closing(witness))))

        yield start


def ask(archive: Archive, *urls: str, quorum: int | None = None, **how: float) -> Submitted:
    """Submit to witnesses 0, 1, 2 … at these addresses."""
    witnesses = tuple(
        WitnessSettings(url=url, vkey=cosigner(number).verifier.vkey())
        for number, url in enumerate(urls)
    )
    policy = WitnessPolicy(quorum=len(urls) if quorum is None else quorum, witnesses=witnesses)
    archive.settings = replace(archive.settings, witnesses=policy)
    now = how.get("now")
    clock = time.time if now is None else lambda: now
    return submit(archive, now=clock, deadline=how.get("deadline", 10.0))


def grow(archive: Archive, count: int, number: int = 0) -> int:
    archive.ledger.append([draft(number + n) for n in range(count)])
    archive.ledger.publish()
    return archive.reader.published().size


def kept_size(archive: Archive) -> int:
    note = cosigned(archive.root)
    assert note is not None
    return archive.reader.verifier.check(parse_note(note)).size


def codes(found: Submitted) -> list[str]:
    return [answer.code for answer in found.answers]


def nowhere() -> str:
    """An address where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_with_a_quorum_the_checkpoint_is_kept_with_its_cosignatures(
    archive: Archive, serve: Serve
) -> None:
    urls = [serve(0), serve(1)]
    assert cosigned(archive.root) is None
    for count in (0, 1, 300, 70):  # over a tile's end, with partial tiles at both ends
        size = grow(archive, count) if count else archive.reader.published().size
        found = ask(archive, *urls)
        assert (found.reached, found.size, codes(found)) == (True, size, ["cosigned"] * 2)
        assert kept_size(archive) == size
        note = cosigned(archive.root)
        assert note == found.note
        assert note is not None
        assert set(witnesses_of(note, verifiers_of(archive))) == {
            "witness.invalid/0",
            "witness.invalid/1",
        }
        assert note.startswith(archive.reader.checkpoint())


def test_proofs_are_given_against_what_was_cosigned_where_that_covers_the_entry(
    archive: Archive, serve: Serve
) -> None:
    size = grow(archive, 300)
    ask(archive, serve(0))
    newest = grow(archive, 5)
    note = cosigned(archive.root)
    assert note is not None
    for index in (0, 255, size - 1):
        assert archive.reader.proof(index).endswith(b"\n\n" + note)
    for index in (size, newest - 1):
        assert archive.reader.proof(index).endswith(b"\n\n" + archive.reader.checkpoint())
    there = archive.root / "ledger" / "checkpoint.cosigned"
    for damage in (b"", note.replace(b"\n\n", b"\nx\n\n", 1)):
        there.write_bytes(damage)
        assert archive.reader.proof(0).endswith(b"\n\n" + archive.reader.checkpoint())


def test_a_mute_witness_does_not_stop_the_others(archive: Archive, serve: Serve) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        mute = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        urls = [serve(0), nowhere(), mute]
        begun = time.monotonic()
        missed = ask(archive, *urls, quorum=2, deadline=0.3)
        assert time.monotonic() - begun < 3
        assert (missed.reached, codes(missed)) == (False, ["cosigned", "mute", "mute"])
        assert cosigned(archive.root) is None
        assert ask(archive, *urls, quorum=1, deadline=0.3).reached
    failing = [seen.failing_since is not None for seen in read_seen(archive.root).values()]
    assert failing == [False, True, True]


def test_without_a_quorum_the_older_one_stays(archive: Archive, serve: Serve) -> None:
    url = serve(0)
    before = ask(archive, url).size
    grow(archive, 5)
    found = ask(archive, url, nowhere(), quorum=2)
    assert (found.reached, kept_size(archive)) == (False, before)
    assert witnesses_of(found.note, verifiers_of(archive)).keys() == {"witness.invalid/0"}


def test_a_witness_that_was_put_back_is_noticed_and_caught_up(
    archive: Archive, tmp_path: Path
) -> None:
    folder, own = tmp_path / "w0", archive.reader.verifier
    with closing(new_witness(folder, own)) as witness, serving(witness) as url:
        ask(archive, url)
    shutil.copytree(folder, tmp_path / "backup")
    grow(archive, 3)
    with closing(new_witness(folder, own)) as witness, serving(witness) as url:
        ask(archive, url)
    grow(archive, 3)
    back = tmp_path / "backup"
    with closing(new_witness(back, own)) as witness, serving(witness) as url:
        found = ask(archive, url)
        assert (found.reached, codes(found)) == (True, ["rolled_back"])
        assert found.alarming
        assert codes(ask(archive, url)) == ["cosigned"]


def test_a_lost_memory_of_witnesses_is_had_again_from_them(archive: Archive, serve: Serve) -> None:
    url = serve(0)
    ask(archive, url)
    grow(archive, 3)
    for damage in (b"", b"[]", b'{"witnesses": {"a": {"size": "x"}}}', b'{"witnesses": 5}'):
        (archive.root / NAME).write_bytes(damage)
        assert codes(ask(archive, url)) == ["cosigned"]


@pytest.fixture
def twin(archive: Archive, tmp_path: Path) -> Iterator[Archive]:
    """The same archive with another history from here on, under the same key."""
    grow(archive, 3)
    shutil.copytree(archive.root, tmp_path / "twin")
    with open_archive(tmp_path / "twin", write=True) as twin:
        yield twin


def test_a_second_history_under_one_key_is_said_loudly(
    archive: Archive, twin: Archive, serve: Serve
) -> None:
    url = serve(0)
    grow(twin, 4, number=100)
    assert ask(twin, url).reached
    grow(archive, 4, number=200)
    same_size = ask(archive, url)
    grow(archive, 4)
    grown = ask(archive, url)
    for found in (same_size, grown):
        assert (codes(found), found.reached, bool(found.alarming)) == (["forked"], False, True)
    assert cosigned(archive.root) is None


def test_a_ledger_that_was_put_back_is_told_so_by_its_witness(
    archive: Archive, twin: Archive, serve: Serve
) -> None:
    url = serve(0)
    grow(twin, 9)
    ask(twin, url)
    found = ask(archive, url)
    assert (codes(found), found.reached, bool(found.alarming)) == (["ahead"], False, True)
    assert "put back" in found.answers[0].reason


def test_our_own_memory_of_another_history_is_enough(
    archive: Archive, twin: Archive, serve: Serve
) -> None:
    grow(twin, 4, number=100)
    ask(twin, serve(0))
    grow(archive, 9, number=200)
    shutil.copy(twin.root / NAME, archive.root / NAME)
    with lying(lambda b: (200, "text/plain", cosign(b))) as (url, bodies):
        assert (codes(ask(archive, url)), bodies) == (["forked"], [])


def test_a_cosigned_checkpoint_of_another_history_is_kept_and_said(
    archive: Archive, twin: Archive, serve: Serve
) -> None:
    grow(twin, 4, number=100)
    ask(twin, serve(1), quorum=0)
    evidence = twin.reader.checkpoint()
    (archive.root / "ledger" / "checkpoint.cosigned").write_bytes(evidence)
    grow(archive, 4, number=200)
    with pytest.raises(LedgerRolledBackError, match="never had"):
        ask(archive, serve(0))
    assert cosigned(archive.root) == evidence


def test_a_smaller_checkpoint_never_takes_the_place_of_a_larger_one(
    archive: Archive, serve: Serve
) -> None:
    small = archive.reader.checkpoint()
    log = PublishedLog(archive.reader.folder, parse_checkpoint(parse_note(small).text))
    grow(archive, 5)
    ask(archive, serve(0))
    large = cosigned(archive.root)
    keep_cosigned(
        archive.root,
        small,
        log=log,
        known=archive.reader.known(),
        verifiers=verifiers_of(archive),
        disk=archive.disk,
    )
    assert cosigned(archive.root) == large


def test_what_lies_there_and_is_no_checkpoint_of_ours_is_replaced(
    archive: Archive, serve: Serve
) -> None:
    url = serve(0)
    for damage in (b"", b"\0" * 100, b"a\n1\nb\n"):
        (archive.root / "ledger" / "checkpoint.cosigned").write_bytes(damage)
        assert ask(archive, url).reached
        assert kept_size(archive) == archive.reader.published().size


def test_cosignatures_of_one_checkpoint_are_gathered_over_time(
    archive: Archive, serve: Serve
) -> None:
    urls = [serve(0), serve(1)]
    ask(archive, urls[0], nowhere(), quorum=1)
    found = ask(archive, nowhere(), urls[1], quorum=1)
    assert len(witnesses_of(found.note, verifiers_of(archive))) == 2
    assert cosigned(archive.root) == found.note


def test_damaged_tiles_are_ours_and_nobody_is_asked(archive: Archive) -> None:
    grow(archive, 5)
    for tile in archive.root.glob("ledger/tile/0/000.p/*"):
        data = tile.read_bytes()
        tile.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with lying(lambda _: (200, "text/plain", b"")) as (url, bodies):
        with pytest.raises(LedgerDamagedError):
            ask(archive, url)
        assert bodies == []


def test_no_witness_is_no_quorum(archive: Archive) -> None:
    found = ask(archive)
    assert (found.reached, found.answers, cosigned(archive.root)) == (False, (), None)


def test_who_was_overtaken_by_another_program_of_ours_asks_again(archive: Archive) -> None:
    sizes: list[int] = []

    def overtaken(body: bytes) -> tuple[int, str, bytes]:
        if not sizes:
            sizes.append(grow(archive, 5))
            return 409, "text/x.tlog.size", f"{sizes[0]}\n".encode()
        return 200, "text/plain", cosign(body)

    with lying(overtaken) as (url, bodies):
        found = ask(archive, url)
    assert (found.reached, [found.size], len(bodies)) == (True, sizes, 2)


def cosign(body: bytes, number: int = 0, at: float | None = None) -> bytes:
    """What a witness would answer, as of a time."""
    note = parse_note(body.partition(b"\n\n")[2])
    return cosigner(number).cosign(note, int(time.time() if at is None else at)).line().encode()


def other_text(body: bytes) -> bytes:
    """A right cosignature, of the same tree under another text."""
    note = body.partition(b"\n\n")[2]
    return cosign(b"old 0\n\n" + note.replace(b"\n\n", b"\nmore\n\n", 1))


ENDLESS = b"\xe2\x80\x94 else.invalid " + b"A" * 100_000 + b"\n"
HTML = b"<!DOCTYPE html>\n<html><body>It works!</body></html>\n"
LIES: dict[str, tuple[str, Lie]] = {
    "html": ("malformed", lambda _: (200, "text/html", HTML)),
    "nothing": ("malformed", lambda _: (200, "text/plain", b"")),
    "another text": ("malformed", lambda b: (200, "text/plain", b"\nx\n\n" + cosign(b) * 2)),
    "of somebody else": ("malformed", lambda b: (200, "text/plain", cosign(b, 5))),
    "endless": ("malformed", lambda b: (200, "text/plain", ENDLESS + cosign(b))),
    "over another text": ("signature", lambda b: (200, "text/plain", other_text(b))),
    "old": ("time", lambda b: (200, "text/plain", cosign(b, at=1_500_000_000))),
    "from the future": ("time", lambda b: (200, "text/plain", cosign(b, at=2**62))),
    "a page that is not there": ("unknown_log", lambda _: (404, "text/html", HTML)),
    "not ours": ("unknown_key", lambda _: (403, "text/plain", b"no\n")),
    "bad request": ("refused", lambda _: (400, "text/plain", b"no\n")),
    "fork": ("forked", lambda _: (422, "text/plain", b"no\n")),
    "broken": ("http", lambda _: (500, "text/plain", b"no\n")),
    "elsewhere": ("http", lambda _: (302, "text/plain", b"")),
    "a conflict without a size": ("malformed", lambda _: (409, "text/plain", b"1\n")),
    "a size that is none": ("malformed", lambda _: (409, "text/x.tlog.size", b"01\n")),
    "a size without an end": ("malformed", lambda _: (409, "text/x.tlog.size", b"1")),
    "the size it was given": ("malformed", lambda _: (409, "text/x.tlog.size", b"0\n")),
    "never content": (
        "unsteady",
        lambda b: (409, "text/x.tlog.size", b"1\n" if b.startswith(b"old 0") else b"0\n"),
    ),
    "ahead of us": ("ahead", lambda _: (409, "text/x.tlog.size", b"999999\n")),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_a_code_and_no_cosignature(archive: Archive, lie: str) -> None:
    code, answer = LIES[lie]
    with lying(answer) as (url, bodies):
        found = ask(archive, url)
    assert (codes(found), found.reached) == ([code], False)
    assert found.answers[0].reason
    assert found.note == archive.reader.checkpoint()
    assert cosigned(archive.root) is None
    assert len(bodies) <= 3


def test_an_answer_that_comes_in_drops_is_given_up(archive: Archive) -> None:
    def slowly(body: bytes) -> tuple[int, str, bytes]:
        time.sleep(0.6)
        return 200, "text/plain", cosign(body)

    with lying(slowly) as (url, _):
        assert codes(ask(archive, url, deadline=0.2)) == ["mute"]


def test_a_witness_s_line_is_not_taken_twice() -> None:
    note = MemoryLog().note(3)
    line = cosigner().cosign(parse_note(note), 5)
    once = with_lines(note, [line])
    assert with_lines(once, [line]) == once


def test_an_ml_dsa_witness_counts_like_any_other(archive: Archive, tmp_path: Path) -> None:
    key = cosigner(post_quantum=True)
    assert CosignatureVerifier.from_vkey(key.verifier.vkey()).kind == 6
    watched = [archive.reader.verifier]
    witness = Witness(tmp_path / "w", cosigners=[key], logs=watched)
    with closing(witness), serving(witness) as url:
        one = WitnessSettings(url=url, vkey=key.verifier.vkey())
        policy = WitnessPolicy(quorum=1, witnesses=(one,))
        archive.settings = replace(archive.settings, witnesses=policy)
        assert submit(archive).reached
