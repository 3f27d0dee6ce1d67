"""The clocks of the whole agency: lists that no longer agree with what they rest on, and the figures of each year.

What always holds: they are no unit's, and nothing excuses them. No database.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from archive.catalogue.list_queries import ListChangeRow
from oversight.clocks.model import AGENCY, Clock
from oversight.clocks.reckoning import Reckoner

REPORT: Final = "annual_report"  # id of the rule


def list_clock(row: ListChangeRow, reckoner: Reckoner) -> Clock | None:
    """From a change to the version that takes it up (R13); the catalogue shows those that none has yet."""
    reckoned = reckoner.due("changed", "updated", None, row.at_us)
    if reckoned is None:
        return None
    return Clock(
        subject=row.list,
        about="list",
        rule=reckoned.rule.basis.id,
        began=row.at_us,
        due=reckoned.due,
        nearing=reckoned.nearing,
        ended=None,
        provisional=reckoned.provisional,
        excuse=None,
        unit=None,
    )


def report_clock(year: int, reckoner: Reckoner, published: Iterable[int]) -> Clock | None:
    """The figures of a year, due in the next one (R13).

    Args:
        year: whose figures they are.
        reckoner: for the rules.
        published: when annual reports were; the first one of the next year is this one's.

    Raises:
        ValueError: no calendar has the year.
    """
    found = reckoner.yearly(REPORT, year + 1)
    if found is None:
        return None
    began, following = reckoner.year_end(year), reckoner.year_end(year + 1)
    return Clock(
        subject=AGENCY,
        about="agency",
        rule=found.rule.basis.id,
        began=began,
        due=found.due,
        nearing=found.nearing,
        ended=min((p for p in published if began <= p < following), default=None),
        provisional=False,
        excuse=None,
        unit=None,
        year=year,
    )
