"""Why something is late: a person's word, where a rule in force allows that it may be late for such a reason.

What always holds: what the word is about, and by which rule, is looked at in the moment in which it is said; it is an
entry, and the clock it excuses stays as it was counted. Who may say it is not decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from archive.cases import deciding
from archive.events import Event
from archive.tables import Words
from oversight.clocks.errors import ExcuseTextError, NotExcusableError
from oversight.clocks.model import Clock
from oversight.clocks.reckoning import Reckoner
from oversight.clocks.standing import clock_of_clip, clocks_of_case, reckoner_of
from oversight.rules.model import Deadline

if TYPE_CHECKING:
    from archive.opening import Archive

MOST: Final = 2_000  # characters of a reason


def excuse(
    archive: Archive, *, subject: str, rule: str, kind: int, reason: str, actor: str
) -> Clock:
    """Say why something is late, or will be.

    Args:
        archive: open to write.
        subject: id of a clip or a case.
        rule: id of the deadline.
        kind: which of the rule's excuses it is, from 0.
        reason: in words.
        actor: who says so.

    Returns:
        The clock, as it was before.

    Raises:
        NotExcusableError: nothing of it is due by this rule, it was in time, or the rule knows no such excuse.
        ExcuseTextError: no reason, or too long a one. Nothing was done.
        ArchiveError, OSError: as the ledger.
    """
    said = reason.strip()
    if not said or len(said) > MOST or "\0" in said:
        raise ExcuseTextError(f"say why, in at most {MOST} characters")
    reckoner = reckoner_of(archive)
    with deciding(archive):
        clock = _clock(archive, reckoner, subject, rule)
        if clock.ended is not None and clock.ended < clock.due:
            raise NotExcusableError("it was in time")
        allowed = excuses_of(reckoner, clock)
        if not 0 <= kind < len(allowed):
            listed = "; ".join(f"{n} {words.en}" for n, words in enumerate(allowed)) or "none"
            raise NotExcusableError(f"the rule {rule} knows {len(allowed)} reasons: {listed}")
        event = Event(
            type="deadline.excused",
            subject=subject,
            actor=actor,
            data={"rule": rule, "excuse": kind},
            text={"reason": said},
        )
        archive.record([event])
        archive.catalogue.catch_up()
    return clock


def rule_of(reckoner: Reckoner, rule: str, began: int) -> Deadline | None:
    """A deadline as it was in force when something began; None: it is what is due each year, or no rule."""
    day = reckoner.day_of(began)
    rules = () if day is None else reckoner.book.deadlines(day)
    return next((one for one in rules if one.basis.id == rule), None)


def excuses_of(reckoner: Reckoner, clock: Clock) -> tuple[Words, ...]:
    """What may excuse it, in the order of the rule."""
    rule = rule_of(reckoner, clock.rule, clock.began)
    return () if rule is None else rule.excuses


def _clock(archive: Archive, reckoner: Reckoner, subject: str, rule: str) -> Clock:
    archive.catalogue.catch_up()
    if subject.startswith("clip-"):
        clip = clock_of_clip(archive, subject, reckoner)
        found = [] if clip is None else [clip]
    else:
        found = clocks_of_case(archive, subject, reckoner)
    for clock in found:
        if (clock.subject, clock.rule) == (subject, rule):
            return clock
    raise NotExcusableError(f"nothing of it is due by the rule {rule}")
