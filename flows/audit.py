"""The flow of an audit that is put on record: everything, or incrementally what was named since the last one."""

from __future__ import annotations

from prefect import flow, task

from flows import stages
from flows.errors import AuditFoundDamageError
from flows.wiring import FLOW, TASK, opened


@task(name="audit", **TASK)
def audit_on_record(root: str, since: int | None) -> str | None:
    """Audit and record; what was found first, if anything was."""
    with opened(root) as archive:
        report = stages.audit_on_record(archive, since=since)
    if report.ok:
        return None
    first = report.findings[0]
    return f"{len(report.findings)} findings, the first: {first.code} {first.where}"


@flow(name="audit", **FLOW)
def audit(root: str, since: int | None = None) -> None:
    """Audit an archive; `since` is the index from which on named objects are read, None reads all.

    Raises:
        AuditFoundDamageError: something was found, and the ledger says so.
        AuditError, ArchiveError, OSError: it could not be done or recorded.
    """
    found = audit_on_record(root, since)
    if found is not None:
        raise AuditFoundDamageError(found)
