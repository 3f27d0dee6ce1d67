"""The gate before a decision (R12): a major one needs an agreement of legal review that holds now.

What always holds: an agreement is to the exact documents and clips that were submitted, and to what was to be decided
then, by a reviewer who was qualified when it was given and is no officer of the case. A later round, a dispute, a
document or clip that came or went, another intention: each closes the gate again. A decision is never dated before the
agreement. A round whose answer was no agreement closes the gate, whatever the catalogue says now. It is major by the
catalogue of its day or by today's: no day that is typed leads past both. Where the agency has no catalogue, nothing is
major, and that is said (`has_list`). Once a decision stands, what it is about is not said anew (`need_undecided`).

Call `check` while the case register is held, in the same hold in which the stage is appended.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from archive.catalogue.legal_queries import ReviewRow
from archive.catalogue.rows import CaseRow
from archive.opening import Archive
from archive.tables import Words
from oversight.legal.errors import DecidedError, ReviewNeededError
from oversight.legal.major import LIST, Major, list_on, major
from oversight.legal.papers import Change, changed_since
from oversight.registers.certificates import certificate_at

Code = Literal[
    "not_reviewed",
    "under_review",
    "corrected",
    "transferred",
    "disputed",
    "changed",
    "unqualified",
    "own_officer",
    "before_review",
]
_SAID: Final[dict[Code, Words]] = {
    "not_reviewed": Words(zh="尚未送法制审核", en="it was not submitted to legal review"),
    "under_review": Words(zh="法制审核尚未作出意见", en="legal review has not answered yet"),
    "corrected": Words(
        zh="法制审核意见为纠正,须改正后重新送审",
        en="legal review asked for correction: correct it and submit it again",
    ),
    "transferred": Words(
        zh="法制审核意见为移送,不得作出决定", en="legal review asked to transfer the case"
    ),
    "disputed": Words(
        zh="对审核意见有异议,尚未决定", en="the opinion is disputed, and that is not settled yet"
    ),
    "changed": Words(
        zh="审核同意后材料或拟作出的决定有变动,须重新送审",
        en="the case, or what is to be decided, changed since it was submitted: submit it again",
    ),
    "unqualified": Words(
        zh="作出意见时审核人员无有效资格",
        en="the reviewer held no valid qualification when it was agreed to",
    ),
    "own_officer": Words(
        zh="审核人员系本案执法人员,意见无效", en="the reviewer is an officer of the case"
    ),
    "before_review": Words(
        zh="决定日期早于法制审核意见", en="the decision is dated before legal review agreed"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a decision may not be made."""

    code: Code
    major: Major | None  # by which row of the catalogue; None: by none now, but it was asked for
    version: int | None  # of the catalogue
    review: ReviewRow | None  # the last round
    change: Change | None  # since it was submitted

    @property
    def words(self) -> Words:
        """In both languages."""
        return _SAID[self.code]

    def __str__(self) -> str:
        """In English, with the row."""
        more = self.change.in_words() if self.change is not None else ""
        said = f"{self.words.en} ({more})" if more else self.words.en
        if self.major is None:
            return f"a review was asked for: {said}"
        row = self.major.row
        perhaps = ", ".join(self.major.unknown)
        unsaid = f"; the case file does not say: {perhaps}" if perhaps else ""
        return f"major decision, row {row.id} of the catalogue: {said}{unsaid}"


def may_decide(archive: Archive, case: CaseRow, *, at: datetime | None = None) -> Refusal | None:
    """Why a decision may not be made in a case; None: it may.

    Args:
        archive: its catalogue level with the ledger.
        case: as it is now.
        at: aware; the moment of the decision; None: now.

    Raises:
        ListFileError, ArchiveError, OSError: the catalogue of major decisions cannot be read.
    """
    moment = datetime.now(UTC) if at is None else at
    match, version = major_of(archive, case, moment) or (None, None)
    rounds = archive.catalogue.legal_reviews(case.id)
    last = rounds[-1] if rounds else None
    if match is None:
        # Once it was asked for, the answer counts: what is intended does not go below the catalogue to get past it.
        code = None if last is None else _unanswered(last)
    else:
        code = "not_reviewed" if last is None else _closed(archive, case, last, moment)
    if code is None:
        return None
    change = None if last is None else changed_since(archive, last)
    return Refusal(
        code=code,
        major=match,
        version=version,
        review=last,
        change=None if change is None or change.is_none else change,
    )


def check(archive: Archive, case: CaseRow, *, at: datetime | None = None) -> None:
    """Raise ReviewNeededError where `may_decide` has a reason; and as it raises."""
    refusal = may_decide(archive, case, at=at)
    if refusal is not None:
        raise ReviewNeededError(str(refusal))


def major_of(archive: Archive, case: CaseRow, moment: datetime) -> tuple[Major, int] | None:
    """By which row, of which version of the catalogue in force at a moment, a decision is major; None: it is not."""
    kinds = frozenset(subject.kind for subject in archive.catalogue.subjects_of(case.id))
    file, zone = archive.catalogue.case_file(case.id), archive.settings.zone
    for day in dict.fromkeys(m.astimezone(zone).date() for m in (moment, datetime.now(UTC))):
        listed = list_on(archive, day.isoformat())
        match = None if listed is None else major(listed.rows, file, kinds)
        if listed is not None and match is not None:
            return match, listed.version
    return None


def has_list(archive: Archive) -> bool:
    """Whether the agency has a catalogue of major decisions that is in force today."""
    day = datetime.now(archive.settings.zone).date().isoformat()
    return archive.catalogue.list_in_force(LIST, day) is not None


def need_undecided(archive: Archive, case: CaseRow) -> None:
    """Raise DecidedError where a decision stands; as `check`, in the hold in which something is said of the case."""
    decisions = [s.index for s in archive.catalogue.stages(case.id) if s.stage == "decision"]
    file = archive.catalogue.case_file(case.id)
    revoked = None if file is None else file.revoked_index
    if decisions and (revoked is None or revoked < decisions[-1]):
        raise DecidedError("the case is decided: revoke the decision first")


def _closed(archive: Archive, case: CaseRow, last: ReviewRow, moment: datetime) -> Code | None:
    """What of the last round keeps the gate closed."""
    return _unanswered(last) or _invalid(archive, case, last, moment)


def _unanswered(last: ReviewRow) -> Code | None:
    """What of the last round is no agreement."""
    if last.state in {"requested", "taken"}:
        return "under_review"
    if last.state == "disputed":
        return "disputed"
    if last.result != "agree":
        return "transferred" if last.result == "transfer" else "corrected"
    return None


def _invalid(archive: Archive, case: CaseRow, last: ReviewRow, moment: datetime) -> Code | None:
    """Why an agreement does not count."""
    answered = datetime.fromisoformat(last.answered_at or last.requested_at)
    if last.reviewer is None or last.reviewer in case.officers:
        return "own_officer"
    if certificate_at(archive, last.reviewer, answered, "reviewer") is None:
        return "unqualified"
    if not changed_since(archive, last).is_none:
        return "changed"
    agreed = answered if last.settled_at is None else datetime.fromisoformat(last.settled_at)
    return "before_review" if moment < agreed else None
