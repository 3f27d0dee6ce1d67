"""Questions about objects with an open finding: which they are, and whom each is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from archive.catalogue.reading import Reading

_DAMAGED: Final = 'SELECT digest, subject, code, found_by, "index", found_at FROM damaged_objects '


@dataclass(frozen=True, slots=True, kw_only=True)
class DamagedObject:
    """An object that is not what its entry says, as far as anybody knows."""

    digest: str
    subject: str  # whom the finding is about: a clip, a case, or another whose object it is
    code: str | None  # the audit's word
    found_by: str | None  # audit, reading
    index: int  # of the entry
    found_at: str


class ObjectQueries(Reading):
    """See the module."""

    def damaged_digests(self) -> frozenset[str]:
        """The objects with an open finding."""
        return frozenset(
            str(digest) for (digest,) in self._rows("SELECT digest FROM damaged_objects")
        )

    def damaged_objects(self, *, limit: int = 100) -> list[DamagedObject]:
        """Open findings, the newest first."""
        rows = self._rows(f'{_DAMAGED} ORDER BY "index" DESC LIMIT :most', most=limit)
        return [
            DamagedObject(**dict(zip(DamagedObject.__slots__, row, strict=True))) for row in rows
        ]

    def damaged_object(self, digest: str) -> DamagedObject | None:
        """The open finding on an object."""
        row = self._one(f"{_DAMAGED} WHERE digest = :digest", digest=digest)
        return (
            None
            if row is None
            else DamagedObject(**dict(zip(DamagedObject.__slots__, row, strict=True)))
        )

    def count_damaged_objects(self) -> int:
        """How many findings on objects are open."""
        row = self._one("SELECT count(*) FROM damaged_objects")
        return 0 if row is None else int(row[0])
