"""Rows of the catalogue as clocks are set by, made by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from archive.catalogue.clock_queries import ClipMoments, FileMoments
from archive.catalogue.file_queries import ExcuseRow
from archive.catalogue.publication_queries import PublicationRow
from oversight.clocks.reckoning import Reckoner, micros
from oversight.rules.book import RuleBook
from oversight.rules.reading import national, read_rules
from oversight.workdays import Workdays

BEIJING = ZoneInfo("Asia/Shanghai")
CASE = "case-1"
CLIP = "clip-1"


def reckoner(*files: str, workdays: Workdays | None = None, zone: ZoneInfo = BEIJING) -> Reckoner:
    """By the country's rules and those of these files."""
    more = [read_rules(text.encode(), "x.toml") for text in files]
    return Reckoner(RuleBook([national(), *more]), zone, workdays)


def us(text: str, zone: ZoneInfo = BEIJING) -> int:
    """A local time as microseconds."""
    return micros(datetime.fromisoformat(text).replace(tzinfo=zone))


def utc(text: str, zone: ZoneInfo = BEIJING) -> str:
    """A local time as an entry has it."""
    moment = datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
    return moment.isoformat().replace("+00:00", "Z")


def clip(start: str, archived: str, *, seconds: int = 0) -> ClipMoments:
    """A clip that was recorded and archived at local times."""
    return ClipMoments(
        ingested_index=7,
        case_id=None,
        clip=CLIP,
        unit_id="unit-1",
        officer_id="officer-1",
        kind="video",
        start_us=us(start),
        duration_us=seconds * 1_000_000,
        docked_at=None,
        archived_at=utc(archived),
        verified_at=None,
    )


def file(
    *,
    act: str | None = "levy",
    ended: str | None = None,
    concluded: str | None = None,
    catalogued: str | None = None,
    decided: str | None = None,
    public: str | None = None,
    revoked: str | None = None,
    closed: str | None = None,
    reopened: str | None = None,
    ended_index: int = 10,
    catalogued_index: int = 20,
    decided_index: int = 30,
    revoked_index: int = 50,
    reopened_index: int = 60,
) -> FileMoments:
    """A case whose steps were taken at local times."""
    return FileMoments(
        opened_index=1,
        case_id=CASE,
        number="1",
        unit_id="unit-1",
        opened_at="2026-01-01T00:00:00Z",
        closed_at=None if closed is None else utc(closed),
        act=act,
        matter=None,
        stage=None,
        initiated_us=None,
        decided_us=None if decided is None else us(decided),
        served_us=None,
        concluded_us=None if concluded is None else us(concluded),
        action_ended_us=None if ended is None else us(ended),
        catalogued_at=None if catalogued is None else utc(catalogued),
        revoked_us=None if revoked is None else us(revoked),
        publication=None,
        publication_state=None,
        published_at=None,
        withdrawn_at=None,
        officers='["officer-1"]',
        action_ended_index=None if ended is None else ended_index,
        catalogued_index=None if catalogued is None else catalogued_index,
        revoked_index=None if revoked is None else revoked_index,
        decided_index=None if decided is None else decided_index,
        public_at=None if public is None else utc(public),
        reopened_at=None if reopened is None else utc(reopened),
        reopened_index=None if reopened is None else reopened_index,
    )


def publication(published: str, withdrawn: str | None = None, *, index: int = 40) -> PublicationRow:
    """A decision that was published, and perhaps withdrawn, at local times."""
    nothing = dict.fromkeys(PublicationRow.__dataclass_fields__)
    gone = {} if withdrawn is None else {"withdrawn_at": utc(withdrawn), "withdrawn_index": 60}
    said = {
        "id": "publication-1",
        "kind": "decision",
        "state": "published" if withdrawn is None else "withdrawn",
        "published_at": utc(published),
        "published_index": index,
    }
    return PublicationRow(**{**nothing, **said, **gone})  # type: ignore[arg-type]  # the rest is not asked for


def excuse(subject: str, rule: str) -> dict[tuple[str, str], ExcuseRow]:
    """A reason that somebody stated."""
    row = ExcuseRow(
        index=70,
        subject=subject,
        rule=rule,
        excuse=0,
        reason="连续执勤",
        actor="account-1",
        said_at="2026-01-01T00:00:00Z",
    )
    return {(subject, rule): row}
