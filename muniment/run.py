"""``python -m muniment.run``, which is ``make run``: archive, docking, receipt, audit, page.

Holds: everything is under ./var; run again, it goes on with the archive that is there. The lines ``page:``,
``user:`` and ``password:`` are printed, whatever the language, when the page answers; each run sets that
account a new password. What was refused on the recorder is in the receipt and does not end the run; damage
does not either, but it is the exit status.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import re
import secrets
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from muniment.__main__ import make_ready
from muniment.answer import Answer, Asked
from muniment.edge import carry_out
from muniment.errors import NotFitError, WrongUsageError
from muniment.messages import language_of

if TYPE_CHECKING:
    from archive.opening import Archive
    from muniment.commands.dock import DockingOrder

ROOT: Final = Path("var/archive")
SAMPLE: Final = Path("var/sample-recorder")
SAMPLE_CASE: Final = "2026-0117"
_UNIT: Final = "本单位 Our unit"
_USER: Final = "supervisor"
_PORT: Final = 8000
_HIGHEST_PORT: Final = 65535
_PARTLY: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What make was asked for."""

    recorder: Path | None
    case: str | None
    port: int | None
    serve: bool


def main(arguments: Sequence[str]) -> int:
    """Run; the exit status."""
    make_ready()
    parser = argparse.ArgumentParser(prog="muniment.run", allow_abbrev=False)
    parser.add_argument("--recorder", type=Path)
    parser.add_argument("--case")
    parser.add_argument("--port")
    parser.add_argument("--no-serve", action="store_true")
    found = parser.parse_args(arguments)
    asked = Asked(root=ROOT, json=False, language=language_of(os.environ))
    return carry_out(lambda asked: _run(asked, _wish(found)), asked)


def _wish(found: argparse.Namespace) -> Wish:
    """What was typed, understood. Raises WrongUsageError: PORT is none."""
    port = None if found.port is None else _port(found.port)
    return Wish(recorder=found.recorder, case=found.case, port=port, serve=not found.no_serve)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _HIGHEST_PORT):
        raise WrongUsageError(f"PORT is a number from 0 to {_HIGHEST_PORT}, not {text!r}")
    return int(text)


def _run(asked: Asked, wish: Wish) -> Answer:
    from archive.audit import Full
    from archive.errors import ArchiveError
    from muniment.commands.auditing import record_report, summary
    from muniment.commands.auditing import run as audit
    from muniment.commands.dock import dock

    if wish.serve and wish.port:
        _listen(wish.port).close()  # what is not allowed is said now, not after a long docking
    _open_archive(asked)
    order = _order(asked, wish)
    if order.case is not None:
        _open_case(asked, order.case)
    asked.say(asked.words("run.docking", source=order.source) + "\n")
    docked = dock(asked, order)
    if docked.status not in {0, _PARTLY}:
        return Answer(document={}, status=docked.status)
    asked.say("\n" + asked.words("run.auditing"))
    report, gap = audit(asked, Full())
    asked.say(summary(asked, report))
    if gap is not None:
        asked.note(str(gap))
    try:
        record_report(asked, report)  # else the page says that nothing was ever audited
    except (
        ArchiveError
    ) as error:  # a ledger that is damaged takes no entry; the status says what was found
        asked.note(str(error))
    status = 0 if report.ok else 1
    if not wish.serve:
        return Answer(document={}, text="\n" + asked.words("run.serve_off"), status=status)
    _serve(asked, wish, order.case)
    return Answer(document={}, text=asked.words("run.stopped", root=asked.root), status=status)


def _open_archive(asked: Asked) -> None:
    from archive.opening import create_archive

    if not (asked.root / "muniment.toml").exists():
        # An origin is signed into every checkpoint: letters, digits, dots and dashes are safe everywhere.
        host = re.sub(r"[^A-Za-z0-9.-]+", "-", socket.gethostname()).strip("-.") or "station"
        create_archive(asked.root, origin=f"{host.lower()}/muniment", unit=_UNIT)
    asked.say(asked.words("run.archive", root=asked.root))


def _order(asked: Asked, wish: Wish) -> DockingOrder:
    from muniment.commands.dock import DockingOrder

    if wish.recorder is not None:
        return DockingOrder(source=wish.recorder, case=wish.case)
    from archive import settings
    from muniment.sample import DEVICE_SERIAL, make_sample_recorder

    asked.say(asked.words("run.sample", path=SAMPLE))
    if not SAMPLE.exists():
        asked.say(asked.words("run.making_sample"))
    make_sample_recorder(SAMPLE, now=datetime.now(settings.load(asked.root).zone))
    return DockingOrder(source=SAMPLE, recorder=DEVICE_SERIAL, case=wish.case or SAMPLE_CASE)


def _open_case(asked: Asked, number: str) -> None:
    """Open the case if there is none; a closed one stays closed, and the docking says so."""
    from muniment.commands.cases import NewCase, open_in
    from muniment.opening import writing

    with writing(asked) as archive:
        if archive.catalogue.case_by_number(number) is None:
            open_in(archive, asked.actor, NewCase(number=number))


def _listen(port: int | None) -> socket.socket:
    """A listening socket: at the port that was asked for or 8000, else, where it is taken, at a free one."""
    from api.serving import listen

    try:
        return listen("127.0.0.1", _PORT if port is None else port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
    return listen("127.0.0.1", 0)


def _serve(asked: Asked, wish: Wish, case: str | None) -> None:
    """Serve until interrupted."""
    from api.serving import serve
    from muniment.opening import writing

    listening = _listen(wish.port)
    if wish.port and listening.getsockname()[1] != wish.port:
        asked.note(asked.words("run.port_taken", port=wish.port))
    with writing(asked) as archive, contextlib.suppress(KeyboardInterrupt):
        user, password = _account(asked, archive)

        def ready(page: str) -> None:
            asked.say(f"\npage: {page}\nuser: {user}\npassword: {password}\n")
            asked.say(asked.words("run.serving", case=case or "…"))

        serve(archive, listening=listening, ready=ready)


def _account(asked: Asked, archive: Archive) -> tuple[str, str]:
    """A supervisor of the station's unit, with a new password."""
    from api.errors import UnknownAccountError
    from api.identity import registering
    from api.serving import open_accounts

    password = secrets.token_urlsafe(12)
    unit = archive.settings.unit
    with contextlib.closing(open_accounts(archive)) as accounts:
        for number in range(1, 1000):
            name = _USER if number == 1 else f"{_USER}-{number}"
            try:
                there = accounts.by_name(name)
            except UnknownAccountError:
                registering.add_account(
                    archive,
                    accounts,
                    actor=asked.actor,
                    name=name,
                    role="supervisor",
                    password=password,
                    unit=unit,
                )
                return name, password
            if there.role == "supervisor" and there.unit == unit and not there.disabled:
                registering.set_password(
                    archive, accounts, actor=asked.actor, name=name, password=password
                )
                return name, password
    raise NotFitError("every account name for the run is taken by another role")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
