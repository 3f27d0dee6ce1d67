"""Publications as JSON, for the API and the command line alike. No web framework here."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from archive.catalogue.publication_queries import PublicationRow
from archive.catalogue.report_queries import DoneCase
from archive.opening import Archive
from oversight.publication.looking import Finding, findings, record_of
from oversight.publication.push import Standing

Document = dict[str, Any]


def publication(archive: Archive, row: PublicationRow) -> Document:
    """One publication, with each step that it took."""
    about = None if row.about is None else archive.catalogue.case(row.about)
    return {
        "id": row.id,
        "kind": row.kind,
        "case": None if about is None else about.number,
        "title": row.title,
        "state": row.state,
        "secret": row.secret,
        "privacy": row.privacy,
        "redactions": row.redactions,
        "feed": row.feed,
        "expires": row.expires,
        "public_until": _last_day(row.expires),
        "index": row.index,
        "proposed": _step(row, "proposed"),
        "checked": _step(row, "checked"),
        "approved": _step(row, "approved"),
        "declined": _step(row, "declined"),
        "published_at": row.published_at,
        "withdrawn": _step(row, "withdrawn"),
        "expired_at": row.expired_at,
    }


def whole(archive: Archive, row: PublicationRow) -> Document:
    """One publication with its record, and what the scan finds in it."""
    found = publication(archive, row)
    if row.kind != "decision":
        return found | {"record": None, "found": []}
    record = record_of(archive, row)
    return found | {
        "record": record.to_data(),
        "found": [finding(one) for one in findings(archive, row, record)],
    }


def finding(found: Finding) -> Document:
    """A passage that the scan found."""
    passage = found.passage
    return {
        "field": found.field,
        "from": passage.begin,
        "to": passage.end,
        "kind": passage.kind,
        "words": found.words,
    }


def standing(found: Standing) -> Document:
    """How far the upper platform is."""
    return {
        "platform": found.platform,
        "acknowledged": found.acknowledged,
        "length": found.length,
        "acknowledged_at": found.acknowledged_at,
        "failures": found.failures,
        "failed_at": found.failed_at,
        "said": found.said,
    }


def done_case(row: DoneCase) -> Document:
    """A case that a figure counts."""
    return {
        "case": row.number,
        "unit": row.unit_id,
        "act": row.act,
        "public_at": row.public_at,
        "amount": row.amount,
    }


def _last_day(expires: str | None) -> str | None:
    """The last day on which it is public."""
    if expires is None:
        return None
    return (date.fromisoformat(expires) - timedelta(days=1)).isoformat()


def _step(row: PublicationRow, name: str) -> Document | None:
    at = getattr(row, f"{name}_at")
    if at is None:
        return None
    return {
        "at": at,
        "by": getattr(row, f"{name}_actor"),
        "reason": getattr(row, f"{name}_reason"),
    }
