"""The stills of a clip, as its page lists them. Facts only."""

from __future__ import annotations

from typing import Any, Final

from api.gate import Seen
from api.service import Service
from api.stills.wording import in_clip

_MOST: Final = 200


def stills_of(service: Service, seen: Seen) -> list[dict[str, Any]]:
    """Each exported frame: where in the clip, by whom, when."""
    catalogue = service.archive.catalogue
    names: dict[str, str] = {}
    found: list[dict[str, Any]] = []
    for row in catalogue.stills(seen.clip.clip, limit=_MOST):
        if row.actor not in names:
            account = catalogue.account(row.actor)
            names[row.actor] = account.name if account is not None and account.name else row.actor
        found.append(
            {
                "clip": row.clip,
                "index": row.index,
                "place": in_clip(row.at_us),
                "name": names[row.actor],
                "at": row.at,
            }
        )
    return found
