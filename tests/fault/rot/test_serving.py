"""Bit rot while footage is watched, over a real socket: never whole, then not at all, and a stream that runs ends."""

from __future__ import annotations

import hashlib
import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.media import HELD
from archive.audit.recording import damaged, sound
from archive.opening import open_archive
from archive.store.posix import path_of
from tests.api.test_stream_ends import SIZE, SlowReader, Station
from tests.fault.lab.runs import Lab
from tests.fault.rot.flips import Flip, flipped


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    made = Station(tmp_path_factory.mktemp("rot") / "root")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def long_file(station: Station) -> Path:
    with open_archive(station.root, write=False) as archive:
        return path_of(archive.store.folder, station.digest)


def taken(connection: socket.socket) -> tuple[bytes, int, str]:
    """What comes until the connection ends: the head, how many bytes of a body, and their hash."""
    head, body, hashed = b"", 0, hashlib.sha256()
    with connection:
        try:
            while more := connection.recv(1 << 20):
                if b"\r\n\r\n" not in head:
                    head += more
                    if b"\r\n\r\n" not in head:
                        continue
                    begun, _, more = head.partition(b"\r\n\r\n")
                    head = begun + b"\r\n\r\n"
                body += len(more)
                hashed.update(more)
        except ConnectionResetError:
            pass
    return head, body, hashed.hexdigest()


def told(station: Station, since: int) -> list[str]:
    with open_archive(station.root, write=False) as archive:
        types = ("object.damaged", "alarm.raised", "object.sound")
        return [e.type for e in archive.reader.entries(since) if e.type in types]


def size_of(station: Station) -> int:
    with open_archive(station.root, write=False) as archive:
        return archive.reader.size()


def settled(station: Station) -> None:
    """What an audit on record says once the good copy is back; the service has seen it when this returns."""
    with open_archive(station.root, write=True) as archive:
        actor = archive.settings.station
        archive.catalogue.catch_up()
        found = archive.catalogue.damaged_object(station.digest)
        assert found is not None
        event = sound(
            subject=station.clip,
            digest=station.digest,
            closes=found.index,
            found_by="audit",
            actor=actor,
        )
        archive.record([event])
    deadline = time.monotonic() + 10
    while status(station, "Range: bytes=5-9\r\n") == 409:
        assert time.monotonic() < deadline, "a closed finding is withheld for ever"
        time.sleep(0.05)


def status(station: Station, ranges: str = "") -> int:
    head, _, _ = taken(station.ask(station.token("chief"), ranges=ranges))
    return int(head.split()[1])


def test_a_film_that_changed_breaks_off_before_its_last_block(
    station: Station, long_file: Path, lab: Lab
) -> None:
    with lab.row(
        area="rot",
        fault="a film changed on the disk, then read whole over HTTP",
        how="one bit, a block of zeros or a swapped block of 48 MiB, at a random place",
    ) as row:
        for seed in lab.seeds(short=3, long=150):
            draw = random.Random(seed)  # noqa: S311 - it has to be the same again
            flip = Flip.drawn(draw, SIZE, same_size=True)
            since, ranges = size_of(station), "Range: bytes=0-\r\n" if seed % 2 else ""
            with flipped(long_file, flip):
                head, body, _ = taken(station.ask(station.token("chief"), ranges=ranges))
                assert head.startswith(b"HTTP/1.1 206" if ranges else b"HTTP/1.1 200"), seed
                assert b"content-length: %d" % SIZE in head.lower(), seed
                assert body <= SIZE - HELD, (seed, flip)
                assert told(station, since) == ["object.damaged", "alarm.raised"], seed
                for asked in ("", "Range: bytes=5-9\r\n", "Range: bytes=-1\r\n"):
                    assert status(station, asked) == 409, seed
                assert told(station, since) == ["object.damaged", "alarm.raised"], seed
            settled(station)
            row.saw(
                "broke off before the last block; one finding, one alarm; then refused, ranges too"
            )
    head, body, digest = taken(station.ask(station.token("chief")))
    assert (head.split()[1], body, digest) == (b"200", SIZE, station.digest)


def test_a_film_that_is_being_watched_ends_when_a_finding_on_it_is_opened(
    station: Station, lab: Lab
) -> None:
    with lab.row(
        area="rot",
        fault="a finding is opened while somebody watches",
        how="by another process, as an audit on record does",
    ) as row:
        for seed in lab.seeds(short=1, long=10):
            ranges = f"Range: bytes={seed % 1000}-\r\n"
            readers = [
                SlowReader(station.ask(station.token("chief"), ranges=r)) for r in ("", ranges)
            ]
            time.sleep(1)
            assert all(reader.taken > 100_000 for reader in readers)
            begun = time.monotonic()
            with open_archive(station.root, write=True) as archive:
                event = damaged(
                    subject=station.clip,
                    digest=station.digest,
                    code="object_changed",
                    found_by="audit",
                    actor=archive.settings.station,
                )
                archive.record([event])
            for reader in readers:
                reader.join(10)
                assert 0 < reader.ended - begun < 5, seed
                assert reader.taken < SIZE // 2
            settled(station)
            row.saw("the whole and the range that were under way ended within five seconds")
