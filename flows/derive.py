"""The flow that makes every missing rendition of an archive, after an interruption or a newer version."""

from __future__ import annotations

from prefect import flow

from flows.dock import derive_all
from flows.wiring import FLOW


@flow(name="derive", **FLOW)
def derive(root: str) -> int:
    """Make what is missing; how many tasks it took.

    Raises:
        ArchiveError, OSError, MediaChildError: it ended early; the next run goes on there.
    """
    return derive_all(root, None)
