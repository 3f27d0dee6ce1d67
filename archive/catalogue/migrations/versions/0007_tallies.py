"""Counts of clips by month, day, unit, kind and state; indexes for what is rare. All of it follows from `clips`.

The counts are made by 0008, which gives them another form.
"""

from __future__ import annotations

from typing import Final

from alembic import op

revision: Final = "0007"
down_revision: Final[str | None] = "0006"
branch_labels: Final = None
depends_on: Final = None

_TABLE: Final = (
    "CREATE TABLE tallies (officer_id TEXT NOT NULL, span BIGINT NOT NULL, unit_id TEXT NOT NULL, "
    "kind TEXT NOT NULL, state INTEGER NOT NULL, clips BIGINT NOT NULL, "
    "PRIMARY KEY (officer_id, span, unit_id, kind, state))"
)
_RARE: Final = {
    "clips_apart": "quarantined = TRUE",
    "clips_damaged": "damaged = TRUE",
    "clips_late": "late = TRUE",
    "clips_unlinked": "cases = '[]'",
}


def upgrade() -> None:
    """From 0006."""
    connection = op.get_bind()
    rowid = " WITHOUT ROWID" if connection.dialect.name == "sqlite" else ""
    op.execute(_TABLE + rowid)
    for name, condition in _RARE.items():
        op.execute(f"CREATE INDEX {name} ON clips (start_us, clip) WHERE {condition}")


def downgrade() -> None:
    """Back to 0006."""
    for name in _RARE:
        op.drop_index(name)
    op.drop_table("tallies")
