"""The edge of the process: every failure becomes an exit status and one clear line; with ``--json`` a document.

Exit status: 0 done · 1 damage or findings · 2 wrong usage · 3 partly done · 4 refused by rule · 5 this
machine cannot · 70 our bug (the only one with a traceback, on stderr) · 130 interrupted. Imports no folder of
ours: an error says its own code.
"""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Mapping
from typing import Any, Final

from muniment.answer import Answer, Asked, Job, write_out
from muniment.errors import MACHINE, REFUSED, USAGE
from muniment.messages import reason, sentence_if_any

OUR_BUG: Final = 70
INTERRUPTED: Final = 130  # 128 + SIGINT, as shells count
_CODE: Final = re.compile(r"[A-Z]\d{3}")
# What HTTP calls it -> what a shell calls it (api/errors.py knows HTTP only).
_BY_HTTP: Final = {404: 4, 409: 4, 403: 4, 422: USAGE, 400: USAGE, 503: MACHINE}
# devices/ knows nothing of commands. An unknown SOURCE is wrong usage.
_BY_DEVICE: Final = {"D001": USAGE, "D022": REFUSED, "D023": USAGE}


class EndedError(Exception):
    """A command ended early and still has something to hand out; `cause` says why."""

    def __init__(self, cause: BaseException, answer: Answer) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.answer = answer


def carry_out(job: Job, asked: Asked) -> int:
    """Do a command and print its answer. Returns the exit status; raises nothing."""
    try:
        answer = job(asked)
    except BaseException as error:  # noqa: BLE001 - the process edge
        answer = failed(error, asked)
    try:
        show(answer, asked)
    except OSError as error:
        asked.note(f"stdout: {error.strerror}")
        return MACHINE
    return answer.status


def show(answer: Answer, asked: Asked) -> None:
    """Print an answer. Raises OSError: stdout cannot take it."""
    if asked.json:
        text = json.dumps(answer.document, ensure_ascii=False, indent=2)
        write_out(text.encode("utf-8", "backslashreplace") + b"\n")
    elif answer.raw is not None:
        write_out(answer.raw)
    elif answer.text:
        write_out(answer.text.encode("utf-8", "backslashreplace") + b"\n")


def failed(error: BaseException, asked: Asked, done: Mapping[str, Any] | None = None) -> Answer:
    """The answer of a command that raised, `done` being what it did before. Says why on stderr."""
    if isinstance(error, EndedError):
        done, error = {**(done or {}), **error.answer.document}, error.cause
    code, detail, status = described(error, asked)
    if status == OUR_BUG:
        traceback.print_exception(error)
    asked.note(f"{reason(asked.language, code, detail)} [{code}]")
    if (next_step := sentence_if_any(asked.language, f"hint.{code}")) is not None:
        asked.note(next_step)
    return Answer(document={**(done or {}), "error": explained(error, asked)}, status=status)


def explained(error: BaseException, asked: Asked) -> dict[str, str]:
    """The member ``error`` of a document."""
    code, detail, _ = described(error, asked)
    return {"code": code, "reason": reason(asked.language, code, detail)}


def described(error: BaseException, asked: Asked) -> tuple[str, str, int]:
    """Code, reason and exit status of what was raised."""
    code = getattr(error, "code", None)
    if isinstance(code, str) and _CODE.fullmatch(code):
        return code, str(error), _status(error, code)
    if isinstance(error, KeyboardInterrupt):
        return "C030", asked.words("interrupted"), INTERRUPTED
    if isinstance(error, OSError):
        from archive.durable import is_full

        return ("A050" if is_full(error) else "C050"), _os_text(error), MACHINE
    if isinstance(error, MemoryError):
        return "C050", "out of memory", MACHINE
    return "C070", f"{asked.words('bug')} {type(error).__name__}: {error}".strip(), OUR_BUG


def _status(error: BaseException, code: str) -> int:
    status = getattr(error, "exit_status", None)
    if isinstance(status, int):
        return status
    if code in _BY_DEVICE:
        return _BY_DEVICE[code]
    return _BY_HTTP.get(getattr(error, "status", 0), MACHINE)


def _os_text(error: OSError) -> str:
    text = error.strerror or str(error) or type(error).__name__
    name = error.filename
    if isinstance(name, bytes):
        name = name.decode(errors="backslashreplace")
    return f"{name}: {text}" if name is not None else text
