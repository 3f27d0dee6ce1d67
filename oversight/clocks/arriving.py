"""Until when a recording has to be in the archive, for whoever secures it (R1).

What always holds: evidence waits for no rule: where a file of rules cannot be read, those of the country count alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from oversight.clocks.reckoning import Reckoner, at, micros
from oversight.clocks.standing import reckoner_of
from oversight.errors import RuleFileError
from oversight.rules.book import RuleBook
from oversight.rules.reading import national

if TYPE_CHECKING:
    from archive.opening import Archive


def archived_by(archive: Archive) -> Callable[[datetime], datetime | None]:
    """A function from the moment at which a recording was made to that from which on it is late; None: no rule."""
    try:
        reckoner = reckoner_of(archive)
    except RuleFileError:
        reckoner = Reckoner(RuleBook([national()]), archive.settings.zone)

    def due(made: datetime) -> datetime | None:
        found = reckoner.due("recording_ended", "archived", None, micros(made))
        try:
            return None if found is None else at(found.due)
        except OverflowError:
            return None

    return due
