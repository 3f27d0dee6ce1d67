"""The commands, their arguments and options.

Parses only: what a command does is in muniment/commands, loaded when it runs. Each function here answers with
a job; so ``--help`` loads no archive, and every failure of a job meets one edge (muniment/edge.py).
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from functools import partial

import typer
from typer.exceptions import TyperException

from muniment.answer import Answer, Job
from muniment.errors import WrongUsageError
from muniment.grammar import (
    archives,
    casefiles,
    disposals,
    dockings,
    exchanges,
    keys,
    linking,
    lists,
    looking,
    overseeing,
    packages,
    policies,
    publications,
    registers,
    reviews,
    rights,
    rules,
    timestamps,
    transfers,
    witnesses,
    worklist,
)
from muniment.grammar.given import spare_pydantic
from muniment.messages import Language, sentence

_MARKS = {
    "true": "--mark",
    "yes": "--mark",
    "1": "--mark",
    "false": "--no-mark",
    "no": "--no-mark",
    "0": "--no-mark",
}


def read_command(words: Sequence[str], language: Language) -> Job | str:
    """The job that the words ask for, or the help text they ask for.

    Raises:
        WrongUsageError: they ask for neither.
    """
    spare_pydantic()
    app = _build(language)
    _check_text(words)
    if not words:
        return _nothing_asked(_help(app))
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            found = typer.main.get_command(app).main(
                args=_plain_marks(words), prog_name="muniment", standalone_mode=False
            )
    except TyperException as error:
        raise WrongUsageError(_usage_text(error, language)) from error
    if not callable(found):
        return printed.getvalue().rstrip("\n")
    job: Job = found
    return job


def _build(language: Language) -> typer.Typer:
    words = partial(sentence, language)
    app = typer.Typer(
        help=words("help"),
        add_completion=False,
        rich_markup_mode=None,  # rich costs more to load than all the rest
        pretty_exceptions_enable=False,
    )
    for part in (
        archives,
        dockings,
        looking,
        casefiles,
        linking,
        disposals,
        lists,
        publications,
        exchanges,
        registers,
        rights,
        rules,
        reviews,
        overseeing,
        policies,
        worklist,
        timestamps,
        witnesses,
        packages,
        transfers,
        keys,
    ):
        part.add(app, words)
    return app


def _help(app: typer.Typer) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        typer.main.get_command(app).main(
            args=["--help"], prog_name="muniment", standalone_mode=False
        )
    return printed.getvalue().rstrip("\n")


def _nothing_asked(text: str) -> Job:
    error = WrongUsageError("a command is missing")
    document = {"error": {"code": error.code, "reason": str(error)}, "help": text}
    answer = Answer(document=document, text=text, status=error.exit_status)
    return lambda _asked: answer


def _usage_text(error: TyperException, language: Language) -> str:
    format_message = getattr(error, "format_message", None)
    said = str(format_message() if format_message is not None else error).strip().rstrip(".")
    context = getattr(error, "ctx", None)
    path = "" if context is None else context.command_path.removeprefix("muniment").strip()
    hint = sentence(language, "usage_hint", command=f"{path} " if path else "")
    return f"{said}. {hint}"


def _plain_marks(words: Sequence[str]) -> list[str]:
    """``--mark`` is a flag; ``--mark=true`` and ``--mark false`` mean the same as over HTTP."""
    out: list[str] = []
    for word in words:
        if word.startswith("--mark=") and word[7:].lower() in _MARKS:
            out.append(_MARKS[word[7:].lower()])
        elif out[-1:] == ["--mark"] and word.lower() in _MARKS:
            out[-1] = _MARKS[word.lower()]
        else:
            out.append(word)
    return out


def _check_text(words: Sequence[str]) -> None:
    for word in words:
        if "\0" in word:
            raise WrongUsageError("an argument holds a NUL byte")
