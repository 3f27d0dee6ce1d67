"""The live desk's values: what a station shows of itself, port by port. Filled by the station, shown by pages.

What always holds: a view is whole and does not change any more; nothing in it is footage, a clip's name or a path. A
process without a station has no desk, and says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, get_args

from api.messages import Lang

PortState = Literal[
    "new",  # plugged in, nobody looked yet
    "checking",  # opened: who is it, what is on it, is there room
    "waiting",  # for another program, its next try, or a replug after somebody cancelled
    "copying",
    "receipt",  # the last clips and the checkpoint are being made lasting
    "verifying",  # the receipt is given; every new object is read again
    "erasing",
    "done",
    "refused",  # by the register, by a full disk
    "quarantined",  # copied, and waiting for a named person
    "gone",  # pulled out before it was done
    "failed",  # it does not do its part, or we do not do ours
]
STATES: Final[tuple[PortState, ...]] = get_args(PortState)
# States in which somebody is at work on the recorder.
AT_WORK: Final = frozenset({"new", "checking", "copying", "receipt", "verifying", "erasing"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """Why something is as it is, in both languages."""

    zh: str
    en: str
    code: str | None = None  # of the error, where it is one

    def of(self, lang: Lang) -> str:
        """The words in one language."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A receipt that was given."""

    docking: str
    recorder: str
    officer: str | None
    port: str
    time: str  # RFC 3339 UTC
    clips: int  # held now: new ones and those we had
    new: int
    refused: int  # refused or partial
    bytes: int  # of the new ones
    late: int
    seconds: float
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PortView:
    """One port and what is plugged in there."""

    port: str
    state: PortState
    since: str  # RFC 3339 UTC: in this state
    recorder: str | None = None  # serial
    model: str | None = None
    officer: str | None = None  # badge
    transport: str | None = None
    battery: int | None = None  # percent
    clock_offset_ms: int | None = None  # true time - the recorder's
    clips_done: int = 0
    clips: int = 0
    bytes_done: int = 0
    bytes: int = 0
    speed: float = 0.0  # bytes per second, over the last seconds
    seconds_left: float | None = None
    receipt: Arrival | None = None  # the last one of this recorder at this port
    reason: Sentence | None = None
    warnings: tuple[Sentence, ...] = ()
    may_unplug: bool = False  # nothing is lost and nothing is left to be done with it


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessView:
    """One witness, as it answered last."""

    name: str
    ok: bool
    reason: Sentence | None = None  # why not, or what is wrong beside it


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessesView:
    """The quorum of witnesses for the ledger's newest checkpoint."""

    quorum: int  # so many have to cosign
    count: int  # so many did
    reached: bool
    entries: int  # in the checkpoint that they were asked about
    asked: str  # RFC 3339 UTC
    since: str | None = None  # RFC 3339 UTC: without a quorum since then; None: with one
    witnesses: tuple[WitnessView, ...] = ()
    alarms: tuple[Sentence, ...] = ()  # another history, a ledger put back: for a person, at once


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeView:
    """What time the ledger's checkpoints have."""

    outside: bool  # an authority outside this agency stamps, as it should
    configured: bool  # one is in the settings
    since: str | None  # RFC 3339 UTC: its last token, where it does not; None: there never was one
    newest: str | None  # RFC 3339 UTC: the newest token of anybody
    own: bool  # that one is issued by this agency itself
    synchronised: (
        bool | None
    )  # whether this machine's clock was in step for it; None: it is not ours


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditView:
    """How the newest audit on record ended."""

    ok: bool
    findings: int
    time: str  # RFC 3339 UTC
    late: bool  # none ran for days


@dataclass(frozen=True, slots=True, kw_only=True)
class OrchestrationView:
    """Whether Prefect is there. Without it the station does the same work itself."""

    up: bool
    since: str  # RFC 3339 UTC: it is so since then
    waiting: int  # dockings that are still worked at, or still to be shown there


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Since the station was started."""

    dockings: dict[str, int] = field(default_factory=dict)  # by how they ended
    bytes: dict[str, int] = field(default_factory=dict)  # read, by port
    bugs: int = 0
    drifts: int = 0  # clocks that run off faster than they may


@dataclass(frozen=True, slots=True, kw_only=True)
class StationView:
    """The whole desk at one moment."""

    watching: bool  # for recorders on USB
    reason: Sentence | None = None  # why it does not
    ports: tuple[PortView, ...] = ()
    arrivals: tuple[Arrival, ...] = ()  # newest first
    free_bytes: int | None = None
    days_left: float | None = None  # at the pace of the last 30 days
    witnesses: WitnessesView | None = None  # None: none is configured, or none was asked yet
    time: TimeView | None = None  # None: nobody looked yet
    audit: AuditView | None = None  # None: none is on record, or nobody looked yet
    orchestration: OrchestrationView | None = None  # None: it is being started
    totals: Totals = field(default_factory=Totals)


Desk = Callable[[], StationView]


def document(view: StationView) -> dict[str, Any]:
    """A view as the API gives it."""
    return asdict(view)
