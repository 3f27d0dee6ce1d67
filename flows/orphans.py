"""Runs that say they run although nobody runs them, of a station that was killed, are marked Crashed.

Only called while this station runs no flow: the station is the only one on its archive, and its server is its own.
What such a run was about is in work.db, and a later run goes on with it.
"""

from __future__ import annotations

from typing import Final

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import State, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Crashed

_UNFINISHED: Final = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]
_PAGE: Final = 200


def mark_crashed() -> int:
    """Mark them; answers with how many there were.

    Raises:
        httpx.HTTPError, PrefectException: the server does not answer.
    """
    unfinished = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_UNFINISHED))
    )
    count = 0
    with get_client(sync_client=True) as client:
        while runs := client.read_flow_runs(
            flow_run_filter=unfinished,
            sort=FlowRunSort.START_TIME_ASC,  # the server refuses a request that leaves it open
            limit=_PAGE,
        ):
            for run in runs:
                state: State[None] = Crashed(
                    message="The station ended in the middle of it. A later run goes on."
                )
                client.set_flow_run_state(run.id, state, force=True)
            count += len(runs)
    return count
