"""The flow that makes every missing rendition of an archive, after an interruption or a newer version."""

from __future__ import annotations

from prefect import flow

from flows import stages
from flows.dock import derive as derive_batch
from flows.wiring import FLOW, opened


@flow(name="derive", **FLOW)
def derive(root: str) -> int:
    """Make what is missing; how many clips were looked into.

    Raises:
        ArchiveError, OSError, MediaChildError: it ended early; the next run goes on there.
    """
    with opened(root) as archive:
        return sum(derive_batch(root, batch) for batch in stages.left_to_derive(archive, None))
