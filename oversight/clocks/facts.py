"""The clocks of a case and of a clip, from what the catalogue says of them. No database.

What always holds: an end counts for the beginning that it follows in the ledger or in time, whichever says so first: a
clock that was set back between the two undoes nothing. What is not known (when a recording was made, of what act a
case is) begins no clock of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from archive.catalogue.clock_queries import ClipMoments, FileMoments
from archive.catalogue.file_queries import ExcuseRow
from archive.catalogue.publication_queries import PublicationRow
from archive.catalogue.times import UNKNOWN_START, known_us
from oversight.clocks.model import Clock
from oversight.clocks.reckoning import Reckoner
from oversight.rules.model import Fact

Excuses = Mapping[tuple[str, str], ExcuseRow]  # by subject and rule; the newest


def excuses_by_rule(rows: Iterable[ExcuseRow]) -> dict[tuple[str, str], ExcuseRow]:
    """The newest word for each subject and rule; the rows come oldest first."""
    return {(row.subject, row.rule): row for row in rows}


def clip_clock(row: ClipMoments, reckoner: Reckoner, excuses: Excuses) -> Clock | None:
    """From the end of a recording to the archive (R1); None: nobody knows when it was recorded."""
    if row.start_us == UNKNOWN_START:
        return None
    began = row.start_us + (row.duration_us or 0)
    reckoned = reckoner.due("recording_ended", "archived", None, began)
    if reckoned is None:
        return None
    rule = reckoned.rule.basis.id
    return Clock(
        subject=row.clip,
        about="clip",
        rule=rule,
        began=began,
        due=reckoned.due,
        nearing=reckoned.nearing,
        ended=known_us(row.archived_at),
        provisional=reckoned.provisional,
        excuse=excuses.get((row.clip, rule)),
        unit=row.unit_id,
        officers=() if row.officer_id is None else (row.officer_id,),
        case=row.case_id,
    )


def case_clocks(
    row: FileMoments,
    reckoner: Reckoner,
    excuses: Excuses,
    publications: Iterable[PublicationRow] = (),
) -> list[Clock]:
    """What is due of a case: its file (R2), its publication and its withdrawal (R13).

    Args:
        row: of the case.
        reckoner: for the rules.
        excuses: of the case, at least.
        publications: those about it; needed where its decision was revoked.
    """
    facts = [_filed(row), _published(row), _withdrawn(row, publications)]
    found: list[Clock] = []
    for fact in facts:
        if fact is None:
            continue
        clock = _clock(row, reckoner, excuses, fact)
        if clock is not None:
            found.append(clock)
    return found


_Fact = tuple[Fact, Fact, int, int | None]  # from, to, when it began, when it ended


def _filed(row: FileMoments) -> _Fact | None:
    # Whoever concludes a case and forgets to say that the action is over has said it; so has whoever closes it.
    began = row.concluded_us if row.action_ended_us is None else row.action_ended_us
    since = row.action_ended_index
    if began is None and row.act is not None and row.catalogued_index is None:
        began = known_us(row.closed_at)
    if row.reopened_index is not None and row.reopened_index > (since or -1):
        # The file is not formed any more, and what was due before is done: due anew.
        began, since = known_us(row.reopened_at), row.reopened_index
    if began is None:
        return None
    ended = known_us(row.catalogued_at)
    if ended is not None and not _follows(ended, began, row.catalogued_index, since):
        ended = None
    return "action_ended", "filed", began, ended


def _published(row: FileMoments) -> _Fact | None:
    if row.decided_us is None:
        return None
    ended = known_us(row.public_at)
    if _is_revoked(row):
        # What no longer stands is published no more; until then it was due.
        ended = min(e for e in (ended, row.revoked_us) if e is not None)
    return "decided", "published", row.decided_us, ended


def _withdrawn(row: FileMoments, publications: Iterable[PublicationRow]) -> _Fact | None:
    if row.revoked_us is None or row.revoked_index is None:
        return None
    public = [
        p
        for p in publications
        if p.kind == "decision"
        and p.published_index is not None
        and (p.published_index < row.revoked_index or _is_revoked(row))
    ]
    if not public:
        return None
    ends = [known_us(p.withdrawn_at or p.expired_at) for p in public]
    gone = [end for end in ends if end is not None]
    return "revoked", "withdrawn", row.revoked_us, max(gone) if len(gone) == len(ends) else None


def _is_revoked(row: FileMoments) -> bool:
    """Whether the newest decision no longer stands."""
    return row.revoked_index is not None and row.revoked_index > (row.decided_index or -1)


def _follows(ended: int, began: int, end_index: int | None, begin_index: int | None) -> bool:
    later = end_index is not None and begin_index is not None and end_index > begin_index
    return later or ended >= began


def _clock(row: FileMoments, reckoner: Reckoner, excuses: Excuses, fact: _Fact) -> Clock | None:
    begins, ends, began, ended = fact
    reckoned = reckoner.due(begins, ends, row.act, began, or_first=True)
    if reckoned is None:
        return None
    rule = reckoned.rule.basis.id
    return Clock(
        subject=row.case_id,
        about="case",
        rule=rule,
        began=began,
        due=reckoned.due,
        nearing=reckoned.nearing,
        ended=ended,
        provisional=reckoned.provisional,
        excuse=excuses.get((row.case_id, rule)),
        unit=row.unit_id,
        officers=tuple(json.loads(row.officers)),
        case=row.case_id,
    )
