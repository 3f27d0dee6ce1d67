"""The station has its checkpoints cosigned by itself, and shows how that goes."""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from api.desk import StationView, WitnessesView
from api.station_figures import station_text
from archive.ledger.note import parse_note
from archive.ledger.witness.cosigned import cosigned
from archive.opening import Archive, create_archive, open_archive
from archive.settings.model import WitnessPolicy, WitnessSettings
from muniment.cosigning import Cosigning
from muniment.doctor.witnesses import look
from muniment.messages import LANGUAGES
from muniment.ports.board import Board
from muniment.ports.screen import render
from tests.fakes.ledgers import draft
from tests.fakes.witnesses import cosigner, lying, new_witness, serving


def wait(board: Board, right: Callable[[WitnessesView], bool]) -> WitnessesView:
    until = time.monotonic() + 20
    while True:
        view = board.view().witnesses
        if view is not None and right(view):
            return view
        assert time.monotonic() < until, view
        time.sleep(0.02)


def configure(archive: Archive, *urls: str) -> None:
    witnesses = tuple(
        WitnessSettings(url=url, vkey=cosigner(n).verifier.vkey()) for n, url in enumerate(urls)
    )
    policy = WitnessPolicy(quorum=len(urls), witnesses=witnesses)
    archive.settings = replace(archive.settings, witnesses=policy)


def grow(archive: Archive) -> int:
    archive.ledger.append([draft(0)])
    archive.ledger.publish()
    return archive.reader.published().size


def screen(view: StationView) -> list[str]:
    out = io.StringIO()
    for language in LANGUAGES:
        Console(file=out, width=300, no_color=True).print(render(view, language))
    return out.getvalue().splitlines()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("made") / "a"
    create_archive(root, origin="test.invalid/ledger")
    return root


def test_what_is_published_is_cosigned_soon_and_without_being_asked(
    made: Path, tmp_path: Path
) -> None:
    shutil.copytree(made, tmp_path / "a")
    board = Board()
    with open_archive(tmp_path / "a", write=True) as archive:
        witness = new_witness(tmp_path / "w", archive.reader.verifier)
        with closing(witness), serving(witness) as url:
            configure(archive, url)
            with Cosigning(archive, board, every=0.05):
                wait(board, lambda view: view.reached)
                size = grow(archive)
                view = wait(board, lambda view: view.entries == size and view.reached)
                assert (view.count, view.quorum, view.since, view.alarms) == (1, 1, None, ())
        note = cosigned(archive.root)
        assert note is not None
        assert archive.reader.verifier.check(parse_note(note)).size == size
        assert any("1/1" in line for line in screen(board.view()))
        text = station_text(board.view()).decode()
        assert "muniment_station_witness_reached 1.0" in text
        found = look(archive.root, archive.settings)
        assert found is not None
        assert (found.count, found.size, found.failing) == (1, size, ())
        with Cosigning(archive, board, every=0.05):  # nobody listens there any more
            grow(archive)
            view = wait(board, lambda view: not view.reached)
        assert view.since is not None
        assert view.witnesses[0].reason is not None
        found = look(archive.root, archive.settings)
        assert found is not None
        assert found.failing == ("witness.invalid/0",)


def test_another_history_is_an_alarm_that_stays_and_stops_nothing(
    made: Path, tmp_path: Path
) -> None:
    shutil.copytree(made, tmp_path / "a")
    board = Board()
    with (
        lying(lambda _: (422, "text/plain", b"no\n")) as (url, bodies),
        open_archive(tmp_path / "a", write=True) as archive,
    ):
        configure(archive, url)
        with Cosigning(archive, board, every=0.02):
            view = wait(board, lambda _: len(bodies) > 2)
    (alarm,) = view.alarms
    assert alarm.zh != alarm.en
    assert "witness.invalid/0" in alarm.en
    assert sum(alarm.en in line or alarm.zh in line for line in screen(board.view())) == 2
    assert "muniment_station_witness_alarms 1.0" in station_text(board.view()).decode()


def test_a_fault_of_our_own_is_shown_and_passes(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "a")
    board = Board()
    with open_archive(tmp_path / "a", write=True) as archive:
        witness = new_witness(tmp_path / "w", archive.reader.verifier)
        with closing(witness), serving(witness) as url:
            configure(archive, url)
            newest = tmp_path / "a" / "ledger" / "checkpoint"
            good = newest.read_bytes()
            newest.write_bytes(b"")
            with Cosigning(archive, board, every=0.02):
                assert wait(board, lambda view: bool(view.alarms)).reached is False
                newest.write_bytes(good)
                assert wait(board, lambda view: view.reached).alarms == ()


def test_without_witnesses_nothing_is_asked_and_nothing_shown(made: Path) -> None:
    board = Board()
    with open_archive(made, write=False) as archive:
        with Cosigning(archive, board, every=0.01):
            time.sleep(0.05)
        assert look(archive.root, archive.settings) is None
    assert board.view().witnesses is None
    assert all("见证" not in line for line in screen(board.view()))
