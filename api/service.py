"""The parts that every request may use, put together once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast
from zoneinfo import ZoneInfo

from starlette.requests import Request

from api.approval.grants import Grants
from api.approval.noticing import Noticing
from api.damaged import Withheld
from api.desk import Desk
from api.freshness import Freshness
from api.identity.accounts import Accounts
from api.identity.tries import Tries
from api.metrics import Metrics
from api.objects import KeptObjects, Served
from api.outside.limits import Limits
from api.plays.pace import Pace
from api.recording import Recording
from api.rights.alarms import Repeats
from archive.catalogue.facets import Facets
from archive.catalogue.rows import ClipRow, FindResult
from archive.catalogue.search import FindQuery
from archive.opening import Archive

if TYPE_CHECKING:
    from api.identity.provider import Provider

MOST_CLIPS: Final = 2_000  # whose facts are kept between requests


@dataclass(slots=True, kw_only=True)
class Found:
    """What a search found at one state of the catalogue."""

    version: int  # freshness'
    result: FindResult
    body: bytes | None = None  # as JSON, once somebody asked for that


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What one process serves with."""

    archive: Archive
    accounts: Accounts
    tries: Tries
    recording: Recording
    noticing: Noticing  # for what is appended past `recording`
    freshness: Freshness
    metrics: Metrics
    grants: Grants
    zone: ZoneInfo
    secure: bool  # reached by https: cookies are marked so
    providers: list[Provider] = field(default_factory=list)  # of single sign-on, once somebody came
    limits: Limits = field(default_factory=lambda: Limits({}))  # how often one may ask
    repeats: Repeats = field(default_factory=Repeats)  # alarms that were written already
    desk: Desk | None = None  # the station's, where this process is one
    case_ids: dict[str, str] = field(default_factory=dict)  # case numbers that were looked up
    clips: dict[str, tuple[int, ClipRow]] = field(default_factory=dict)  # and freshness' version
    objects: KeptObjects = field(default_factory=KeptObjects)
    withheld: Withheld = field(default_factory=Withheld)  # objects with an open finding
    originals: dict[str, tuple[ClipRow, Served]] = field(default_factory=dict)  # of `clips`
    plays: Pace = field(default_factory=Pace)  # reports of what was played
    found: dict[FindQuery, Found] = field(default_factory=dict)  # searches of the last moments
    # Their totals, and whether these are all; and what they could be narrowed by. With freshness' version.
    counts: dict[FindQuery, tuple[int, int, bool]] = field(default_factory=dict)
    facets: dict[FindQuery, tuple[int, Facets]] = field(default_factory=dict)


def service_of(request: Request) -> Service:
    """The service that a request came to."""
    return cast(Service, request.scope["app"].service)
