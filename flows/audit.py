"""The flow of an audit that is put on record: of everything, or of the objects whose turn it is and what is new."""

from __future__ import annotations

from prefect import flow, task

from archive.audit import Full, Turn
from flows import stages
from flows.errors import AuditFoundDamageError
from flows.wiring import FLOW, TASK, opened


@task(name="audit", **TASK)
def audit_on_record(root: str, turn: dict[str, int] | None) -> str | None:
    """Audit and record; what was found first, if anything was."""
    with opened(root) as archive:
        report = stages.audit_on_record(archive, Full() if turn is None else Turn(**turn))
    if report.ok:
        return None
    first = report.findings[0]
    return f"{len(report.findings)} findings, the first: {first.code} {first.where}"


@flow(name="audit", **FLOW)
def audit(root: str, turn: dict[str, int] | None = None) -> None:
    """Audit an archive; `turn` has the members of a `Turn`, None reads all.

    Raises:
        AuditFoundDamageError: something was found, and the ledger says so.
        AuditError, ArchiveError, OSError: it could not be done or recorded.
    """
    found = audit_on_record(root, turn)
    if found is not None:
        raise AuditFoundDamageError(found)
