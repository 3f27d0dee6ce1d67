"""The board on a terminal: a line for each port, kept up to date; log lines go on above it.

Holds: on a terminal only, on stderr, gone at the end; elsewhere the log lines are all there is. What recorders call
themselves cannot steer the terminal. rich is imported when it is shown, and leaves colours out where NO_COLOR asks.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from api.desk import PortView, StationView, TimeView
from muniment.columns import duration_text, printable, shorten, size_text
from muniment.messages import Language, sentence
from muniment.ports.board import Board

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

_BAR: Final = 16  # cells
_SERIAL: Final = 18
_GOOD: Final = frozenset({"done"})
_BAD: Final = frozenset({"failed", "refused"})
_WAIT: Final = frozenset({"waiting", "gone", "quarantined", "done"})


class Screen:
    """Shows a board from `start` to `stop`."""

    def __init__(self, board: Board, language: Language) -> None:
        self._board, self._language = board, language
        self._live: Live | None = None

    def start(self) -> None:
        """Begin to show it."""
        from rich.console import Console
        from rich.live import Live

        self._live = Live(
            get_renderable=lambda: render(self._board.view(), self._language),
            console=Console(stderr=True),
            refresh_per_second=4,
            transient=True,
            redirect_stdout=False,
        )
        self._live.start()

    def stop(self) -> None:
        """Take it away. May be called again."""
        live, self._live = self._live, None
        if live is not None:
            with suppress(OSError):  # the terminal has gone
                live.stop()


def render(view: StationView, language: Language) -> RenderableType:
    """The board as lines."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1))
    for at in range(7):
        table.add_column(justify="right" if at >= 4 else "left", no_wrap=True)
    lines: list[RenderableType] = [table]
    for port in view.ports:
        table.add_row(*_row(port, language))
    for port in view.ports:
        for words in (port.reason, *port.warnings):
            if words is not None:
                lines.append(Text(f"{printable(port.port)}  {printable(words.of(language))}"))
    if not view.ports:
        lines = [Text(_idle(view, language))]
    for alarm in view.witnesses.alarms if view.witnesses is not None else ():
        lines.append(Text(printable(alarm.of(language)), style="red"))
    if view.audit is not None and not view.audit.ok:
        said = sentence(language, "port.audit_bad", count=view.audit.findings)
        lines.append(Text(said, style="red"))
    lines.append(Text(_foot(view, language), style="dim"))
    return Group(*lines)


def _row(port: PortView, language: Language) -> list[RenderableType]:
    from rich.progress_bar import ProgressBar
    from rich.text import Text

    style = (
        "green"
        if port.state in _GOOD and port.reason is None  # which a docking with a "but" has
        else "red"
        if port.state in _BAD
        else "yellow"
        if port.state in _WAIT
        else ""
    )
    who = port.recorder or port.model or "?"
    if port.officer:
        who = f"{who} {port.officer}"
    moving = port.state in {"copying", "verifying", "receipt"}
    bar: RenderableType = (
        ProgressBar(total=max(1, port.bytes), completed=port.bytes_done, width=_BAR)
        if moving
        else Text("")
    )
    speed = f"{size_text(round(port.speed))}/s" if port.speed else ""
    left = "" if port.seconds_left is None else duration_text(port.seconds_left)
    return [
        Text(printable(port.port)),
        Text(sentence(language, f"port.state.{port.state}"), style=style),
        Text(shorten(printable(who), _SERIAL)),
        bar,
        Text(f"{port.clips_done}/{port.clips}" if port.clips else ""),
        Text(speed),
        Text(left),
    ]


def _idle(view: StationView, language: Language) -> str:
    if view.watching:
        return sentence(language, "port.none")
    return view.reason.of(language) if view.reason is not None else sentence(language, "port.blind")


def _time(view: TimeView, language: Language) -> str:
    if view.outside:
        return sentence(language, "port.outside_time")
    if view.since is not None:
        return sentence(language, "port.no_outside_time", since=view.since)
    return sentence(language, "port.no_outside_time_yet")


def _foot(view: StationView, language: Language) -> str:
    parts = []
    if view.free_bytes is not None:
        parts.append(sentence(language, "port.free", free=size_text(view.free_bytes)))
    if view.days_left is not None:
        parts.append(sentence(language, "port.days", days=f"{view.days_left:.0f}"))
    if view.witnesses is not None:
        key = "port.witnesses" if view.witnesses.reached else "port.witnesses_behind"
        count, quorum = view.witnesses.count, view.witnesses.quorum
        parts.append(sentence(language, key, count=count, quorum=quorum))
    if view.time is not None:
        parts.append(_time(view.time, language))
    if view.arrivals:
        last = view.arrivals[0]
        parts.append(
            sentence(
                language,
                "port.last",
                recorder=printable(last.recorder),
                new=last.new,
                size=size_text(last.bytes),
            )
        )
    return " · ".join(parts)
