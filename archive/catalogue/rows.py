"""What the catalogue answers with: plain values, no database objects."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from typing import Any, NamedTuple


class ClipRow(NamedTuple):
    """One clip.

    A named tuple, because a search makes thousands: a frozen dataclass takes fifteen times as long to make.
    """

    clip: str
    path: str | None  # None when its text was disposed of
    path_base64: str | None
    recorder: str | None  # serial
    recorder_id: str | None
    officer: str | None  # badge
    officer_id: str | None
    unit: str | None  # name
    unit_id: str | None
    docking: str | None
    sha256: str
    sm3: str | None
    size: int  # bytes
    modified: str | None  # RFC 3339, as the recorder had it
    start: str | None  # corrected, RFC 3339 UTC; None when unknown
    start_source: str | None  # "name", "container", "modified"
    start_raw: str | None
    offset_ms: int | None
    uncertainty_ms: int | None
    kind: str | None
    container: str | None
    duration: float | None  # seconds
    video: str | None  # codec
    audio: str | None  # codec
    width: int | None
    height: int | None
    rate: str | None
    damaged: bool
    damage: tuple[str, ...]
    playable: bool
    marked: bool
    late: bool
    quarantined: bool
    same_as: str | None
    belongs_to: str | None
    cases: tuple[str, ...]  # numbers as shown, in order of linking
    verified_at: str | None
    examined: bool
    ingested_index: int
    erased_at: str | None  # from its recorder
    accepted: bool  # it was quarantined, and a person took it
    protected: bool = False  # its samples are encrypted
    facts: str | None = (
        None  # digest of its media facts; None: not examined, or by an older version
    )
    due: tuple[str, ...] = ()  # what is to be made of it
    disposed_at: str | None = None  # its bytes are lawfully gone

    @property
    def raw_path(self) -> bytes | None:
        """Its path as it lay on the recorder; None when that was disposed of."""
        if self.path_base64 is not None:
            return b64decode(self.path_base64)
        return None if self.path is None else self.path.encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class FindResult:
    """One page of a search."""

    total: int  # before limit and cursor
    clips: list[ClipRow]
    next_cursor: str | None
    exact: bool = True  # False: there are more than `total`


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyRow:
    """One thing that happened, with what the ledger and its text row say of it."""

    index: int
    type: str
    time: str
    clock: str
    actor: str
    subject: str
    data: dict[str, Any]
    written: dict[str, Any]  # the text row without its salt; empty when there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class RenditionRow:
    """Something derived from an original."""

    clip: str
    kind: str
    sha256: str
    size: int
    media_type: str | None
    tool: str | None
    version: str | None
    parameters: dict[str, Any]
    of: str | None
    index_sha256: str | None = None  # what belongs to it, where there is something
    index_size: int | None = None
    index_media_type: str | None = None
    made_at: str | None = None
    sources: tuple[str, ...] = ()  # digests of other originals that it was made from
    index: int = -1  # of its entry


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """A unit, and where it stands in the tree of units."""

    id: str
    name: str | None
    parent: str | None = None
    level: str | None = None  # squad, office, county, city, province


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """An account; passwords are elsewhere."""

    id: str
    name: str | None
    role: str | None
    unit_id: str | None
    officer_id: str | None
    disabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerRow:
    """An officer."""

    id: str
    badge: str | None
    name: str | None
    unit_id: str | None
    registered: bool  # False: only noticed at a docking


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderRow:
    """A recorder."""

    id: str
    serial: str | None
    make: str | None  # as registered, else as it says itself
    model: str | None  # as registered, else as it says itself
    unit_id: str | None  # as registered; `Assignment` says more
    officer_id: str | None  # as registered; `Assignment` says more
    registered: bool  # False: only noticed at a docking
    firmware: str | None = None
    second_serial: str | None = None  # by its own protocol, when it said so last


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who has a recorder from a moment on."""

    index: int
    officer_id: str | None
    unit_id: str | None
    from_: str
    from_us: int
    reason: str | None
    assigned_at: str
    actor: str
    handed_by: str | None = None  # officer


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRow:
    """A recorder's clock, read or (then read again) set."""

    index: int
    recorder_id: str
    recorder: str | None  # serial
    docking: str | None
    was_set: bool
    host: str
    host_us: int | None
    offset_us: int | None  # true time - its time
    uncertainty_us: int | None
    drift_ms_per_day: int | None
    drift_uncertainty: int | None  # ms per day
    raw: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampRow:
    """A token over a checkpoint. Digests are those of objects."""

    index: int
    size: int  # of the checkpoint
    authority: str
    own: bool  # issued by this agency itself
    time: str
    time_us: int
    imprint: str | None
    policy: str | None
    serial: str | None  # decimal
    accuracy_ms: int | None
    synchronised: bool | None  # own only
    checkpoint: str | None
    token: str | None
    chain: str | None
    ca: str | None
    renews: int | None  # how many earlier tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """Two recorders that were plugged in at once with the same serial."""

    recorder_id: str
    recorder: str | None  # serial
    ports: tuple[str, ...]
    noticed_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """Clips of a docking that wait for a person."""

    docking: str
    started_at: str | None
    recorder: str | None  # serial
    recorder_id: str | None
    officer: str | None  # badge
    clips: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A docking whose clips carry another officer than the register says, and nobody settled it yet."""

    index: int
    docking: str
    recorder: str | None  # serial
    recorder_id: str | None
    assigned: str | None  # badge
    assigned_id: str
    carried: str | None  # badge
    carried_id: str
    by: str | None  # "device", "name"
    clips: int | None
    disputed_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A case."""

    id: str
    number: str | None  # as entered
    title: str | None
    subject: str | None
    place: str | None
    unit_id: str | None
    officers: tuple[str, ...]  # ids
    from_: str | None
    to: str | None
    opened_at: str
    opened_index: int
    closed_at: str | None  # None: open
    closed_reason: str | None
    clips: int  # linked to it now

    @property
    def is_open(self) -> bool:
        """Whether clips may still be linked."""
        return self.closed_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """One page of the case register, newest first."""

    total: int
    cases: list[CaseRow]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """What ties a clip to a case, or tied it."""

    case_id: str
    number: str | None
    clip: str
    linked: bool
    by: str | None
    rule: str | None
    reason: str | None
    linked_at: str | None
    linked_index: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DockingRow:
    """One recorder's stay. What stands from `ended_at` on is None until it ended."""

    id: str
    started_index: int
    started_at: str
    station: str | None
    recorder: str | None  # serial
    recorder_id: str | None
    officer: str | None  # badge
    officer_id: str | None
    unit: str | None  # name
    unit_id: str | None
    case: str | None  # number
    case_id: str | None
    source_kind: str | None
    source: str | None
    profile: str | None
    registered: bool
    entries: int | None
    reread: bool
    ended_at: str | None
    ingested: int | None
    known: int | None
    refused: int | None
    partial: int | None
    quarantined: int | None
    bytes: int | None
    milliseconds: int | None
    late: int | None
    stopped: str | None
    port: str | None
    battery: int | None  # per cent
    make: str | None
    model: str | None
    firmware: str | None
    second_serial: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DockingClipRow:
    """One line of a receipt."""

    index: int  # of the entry that says so
    path: str | None
    path_base64: str | None
    size: int | None
    sha256: str | None
    clip: str | None
    status: str  # "ingested", "known", "refused", "partial", "quarantined"
    code: str | None
    reason: str | None
    start: str | None
    marked: bool
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingClip:
    """A clip for which something is still to be done."""

    clip: str
    docking: str | None
    path: str | None
    sha256: str
    size: int
    kind: str | None
    examined: bool
    verified: bool
    poster: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DueClip:
    """A clip of which something is to be made."""

    clip: str
    kind: str  # what
    path: str | None
    sha256: str
    size: int
    recorder_id: str | None
    docking: str | None
    facts: str | None  # digest
    start: str | None
    start_us: int
    container: str | None
    named_start: str | None  # exactly the piece of its name that says when it began
    index: int  # of the entry that says so


@dataclass(frozen=True, slots=True, kw_only=True)
class SideFile:
    """What a recorder wrote beside a clip."""

    clip: str
    belongs_to: str  # path of the clip
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRow:
    """Something that could not be made of a clip."""

    clip: str
    kind: str
    code: str
    tool: str | None
    version: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A stretch of a clip that somebody should know of. Advice, never a verdict."""

    code: str
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What a look at a clip's picture and sound found."""

    clip: str
    findings: tuple[Finding, ...]
    clock: str | None  # as it was read in the picture
    clock_at_ms: int | None  # where in the clip; None where that was not told
    tool: str | None
    version: str | None
    assessed_at: str
