"""The flow of one docking: found secured, read back, linked by rule, derived. Each stage does what is left, no more."""

from __future__ import annotations

from prefect import flow, task

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


@task(name="derive", **TASK)
def derive(root: str, clips: list[str]) -> int:
    """Media facts and posters of one batch; how many clips were looked into."""
    with opened(root) as archive:
        return stages.derive_batch(archive, clips)


@flow(name="dock", flow_run_name="{docking}", **FLOW)
def dock(root: str, docking: str, derive_too: bool = True) -> None:
    """Everything after a receipt.

    Raises:
        UnknownDockingError: nothing was done.
        ReadBackDiffersError: damage; everything else was done.
        ArchiveError, OSError, MediaChildError: a stage failed; the next run goes on there.
    """
    with opened(root) as archive:
        clips = secure(root, docking)
        damage = read_back(root, docking)
        link(root, clips)
        todo = stages.left_to_derive(archive, clips) if derive_too else []
        for batch in todo:
            derive(root, batch)
        if todo:
            link(root, clips)  # a length that was unknown may reach into a case's time
    if damage is not None:
        raise ReadBackDiffersError(damage)
