"""Questions about the registers: units, accounts, officers, recorders."""

from __future__ import annotations

from typing import Any, Final

from archive.catalogue.reading import Reading
from archive.catalogue.rows import AccountRow, OfficerRow, RecorderRow, UnitRow

_OFFICER: Final = "SELECT id, badge, name, unit_id, registered FROM officers"
_NEWEST: Final = (
    "(SELECT d.{0} FROM dockings d WHERE d.recorder_id = recorders.id AND d.{0} IS NOT NULL "
    "ORDER BY d.started_index DESC LIMIT 1)"
)
_RECORDER: Final = (
    f"SELECT id, serial, coalesce(make, {_NEWEST.format('make')}), "  # noqa: S608 - names of columns
    f"coalesce(model, {_NEWEST.format('model')}), unit_id, officer_id, registered, "
    f"{_NEWEST.format('firmware')}, {_NEWEST.format('second_serial')} FROM recorders"
)
_ACCOUNT: Final = "SELECT id, name, role, unit_id, officer_id, disabled FROM accounts"
# Two dockings at once may notice one badge twice: a registered one comes before a noticed one, then the older.
_FIRST: Final = "ORDER BY registered DESC, id LIMIT 1"


class RegisterQueries(Reading):
    """See the module."""

    def unit(self, unit_id: str) -> UnitRow | None:
        """A unit by id."""
        return _unit(
            self._one("SELECT id, name, parent, level FROM units WHERE id = :id", id=unit_id)
        )

    def unit_by_name(self, name: str) -> UnitRow | None:
        """A unit by name."""
        return _unit(
            self._one(
                "SELECT id, name, parent, level FROM units WHERE name = :name ORDER BY id LIMIT 1",
                name=name.strip(),
            )
        )

    def units(self) -> list[UnitRow]:
        """All units, by name."""
        rows = self._rows("SELECT id, name, parent, level FROM units ORDER BY name, id")
        return [unit for row in rows if (unit := _unit(row)) is not None]

    def account(self, account_id: str) -> AccountRow | None:
        """An account by id."""
        return _account(self._one(f"{_ACCOUNT} WHERE id = :id", id=account_id))

    def account_by_name(self, name: str) -> AccountRow | None:
        """The newest account of a name."""
        return _account(
            self._one(f"{_ACCOUNT} WHERE name = :name ORDER BY id DESC LIMIT 1", name=name)
        )

    def accounts(self) -> list[AccountRow]:
        """All accounts, by name."""
        found = (_account(row) for row in self._rows(f"{_ACCOUNT} ORDER BY name, id"))
        return [account for account in found if account is not None]

    def officer(self, officer_id: str) -> OfficerRow | None:
        """An officer by id."""
        return _officer(self._one(f"{_OFFICER} WHERE id = :id", id=officer_id))

    def officer_by_badge(self, badge: str) -> OfficerRow | None:
        """An officer by badge number."""
        return _officer(self._one(f"{_OFFICER} WHERE badge = :badge {_FIRST}", badge=badge.strip()))

    def officers(self) -> list[OfficerRow]:
        """All officers, by badge number."""
        found = (_officer(row) for row in self._rows(f"{_OFFICER} ORDER BY badge, id"))
        return [officer for officer in found if officer is not None]

    def recorder(self, recorder_id: str) -> RecorderRow | None:
        """A recorder by id."""
        return _recorder(self._one(f"{_RECORDER} WHERE id = :id", id=recorder_id))

    def recorder_by_serial(self, serial: str) -> RecorderRow | None:
        """A recorder by serial."""
        return _recorder(
            self._one(f"{_RECORDER} WHERE serial = :serial {_FIRST}", serial=serial.strip())
        )

    def recorders(self) -> list[RecorderRow]:
        """All recorders, by serial."""
        found = (_recorder(row) for row in self._rows(f"{_RECORDER} ORDER BY serial, id"))
        return [recorder for recorder in found if recorder is not None]


def _unit(row: tuple[Any, ...] | None) -> UnitRow | None:
    if row is None:
        return None
    id_, name, parent, level = row
    return UnitRow(id=id_, name=name, parent=parent, level=level)


def _account(row: tuple[Any, ...] | None) -> AccountRow | None:
    if row is None:
        return None
    id_, name, role, unit_id, officer_id, disabled = row
    return AccountRow(
        id=id_,
        name=name,
        role=role,
        unit_id=unit_id,
        officer_id=officer_id,
        disabled=bool(disabled),
    )


def _officer(row: tuple[Any, ...] | None) -> OfficerRow | None:
    if row is None:
        return None
    id_, badge, name, unit_id, registered = row
    return OfficerRow(id=id_, badge=badge, name=name, unit_id=unit_id, registered=bool(registered))


def _recorder(row: tuple[Any, ...] | None) -> RecorderRow | None:
    if row is None:
        return None
    id_, serial, make, model, unit_id, officer_id, registered, firmware, second_serial = row
    return RecorderRow(
        id=id_,
        serial=serial,
        make=make,
        model=model,
        unit_id=unit_id,
        officer_id=officer_id,
        registered=bool(registered),
        firmware=firmware,
        second_serial=second_serial,
    )
