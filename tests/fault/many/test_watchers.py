"""Those who watch the shift see what they are there for: a log that is taken back, memory that grows."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature

from archive.events import Event
from archive.opening import create_archive, open_archive
from tests.fault.lab.promises import copied
from tests.fault.many.crowd import Program
from tests.fault.many.scales import Scales, Weight
from tests.fault.many.stranger import Stranger

MB = 1 << 20


@dataclass(slots=True, kw_only=True)
class Folder(Program):
    """A server's log read from the folder that it publishes."""

    root: Path

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> bytes:
        del headers
        return (self.root / path.removeprefix("/")).read_bytes()

    def find(self, path: str) -> bytes | None:
        found = self.root / path.removeprefix("/")
        return found.read_bytes() if found.is_file() else None


def grow(root: Path, *names: str) -> None:
    with open_archive(root, write=True) as archive:
        subject = archive.settings.station
        archive.record(
            [
                Event(type="search.made", subject=subject, actor="local-0", data={"query": name})
                for name in names
            ]
        )
        archive.ledger.publish()


@pytest.fixture
def stranger(tmp_path: Path) -> Stranger:
    root = tmp_path / "archive"
    create_archive(root, origin="station.test/many", unit="North")
    program = Folder(page="", user="", root=root)
    vkey = (root / "keys/ledger.vkey").read_text()
    found = Stranger(program=program, vkey=vkey, draw=random.Random(1))  # noqa: S311 - it has to be the same again
    found.look()
    return found


def root_of(stranger: Stranger) -> Path:
    assert isinstance(stranger.program, Folder)
    return stranger.program.root


def turn_to(stranger: Stranger, root: Path) -> None:
    stranger.program = Folder(page="", user="", root=root)


def test_a_log_that_grows_is_followed(stranger: Stranger) -> None:
    for number in range(3):
        grow(root_of(stranger), *(f"{number} {n}" for n in range(150)))
        stranger.look()
        stranger.look()
    assert stranger.checkpoints == 4
    assert stranger.included >= 4


def test_a_log_that_is_put_back_is_seen(stranger: Stranger, tmp_path: Path) -> None:
    earlier = copied(root_of(stranger), tmp_path / "earlier")
    grow(root_of(stranger), "one")
    stranger.look()
    turn_to(stranger, earlier)
    with pytest.raises(AssertionError, match="were shown before"):
        stranger.look()


def test_another_history_of_the_same_key_is_seen(stranger: Stranger, tmp_path: Path) -> None:
    other = copied(root_of(stranger), tmp_path / "other")
    grow(root_of(stranger), "one")
    grow(other, "another", "and more")
    stranger.look()
    turn_to(stranger, other)
    with pytest.raises(AssertionError, match="are others now"):
        stranger.look()


def test_a_checkpoint_that_nobody_signed_is_seen(stranger: Stranger) -> None:
    grow(root_of(stranger), "one")
    path = root_of(stranger) / "ledger/checkpoint"
    origin, size, *rest = path.read_text().split("\n")
    path.write_text("\n".join([origin, str(int(size) - 1), *rest]))
    with pytest.raises(InvalidSignature):
        stranger.look()


def weighed(*memory: int, descriptors: int = 0, threads: int = 0) -> Scales:
    """A process of 200 MB whose last quarter has so much more of each."""
    last = [Weight(memory=m * MB, descriptors=20, threads=10) for m in memory]
    last = [
        *last[:-4],
        *(w._replace(descriptors=20 + descriptors, threads=10 + threads) for w in last[-4:]),
    ]
    return Scales(pids={"serve": 0}, weights={"serve": last})


@pytest.mark.parametrize(
    "scales",
    [
        weighed(*range(100, 300, 5)),  # 5 MB more with each look
        weighed(*[200] * 40, descriptors=9),
        weighed(*[200] * 40, threads=9),
    ],
)
def test_what_grows_is_not_flat(scales: Scales) -> None:
    with pytest.raises(AssertionError):
        scales.check_flat("serve")


@pytest.mark.parametrize(
    "scales",
    [
        weighed(*range(20, 180, 10), *[200, 203, 198, 264, 201] * 6),  # a warm-up, then noise
        weighed(*[264, 200] * 10, *[264] * 9, 205, *[264, 210] * 5),  # ever more dockings at once
        weighed(*[200] * 40, descriptors=3, threads=2),
    ],
)
def test_a_warm_up_and_noise_are_flat(scales: Scales) -> None:
    scales.check_flat("serve")
