"""Lists as JSON, for the API and the command line alike. No web framework here."""

from __future__ import annotations

from typing import Any

from archive.catalogue.list_queries import ListRow
from oversight.lists.differences import Differences
from oversight.lists.model import AgencyList
from oversight.lists.versions import until


def version(row: ListRow, rows: list[ListRow]) -> dict[str, Any]:
    """One version, without what it says."""
    return {
        "kind": row.kind,
        "version": row.version,
        "title": row.title,
        "in_force": row.in_force,
        "until": until(rows, row) if row.withdrawn_index is None else None,
        "published_at": row.published_at,
        "published_by": row.actor,
        "sha256": row.sha256,
        "size": row.size,
        "index": row.index,
        "withdrawn_at": row.withdrawn_at,
        "withdrawn_reason": row.withdrawn_reason,
    }


def whole(row: ListRow, rows: list[ListRow], found: AgencyList) -> dict[str, Any]:
    """One version with what it says."""
    return version(row, rows) | {"list": found.to_data()}


def changes(found: Differences) -> dict[str, Any]:
    """What one version changed of another."""
    return {
        "head": [{"key": key, "before": was, "after": now} for key, was, now in found.head],
        "added": list(found.added),
        "removed": list(found.removed),
        "changed": [
            {
                "id": each.id,
                "cells": [{"key": k, "before": was, "after": now} for k, was, now in each.cells],
            }
            for each in found.changed
        ],
    }
