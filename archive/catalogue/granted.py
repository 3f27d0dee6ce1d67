"""Which clips a granted request opens, as SQL. No database here; whether a grant is in force is request_queries'.

What always holds: a request that names clips opens those of them that still belong to the unit whose head decided; one
that names a case opens what is linked to it now, by an entry from before the decision, and belongs to that unit.
"""

from __future__ import annotations

from collections.abc import Sequence


def granted_clips(requests: Sequence[str]) -> str:
    """The query for the places (`clips.ingested_index`) that these requests open.

    Args:
        requests: a parameter's name, with its colon, for each id.
    """
    if not requests:
        return "SELECT g.ingested_index FROM clips g WHERE FALSE"
    listed = ", ".join(requests)
    return (
        "SELECT g.ingested_index FROM request_clips q JOIN requests a ON a.id = q.request "  # noqa: S608 - names of parameters
        f"JOIN clips g ON g.clip = q.clip WHERE q.request IN ({listed}) "
        "AND coalesce(g.unit_id, '') = coalesce(a.unit_id, '') "
        "UNION SELECT h.ingested_index FROM requests r JOIN links l ON l.case_id = r.case_id "
        f"JOIN clips h ON h.ingested_index = l.clip_index WHERE r.id IN ({listed}) "
        "AND l.linked = TRUE AND l.linked_index < r.upto "
        "AND coalesce(h.unit_id, '') = coalesce(r.unit_id, '')"
    )
