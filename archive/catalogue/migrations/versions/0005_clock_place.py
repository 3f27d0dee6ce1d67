"""The place in the clip at which the clock in its picture was read.

What was projected before stays, unless a clock is among it: its entry may tell the place, and an older version kept
it without understanding that; then everything is projected again.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0005"
down_revision: Final[str | None] = "0004"
branch_labels: Final = None
depends_on: Final = None

_TABLES: Final = (
    *("accounts", "assessments", "assignments", "case_officers", "cases", "clips"),
    *("clock_readings", "custody", "disputes", "dockings", "due", "links", "objects", "officers"),
    *("recorders", "recording_segments", "recordings", "refusals", "rendition_failures"),
    *("renditions", "sightings", "timestamps", "twins", "units"),
)


def upgrade() -> None:
    """From 0004."""
    op.add_column("assessments", sa.Column("clock_at_ms", sa.BigInteger(), nullable=True))
    connection = op.get_bind()
    kept = connection.exec_driver_sql("SELECT 1 FROM assessments WHERE clock IS NOT NULL LIMIT 1")
    if kept.first() is None:
        return
    for table in _TABLES:
        op.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of this file
    op.execute("INSERT INTO words(words) VALUES ('delete-all')")
    op.execute("UPDATE head SET size = 0, leaf = NULL, root = NULL, names = -1")


def downgrade() -> None:
    """Back to 0004."""
    op.drop_column("assessments", "clock_at_ms")
