"""`case file|stage|end|reopen|form|time|catalogue`, and closing with a signature. What is refused is elsewhere."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from api.oversight.file import documents
from archive import cases
from archive.casefiles import closing, filing, listing, revoking, subjects, times, volume
from archive.casefiles.filing import Filing
from archive.casefiles.forms import filling
from archive.casefiles.forms.model import form_of
from archive.casefiles.order import STAGES, Stage
from archive.casefiles.revoking import HOWS
from archive.casefiles.signing import Signer
from archive.casefiles.stages import Entering
from archive.catalogue.rows import CaseRow
from archive.catalogue.times import lower_bound
from archive.opening import Archive
from muniment.answer import Answer, Asked
from muniment.columns import printable
from muniment.errors import UnknownNameError, WrongUsageError
from muniment.opening import reading, writing
from muniment.receipt import local_text
from oversight.files import acting

PASSPHRASE: Final = "MUNIMENT_SIGNING_PASSPHRASE"  # noqa: S105 - its name
_MOST_SIGNATURE: Final = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedStage:
    """A stage as it was typed."""

    stage: str
    at: str
    document: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """How a case is closed with a signature: by a key at hand, or one that was made elsewhere."""

    key: Path | None = None
    certificate: Path | None = None
    signature: Path | None = None
    file_number: str | None = None
    reason: str | None = None


def file_case(
    asked: Asked,
    number: str,
    *,
    act: str | None,
    matter: str | None,
    about: Sequence[str],
    badges: Sequence[str],
) -> Answer:
    """Say which act a case is; without one, show its file. Raises as `acting.file_as`, UnknownNameError."""
    if act is None:
        if matter is not None or about or badges:
            raise WrongUsageError("a matter, subject or officer is said together with --act")
        with reading(asked) as archive:
            return _shown(asked, archive, cases.need_case(archive.catalogue, number))
    with writing(asked) as archive:
        officers = [_officer(archive, badge) for badge in badges] or None
        said = Filing(
            act=act,
            matter=matter,
            subjects=[subjects.find(archive, one).id for one in about],
            officers=officers,
        )
        case = acting.file_as(archive, number, said, actor=asked.actor)
        return _again(asked, archive, case)


def enter_stage(asked: Asked, number: str, typed: TypedStage) -> Answer:
    """Enter a stage. Raises WrongUsageError, TimeTextError, and as `acting.enter`."""
    stage = _stage(typed.stage)
    with writing(asked) as archive:
        entering = Entering(
            stage=stage,
            at=lower_bound(typed.at, archive.settings.zone),
            document=typed.document,
            reason=typed.reason,
        )
        # The machine's user is no officer: one of the case's own has to be one who may act.
        case = acting.enter(archive, number, entering, actor=asked.actor, by_officers=True)
        return _again(asked, archive, case)


def end_action(asked: Asked, number: str, at: str) -> Answer:
    """Say when the action ended. Raises TimeTextError, and as `filing.end_action`."""
    with writing(asked) as archive:
        moment = lower_bound(at, archive.settings.zone)
        case = filing.end_action(archive, number, moment, actor=asked.actor)
        return _again(asked, archive, case)


def reopen(asked: Asked, number: str, reason: str) -> Answer:
    """Open a closed case again. Raises as `filing.reopen`."""
    with writing(asked) as archive:
        return _again(asked, archive, filing.reopen(archive, number, reason, actor=asked.actor))


def revoke(asked: Asked, number: str, how: str, at: str, reason: str) -> Answer:
    """Say that the decision does not stand. Raises WrongUsageError, TimeTextError, and as `revoking.revoke`."""
    found = next((one for one in HOWS if one == how), None)
    if found is None:
        raise WrongUsageError(f"--how is one of {', '.join(HOWS)}")
    with writing(asked) as archive:
        moment = lower_bound(at, archive.settings.zone)
        case = revoking.revoke(archive, number, found, moment, reason, actor=asked.actor)
        return _again(asked, archive, case)


def fill_form(asked: Asked, number: str, name: str, typed: Sequence[str]) -> Answer:
    """Fill in a form and keep it. Raises WrongUsageError, and as `filling.make`."""
    given = [one.partition("=") for one in typed]
    if any(not mark or not key for key, mark, _ in given):
        raise WrongUsageError("--set is FIELD=VALUE")
    with writing(asked) as archive:
        form = form_of(archive.root, name)
        values = {key: value for key, _, value in given}
        made = filling.make(archive, number, form, values, actor=asked.actor)
    title = form.title.of(asked.language)
    return Answer(
        document={"document": made.document, "form": form.id, "pages": made.pages},
        text=asked.words("casefile.made", title=title, document=made.document, pages=made.pages),
    )


def time_document(
    asked: Asked, document: str, part: str, *, begin: str | None, end: str | None, place: str | None
) -> Answer:
    """Record what a paper says of its times. Raises TimeTextError, and as `times.time`."""
    with writing(asked) as archive:
        zone = archive.settings.zone
        said = times.Said(
            part=part,
            from_=None if begin is None else lower_bound(begin, zone),
            to=None if end is None else lower_bound(end, zone),
            place=place,
        )
        times.time(archive, document, said, actor=asked.actor)
    return Answer(
        document={"document": document, "part": part},
        text=asked.words("casefile.timed", document=document),
    )


def catalogue(asked: Asked, number: str, *, pdf: bool, p7s: bool) -> Answer:
    """The volume catalogue as it is or was signed: JSON, PDF, or its signature.

    Raises:
        WrongUsageError: both are asked for, or there is no signature.
        ArchiveError: as `volume.build`; NoFontError.
    """
    if pdf and p7s:
        raise WrongUsageError("--pdf or --p7s, not both")
    with reading(asked) as archive:
        case = cases.need_case(archive.catalogue, number)
        file = archive.catalogue.case_file(case.id)
        kept = None if case.is_open or file is None else file.catalogue
        if p7s:
            if kept is None or file is None or file.signature is None:
                raise WrongUsageError(f"case {case.number} is not closed with a signature")
            data = archive.store.read(file.signature)
        else:
            data = volume.build(archive, case) if kept is None else archive.store.read(kept)
        if pdf:
            signer = None if kept is None or file is None else file.signer
            data = listing.render(
                data, zone=archive.settings.zone, made_at=datetime.now(UTC), signer=signer
            )
    document = {"case": case.number, "signed": kept is not None, "size": len(data)}
    return Answer(document=document, raw=data)


def close_signed(asked: Asked, number: str, signing: Signing) -> Answer:
    """Close a case with its catalogue, signed. Raises WrongUsageError, and as `closing.close`, `Signer`."""
    if (signing.key is None) == (signing.signature is None):
        raise WrongUsageError("sign with --sign-with KEY, or bring a --signature, not both")
    if signing.key is not None:
        secret = os.environ.get(PASSPHRASE)
        signer = Signer(
            signing.key, signing.certificate, None if secret is None else os.fsencode(secret)
        )
        how = closing.Closing(sign=signer.sign)
    else:
        brought = _read(signing.signature)
        how = closing.Closing(sign=lambda _: brought)
    how = replace(how, number=signing.file_number, reason=signing.reason)
    with writing(asked) as archive:
        closed = closing.close(archive, number, how, actor=asked.actor)
        answer = _again(asked, archive, closed.case)
    text = asked.words(
        "casefile.closed", number=printable(number), name=printable(closed.signature.name)
    )
    return Answer(document=answer.document, text=f"{text}\n{answer.text}")


def _read(path: Path | None) -> bytes:
    if path is None:
        raise WrongUsageError("no signature")
    try:
        with path.open("rb") as file:
            return file.read(_MOST_SIGNATURE + 1)
    except OSError as e:
        raise WrongUsageError(f"{path.name} cannot be read: {e.strerror}") from e


def _officer(archive: Archive, badge: str) -> str:
    row = archive.catalogue.officer_by_badge(badge)
    if row is None:
        raise UnknownNameError(f"there is no officer {badge.strip()}")
    return row.id


def _stage(typed: str) -> Stage:
    for stage in STAGES:
        if typed == stage:
            return stage
    raise WrongUsageError(f"a stage is one of {', '.join(STAGES)}")


def _again(asked: Asked, archive: Archive, case: CaseRow) -> Answer:
    archive.catalogue.catch_up()
    now = archive.catalogue.case(case.id)
    return _shown(asked, archive, now or case)


def _shown(asked: Asked, archive: Archive, case: CaseRow) -> Answer:
    document = documents.file(archive, case)
    zone = archive.settings.zone
    act = asked.words(f"act.{document['act']}") if document["act"] else "-"
    state = asked.words(f"case.state.{'open' if case.is_open else 'closed'}")
    lines = [f"{printable(case.number or case.id)} ({state})  {act}"]
    lines += [f"  {printable(s['name'] or s['subject'])}" for s in document["subjects"]]
    for entered in document["stages"]:
        name = asked.words(f"stage.{entered['stage']}")
        reason = f"  {printable(entered['reason'])}" if entered["reason"] else ""
        lines.append(f"  {local_text(entered['at'], zone)}  {name}{reason}")
    if document["action_ended"]:
        ended = local_text(document["action_ended"], zone)
        lines.append(asked.words("casefile.ended", at=ended))
    return Answer(document=document, text="\n".join(lines))
