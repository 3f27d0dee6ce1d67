"""What one version of a list changed of another. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass

from oversight.lists.cells import Cell
from oversight.lists.model import AgencyList, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A row that is in both, and what stands differently in it: column, before, after."""

    id: Cell
    cells: tuple[tuple[str, Cell | None, Cell | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """From one version to another."""

    head: tuple[tuple[str, str, str], ...]  # title, agency and so on: before, after
    added: tuple[Row, ...]
    removed: tuple[Row, ...]
    changed: tuple[Changed, ...]

    @property
    def none(self) -> bool:
        """Whether both say the same."""
        return not (self.head or self.added or self.removed or self.changed)


def differences(before: AgencyList, after: AgencyList) -> Differences:
    """What `after` changed of `before`; the order of rows says nothing."""
    old = {row["id"]: row for row in before.rows}
    new = {row["id"]: row for row in after.rows}
    both = [(old[id_], row) for id_, row in new.items() if id_ in old]
    head = [
        (name, str(was), str(now))
        for name, was in before.to_data().items()
        if name != "rows" and (now := after.to_data()[name]) != was
    ]
    return Differences(
        head=tuple(head),
        added=tuple(row for id_, row in new.items() if id_ not in old),
        removed=tuple(row for id_, row in old.items() if id_ not in new),
        changed=tuple(
            Changed(id=now["id"], cells=_cells(was, now)) for was, now in both if was != now
        ),
    )


def _cells(was: Row, now: Row) -> tuple[tuple[str, Cell | None, Cell | None], ...]:
    keys = dict.fromkeys([*was, *now])
    return tuple((key, was.get(key), now.get(key)) for key in keys if was.get(key) != now.get(key))
