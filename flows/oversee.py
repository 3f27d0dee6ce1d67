"""The daily flow of deadlines: all that entries touched is counted, and each unit that missed some gets its alarm."""

from __future__ import annotations

from prefect import flow, task

from flows import stages
from flows.wiring import FLOW, TASK, opened


@task(name="deadlines", **TASK)
def tell_deadlines(root: str) -> int:
    """Count and tell; answers with how many units were told."""
    with opened(root) as archive:
        return stages.tell_deadlines(archive)


@flow(name="deadlines", **FLOW)
def deadlines(root: str) -> int:
    """Tell the day's digest of an archive.

    Raises:
        OversightError, ArchiveError, OSError: it is not told, or not to all; the next run does the rest.
    """
    return tell_deadlines(root)
