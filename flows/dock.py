"""The flow of one docking: found secured, read back, linked by rule, derived. Each stage does what is left, no more."""

from __future__ import annotations

from prefect import flow, get_run_logger, task

from flows import stages
from flows.errors import ReadBackDiffersError
from flows.wiring import FLOW, TASK, opened


@task(name="secure", **TASK)
def secure(root: str, docking: str) -> list[str]:
    """Find the docking secured: its clips."""
    with opened(root) as archive:
        return stages.secured(archive, docking)


@task(name="read-back", **TASK)
def read_back(root: str, docking: str) -> str | None:
    """Read back from the medium; what is wrong, if anything is."""
    with opened(root) as archive:
        failures = stages.read_back(archive, docking)
        return str(stages.differing(failures)) if failures else None


@task(name="link by rule", **TASK)
def link(root: str, clips: list[str]) -> int:
    """Link to cases by officer and time; how many links were made."""
    with opened(root) as archive:
        return stages.link(archive, clips)


@task(name="examine", **TASK)
def examine(root: str, clips: list[str]) -> int:
    """Media facts and posters of one batch; how many clips were looked into."""
    with opened(root) as archive:
        return stages.examine_batch(archive, clips)


@task(name="derive", task_run_name="{stage} of {count}", **TASK)
def make(root: str, stage: str, clips: list[str], count: int) -> dict[str, int]:
    """What a stage makes of a large clip, or the quick or slow ones of small clips; how many of which kind."""
    with opened(root) as archive:
        made = stages.make_piece(archive, stage, clips)
    listed = ", ".join(f"{kind} {number}" for kind, number in sorted(made.items())) or "nothing"
    get_run_logger().info("%s of %d: %s", stage, count, listed)
    return made


def derive_all(root: str, clips: list[str] | None) -> int:
    """Every task that derives, one after another: all clips are examined first; how many there were."""
    with opened(root) as archive:
        batches = stages.left_to_examine(archive, clips)
        for batch in batches:
            examine(root, batch)
        pieces = stages.left_to_make(archive, clips)
        for piece in pieces:
            make(root, piece.name, piece.clips, len(piece.clips))
    return len(batches) + len(pieces)


@flow(name="dock", flow_run_name="{docking}", **FLOW)
def dock(root: str, docking: str, derive_too: bool = True) -> None:
    """Everything after a receipt.

    Raises:
        UnknownDockingError: nothing was done.
        ReadBackDiffersError: damage; everything else was done.
        ArchiveError, OSError, MediaChildError: a stage failed; the next run goes on there.
    """
    with opened(root):
        clips = secure(root, docking)
        damage = read_back(root, docking)
        link(root, clips)
        if derive_too and derive_all(root, clips):
            link(root, clips)  # a length that was unknown may reach into a case's time
    if damage is not None:
        raise ReadBackDiffersError(damage)
