"""The command line of verify.py: exit 0 where nothing is wrong, else 1; never a traceback."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from errno import ENOSPC, EPIPE
from pathlib import Path
from typing import NoReturn

from archive.package.verifier.checking import PinError, check_package
from archive.package.verifier.found import sentence
from archive.package.verifier.showing import harmless, safe_stdout, stream_screen
from archive.package.verifier.words import say


class _Parser(ArgumentParser):
    """Wrong usage ends with 1: there is no third answer to whether a package is right."""

    def error(self, message: str) -> NoReturn:
        _complain(f"{self.format_usage()}{harmless(message)}")
        sys.exit(1)


def _complain(text: str) -> None:
    """To stderr, where there is one."""
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except (ValueError, AttributeError):  # none, or closed: the exit status says it
        return
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def wanted_language(given: str | None) -> str:
    """The language, zh or en: as asked, else as the environment says."""
    if given is not None:
        return given
    said = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if said.startswith("zh") else "en"


def _parser() -> ArgumentParser:
    parser = _Parser(
        prog="verify.py", description=say(sentence("help.what"), wanted_language(None))
    )
    language = wanted_language(None)
    parser.add_argument("package", nargs="?", help=say(sentence("help.package"), language))
    for option, metavar in (("--vkey", "VKEY"), ("--tsa-ca", "PEM"), ("--witness", "VKEY")):
        text = say(sentence("help." + option[2:].replace("-", "_")), language)
        parser.add_argument(option, action="append", default=[], metavar=metavar, help=text)
    parser.add_argument("--json", action="store_true", help=say(sentence("help.json"), language))
    parser.add_argument("--lang", choices=("zh", "en"), help=say(sentence("help.lang"), language))
    return parser


def run(arguments: Sequence[str], own_folder: Path) -> int:
    """Check what was asked for; the exit status."""
    if sys.stdout is None:  # closed by who started this
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    safe_stdout()
    status = 1
    try:
        status = _answer_to(arguments, own_folder)
        sys.stdout.flush()
    except OSError as e:  # what is said cannot be written: a full disk, a pipe that nobody reads
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(e, BrokenPipeError):
            _complain(e.strerror or "I/O")
        return 1
    return status


def _answer_to(arguments: Sequence[str], own_folder: Path) -> int:
    try:
        asked = _parser().parse_args(arguments)
    except SystemExit as e:
        return e.code if isinstance(e.code, int) else 1
    language = wanted_language(asked.lang)
    try:
        return _check(asked, own_folder, language)
    except KeyboardInterrupt:
        _complain(say(sentence("main.interrupted"), language))
    except PinError as e:
        _complain(harmless(say(sentence("main.pin", what=e), language)))
    except (OSError, ValueError) as e:
        if getattr(e, "errno", None) in {EPIPE, ENOSPC}:  # nothing is written but what is said
            raise
        why = getattr(e, "strerror", None) or str(e)
        where = getattr(e, "filename", None) or asked.package or ""
        said = say(sentence("main.unreadable", path=where, why=why), language)
        _complain(harmless(said))
    except MemoryError:
        _complain(say(sentence("main.memory"), language))
    return 1


def _check(asked: Namespace, own_folder: Path, language: str) -> int:
    out = safe_stdout()
    screen = None if asked.json else stream_screen(out, language)
    answer = check_package(
        own_folder if asked.package is None else Path(asked.package),
        vkeys=asked.vkey,
        tsa_cas=[Path(path).read_bytes() for path in asked.tsa_ca],
        witnesses=asked.witness,
        progress=screen,
        language=language,
    )
    if screen is None:
        out.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")
        out.flush()
    else:
        screen.verdict(answer)
    return 0 if answer["ok"] else 1


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], Path(__file__).resolve().parent))
