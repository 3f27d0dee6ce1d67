"""Proposals, decisions and imports as JSON. No web framework here."""

from __future__ import annotations

from api.documents import Document
from api.oversight.linking.asking import Decided, Found
from archive.catalogue.list_queries import ImportRow
from oversight.linking.importing import Imported
from oversight.linking.proposing import Proposed


def proposal(found: Found) -> Document:
    """One that waits."""
    row, clip = found.row, found.clip
    return {
        "clip": row.clip,
        "case": found.case.number,
        "rule": row.rule,
        "score": row.score,
        "terms": list(row.terms),
        "reason": row.reason,
        "proposed_at": row.proposed_at,
        "conflict": found.conflict,
        "start": clip.start,
        "officer": clip.officer,
        "unit": clip.unit,
        "path": clip.path,
    }


def decided(one: Decided) -> Document:
    """What became of one."""
    error = one.error
    return {
        "clip": one.clip,
        "case": one.case,
        "done": error is None,
        "code": None if error is None else error.code,
        "detail": None if error is None else str(error),
    }


def imported(done: Imported, made: Proposed) -> Document:
    """What was brought in, and what follows from it."""
    brought = done.brought
    return {
        "index": done.index,
        "kind": brought.kind,
        "form": brought.form,
        "encoding": brought.encoding,
        "rows": len(brought.records),
        "sha256": done.sha256,
        "size": done.size,
        "mistakes": [{"line": line, "reason": said} for line, said in brought.mistakes],
        "proposed": len(made.proposed),
        "linked": len(made.linked),
    }


def import_row(row: ImportRow) -> Document:
    """One import of the register."""
    return {
        "index": row.index,
        "kind": row.kind,
        "rows": row.rows,
        "sha256": row.sha256,
        "size": row.size,
        "by": row.actor,
        "at": row.imported_at,
    }
