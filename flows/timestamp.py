"""The flow of timestamps: every authority that lacks the newest checkpoint is asked; what ages is renewed."""

from __future__ import annotations

import structlog
from prefect import flow, task

from archive.timestamps.errors import NoTimeError
from flows import stages
from flows.wiring import FLOW, TASK, opened

_log = structlog.get_logger(__name__)


@task(name="timestamp", **TASK)
def stamp(root: str) -> int:
    """Stamp what is due; answers with how many tokens came.

    Raises:
        NoTimeError: there was something to stamp, and nobody answered. Tried again.
    """
    with opened(root) as archive:
        made = stages.stamp(archive)
    if made.due and not made.stamps:
        raise NoTimeError("; ".join(stages.refused(made)))
    for reason in stages.refused(made):
        _log.warning("no timestamp", why=reason)
    return len(made.stamps)


@flow(name="timestamp", **FLOW)
def timestamp(root: str) -> int:
    """Give an archive's newest checkpoint its time.

    Raises:
        NoTimeError, ArchiveError, OSError: it got none; the archive goes on without.
    """
    return stamp(root)
