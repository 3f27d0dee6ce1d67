"""The station has its newest checkpoint cosigned: one thread beside the dockings, and what it shows on the board.

What always holds: no docking waits for a witness; while dockings publish again and again, the witnesses are asked no
more than every EVERY seconds, and where they did not make a quorum, again and again but ever more seldom. What a
witness says that a person has to see stays on the board until the station is started anew.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Final

import structlog

from api.desk import Sentence, WitnessesView, WitnessView
from archive.errors import ArchiveError
from archive.ledger.witness.submitting import ALARMING, Answer, Submitted, submit
from archive.opening import Archive
from muniment.ports.board import Board
from muniment.ports.words import said, why

EVERY: Final = 30.0  # seconds between two askings while new entries come
_MOST_PAUSE: Final = 600.0  # seconds until witnesses that make no quorum are asked again
_JOIN: Final = 0.5
_OURS: Final = ""  # no witness is called that
_log = structlog.get_logger(__name__)


class Cosigning:
    """See the module. A context; without witnesses in the settings it does nothing.

    Args:
        archive: the station's own; only read here, but for what is derived from the witnesses' answers.
        board: where the quorum is shown.
        every: seconds between two askings.
    """

    def __init__(self, archive: Archive, board: Board, *, every: float = EVERY) -> None:
        self._archive, self._board, self._every = archive, board, every
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="witnesses", daemon=True)
        self._since: str | None = None
        self._alarms: dict[tuple[str, str], Sentence] = {}

    def __enter__(self) -> Cosigning:
        if self._archive.settings.witnesses.witnesses:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(_JOIN)  # one that waits for a mute witness ends with the process

    def _keep(self) -> None:
        cosigned, pause = b"", self._every
        while not self._ending.is_set():
            try:
                newest = self._archive.reader.checkpoint()
                if newest != cosigned:
                    reached = self._ask()
                    cosigned = newest if reached else b""
                    pause = self._every if reached else min(_MOST_PAUSE, 2 * pause)
            except (ArchiveError, OSError) as error:
                pause = min(_MOST_PAUSE, 2 * pause)
                _log.warning("the witnesses cannot be asked", why=str(error))
                self._tell(getattr(error, "code", "C050"), why(error))
            self._ending.wait(pause)

    def _ask(self) -> bool:
        found = submit(self._archive)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._since = None if found.reached else self._since or now
        self._alarms = {key: said for key, said in self._alarms.items() if key[0] != _OURS}
        for answer in found.answers:
            if not answer.ok or answer.code in ALARMING:
                _log.warning("a witness", name=answer.witness, code=answer.code, why=answer.reason)
            if answer.code in ALARMING:
                self._alarms[answer.witness, answer.code] = said(
                    f"witness.alarm.{answer.code}", name=answer.witness
                )
        self._show(found, now)
        return found.reached

    def _show(self, found: Submitted, now: str) -> None:
        self._board.station(
            witnesses=WitnessesView(
                quorum=found.quorum,
                count=sum(answer.ok for answer in found.answers),
                reached=found.reached,
                entries=found.size,
                asked=now,
                since=self._since,
                witnesses=tuple(_view(answer) for answer in found.answers),
                alarms=tuple(self._alarms.values()),
            )
        )

    def _tell(self, code: str, sentence: Sentence) -> None:
        """A fault of our own side: shown like an alarm, until it is over."""
        self._alarms[_OURS, code] = sentence
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._since = self._since or now
        policy = self._archive.settings.witnesses
        self._board.station(
            witnesses=WitnessesView(
                quorum=policy.quorum,
                count=0,
                reached=False,
                entries=0,
                asked=now,
                since=self._since,
                alarms=tuple(self._alarms.values()),
            )
        )


def _view(answer: Answer) -> WitnessView:
    well = answer.ok and answer.code not in ALARMING
    reason = None if well else said(f"witness.code.{answer.code}")
    return WitnessView(name=answer.witness, ok=answer.ok, reason=reason)
