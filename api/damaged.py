"""Objects that are not what their entry says: told when a reading finds one, withheld while a finding on them is open.

What always holds: of an object with an open finding no byte is sent, whole or by ranges, and nothing is drawn from it
that was not kept before; its facts, custody and proofs stay. What was derived from it while it was right is an object
of its own and is shown: every page that does says in red that the original is withheld. A finding that a reading makes
is one entry `object.damaged` and one alarm for each unit with a clip on it, however often it is read; it is closed by
an audit on record that hashed the object right (archive/audit/recording.py). Which are open is asked anew with every
version of the catalogue.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog

from api.errors import ObjectDisposedError, ObjectWithheldError
from archive.audit.recording import put_finding
from archive.audit.report import Code
from archive.catalogue.rows import RenditionRow
from archive.errors import ArchiveError

if TYPE_CHECKING:
    from api.service import Service

_MOST: Final = 2_000  # objects of which is kept whether they are gone
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Withheld:
    """What one process knows of open findings."""

    # Freshness' version, and the digests under it: one value, so that no thread sees one without the other.
    known: tuple[int, frozenset[str]] = -1, frozenset()
    # The same of those that were asked for: whether they are lawfully gone.
    removed: tuple[int, dict[str, bool]] = field(default_factory=lambda: (-1, {}))
    telling: threading.Lock = field(default_factory=threading.Lock)


def is_withheld(service: Service, digest: str) -> bool:
    """Whether a finding on an object is open."""
    version, known = service.freshness.version, service.withheld.known
    if known[0] != version:
        known = service.withheld.known = version, service.archive.catalogue.damaged_digests()
    return digest in known[1]


def _is_removed(service: Service, digest: str) -> bool:
    """Whether an object is lawfully gone. A player asks of one object many times a second."""
    version, found = service.freshness.version, service.withheld.removed
    if found[0] != version or len(found[1]) >= _MOST:
        found = service.withheld.removed = version, {}
    if digest not in found[1]:
        found[1][digest] = service.archive.catalogue.is_removed(digest)
    return found[1][digest]


def shown_of(service: Service, rows: Sequence[RenditionRow]) -> list[RenditionRow]:
    """What was derived, without what is withheld itself."""
    return [row for row in rows if not is_withheld(service, row.sha256)]


def check_shown(service: Service, digest: str) -> None:
    """Refuse to show an object with an open finding, or one that is lawfully gone.

    Raises:
        ObjectDisposedError: it was disposed of. Nothing was sent.
        ObjectWithheldError: there is one. Nothing was sent.
    """
    if _is_removed(service, digest):
        raise _disposed()
    if is_withheld(service, digest):
        raise ObjectWithheldError(
            "this file no longer equals its hash, so it is not shown; the archivist was told."
            " Its facts, custody and proofs are"
        )


def check_disposed(service: Service, digest: str) -> None:
    """Ask the catalogue itself, for an object that is not there: it may have gone a moment ago.

    Raises:
        ObjectDisposedError: it was disposed of.
    """
    if service.archive.catalogue.is_removed(digest):
        raise _disposed()


def _disposed() -> ObjectDisposedError:
    return ObjectDisposedError(
        "this was lawfully disposed of; its custody history says when, by whom and by which rule"
    )


async def tell(service: Service, *, digest: str, subject: str, clip: str | None = None) -> None:
    """Say that a reading found an object changed: a finding is opened, with an alarm; nothing where one is open.

    Raises nothing: the log has it.

    Args:
        service: whose archive.
        digest: of the object.
        subject: the clip, or the case, whose object it is.
        clip: that it was, where it was one's.
    """
    _log.error("an object is damaged", digest=digest, subject=subject)
    try:
        await asyncio.to_thread(_record, service, digest, subject, clip)
    except (ArchiveError, OSError) as error:
        # Whoever reads it next finds it again, and so does the audit.
        _log.error("a finding could not be recorded", digest=digest, why=str(error))
    service.freshness.changed()


def _record(service: Service, digest: str, subject: str, clip: str | None) -> None:
    archive = service.archive
    with service.withheld.telling:
        put_finding(
            archive,
            subject=subject,
            digest=digest,
            code=str(Code.OBJECT_CHANGED),
            clip=clip,
            actor=archive.settings.station,
        )
