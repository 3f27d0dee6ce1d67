"""A unit that loses its head: said aloud, since the unit above decides from then on.

What always holds: the alarm is in the append that takes the head away; it concerns the unit, those under it, and those
above it that may decide now (archive/catalogue/rights_queries.py). Takes nobody's rights.
"""

from __future__ import annotations

from api.rights.alarms import alarm_of
from archive.catalogue.rows import AccountRow
from archive.events import Event
from archive.ids import is_id
from archive.opening import Archive


def left_without(archive: Archive, account: str, *, actor: str) -> list[Event]:
    """The alarm that an account leaves its unit without a head; none where it does not.

    Args:
        archive: its catalogue is brought level.
        account: that is disabled, or gets another role or unit.
        actor: who does it.
    """
    archive.catalogue.catch_up()
    row = archive.catalogue.account(account)
    if row is None or not _is_head(row):
        return []
    others = (other for other in archive.catalogue.accounts() if other.id != account)
    if any(_is_head(other) and other.unit_id == row.unit_id for other in others):
        return []
    station, by = archive.settings.station, actor if is_id(actor, "account") else None
    return [alarm_of(actor=station, subject=row.unit_id or "", code="no_head", account=by)]


def _is_head(row: AccountRow) -> bool:
    return row.role == "supervisor" and not row.disabled and row.unit_id is not None
