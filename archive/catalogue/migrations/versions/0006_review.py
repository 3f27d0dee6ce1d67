"""Review: requests to see, sign-ins, rights that are to change, alarms, markers, stills, documents, the tree of units.

What was projected before stays, unless an older version kept entries of these types without understanding them; then
everything is projected again.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0006"
down_revision: Final[str | None] = "0005"
branch_labels: Final = None
depends_on: Final = None

_TYPES: Final = (
    "unit.placed",
    "account.changed",
    "account.enabled",
    "rights.proposed",
    "rights.confirmed",
    "rights.rejected",
    "rights.withdrawn",
    "session.opened",
    "session.moved",
    "session.ended",
    "token.made",
    "token.revoked",
    "access.requested",
    "access.granted",
    "access.declined",
    "access.ended",
    "access.reviewed",
    "alarm.raised",
    "alarm.settled",
    "clip.played",
    "still.exported",
    "marker.set",
    "marker.removed",
    "document.added",
    "document.removed",
    "document.linked",
    "document.unlinked",
)
_BEFORE: Final = (
    *("accounts", "assessments", "assignments", "case_officers", "cases", "clips"),
    *("clock_readings", "custody", "disputes", "dockings", "due", "links", "objects", "officers"),
    *("recorders", "recording_segments", "recordings", "refusals", "rendition_failures"),
    *("renditions", "sightings", "timestamps", "twins", "units"),
)
_TABLES: Final = (
    "alarms",
    "document_links",
    "documents",
    "markers",
    "plays",
    "request_clips",
    "requests",
    "rights",
    "sessions",
    "stills",
)
_FORM: Final = (
    'CREATE TABLE alarms ("index" INTEGER NOT NULL, subject TEXT NOT NULL, code TEXT NOT '
    "NULL, account TEXT, count BIGINT, request TEXT, clip TEXT, raised_at TEXT NOT NULL, "
    'settled_at TEXT, settled_actor TEXT, settled_reason TEXT, PRIMARY KEY ("index"))',
    'CREATE INDEX alarms_account ON alarms (account, "index")',
    'CREATE INDEX alarms_settled ON alarms (settled_at, "index")',
    'CREATE TABLE document_links (id TEXT NOT NULL, "index" BIGINT NOT NULL, case_id TEXT NOT '
    "NULL, document TEXT NOT NULL, page BIGINT, paragraph BIGINT, clip TEXT NOT NULL, from_us "
    "BIGINT NOT NULL, to_us BIGINT, note TEXT, actor TEXT NOT NULL, linked_at TEXT NOT NULL, "
    "unlinked_at TEXT, unlinked_actor TEXT, unlinked_reason TEXT, PRIMARY KEY (id))",
    "CREATE INDEX document_links_clip ON document_links (clip, from_us)",
    "CREATE INDEX document_links_document ON document_links (document, page, paragraph)",
    'CREATE INDEX document_links_index ON document_links ("index")',
    'CREATE TABLE documents (id TEXT NOT NULL, "index" BIGINT NOT NULL, case_id TEXT NOT '
    "NULL, sha256 TEXT NOT NULL, sm3 TEXT, size BIGINT NOT NULL, media_type TEXT NOT NULL, "
    "pages BIGINT, name TEXT, title TEXT, actor TEXT NOT NULL, added_at TEXT NOT NULL, "
    "removed_at TEXT, removed_actor TEXT, removed_reason TEXT, PRIMARY KEY (id))",
    'CREATE INDEX documents_case ON documents (case_id, "index")',
    'CREATE INDEX documents_index ON documents ("index")',
    'CREATE TABLE markers (id TEXT NOT NULL, "index" BIGINT NOT NULL, clip TEXT NOT NULL, '
    "kind TEXT NOT NULL, from_us BIGINT, to_us BIGINT, text TEXT, actor TEXT NOT NULL, set_at "
    "TEXT NOT NULL, removed_at TEXT, removed_actor TEXT, removed_reason TEXT, PRIMARY KEY "
    "(id))",
    "CREATE INDEX markers_clip ON markers (clip, from_us)",
    'CREATE INDEX markers_index ON markers ("index")',
    'CREATE TABLE plays ("index" INTEGER NOT NULL, clip TEXT NOT NULL, actor TEXT NOT NULL, '
    "session TEXT, what TEXT, spans TEXT NOT NULL, played_ms BIGINT, request TEXT, at TEXT "
    'NOT NULL, PRIMARY KEY ("index"))',
    'CREATE INDEX plays_actor ON plays (actor, "index")',
    'CREATE INDEX plays_clip ON plays (clip, "index")',
    "CREATE TABLE request_clips (request TEXT NOT NULL, clip TEXT NOT NULL, PRIMARY KEY "
    "(request, clip)) WITHOUT ROWID",
    "CREATE INDEX request_clips_clip ON request_clips (clip, request)",
    'CREATE TABLE requests (id TEXT NOT NULL, "index" BIGINT, requested_at TEXT, actor TEXT, '
    "account TEXT, case_id TEXT, unit_id TEXT, rule TEXT, policy TEXT, decided_by TEXT, "
    "purpose TEXT, reason TEXT, body TEXT, sought TEXT, until TEXT, state TEXT, granted_by TEXT, "
    "granted_until TEXT, granted_until_us BIGINT, upto BIGINT, decided_index BIGINT, "
    "decided_at TEXT, decided_actor TEXT, decided_reason TEXT, ended_at TEXT, ended_why TEXT, "
    "ended_actor TEXT, ended_reason TEXT, reviewed_at TEXT, reviewed_actor TEXT, "
    "reviewed_outcome TEXT, reviewed_reason TEXT, PRIMARY KEY (id))",
    'CREATE INDEX requests_account ON requests (account, state, "index")',
    'CREATE INDEX requests_state ON requests (state, "index")',
    'CREATE INDEX requests_unit ON requests (unit_id, state, "index")',
    'CREATE TABLE rights ("index" INTEGER NOT NULL, account TEXT NOT NULL, change TEXT NOT '
    "NULL, role TEXT, unit_id TEXT, officer_id TEXT, parent TEXT, level TEXT, name TEXT, "
    "issuer TEXT, reason TEXT, "
    "proposed_at TEXT NOT NULL, proposed_actor TEXT NOT NULL, state TEXT NOT NULL, decided_at TEXT, "
    'decided_actor TEXT, decided_reason TEXT, PRIMARY KEY ("index"))',
    'CREATE INDEX rights_account ON rights (account, "index")',
    'CREATE INDEX rights_state ON rights (state, "index")',
    'CREATE TABLE sessions (id TEXT NOT NULL, account TEXT, opened_at TEXT, "by" TEXT, name '
    "TEXT, networks TEXT, expires TEXT, address TEXT, agent TEXT, moves BIGINT, ended_at "
    "TEXT, ended_why TEXT, PRIMARY KEY (id))",
    "CREATE INDEX sessions_account ON sessions (account, opened_at)",
    'CREATE TABLE stills ("index" INTEGER NOT NULL, clip TEXT NOT NULL, at_us BIGINT NOT '
    "NULL, frame BIGINT, still TEXT NOT NULL, exported TEXT NOT NULL, caption TEXT, actor "
    'TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY ("index"))',
    'CREATE INDEX stills_clip ON stills (clip, "index")',
)


def upgrade() -> None:
    """From 0005."""
    for name in ("parent", "level"):
        op.add_column("units", sa.Column(name, sa.Text(), nullable=True))
    for statement in _FORM:
        op.execute(statement)
    marks = ", ".join("?" * len(_TYPES))
    kept = op.get_bind().exec_driver_sql(
        f"SELECT 1 FROM custody WHERE type IN ({marks}) LIMIT 1",  # noqa: S608 - question marks
        _TYPES,
    )
    if kept.first() is None:
        return
    for table in _BEFORE:
        op.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of this file
    op.execute("INSERT INTO words(words) VALUES ('delete-all')")
    op.execute("UPDATE head SET size = 0, leaf = NULL, root = NULL, names = -1")


def downgrade() -> None:
    """Back to 0005."""
    for table in _TABLES:
        op.drop_table(table)
    for name in ("level", "parent"):
        op.drop_column("units", name)
