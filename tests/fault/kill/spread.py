"""Many runs, on every processor in a long part: each in a folder of its own, none knows of another."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from tests.fault.lab.runs import Lab

_Job = TypeVar("_Job")


def spread(lab: Lab, run: Callable[[_Job], str], jobs: Sequence[_Job]) -> Iterator[str]:
    """What each run saw, in any order. Raises what a run raises; the job is printed then.

    Args:
        lab: whether the part is long.
        run: one run; a function of a module, or a partial one.
        jobs: what it gets, one a run.
    """
    if not lab.long:
        for job in jobs:
            yield _told(run, job)
        return
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=fork) as workers:
        done = [workers.submit(_told, run, job) for job in jobs]
        try:
            for future in done:
                yield future.result()
        except BaseException:
            workers.shutdown(cancel_futures=True)
            raise


def _told(run: Callable[[_Job], str], job: _Job) -> str:
    try:
        return run(job)
    except BaseException as e:
        e.add_note(f"the run was {job}")
        raise
