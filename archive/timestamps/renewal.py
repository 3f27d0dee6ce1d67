"""Tokens age: their certificates end, their keys grow weak. Before that, new ones are laid over all of them.

A renewal is a token over the newest checkpoint's text and a digest of all earlier tokens, in ledger order
(docs/formats/ledger.md, `renews`); RFC 4998 calls it timestamp renewal. Holds: a renewal covers every token before
it, whoever issued them; what it covers need not be believed later than it was made.
Not here: renewal of the tree's hash, which needs a second tree.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from archive.timestamps.chain import read_pem
from archive.timestamps.stamping import Renews, Stamped, ask, authorities, keep

if TYPE_CHECKING:
    from archive.catalogue.rows import TimestampRow
    from archive.opening import Archive

AHEAD: Final = timedelta(days=365)  # so long before the end it is told, and renewed
_PAUSE: Final = timedelta(
    days=30
)  # no renewal sooner after one: a short-lived certificate cannot do better
_SHORT_RSA: Final = 3072
_SHORT_UNTIL: Final = datetime(2031, 1, 1, tzinfo=UTC)  # NIST SP 800-57 part 1: 112 bits until 2030


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageing:
    """Tokens of one authority that nothing newer covers, and that can soon not be checked any more."""

    authority: str
    own: bool
    ends: datetime  # of the first certificate on their way to the root, or of its key's strength
    tokens: int
    first: int  # index of the first one's entry


def ageing(archive: Archive, now: datetime) -> list[Ageing]:
    """What ages within a year, by when it does. Reads each chain that was ever kept once.

    Raises:
        ArchiveError, OSError: the catalogue or a chain cannot be read.
        TokenError: a kept chain is malformed.
    """
    archive.catalogue.catch_up()
    rows = archive.catalogue.timestamps()
    ends = _Ends(archive)
    covered = max((r.renews for r in rows if r.renews and ends.of(r) > now + AHEAD), default=0)
    old: dict[tuple[str, bool, datetime], list[int]] = {}
    for row in rows[covered:]:
        if ends.of(row) <= now + AHEAD:
            old.setdefault((row.authority, row.own, ends.of(row)), []).append(row.index)
    found = [
        Ageing(authority=authority, own=own, ends=end, tokens=len(indexes), first=indexes[0])
        for (authority, own, end), indexes in old.items()
    ]
    return sorted(found, key=lambda item: (item.ends, item.authority))


class _Ends:
    """Until when tokens can be checked; tokens of one authority share a chain for years."""

    def __init__(self, archive: Archive) -> None:
        self._store = archive.store
        self._known: dict[tuple[str, str], datetime] = {}

    def of(self, row: TimestampRow) -> datetime:
        key = (row.chain or "", row.ca or "")
        if key not in self._known:
            chain, ca = map(self._store.read, key)
            self._known[key] = end_of(chain, ca)
        return self._known[key]


def end_of(chain: bytes, ca: bytes) -> datetime:
    """When the first certificate of a chain, or its key's strength, ends. Both PEM. Raises TokenError."""
    path = [c for pem in (chain, ca) for c in read_pem(pem, "chain", "it")]
    return min(map(_end, path))


def _end(certificate: x509.Certificate) -> datetime:
    key, end = certificate.public_key(), certificate.not_valid_after_utc
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _SHORT_RSA:
        return min(end, _SHORT_UNTIL)
    return end


def earlier(rows: list[TimestampRow]) -> Renews:
    """What a renewal after these tokens covers."""
    digest = hashlib.sha256(b"".join(bytes.fromhex(row.token or "") for row in rows))
    return Renews(tokens=len(rows), digest=digest.hexdigest())


def renew(archive: Archive, *, actor: str | None = None) -> Stamped:
    """Lay a new token of each authority over the newest checkpoint and all earlier tokens. Durable when it returns.

    Raises:
        ArchiveError, OSError: as `stamp_newest`.
    """
    note = archive.ledger.publish()
    archive.catalogue.catch_up()
    renews = earlier(archive.catalogue.timestamps())
    stamps, refusals = ask(archive, note, authorities(archive), renews)
    entries = keep(archive, stamps, actor=actor, renews=renews)
    return Stamped(stamps=tuple(stamps), refusals=tuple(refusals), entries=entries, due=True)


def renew_if_due(archive: Archive, now: datetime) -> Stamped | None:
    """`renew` where something ages and was not renewed of late; None where nothing is to be done. Raises as those."""
    if not ageing(archive, now):
        return None
    made = [row.time_us for row in archive.catalogue.timestamps() if row.renews is not None]
    if made and now.timestamp() - made[-1] / 1e6 < _PAUSE.total_seconds():
        return None
    return renew(archive)
