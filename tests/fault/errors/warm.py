"""A program that has loaded all of the product and forks a child for each command: a run takes what its calls take.

Started with shim.c before the C library. Reads lines of JSON on stdin, `{"argv", "in", "out", "err", "cwd"}`, answers
each with the child's exit status on stdout. A child is the whole of `muniment` from its arguments to its exit.
"""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import muniment.commands
from muniment.__main__ import run


def warm() -> None:
    """Load what commands load, those that are asked for too: by a few of them, on an archive for this."""
    for module in pkgutil.iter_modules(muniment.commands.__path__):
        import_module(f"muniment.commands.{module.name}")
    import_module("archive.catalogue")
    with tempfile.TemporaryDirectory() as folder:
        card = Path(folder, "card")
        card.mkdir()
        (card / "a.mp4").write_bytes(b"a")
        for words in (
            ["init", "--origin", "warm.invalid/1"],
            ["case", "open", "1"],
            ["dock", str(card), "--no-derive", "--case", "1", "--erase"],
            ["package", "1", "--out", f"{folder}/p.zip"],
            ["verify", f"{folder}/p.zip"],
            ["audit"],
        ):
            if status := run(["--root", f"{folder}/archive", *words]):
                raise SystemExit(f"{words} ends with {status}")
    gc.collect()
    gc.freeze()  # a child shares it as it is


def serve(answers: int) -> None:
    """Answer until stdin ends. A child leaves here as if it were the program."""
    for line in iter(sys.stdin.readline, ""):
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            os.close(answers)
            _become(asked)
            sys.exit(run(asked["argv"]))
        _, status = os.waitpid(child, 0)
        os.write(answers, b"%d\n" % os.waitstatus_to_exitcode(status))


def _become(asked: dict[str, Any]) -> None:
    made = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for name, number, flags in (("in", 0, os.O_RDONLY), ("out", 1, made), ("err", 2, made)):
        fd = os.open(asked[name], flags, 0o644)
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(asked["cwd"])


if __name__ == "__main__":
    mouth = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    warm()
    os.write(mouth, b"ready\n")
    serve(mouth)
