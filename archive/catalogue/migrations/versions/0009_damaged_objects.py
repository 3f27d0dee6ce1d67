"""Objects with an open finding. No entry of an older ledger opens one, so the table begins empty."""

from __future__ import annotations

from typing import Final

from alembic import op

revision: Final = "0009"
down_revision: Final[str | None] = "0008"
branch_labels: Final = None
depends_on: Final = None

_TABLE: Final = (
    "CREATE TABLE damaged_objects (digest TEXT NOT NULL, subject TEXT NOT NULL, code TEXT, found_by TEXT, "
    '"index" BIGINT NOT NULL, found_at TEXT NOT NULL, PRIMARY KEY (digest))'
)


def upgrade() -> None:
    """From 0008."""
    rowid = " WITHOUT ROWID" if op.get_bind().dialect.name == "sqlite" else ""
    op.execute(_TABLE + rowid)


def downgrade() -> None:
    """Back to 0008."""
    op.drop_table("damaged_objects")
