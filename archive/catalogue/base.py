"""What every table of the catalogue is made with."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, MetaData, Text

metadata: Final = MetaData()
# Named so that SQLite makes it the row number: inserts append, look-ups are one descent.
INDEX: Final = BigInteger().with_variant(Integer(), "sqlite")


def id_column() -> Column[str]:
    """An id made by us, the row's name."""
    return Column("id", Text, primary_key=True)
