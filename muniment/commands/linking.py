"""`dispatch import|list`, `link propose|list|confirm|decline|rules`. What is refused is oversight/linking's."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from archive.cases import need_case
from archive.catalogue.link_queries import ProposalRow
from archive.opening import Archive
from muniment.answer import Answer, Asked
from muniment.columns import printable, table
from muniment.errors import WrongUsageError
from muniment.opening import reading, writing
from muniment.receipt import local_text
from oversight.linking.book import link_book
from oversight.linking.deciding import confirm, decline
from oversight.linking.importing import Imported, Sent, bring_in
from oversight.linking.kept import Kept
from oversight.linking.model import IMPORT_KINDS, ImportKind
from oversight.linking.proposing import Pair, propose_new
from oversight.linking.source import MOST

_PARTLY: Final = 3
_SHOWN: Final = 20
_MOST: Final = 200


def import_file(
    asked: Asked, file: Path, *, kind: str, encoding: str | None, skip_bad: bool
) -> Answer:
    """Bring a file in. Raises WrongUsageError, and as `bring_in`."""
    sent = Sent(
        data=_bytes(file),
        kind=_kind(kind),
        name=file.name,
        encoding=None if encoding is None else encoding.lower(),
        skip_bad=skip_bad,
    )
    with writing(asked) as archive:
        done = bring_in(archive, sent, actor=asked.actor)
    return Answer(
        document=imported(done),
        text="\n".join(_told(asked, done)),
        status=_PARTLY if done.brought.mistakes else 0,
    )


def imported(done: Imported) -> dict[str, Any]:
    """What was brought in, as scripts read it."""
    brought = done.brought
    return {
        "index": done.index,
        "kind": brought.kind,
        "form": brought.form,
        "encoding": brought.encoding,
        "rows": len(brought.records),
        "sha256": done.sha256,
        "size": done.size,
        "mistakes": [{"line": line, "reason": said} for line, said in brought.mistakes],
    }


def _told(asked: Asked, done: Imported) -> list[str]:
    brought = done.brought
    if done.index is None:
        return [asked.words("dispatch.same")]
    lines = [
        asked.words(
            "dispatch.imported",
            rows=len(brought.records),
            form=brought.form.upper(),
            encoding=brought.encoding,
        )
    ]
    if brought.mistakes:
        lines.append(asked.words("dispatch.skipped", count=len(brought.mistakes)))
        lines += [
            asked.words("dispatch.mistake", line=line, said=printable(said))
            for line, said in brought.mistakes[:_SHOWN]
        ]
    return lines


def list_imports(asked: Asked) -> Answer:
    """What was brought in."""
    with reading(asked) as archive:
        rows, zone = archive.catalogue.imports(), archive.settings.zone
    document = {
        "imports": [
            {
                "index": row.index,
                "kind": row.kind,
                "rows": row.rows,
                "sha256": row.sha256,
                "size": row.size,
                "by": row.actor,
                "at": row.imported_at,
            }
            for row in rows
        ]
    }
    cells = [
        [local_text(r.imported_at, zone), r.kind or "-", str(r.rows), r.sha256[:16]] for r in rows
    ]
    text = table(asked.words("dispatch.head").split("|"), cells, flush_right=(2,)) if rows else []
    return Answer(document=document, text="\n".join(text) or asked.words("dispatch.none"))


def propose(asked: Asked, *, everything: bool) -> Answer:
    """Propose. Raises as `propose_new`."""
    with writing(asked) as archive:
        done = propose_new(
            archive, Kept(archive.root), actor=archive.settings.station, everything=everything
        )
        archive.ledger.publish()
    document = {
        "looked": done.looked,
        "proposed": [pair(each) for each in done.proposed],
        "linked": [pair(each) for each in done.linked],
    }
    text = asked.words(
        "link.proposed",
        looked=done.looked,
        proposed=len(done.proposed),
        linked=len(done.linked),
    )
    return Answer(document=document, text=text)


def pair(found: Pair) -> dict[str, Any]:
    """A proposal as scripts read it."""
    return {
        "clip": found.clip,
        "case": found.number,
        "rule": found.score.rule.id,
        "score": found.score.score,
        "terms": list(found.score.terms),
        "reason": found.score.reason,
    }


def list_proposals(asked: Asked, number: str | None, *, conflicts: bool) -> Answer:
    """Proposals that wait, or those that something stands against. Raises UnknownCaseError."""
    with reading(asked) as archive:
        case = None if number is None else need_case(archive.catalogue, number).id
        why: dict[tuple[str, str], str] = {}
        rows = archive.catalogue.proposals("open", case_id=case, limit=_MOST)
        if conflicts:
            against = archive.catalogue.conflicts(limit=_MOST)
            why = {(c.clip, c.case_id): c.why for c in against}
            both = (archive.catalogue.proposal(c.clip, c.case_id) for c in against)
            rows = [row for row in both if row is not None and case in {None, row.case_id}]
        found = [_row(archive, row, why.get((row.clip, row.case_id))) for row in rows]
        count = archive.catalogue.count_proposals()
    cells = [
        [
            r["clip"],
            printable(r["case"] or "-"),
            str(r["score"]),
            r["rule"] or "-",
            printable(r["reason"] or "-"),
        ]
        for r in found
    ]
    head = asked.words("link.head").split("|")
    text = table(head, cells, flush_right=(2,), cells=asked.cells) if found else []
    return Answer(
        document={"waiting": count, "proposals": found},
        text="\n".join(text) or asked.words("link.none"),
    )


def _row(archive: Archive, row: ProposalRow, why: str | None) -> dict[str, Any]:
    case = archive.catalogue.case(row.case_id)
    return {
        "clip": row.clip,
        "case": None if case is None else case.number,
        "rule": row.rule,
        "score": row.score,
        "terms": list(row.terms),
        "reason": row.reason,
        "proposed_at": row.proposed_at,
        "conflict": why,
    }


def confirm_link(asked: Asked, clip: str, number: str, reason: str | None) -> Answer:
    """Link as it was proposed. Raises as `confirm`."""
    with writing(asked) as archive:
        case = need_case(archive.catalogue, number)
        confirm(archive, clip=clip, case_id=case.id, actor=asked.actor, reason=reason)
        archive.ledger.publish()
    return _said(asked, "link.confirmed", clip, case.number or number)


def decline_link(asked: Asked, clip: str, number: str, reason: str) -> Answer:
    """Say no. Raises as `decline`."""
    with writing(asked) as archive:
        case = need_case(archive.catalogue, number)
        decline(archive, clip=clip, case_id=case.id, actor=asked.actor, reason=reason)
        archive.ledger.publish()
    return _said(asked, "link.declined", clip, case.number or number)


def show_rules(asked: Asked) -> Answer:
    """The rules that propose. Raises LinkRulesError."""
    with reading(asked) as archive:
        book = link_book(archive.root)
    lines = [
        book.title.of(asked.language),
        *(
            asked.words(
                "link.rule",
                id=rule.id,
                name=rule.name.of(asked.language),
                least=rule.least,
                needs=", ".join(sorted(rule.needs)),
            )
            for rule in book.rules
        ),
        asked.words("link.automatic", score=book.automatic)
        if book.automatic
        else asked.words("link.asked"),
    ]
    document = {
        "title": {"zh": book.title.zh, "en": book.title.en},
        "margin_minutes": book.margin_us // 60_000_000,
        "radius_m": book.radius_m,
        "automatic": book.automatic,
        "rules": [
            {
                "id": rule.id,
                "name": {"zh": rule.name.zh, "en": rule.name.en},
                "needs": sorted(rule.needs),
                "least": rule.least,
                "weights": dict(rule.weights),
            }
            for rule in book.rules
        ],
    }
    return Answer(document=document, text="\n".join(lines))


def _said(asked: Asked, key: str, clip: str, number: str) -> Answer:
    return Answer(
        document={"clip": clip, "case": number},
        text=asked.words(key, clip=printable(clip), number=printable(number)),
    )


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MOST + 1)
    except OSError as e:
        raise WrongUsageError(f"{printable(str(file))} cannot be read: {e.strerror}") from e


def _kind(text: str) -> ImportKind:
    found = next((kind for kind in IMPORT_KINDS if kind == text), None)
    if found is None:
        raise WrongUsageError(f"--kind is one of {', '.join(IMPORT_KINDS)}")
    return found
