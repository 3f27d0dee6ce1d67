"""Media: exact facts, what is due, renditions with an index, failures, assessments, recordings.

What was projected before stays, unless an older version kept entries of these types or with these members without
understanding them; then everything is projected again.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0004"
down_revision: Final[str | None] = "0003"
branch_labels: Final = None
depends_on: Final = None

_TYPES: Final = ("rendition.failed", "clip.assessed", "recording.joined")
_TABLES: Final = (
    *("accounts", "assignments", "case_officers", "cases", "clips", "clock_readings", "custody"),
    *("disputes", "dockings", "links", "objects", "officers", "recorders", "refusals"),
    *("renditions", "sightings", "timestamps", "twins", "units"),
)
_CLIPS: Final = (
    ("facts", sa.Text()),
    ("facts_size", sa.BigInteger()),
    ("protected", sa.Boolean()),
)
_RENDITIONS: Final = (
    ("index_sha256", sa.Text()),
    ("index_size", sa.BigInteger()),
    ("index_media_type", sa.Text()),
    ("sources", sa.Text()),
    ("made_at", sa.Text()),
)


def upgrade() -> None:
    """From 0003."""
    for table, columns in (("clips", _CLIPS), ("renditions", _RENDITIONS)):
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True))
    op.drop_index("clips_unexamined", table_name="clips")
    _index_unexamined("facts IS NULL")
    _add_derived()
    _add_recordings()
    if _skipped_something():
        _start_again()
    else:
        op.execute(
            "UPDATE renditions SET sources = '[]', made_at = (SELECT time FROM custody"
            ' WHERE custody.subject = renditions.clip AND custody."index" = renditions."index")'
        )


def _index_unexamined(where: str) -> None:
    op.create_index(
        "clips_unexamined",
        "clips",
        ["ingested_index"],
        unique=False,
        sqlite_where=sa.text(where),
    )


def _add_derived() -> None:
    op.create_table(
        "due",
        sa.Column("clip", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("clip", "kind"),
        sqlite_with_rowid=False,
    )
    op.create_index("due_kind", "due", ["kind", "index", "clip"], unique=False)
    op.create_table(
        "rendition_failures",
        sa.Column("clip", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("tool", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("clip", "kind"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "rendition_failures_kind", "rendition_failures", ["kind", "version"], unique=False
    )
    op.create_table(
        "assessments",
        sa.Column("clip", sa.Text(), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("assessed_at", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("clock", sa.Text(), nullable=True),
        sa.Column("tool", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("clip"),
        sqlite_with_rowid=False,
    )


def _add_recordings() -> None:
    op.create_table(
        "recordings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("joined_at", sa.Text(), nullable=False),
        sa.Column("recorder_id", sa.Text(), nullable=True),
        sa.Column("silent_before_ms", sa.BigInteger(), nullable=True),
        sa.Column("tool", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("recordings_recorder", "recordings", ["recorder_id", "index"], unique=False)
    op.create_table(
        "recording_segments",
        sa.Column("recording", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("clip", sa.Text(), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("length_ms", sa.BigInteger(), nullable=False),
        sa.Column("gap_ms", sa.BigInteger(), nullable=True),
        sa.Column("uncertainty_ms", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("missing", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("recording", "position"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "recording_segments_clip", "recording_segments", ["clip", "recording"], unique=False
    )


def _skipped_something() -> bool:
    connection = op.get_bind()
    marks = ", ".join("?" * len(_TYPES))
    unknown = connection.exec_driver_sql(
        f"SELECT 1 FROM custody WHERE type IN ({marks}) LIMIT 1",  # noqa: S608 - question marks
        _TYPES,
    )
    # Only newer versions make anything else; they examine anew as well, and say more.
    newer = connection.exec_driver_sql("SELECT 1 FROM renditions WHERE kind <> 'poster' LIMIT 1")
    return unknown.first() is not None or newer.first() is not None


def _start_again() -> None:
    for table in _TABLES:
        op.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of this file
    op.execute("INSERT INTO words(words) VALUES ('delete-all')")
    op.execute("UPDATE head SET size = 0, leaf = NULL, root = NULL, names = -1")


def downgrade() -> None:
    """Back to 0003."""
    for table in ("recording_segments", "recordings", "assessments", "rendition_failures", "due"):
        op.drop_table(table)
    op.drop_index("clips_unexamined", table_name="clips")
    _index_unexamined("examined_index IS NULL")
    for name, _ in reversed(_RENDITIONS):
        op.drop_column("renditions", name)
    for name, _ in reversed(_CLIPS):
        op.drop_column("clips", name)
