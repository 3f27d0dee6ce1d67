"""The catalogue's forms, one after the other, as Alembic revisions. Python files only; no ini file, no templates."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from archive.catalogue.errors import CatalogueDamagedError


def configuration(connection: Connection) -> Config:
    """Alembic's settings for work inside a transaction of ours."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the tables to a revision.

    Raises:
        CatalogueDamagedError: they are of a revision that this version does not know. Nothing was changed.
    """
    try:
        command.upgrade(configuration(connection), revision)
    except CommandError as e:
        raise CatalogueDamagedError(
            f"the catalogue is of another Muniment ({e}): run `muniment rebuild`"
        ) from e


def downgrade(connection: Connection, revision: str) -> None:
    """Take the tables back to a revision; the rows of tables that it does not have are lost."""
    command.downgrade(configuration(connection), revision)
