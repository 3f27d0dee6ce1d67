"""The board on a terminal."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from api.desk import STATES, Arrival, AuditView, PortView, Sentence, StationView, TimeView
from devices.errors import ClipChangedError, ClipUnreadableError
from muniment.columns import width
from muniment.messages import LANGUAGES, Language
from muniment.ports.board import Board
from muniment.ports.screen import render
from muniment.ports.words import why

PORT = PortView(
    port="1-1.4",
    state="copying",
    since="2026-01-17T08:00:00Z",
    recorder="DSJ-0042",
    officer="012345",
    clips_done=12,
    clips=113,
    bytes_done=1_200_000_000,
    bytes=38_400_000_000,
    speed=38_000_000,
    seconds_left=979,
)
ARRIVAL = Arrival(
    docking="docking-01",
    recorder="DSJ-0041",
    officer=None,
    port="1-2",
    time="2026-01-17T08:00:00Z",
    clips=3,
    new=3,
    refused=0,
    bytes=2_000_000,
    late=0,
    seconds=1.0,
    whole=True,
)


def shown(view: StationView, language: Language, cells: int = 80) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=cells, no_color=True).print(render(view, language))
    return out.getvalue().splitlines()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_port_fits_a_terminal_of_80_cells(language: Language) -> None:
    view = StationView(
        watching=True,
        ports=tuple(replace(PORT, port=f"1-1.{n}", state=state) for n, state in enumerate(STATES)),
        arrivals=(ARRIVAL,),
        free_bytes=512_000_000_000,
        days_left=41.5,
    )
    lines = shown(view, language)
    assert len(lines) == len(STATES) + 1
    assert all(width(line.rstrip()) <= 80 for line in lines)
    assert "DSJ-0042 012345" in lines[3]
    assert "12/113" in lines[3]
    assert "38.0 MB/s" in lines[3]
    assert "16:19" in lines[3]
    assert "DSJ-0041" in lines[-1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_a_port_waits_is_said_below(language: Language) -> None:
    reason = Sentence(zh="空间不足", en="No room", code="A050")
    warning = Sentence(zh="时钟漂移", en="Its clock drifts")
    port = replace(PORT, state="refused", reason=reason, warnings=(warning,))
    lines = shown(StationView(watching=True, ports=(port,)), language)
    assert any(reason.of(language) in line for line in lines)
    assert any(warning.of(language) in line for line in lines)


def test_what_a_recorder_calls_itself_steers_no_terminal() -> None:
    port = replace(PORT, recorder="\x1b[2Jgone\r\n[red]", officer="\u202e9")
    text = "\n".join(shown(StationView(watching=True, ports=(port,)), "en"))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_station_and_a_blind_one_say_so(language: Language) -> None:
    empty = shown(StationView(watching=True), language)
    blind = shown(StationView(watching=False), language)
    asked = shown(StationView(watching=False, reason=Sentence(zh="未监视", en="off")), language)
    assert len({empty[0], blind[0], asked[0]}) == 3


def test_ports_stand_in_the_order_of_their_numbers() -> None:
    board = Board()
    for port in ("1-10", "1-2", "2-1", "1-2.10", "1-2.9"):
        board.tile(port)
    assert [p.port for p in board.view().ports] == ["1-2", "1-2.9", "1-2.10", "1-10", "2-1"]


def test_ports_that_never_end_fill_no_memory() -> None:
    board = Board()
    for number in range(500):
        board.count_bytes(f"9-{number}", 10)
    totals = board.view().totals.bytes
    assert len(totals) == 65
    assert totals["other"] == 10 * (500 - 64)


def test_a_port_where_something_was_not_taken_is_not_green() -> None:
    but = Sentence(zh="部分文件未能采集", en="Some files were not taken")
    for reason, colour in ((None, "32"), (but, "33")):
        port = replace(PORT, state="done", reason=reason)
        out = io.StringIO()
        console = Console(file=out, width=80, force_terminal=True, color_system="standard")
        console.print(render(StationView(watching=True, ports=(port,)), "en"))
        assert f"\x1b[{colour}mdone" in out.getvalue()


@pytest.mark.parametrize("error", [ClipChangedError, ClipUnreadableError])
def test_what_a_clip_is_called_is_not_on_the_board(
    error: type[ClipChangedError] | type[ClipUnreadableError],
) -> None:
    told = why(error(path="DCIM/张三.mp4", reason="DCIM/张三.mp4 is another now"))
    assert "张三" not in told.zh + told.en
    assert told.code == error.code


@pytest.mark.parametrize(
    ("language", "since", "never"),
    [
        ("zh", "自 2026-11-22T01:02:03Z 起无外部时间", "无外部时间"),
        ("en", "NO OUTSIDE TIME since", "NO OUTSIDE"),
    ],
)
def test_since_when_there_is_no_outside_time(language: Language, since: str, never: str) -> None:
    clock = TimeView(
        outside=False,
        configured=True,
        since="2026-11-22T01:02:03Z",
        newest=None,
        own=False,
        synchronised=None,
    )
    view = StationView(watching=True, time=clock)
    assert since in "\n".join(shown(view, language))
    view = replace(view, time=replace(clock, since=None))
    assert never in "\n".join(shown(view, language))
    assert since not in "\n".join(shown(view, language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_findings_of_the_last_audit_are_said(language: Language) -> None:
    audit = AuditView(ok=False, findings=7, time="2026-01-17T08:00:00Z", late=False)
    text = "\n".join(shown(StationView(watching=True, audit=audit), language))
    assert "7" in text
    assert "muniment audit" in text
    assert "7" not in "\n".join(
        shown(StationView(watching=True, audit=replace(audit, ok=True)), language)
    )
