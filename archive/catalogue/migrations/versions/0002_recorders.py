"""What recorders tell: assignments, clocks, disputes, twins; what became of clips on them.

What was projected before stays. Only where an older version kept entries that it did not know (it read a ledger that a
newer one had written), everything is projected again.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0002"
down_revision: Final[str | None] = "0001"
branch_labels: Final = None
depends_on: Final = None

_KEY: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# What the form before kept as custody only.
_TYPES: Final = (
    "recorder.assigned",
    "recorder.twin_noticed",
    "recorder.clock_read",
    "recorder.clock_set",
    "officer.disputed",
    "officer.settled",
    "clip.accepted",
    "clip.reassigned",
    "recorder.erased",
)
_TABLES: Final = (
    "accounts",
    "case_officers",
    "cases",
    "clips",
    "custody",
    "dockings",
    "links",
    "objects",
    "officers",
    "recorders",
    "refusals",
    "renditions",
    "sightings",
    "units",
)


def upgrade() -> None:
    """From 0001."""
    for name, kind in (
        ("port", sa.Text()),
        ("battery", sa.BigInteger()),
        ("make", sa.Text()),
        ("model", sa.Text()),
        ("firmware", sa.Text()),
        ("second_serial", sa.Text()),
    ):
        op.add_column("dockings", sa.Column(name, kind, nullable=True))
    op.create_index("dockings_recorder", "dockings", ["recorder_id", "started_index"], unique=False)
    op.add_column("clips", sa.Column("accepted_index", sa.BigInteger(), nullable=True))
    op.add_column("clips", sa.Column("erased_at", sa.Text(), nullable=True))
    op.create_index(
        "clips_quarantined",
        "clips",
        ["docking"],
        unique=False,
        sqlite_where=sa.text("quarantined = TRUE"),
    )
    _add_registers()
    _add_docking_tables()
    if _skipped_something():
        _start_again()


def _add_registers() -> None:
    op.create_table(
        "assignments",
        sa.Column("index", _KEY, autoincrement=False, nullable=False),
        sa.Column("recorder_id", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.Text(), nullable=True),
        sa.Column("unit_id", sa.Text(), nullable=True),
        sa.Column("from", sa.Text(), nullable=False),
        sa.Column("from_us", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("assigned_at", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("index"),
    )
    op.create_index(
        "assignments_recorder", "assignments", ["recorder_id", "from_us", "index"], unique=False
    )
    op.create_table(
        "twins",
        sa.Column("index", _KEY, autoincrement=False, nullable=False),
        sa.Column("recorder_id", sa.Text(), nullable=False),
        sa.Column("noticed_at", sa.Text(), nullable=False),
        sa.Column("ports", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("index"),
    )
    op.create_index("twins_recorder", "twins", ["recorder_id", "index"], unique=False)


def _add_docking_tables() -> None:
    op.create_table(
        "clock_readings",
        sa.Column("index", _KEY, autoincrement=False, nullable=False),
        sa.Column("recorder_id", sa.Text(), nullable=False),
        sa.Column("docking", sa.Text(), nullable=True),
        sa.Column("was_set", sa.Boolean(), nullable=False),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("host_us", sa.BigInteger(), nullable=True),
        sa.Column("offset_us", sa.BigInteger(), nullable=True),
        sa.Column("uncertainty_us", sa.BigInteger(), nullable=True),
        sa.Column("drift_ms_per_day", sa.BigInteger(), nullable=True),
        sa.Column("drift_uncertainty", sa.BigInteger(), nullable=True),
        sa.Column("raw", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("index"),
    )
    op.create_index(
        "clock_readings_recorder", "clock_readings", ["recorder_id", "index"], unique=False
    )
    op.create_table(
        "disputes",
        sa.Column("index", _KEY, autoincrement=False, nullable=False),
        sa.Column("docking", sa.Text(), nullable=False),
        sa.Column("recorder_id", sa.Text(), nullable=True),
        sa.Column("assigned", sa.Text(), nullable=False),
        sa.Column("carried", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("clips", sa.BigInteger(), nullable=True),
        sa.Column("disputed_at", sa.Text(), nullable=False),
        sa.Column("settled_index", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("index"),
    )
    op.create_index("disputes_docking", "disputes", ["docking"], unique=False)


def _skipped_something() -> bool:
    connection = op.get_bind()
    marks = ", ".join("?" * len(_TYPES))
    unknown = connection.exec_driver_sql(
        f"SELECT 1 FROM custody WHERE type IN ({marks}) LIMIT 1",  # noqa: S608 - question marks
        _TYPES,
    )
    # Only newer versions dock what is no folder; what such a recorder says of itself was not kept.
    plugged = connection.exec_driver_sql(
        "SELECT 1 FROM dockings WHERE source_kind <> 'folder' LIMIT 1"
    )
    return unknown.first() is not None or plugged.first() is not None


def _start_again() -> None:
    for table in _TABLES:
        op.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of this file
    op.execute("INSERT INTO words(words) VALUES ('delete-all')")
    op.execute("UPDATE head SET size = 0, leaf = NULL, root = NULL, names = -1")


def downgrade() -> None:
    """Back to 0001."""
    for table in ("disputes", "clock_readings", "twins", "assignments"):
        op.drop_table(table)
    op.drop_index(
        "clips_quarantined", table_name="clips", sqlite_where=sa.text("quarantined = TRUE")
    )
    for name in ("erased_at", "accepted_index"):
        op.drop_column("clips", name)
    op.drop_index("dockings_recorder", table_name="dockings")
    for name in ("second_serial", "firmware", "model", "make", "battery", "port"):
        op.drop_column("dockings", name)
