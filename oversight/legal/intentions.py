"""What is to be decided, said before it is: by it the catalogue of major decisions is matched."""

from __future__ import annotations

import re
from typing import Final

from archive.cases import deciding, need_open_case
from archive.catalogue.rows import CaseRow
from archive.events import Event
from archive.opening import Archive
from oversight.legal.answers import line
from oversight.legal.errors import IntentionError
from oversight.legal.gate import need_undecided

_MOST: Final = 10**15  # 分
_MEASURE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # as the list's codes


def intend(
    archive: Archive,
    number: str,
    *,
    actor: str,
    measure: str | None,
    amount: int | None,
    reason: str | None = None,
) -> CaseRow:
    """Say what is to be decided in a case; the newest word counts, whole. The same again is no entry.

    Args:
        archive: opened to write.
        number: of the case.
        actor: who says so.
        measure: a code of the catalogue of major decisions; None: none of them.
        amount: of money, in 分; None: none.
        reason: why, in words.

    Raises:
        IntentionError: no such amount or measure.
        DecidedError: a decision of the case stands.
        UnknownCaseError, CaseNotOpenError, ReviewAnswerError: nothing was recorded.
    """
    if measure is not None and not _MEASURE.fullmatch(measure):
        raise IntentionError("a measure is a code of the catalogue: letters, digits, '.', '_', '-'")
    if amount is not None and not 0 <= amount <= _MOST:
        raise IntentionError("an amount is not negative, and less than ten trillion yuan")
    why = line(reason) if reason is not None and reason.strip() else None
    with deciding(archive):
        case = need_open_case(archive.catalogue, number)
        file = archive.catalogue.case_file(case.id)
        said = file is not None and file.intended_index is not None
        if said and file is not None and (file.measure, file.amount) == (measure, amount):
            return case  # said before: what was reviewed for it stays reviewed
        need_undecided(archive, case)
        event = Event(
            type="case.decision_intended",
            subject=case.id,
            actor=actor,
            data={"measure": measure, "amount": amount},
            text={"reason": why} if why else None,
        )
        archive.record([event])
        archive.catalogue.catch_up()
    return case
