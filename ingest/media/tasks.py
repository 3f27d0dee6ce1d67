"""What a media child can be asked: a fixed table of tasks, each of them one function in this folder.

A task sees open files and never a path. It answers plain JSON values, at most `MAX_ANSWER` bytes of them; what is
larger goes into `Asked.out`. It may raise `TaskRefusedError`; any other error ends the child. Imports no media library
itself: a task's module is imported when it is first asked for, in the child.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final, cast

MAX_ANSWER: Final = 16 << 20  # bytes of JSON
MAX_OTHERS: Final = 16  # files beside the clip

# The only modules that a request can reach. Each has a function `run`.
_MODULES: Final[dict[str, str]] = {
    "examine": "ingest.media.probe.task",
    "verify": "ingest.media.probe.verifying",
    "survey": "ingest.media.survey.task",
    "track": "ingest.media.telemetry.task",
    "page": "ingest.media.stills.page",
    "document": "ingest.media.stills.document",
    "still": "ingest.media.stills.still",
    "caption": "ingest.media.stills.caption",
    "repair": "ingest.media.repair.task",
}
TASKS: Final[frozenset[str]] = frozenset(_MODULES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question to a task.

    Attributes:
        clip: the file that the question is about, at its beginning, for reading only.
        others: further files that the task may read, each at its beginning.
        out: where the task may write, empty; None for a child that was started without a write allowance.
        name: what the clip was called on its recorder; nothing may be concluded from it but for people.
        arguments: what else the asker said.
    """

    clip: BinaryIO
    others: tuple[BinaryIO, ...]
    out: BinaryIO | None
    name: str
    arguments: Mapping[str, object]


Task = Callable[[Asked], dict[str, object]]


def task(name: str) -> Task:
    """Return the task of that name, importing its module.

    Raises:
        KeyError: there is none.
    """
    return cast(Task, importlib.import_module(_MODULES[name]).run)
