"""The flow runner, as a child process: ``python -I -m flows.runner PARENT``; a line in, a line out.

A process of its own, so that Prefect's imports, threads and memory are not the review page's, and so that killing
it at any moment costs nothing but time. Requests are plain values: ``{"do": "dock", "root": …, "docking": …,
"derive": true}``. An answer's ``end`` is

    completed    the run is Completed in Prefect
    failed       the run ended otherwise; ``reason`` says why, ``final`` that it would again
    unreachable  Prefect itself did not work; what the run did is in the ledger all the same
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any, Final, TextIO

from flows.leash import die_with

Answer = dict[str, Any]
NICENESS: Final = 5  # a docking and the page come first


def main(arguments: list[str]) -> None:
    """Answer until stdin ends."""
    die_with(int(arguments[0]))
    os.nice(NICENESS)
    # Whatever prints must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)
    run = _prepare()
    _say(answers, {"end": "ready"})
    for line in sys.stdin:
        _say(answers, run(json.loads(line)))


def _say(answers: TextIO, answer: Answer) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def _prepare() -> Callable[[Answer], Answer]:
    from flows import wiring
    from flows.audit import audit
    from flows.derive import derive
    from flows.dock import dock
    from flows.orphans import mark_crashed
    from flows.oversee import deadlines
    from flows.retry import is_final
    from flows.timestamp import timestamp

    def state_of(request: Answer) -> Any:
        root = request["root"]
        match request["do"]:
            case "dock":
                return dock(root, request["docking"], request["derive"], return_state=True)
            case "derive":
                return derive(root, return_state=True)
            case "audit":
                return audit(root, request["turn"], return_state=True)
            case "timestamp":
                return timestamp(root, return_state=True)
            case "deadlines":
                return deadlines(root, return_state=True)
            case other:
                raise ValueError(f"no flow is called {other!r}")

    def run(request: Answer) -> Answer:
        try:
            if request["do"] == "settle":
                return {"end": "completed", "count": mark_crashed()}
            with wiring.settings():
                state = state_of(request)
        except Exception as error:  # noqa: BLE001 - whatever Prefect raises, the station goes on without it
            return {"end": "unreachable", "reason": f"{type(error).__name__}: {error}"}
        if state.is_completed():
            return {"end": "completed"}
        ending = state.result(raise_on_failure=False)
        reason = f"{type(ending).__name__}: {ending}"
        return {"end": "failed", "reason": reason, "final": is_final(ending)}

    return run


if __name__ == "__main__":
    main(sys.argv[1:])
