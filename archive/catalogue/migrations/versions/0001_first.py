"""The first form of the catalogue. Written by Alembic from schema.py; do not edit: a change is a new revision.

The text index is added by hand: it is SQLite's own (docs/formats/catalogue.md, "Text").
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0001"
down_revision: Final[str | None] = None
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """From nothing."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("unit_id", sa.Text(), nullable=True),
        sa.Column("officer_id", sa.Text(), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "case_officers",
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("officer_id", "case_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("opened_index", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("number_key", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("place_key", sa.Text(), nullable=True),
        sa.Column("unit_id", sa.Text(), nullable=True),
        sa.Column("officers", sa.Text(), nullable=True),
        sa.Column("from", sa.Text(), nullable=True),
        sa.Column("to", sa.Text(), nullable=True),
        sa.Column("from_us", sa.BigInteger(), nullable=True),
        sa.Column("to_us", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.Text(), nullable=True),
        sa.Column("closed_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("cases_number", "cases", ["number_key"], unique=False)
    op.create_index("cases_opened", "cases", ["opened_index"], unique=False)
    op.create_table(
        "clips",
        sa.Column(
            "ingested_index",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("clip", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("path_base64", sa.Text(), nullable=True),
        sa.Column("recorder_id", sa.Text(), nullable=True),
        sa.Column("officer_id", sa.Text(), nullable=True),
        sa.Column("unit_id", sa.Text(), nullable=True),
        sa.Column("docking", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("sm3", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified", sa.Text(), nullable=True),
        sa.Column("start", sa.Text(), nullable=True),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("start_source", sa.Text(), nullable=True),
        sa.Column("start_raw", sa.Text(), nullable=True),
        sa.Column("offset_ms", sa.BigInteger(), nullable=True),
        sa.Column("uncertainty_ms", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("container", sa.Text(), nullable=True),
        sa.Column("duration_us", sa.BigInteger(), nullable=True),
        sa.Column("video", sa.Text(), nullable=True),
        sa.Column("audio", sa.Text(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("rate", sa.Text(), nullable=True),
        sa.Column("damaged", sa.Boolean(), nullable=False),
        sa.Column("damage", sa.Text(), nullable=False),
        sa.Column("playable", sa.Boolean(), nullable=False),
        sa.Column("marked", sa.Boolean(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("quarantined", sa.Boolean(), nullable=False),
        sa.Column("same_as", sa.Text(), nullable=True),
        sa.Column("belongs_to", sa.Text(), nullable=True),
        sa.Column("cases", sa.Text(), nullable=False),
        sa.Column("verified_at", sa.Text(), nullable=True),
        sa.Column("examined_index", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("ingested_index"),
    )
    op.create_index("clips_clip", "clips", ["clip"], unique=True)
    op.create_index("clips_docking", "clips", ["docking"], unique=False)
    op.create_index("clips_held", "clips", ["recorder_id", "path"], unique=False)
    op.create_index(
        "clips_marked",
        "clips",
        ["start_us", "clip"],
        unique=False,
        sqlite_where=sa.text("marked = TRUE"),
    )
    op.create_index("clips_object", "clips", ["sha256"], unique=False)
    op.create_index("clips_officer", "clips", ["officer_id", "start_us", "clip"], unique=False)
    op.create_index("clips_recorder", "clips", ["recorder_id", "start_us", "clip"], unique=False)
    op.create_index("clips_start", "clips", ["start_us", "clip"], unique=False)
    op.create_index(
        "clips_unexamined",
        "clips",
        ["ingested_index"],
        unique=False,
        sqlite_where=sa.text("examined_index IS NULL"),
    )
    op.create_index("clips_unit", "clips", ["unit_id", "start_us", "clip"], unique=False)
    op.create_index(
        "clips_unverified",
        "clips",
        ["ingested_index"],
        unique=False,
        sqlite_where=sa.text("verified_at IS NULL"),
    )
    op.create_table(
        "custody",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("time", sa.Text(), nullable=False),
        sa.Column("clock", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "index"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "dockings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("started_index", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=True),
        sa.Column("recorder_id", sa.Text(), nullable=True),
        sa.Column("officer_id", sa.Text(), nullable=True),
        sa.Column("unit_id", sa.Text(), nullable=True),
        sa.Column("case_id", sa.Text(), nullable=True),
        sa.Column("source_kind", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("profile", sa.Text(), nullable=True),
        sa.Column("registered", sa.Boolean(), nullable=True),
        sa.Column("entries", sa.BigInteger(), nullable=True),
        sa.Column("reread", sa.Boolean(), nullable=True),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.Column("ingested", sa.BigInteger(), nullable=True),
        sa.Column("known", sa.BigInteger(), nullable=True),
        sa.Column("refused", sa.BigInteger(), nullable=True),
        sa.Column("partial", sa.BigInteger(), nullable=True),
        sa.Column("quarantined", sa.BigInteger(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("milliseconds", sa.BigInteger(), nullable=True),
        sa.Column("late", sa.BigInteger(), nullable=True),
        sa.Column("stopped", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("dockings_started", "dockings", ["started_index"], unique=False)
    op.create_table(
        "head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("leaf", sa.Text(), nullable=True),
        sa.Column("root", sa.Text(), nullable=True),
        sa.Column("names", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "links",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("clip", sa.Text(), nullable=False),
        sa.Column("linked", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("linked_index", sa.BigInteger(), nullable=True),
        sa.Column("linked_at", sa.Text(), nullable=True),
        sa.Column("clip_index", sa.BigInteger(), nullable=True),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "clip"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "links_case", "links", ["case_id", "linked", "start_us", "clip", "clip_index"], unique=False
    )
    op.create_index("links_clip", "links", ["clip", "linked_index"], unique=False)
    op.create_index("links_index", "links", ["linked_index"], unique=False)
    op.create_table(
        "objects",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "officers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("badge", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("unit_id", sa.Text(), nullable=True),
        sa.Column("registered", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("officers_badge", "officers", ["badge"], unique=False)
    op.create_table(
        "recorders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=True),
        sa.Column("make", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("unit_id", sa.Text(), nullable=True),
        sa.Column("officer_id", sa.Text(), nullable=True),
        sa.Column("registered", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("recorders_serial", "recorders", ["serial"], unique=False)
    op.create_table(
        "refusals",
        sa.Column(
            "index",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("docking", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("partial", sa.Boolean(), nullable=False),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("path_base64", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("index"),
    )
    op.create_index("refusals_docking", "refusals", ["docking", "index"], unique=False)
    op.create_table(
        "renditions",
        sa.Column(
            "index",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("clip", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=True),
        sa.Column("tool", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("of", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("index"),
    )
    op.create_index("renditions_clip", "renditions", ["clip", "kind"], unique=False)
    op.create_table(
        "sightings",
        sa.Column(
            "index",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("docking", sa.Text(), nullable=False),
        sa.Column("clip", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("index"),
    )
    op.create_index("sightings_docking", "sightings", ["docking", "index"], unique=False)
    op.create_table(
        "units",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("INSERT INTO head (id, size, leaf, root, names) VALUES (1, 0, NULL, NULL, -1)")
    # The tokenizer "ascii" takes every character beyond ASCII as part of a word: what words.py cut stays as it was cut,
    # whatever Unicode version this SQLite knows.
    op.execute(
        "CREATE VIRTUAL TABLE words USING fts5(body, content = '', columnsize = 0, tokenize = 'ascii')"
    )


def downgrade() -> None:
    """Back to nothing."""
    op.execute("DROP TABLE words")
    op.drop_table("units")
    op.drop_index("sightings_docking", table_name="sightings")
    op.drop_table("sightings")
    op.drop_index("renditions_clip", table_name="renditions")
    op.drop_table("renditions")
    op.drop_index("refusals_docking", table_name="refusals")
    op.drop_table("refusals")
    op.drop_index("recorders_serial", table_name="recorders")
    op.drop_table("recorders")
    op.drop_index("officers_badge", table_name="officers")
    op.drop_table("officers")
    op.drop_table("objects")
    op.drop_index("links_index", table_name="links")
    op.drop_index("links_clip", table_name="links")
    op.drop_index("links_case", table_name="links")
    op.drop_table("links")
    op.drop_table("head")
    op.drop_index("dockings_started", table_name="dockings")
    op.drop_table("dockings")
    op.drop_table("custody")
    op.drop_index(
        "clips_unverified", table_name="clips", sqlite_where=sa.text("verified_at IS NULL")
    )
    op.drop_index("clips_unit", table_name="clips")
    op.drop_index(
        "clips_unexamined", table_name="clips", sqlite_where=sa.text("examined_index IS NULL")
    )
    op.drop_index("clips_start", table_name="clips")
    op.drop_index("clips_recorder", table_name="clips")
    op.drop_index("clips_officer", table_name="clips")
    op.drop_index("clips_object", table_name="clips")
    op.drop_index("clips_marked", table_name="clips", sqlite_where=sa.text("marked = TRUE"))
    op.drop_index("clips_held", table_name="clips")
    op.drop_index("clips_docking", table_name="clips")
    op.drop_index("clips_clip", table_name="clips")
    op.drop_table("clips")
    op.drop_index("cases_opened", table_name="cases")
    op.drop_index("cases_number", table_name="cases")
    op.drop_table("cases")
    op.drop_table("case_officers")
    op.drop_table("accounts")
