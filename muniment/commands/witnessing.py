"""`witness serve|vkey|ask`: be an independent witness, or ask those that the settings name."""

from __future__ import annotations

import contextlib
import errno
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from archive.errors import MalformedNoteError
from archive.ledger.witness.folder import WatchedLogs, open_keys, read_log
from muniment.answer import Answer, Asked
from muniment.columns import table
from muniment.errors import PortTakenError, WrongUsageError
from muniment.moments import moment_text, zone_of
from muniment.reasons import why

if TYPE_CHECKING:
    from archive.ledger.witness.cosignature import Cosigner
    from archive.ledger.witness.submitting import Submitted

_PARTLY: Final = 3
_DAMAGE: Final = 1


def serve(
    asked: Asked, *, folder: Path, name: str | None, logs: Sequence[str], host: str, port: int
) -> Answer:
    """Be a witness until interrupted.

    Raises:
        WrongUsageError: no ledger is named, or what is named is no key.
        PortTakenError: somebody else listens there.
        WitnessFolderError, ArchiveBusyError, OSError: the folder.
    """
    from api.serving import address_of, listen
    from api.witness import serve_witness
    from archive.ledger.witness.service import Witness

    cosigners = _keys(asked, folder, name)
    try:
        given, more = list(map(read_log, logs)), WatchedLogs(folder, told=asked.note)
    except MalformedNoteError as error:
        raise WrongUsageError(str(error)) from error
    watched = [*given, *more()]
    if not watched:
        raise WrongUsageError(asked.words("witness.no_logs", path=folder / "logs.vkeys"))
    with contextlib.closing(Witness(folder, cosigners=cosigners, logs=given, more=more)) as witness:
        try:
            listening = listen(host, port)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTakenError(f"{host}:{port}: {error.strerror}") from error
            raise
        address = address_of(listening)

        def ready(page: str) -> None:
            asked.say(
                asked.words(
                    "witness.serving",
                    name=cosigners[0].verifier.name,
                    address=page,
                    count=len({log.name for log in watched}),
                )
            )
            asked.say(asked.words("witness.vkeys"))
            for vkey in _vkeys(cosigners):
                asked.say(vkey)
            asked.note(asked.words("serve.stop"))

        with contextlib.suppress(KeyboardInterrupt):
            serve_witness(witness, listening=listening, ready=ready)
    return Answer(document={"address": address, "vkeys": _vkeys(cosigners), "stopped": True})


def vkey(asked: Asked, *, folder: Path, name: str | None) -> Answer:
    """The witness's verifier keys, one a line; made where there are none yet. Raises as `serve`."""
    vkeys = _vkeys(_keys(asked, folder, name))
    return Answer(document={"vkeys": vkeys}, raw="".join(f"{v}\n" for v in vkeys).encode())


def ask(asked: Asked) -> Answer:
    """Send the newest checkpoint to the witnesses. Publishes first where something is committed and not shown yet.

    Raises:
        ArchiveError, OSError: as `submit` and `open_archive`.
    """
    from archive.ledger.witness.submitting import submit
    from archive.opening import open_archive

    with open_archive(asked.root, write=True) as archive:
        archive.ledger.publish()
        found = submit(archive)
    if not found.answers:
        return Answer(document=_document(found), text=asked.words("witness.none"))
    status = _DAMAGE if found.alarming else 0 if found.reached else _PARTLY
    return Answer(document=_document(found), text=_text(asked, found), status=status)


def _keys(asked: Asked, folder: Path, name: str | None) -> list[Cosigner]:
    try:
        cosigners = open_keys(folder, name=name or f"{socket.gethostname()}/witness")
    except MalformedNoteError as error:
        raise WrongUsageError(str(error)) from error
    there = cosigners[0].verifier.name
    if name is not None and name != there:
        raise WrongUsageError(asked.words("witness.other_name", name=there))
    return cosigners


def _vkeys(cosigners: Sequence[Cosigner]) -> list[str]:
    return [cosigner.verifier.vkey() for cosigner in cosigners]


def _document(found: Submitted) -> dict[str, Any]:
    return {
        "reached": found.reached,
        "quorum": found.quorum,
        "size": found.size,
        "checkpoint": found.note.decode(),
        "witnesses": [
            {
                "witness": answer.witness,
                "ok": answer.ok,
                "code": answer.code,
                "reason": answer.reason,
                "time": None if answer.time is None else _utc(answer.time),
            }
            for answer in found.answers
        ],
    }


def _text(asked: Asked, found: Submitted) -> str:
    zone = zone_of(asked.root)
    rows = [
        (
            answer.witness,
            asked.words(f"witness.code.{answer.code}"),
            "" if answer.time is None else moment_text(_utc(answer.time), zone),
            why(asked.language, "witness", answer.code, answer.reason),
        )
        for answer in found.answers
    ]
    head = asked.words("witness.head").split("|")
    said = asked.words(
        "witness.reached" if found.reached else "witness.not_reached",
        count=sum(answer.ok for answer in found.answers),
        quorum=found.quorum,
        size=found.size,
    )
    return "\n".join([*table(head, rows, cells=asked.cells), "", said])


def _utc(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
