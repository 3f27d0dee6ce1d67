"""What a package asks of the catalogue: which entries there are of a type, wherever they stand."""

from __future__ import annotations

from archive.catalogue.reading import Reading


class PackageQueries(Reading):
    """See the module."""

    def indexes_of(self, subject: str, *, types: tuple[str, ...] = ()) -> list[int]:
        """Entries about a subject, oldest first; of these types, or of all."""
        wanted, params = _types(types)
        rows = self._rows(
            f'SELECT u."index" FROM custody u WHERE u.subject = :subject {wanted}'  # noqa: S608 - names of parameters
            ' ORDER BY u."index"',
            subject=subject,
            **params,
        )
        return [index for (index,) in rows]

    def indexes_of_types(self, *types: str) -> list[int]:
        """Entries of these types, about whomever, oldest first. Reads the whole table: for what is rare."""
        wanted, params = _types(types)
        rows = self._rows(
            f'SELECT u."index" FROM custody u WHERE TRUE {wanted} ORDER BY u."index"',  # noqa: S608 - as above
            **params,
        )
        return [index for (index,) in rows]

    def clock_indexes(self, docking: str) -> list[int]:
        """Where a recorder's clock was read during a docking, oldest first."""
        rows = self._rows(
            'SELECT r."index" FROM clock_readings r JOIN dockings d ON d.id = r.docking '
            "WHERE r.docking = :docking AND r.recorder_id = d.recorder_id AND r.was_set = FALSE "
            'ORDER BY r."index"',
            docking=docking,
        )
        return [index for (index,) in rows]


def _types(types: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    params = {f"t{n}": type_ for n, type_ in enumerate(types)}
    if not params:
        return "", {}
    return f"AND u.type IN ({', '.join(f':{name}' for name in params)})", params
