"""Counts by recorder, indexes of what is rare that say whose it is, the words of cases beside those of all else.

All of it follows from `clips` and `cases`.
"""

from __future__ import annotations

from typing import Final

from alembic import op

from archive.catalogue.projected import body
from archive.catalogue.tallies import count_all
from archive.catalogue.words import case_tokens

revision: Final = "0008"
down_revision: Final[str | None] = "0007"
branch_labels: Final = None
depends_on: Final = None

_COUNTS: Final = (
    "CREATE TABLE tallies ({whose} TEXT NOT NULL, span BIGINT NOT NULL, unit_id TEXT NOT NULL, "
    "kind TEXT NOT NULL, state INTEGER NOT NULL, clips BIGINT NOT NULL, "
    "PRIMARY KEY ({whose}, span, unit_id, kind, state)) WITHOUT ROWID"
)

_WHOSE: Final = "start_us, clip, unit_id, officer_id, recorder_id"
_RARE: Final = {
    "clips_apart": "quarantined = TRUE",
    "clips_damaged": "damaged = TRUE",
    "clips_late": "late = TRUE",
    "clips_marked": "marked = TRUE",
    "clips_unlinked": "cases = '[]'",
}


def upgrade() -> None:
    """From 0007."""
    connection = op.get_bind()
    op.drop_table("tallies")
    op.execute(_COUNTS.format(whose="whose"))
    count_all(connection)
    for name, condition in _RARE.items():
        op.drop_index(name)
        op.execute(f"CREATE INDEX {name} ON clips ({_WHOSE}) WHERE {condition}")
    op.execute(f"CREATE INDEX clips_kind ON clips (kind, {_WHOSE}) WHERE kind <> 'video'")
    op.execute(
        "CREATE VIRTUAL TABLE words_of_cases USING fts5(body, content = '', columnsize = 0, tokenize = 'ascii')"
    )
    for index, *texts in connection.exec_driver_sql(
        "SELECT opened_index, number, title, subject, place FROM cases WHERE opened_at IS NOT NULL"
    ).fetchall():
        if words := body(case_tokens(*texts)):
            connection.exec_driver_sql(
                "INSERT INTO words_of_cases(rowid, body) VALUES (?, ?)", (index, words)
            )


def downgrade() -> None:
    """Back to 0007: everybody's counts and the officers'."""
    op.execute("DROP TABLE words_of_cases")
    op.drop_index("clips_kind")
    for name, condition in _RARE.items():
        op.drop_index(name)
        op.execute(f"CREATE INDEX {name} ON clips (start_us, clip) WHERE {condition}")
    op.rename_table("tallies", "counted")
    op.execute(_COUNTS.format(whose="officer_id"))
    op.execute(
        "INSERT INTO tallies SELECT substr(whose, 9), span, unit_id, kind, state, clips FROM counted"
        " WHERE whose = '' OR whose LIKE 'officer:%'"
    )
    op.drop_table("counted")
