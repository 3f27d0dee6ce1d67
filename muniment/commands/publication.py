"""`publication …`: what the public is told. What is refused is oversight/publication's."""

from __future__ import annotations

import contextlib
import errno
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.oversight.publication import documents
from archive.catalogue.publication_queries import PublicationRow
from archive.opening import Archive
from muniment.answer import Answer, Asked
from muniment.columns import printable, table
from muniment.errors import PortTakenError, WrongUsageError
from muniment.opening import reading, writing
from muniment.receipt import local_text
from oversight.publication import site, steps
from oversight.publication.looking import findings, need, record_of
from oversight.publication.public_db import FOLDER, looking, meta
from oversight.publication.record import Mark, Wording
from oversight.publication.steps import WHYS, Checking

STATES: Final = (
    "proposed",
    "checked",
    "approved",
    "declined",
    "published",
    "withdrawn",
    "expired",
)
_CUT: Final = re.compile(r"([a-z]+):([0-9]{1,6})-([0-9]{1,6})")
_MOST: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedCheck:
    """What was typed of a check."""

    cuts: Sequence[str] = ()
    cut_found: bool = False  # whatever the scan finds goes
    trade: bool = False
    state: bool = False
    reason: str | None = None


def propose(asked: Asked, number: str, wording: Wording) -> Answer:
    """Propose a decision. Raises as `steps.propose`."""
    with writing(asked) as archive:
        row = steps.propose(archive, number, wording, actor=asked.actor)
        return _told(asked, archive, row)


def check(asked: Asked, publication: str, typed: TypedCheck) -> Answer:
    """Say that it was read; take passages out. Raises as `steps.check`, WrongUsageError."""
    marks = [_mark(cut) for cut in typed.cuts]
    with writing(asked) as archive:
        if typed.cut_found:
            row = need(archive, publication)
            if row.kind == "decision":
                marks += [
                    Mark(field=f.field, begin=f.passage.begin, end=f.passage.end)
                    for f in findings(archive, row, record_of(archive, row))
                ]
        said = Checking(marks=marks, trade=typed.trade, state=typed.state, reason=typed.reason)
        return _told(asked, archive, steps.check(archive, publication, said, actor=asked.actor))


def approve(asked: Asked, publication: str, reason: str | None) -> Answer:
    """Publish what was checked. Raises as `steps.approve`, `site.write`."""
    with writing(asked) as archive:
        row = steps.approve(archive, publication, actor=asked.actor, reason=reason)
        site.write(archive)
        return _told(asked, archive, row)


def decline(asked: Asked, publication: str, reason: str) -> Answer:
    """Do not publish it. Raises as `steps.decline`."""
    with writing(asked) as archive:
        row = steps.decline(archive, publication, actor=asked.actor, reason=reason)
        return _told(asked, archive, row)


def withdraw(asked: Asked, publication: str, why: str, reason: str) -> Answer:
    """Take it back. Raises as `steps.withdraw`, `site.write`, WrongUsageError."""
    for known in WHYS:
        if why == known:
            with writing(asked) as archive:
                row = steps.withdraw(
                    archive, publication, actor=asked.actor, why=known, reason=reason
                )
                site.write(archive)
                return _told(asked, archive, row)
    raise WrongUsageError(f"--why is one of {', '.join(WHYS)}")


def show(asked: Asked, publication: str) -> Answer:
    """What is, or would be, told, and what the scan finds in it. Raises UnknownPublicationError."""
    with reading(asked) as archive:
        row = need(archive, publication)
        document = documents.whole(archive, row)
        lines = [_line(asked, archive, row)]
        record = document["record"] or {}
        lines += [
            f"{name}: {printable(str(record[name]))}"
            for name in ("case", "agency", "act", "title", "facts", "basis", "conclusion")
            if record.get(name)
        ]
        lines += [
            asked.words(
                "publication.found",
                kind=asked.words(f"publication.kind.{one['kind']}"),
                place=f"{one['field']}:{one['from']}-{one['to']}",
                words=printable(one["words"]),
            )
            for one in document["found"]
        ]
    return Answer(document=document, text="\n".join(lines))


def listed(asked: Asked, states: Sequence[str]) -> Answer:
    """Publications in these states, else all, oldest first. Raises WrongUsageError."""
    if unknown := [state for state in states if state not in STATES]:
        raise WrongUsageError(f"there is no state {unknown[0]}; there are {', '.join(STATES)}")
    with reading(asked) as archive:
        rows = archive.catalogue.publications(*(states or STATES), limit=_MOST)
        document = {"publications": [documents.publication(archive, row) for row in rows]}
        text = "\n".join(_table(asked, archive, rows)) or asked.words("publication.none")
    return Answer(document=document, text=text)


def write(asked: Asked) -> Answer:
    """End what expired, bring what is public to the ledger's end. Raises as `keeping.keep`."""
    from oversight.disposal.deciding import utc_now

    with writing(asked) as archive:
        day = utc_now().astimezone(archive.settings.zone).date()
        expired = steps.expire(archive, day, actor=archive.settings.station)
        items = site.write(archive)
    text = asked.words("publication.written", items=items, expired=expired)
    return Answer(document={"items": items, "expired": expired}, text=text)


def push(asked: Asked, to: str | None) -> Answer:
    """Push the feed to the upper platform. Raises as `push.push`, WrongUsageError: nobody said where."""
    from oversight.publication.push import push as send

    with writing(asked) as archive:
        platform = to or archive.settings.public.platform
        if platform is None:
            raise WrongUsageError("no platform is named: --to, or public.platform in muniment.toml")
        site.write(archive)
        found = send(archive, platform)
    text = asked.words("publication.pushed", number=found.acknowledged, length=found.length)
    return Answer(document=documents.standing(found), text=text)


def code(asked: Asked, number: str) -> Answer:
    """The code that leads to a certificate's page, as SVG. Raises WrongUsageError: nobody said where the site is."""
    from api.public.pages import code_of

    with reading(asked) as archive:
        url = archive.settings.public.url
    if url is None:
        raise WrongUsageError("public.url in muniment.toml has to say where the public site is")
    data = code_of(url, number.strip())
    return Answer(document={"svg": data.decode()}, raw=data)


def serve(asked: Asked, *, host: str, port: int, folder: Path | None) -> Answer:
    """Serve the public site until interrupted.

    Raises:
        PortTakenError: somebody else listens there.
        PublicFolderError, OSError: there is nothing to serve, or it cannot be.
    """
    from api.public.serving import serve_public
    from api.serving import address_of, listen

    where = folder or asked.root / FOLDER
    with looking(where) as db:
        meta(db, "origin")
    try:
        listening = listen(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(f"{host}:{port}: {error.strerror}") from error
        raise
    address = address_of(listening)

    def ready(page: str) -> None:
        asked.say(asked.words("serve.page", address=page))
        asked.note(asked.words("serve.stop"))

    with contextlib.suppress(KeyboardInterrupt):
        serve_public(where, listening, ready=ready)
    return Answer(document={"page": address, "stopped": True})


def _told(asked: Asked, archive: Archive, row: PublicationRow) -> Answer:
    return Answer(document=documents.publication(archive, row), text=_line(asked, archive, row))


def _line(asked: Asked, archive: Archive, row: PublicationRow) -> str:
    about = None if row.about is None else archive.catalogue.case(row.about)
    return asked.words(
        "publication.line",
        id=row.id,
        state=asked.words(f"publication.state.{row.state}"),
        about=printable((about and about.number) or row.title or ""),
    )


def _table(asked: Asked, archive: Archive, rows: Sequence[PublicationRow]) -> list[str]:
    if not rows:
        return []
    cells = []
    for row in rows:
        about = None if row.about is None else archive.catalogue.case(row.about)
        cells.append(
            [
                row.id,
                asked.words(f"publication.state.{row.state}"),
                printable((about and about.number) or "-"),
                printable(row.title or "-"),
                local_text(row.proposed_at, archive.settings.zone),
            ]
        )
    return table(asked.words("publication.head").split("|"), cells)


def _mark(cut: str) -> Mark:
    found = _CUT.fullmatch(cut)
    if found is None:
        raise WrongUsageError(f"{cut} is no passage; write it like facts:12-30")
    return Mark(field=found[1], begin=int(found[2]), end=int(found[3]))
