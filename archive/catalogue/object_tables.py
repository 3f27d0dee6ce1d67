"""The table of objects with an open finding. See schema.py."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Table, Text

from archive.catalogue.base import metadata

damaged_objects: Final = Table(
    "damaged_objects",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("code", Text),
    Column("found_by", Text),
    Column("index", BigInteger, nullable=False),
    Column("found_at", Text, nullable=False),
    sqlite_with_rowid=False,
)
