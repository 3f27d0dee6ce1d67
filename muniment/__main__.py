"""``muniment`` and ``python -m muniment``: argv in, exit status out.

Holds: with ``--json`` stdout is exactly one JSON document whatever happens, wrong usage included. ``--help``
loads no archive.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from muniment.answer import Answer, Asked, Job
from muniment.arguments import DEFAULT_ROOT, Globals, take_globals, wants_json
from muniment.edge import carry_out
from muniment.errors import WrongUsageError
from muniment.grammar import read_command
from muniment.messages import language_of


def main() -> NoReturn:
    """Run one command and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; the exit status."""
    make_ready()
    try:
        found = take_globals(arguments, os.environ)
    except WrongUsageError as error:
        asked = Asked(
            root=DEFAULT_ROOT, json=wants_json(arguments), language=language_of(os.environ)
        )
        return carry_out(_raising(error), asked)
    asked = Asked(root=found.root, json=found.json, language=found.language)
    return carry_out(_job(found), asked)


def _job(found: Globals) -> Job:
    def do(asked: Asked) -> Answer:
        command = read_command(found.rest, found.language)
        return (
            Answer(document={"help": command}, text=command)
            if isinstance(command, str)
            else command(asked)
        )

    return do


def _raising(error: Exception) -> Job:
    def do(_asked: Asked) -> Answer:
        raise error

    return do


def make_ready() -> None:
    """Text is UTF-8 whatever the locale; an end that is asked for is an interrupt, so that what was begun is noted."""
    if sys.stderr is not None:
        reconfigure = getattr(sys.stderr, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
