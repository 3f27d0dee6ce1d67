"""Case files and the systems over them: stages, subjects, certificates, lists, reviews, publications, holds, disposal.

What was projected before stays, unless an older version kept entries of these types without understanding them; then
everything is projected again.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0010"
down_revision: Final[str | None] = "0009"
branch_labels: Final = None
depends_on: Final = None

_TYPES: Final = (
    *(
        "case.filed_as",
        "case.stage_entered",
        "case.decision_intended",
        "case.decision_revoked",
        "case.action_ended",
        "case.catalogued",
    ),
    *("subject.registered", "subject.merged", "subject.split", "document.timed", "stop.explained"),
    *(
        "deadline.excused",
        "officer.certified",
        "officer.certificate_withdrawn",
        "recorder.checked",
        "station.charged",
    ),
    *("list.published", "list.withdrawn", "list.outdated", "dispatch.imported", "link.proposed"),
    *("link.declined", "review.requested", "review.taken", "review.answered", "review.disputed"),
    *(
        "review.settled",
        "publication.proposed",
        "publication.checked",
        "publication.approved",
        "publication.declined",
    ),
    *(
        "publication.published",
        "publication.withdrawn",
        "publication.expired",
        "clip.classified",
        "case.classified",
    ),
    *("hold.placed", "hold.lifted", "disposal.proposed", "disposal.approved", "disposal.declined"),
    *("disposal.done", "disposal.ended"),
)
_BEFORE: Final = (
    *("accounts", "alarms", "assessments", "assignments", "case_officers"),
    *("cases", "clips", "clock_readings", "custody", "damaged_objects"),
    *("disputes", "dockings", "document_links", "documents", "due"),
    *("links", "markers", "objects", "officers", "plays"),
    *("recorders", "recording_segments", "recordings", "refusals", "rendition_failures"),
    *("renditions", "request_clips", "requests", "rights", "sessions"),
    *("sightings", "stills", "tallies", "timestamps", "twins"),
    *("units",),
)
# Tables of the first key's order, in SQLite.
_WITHOUT_ROWID: Final = (
    *("case_files", "case_subjects", "classes", "disposed_clips", "link_proposals"),
    *("moved_texts", "removed_objects"),
)
_TABLES: Final = (
    *("case_files", "case_subjects", "certificates", "classes", "disposals"),
    *("disposed_clips", "document_times", "duty_checks", "excuses", "holds"),
    *("imports", "link_proposals", "list_changes", "lists", "moved_texts"),
    *("publications", "removed_objects", "reviews", "revocations", "stages"),
    *("station_charges", "stops", "subjects"),
)
_FORM: Final = (
    "CREATE TABLE case_files (id TEXT NOT NULL, act TEXT, matter TEXT, list TEXT, "
    "filed_as_index BIGINT, stage TEXT, stage_index BIGINT, initiated_us BIGINT, "
    "decided_us BIGINT, served_us BIGINT, concluded_us BIGINT, action_ended TEXT, "
    "action_ended_us BIGINT, action_ended_index BIGINT, revoked_us BIGINT, "
    "revoked_index BIGINT, catalogue TEXT, signature TEXT, signer TEXT, catalogued_at "
    "TEXT, catalogued_index BIGINT, measure TEXT, amount BIGINT, intended_index BIGINT, "
    "PRIMARY KEY (id))",
    'CREATE TABLE case_subjects (case_id TEXT NOT NULL, subject TEXT NOT NULL, "index" '
    "BIGINT NOT NULL, PRIMARY KEY (case_id, subject))",
    "CREATE INDEX case_subjects_subject ON case_subjects (subject, case_id)",
    'CREATE TABLE certificates ("index" INTEGER NOT NULL, officer_id TEXT NOT NULL, '
    "kind TEXT NOT NULL, number TEXT, number_key TEXT, issuer TEXT, valid_from TEXT NOT"
    " NULL, valid_until TEXT NOT NULL, withdrawn_at TEXT, withdrawn_index BIGINT, "
    "withdrawn_reason TEXT, actor TEXT NOT NULL, said_at TEXT NOT NULL, PRIMARY KEY "
    '("index"))',
    "CREATE INDEX certificates_number ON certificates (number_key)",
    'CREATE INDEX certificates_officer ON certificates (officer_id, kind, "index")',
    'CREATE TABLE classes (subject TEXT NOT NULL, categories TEXT NOT NULL, "by" TEXT, '
    'rule TEXT, reason TEXT, "index" BIGINT NOT NULL, actor TEXT NOT NULL, said_at TEXT'
    " NOT NULL, PRIMARY KEY (subject))",
    'CREATE TABLE disposals (id TEXT NOT NULL, "index" BIGINT NOT NULL, list TEXT NOT '
    "NULL, list_size BIGINT, rules TEXT, items BIGINT NOT NULL, bytes BIGINT, state "
    "TEXT NOT NULL, done BIGINT NOT NULL, kept BIGINT, codes TEXT, proposed_at TEXT, "
    "proposed_actor TEXT, proposed_reason TEXT, approved_at TEXT, approved_actor TEXT, "
    "approved_reason TEXT, declined_at TEXT, declined_actor TEXT, declined_reason TEXT,"
    " ended_at TEXT, ended_actor TEXT, ended_reason TEXT, PRIMARY KEY (id))",
    'CREATE INDEX disposals_index ON disposals ("index")',
    'CREATE TABLE disposed_clips (clip TEXT NOT NULL, disposal TEXT NOT NULL, "index" '
    "BIGINT NOT NULL, bytes BIGINT, disposed_at TEXT NOT NULL, PRIMARY KEY (clip))",
    'CREATE INDEX disposed_clips_disposal ON disposed_clips (disposal, "index")',
    'CREATE TABLE document_times ("index" INTEGER NOT NULL, case_id TEXT NOT NULL, '
    "document TEXT NOT NULL, part TEXT NOT NULL, from_us BIGINT, to_us BIGINT, place "
    'TEXT, actor TEXT NOT NULL, said_at TEXT NOT NULL, PRIMARY KEY ("index"))',
    'CREATE INDEX document_times_case ON document_times (case_id, document, part, "index")',
    'CREATE TABLE duty_checks ("index" INTEGER NOT NULL, recorder_id TEXT NOT NULL, '
    "officer_id TEXT, ok BOOLEAN NOT NULL, codes TEXT NOT NULL, battery BIGINT, "
    "free_bytes BIGINT, offset_ms BIGINT, at TEXT NOT NULL, at_us BIGINT NOT NULL, note"
    ' TEXT, actor TEXT NOT NULL, said_at TEXT NOT NULL, PRIMARY KEY ("index"))',
    "CREATE INDEX duty_checks_recorder ON duty_checks (recorder_id, at_us)",
    'CREATE TABLE excuses ("index" INTEGER NOT NULL, subject TEXT NOT NULL, rule TEXT '
    "NOT NULL, excuse BIGINT, reason TEXT, actor TEXT NOT NULL, said_at TEXT NOT NULL, "
    'PRIMARY KEY ("index"))',
    'CREATE INDEX excuses_subject ON excuses (subject, rule, "index")',
    'CREATE TABLE holds (id TEXT NOT NULL, "index" BIGINT NOT NULL, about TEXT NOT '
    "NULL, lifted_index BIGINT, placed_at TEXT, placed_actor TEXT, placed_reason TEXT, "
    "lifted_at TEXT, lifted_actor TEXT, lifted_reason TEXT, PRIMARY KEY (id))",
    "CREATE INDEX holds_about ON holds (about) WHERE lifted_index IS NULL",
    'CREATE INDEX holds_index ON holds ("index")',
    'CREATE TABLE imports ("index" INTEGER NOT NULL, kind TEXT, sha256 TEXT NOT NULL, '
    "size BIGINT NOT NULL, rows BIGINT NOT NULL, actor TEXT NOT NULL, imported_at TEXT "
    'NOT NULL, PRIMARY KEY ("index"))',
    'CREATE TABLE link_proposals (clip TEXT NOT NULL, case_id TEXT NOT NULL, "index" '
    "BIGINT NOT NULL, rule TEXT, score BIGINT NOT NULL, terms TEXT NOT NULL, reason "
    "TEXT, proposed_at TEXT NOT NULL, declined_index BIGINT, declined_at TEXT, "
    "declined_actor TEXT, declined_reason TEXT, PRIMARY KEY (clip, case_id))",
    'CREATE INDEX link_proposals_case ON link_proposals (case_id, "index")',
    'CREATE INDEX link_proposals_index ON link_proposals ("index")',
    'CREATE TABLE list_changes ("index" INTEGER NOT NULL, list TEXT NOT NULL, at TEXT '
    "NOT NULL, at_us BIGINT NOT NULL, reason TEXT, actor TEXT NOT NULL, said_at TEXT "
    'NOT NULL, PRIMARY KEY ("index"))',
    'CREATE INDEX list_changes_list ON list_changes (list, "index")',
    'CREATE TABLE lists ("index" INTEGER NOT NULL, list TEXT NOT NULL, kind TEXT NOT '
    "NULL, version BIGINT NOT NULL, sha256 TEXT NOT NULL, size BIGINT NOT NULL, "
    "in_force TEXT NOT NULL, title TEXT, actor TEXT NOT NULL, published_at TEXT NOT "
    "NULL, withdrawn_index BIGINT, withdrawn_at TEXT, withdrawn_actor TEXT, "
    'withdrawn_reason TEXT, PRIMARY KEY ("index"))',
    'CREATE INDEX lists_kind ON lists (kind, in_force, "index")',
    'CREATE INDEX lists_list ON lists (list, "index")',
    'CREATE TABLE moved_texts (old TEXT NOT NULL, new TEXT, size BIGINT, "index" BIGINT'
    " NOT NULL, PRIMARY KEY (old))",
    'CREATE TABLE publications (id TEXT NOT NULL, "index" BIGINT NOT NULL, kind TEXT '
    "NOT NULL, about TEXT, record TEXT NOT NULL, record_size BIGINT, title TEXT, state "
    "TEXT NOT NULL, secret BOOLEAN, privacy BOOLEAN, redactions BIGINT, feed BIGINT, "
    "expires TEXT, published_index BIGINT, withdrawn_index BIGINT, proposed_at TEXT, "
    "proposed_actor TEXT, proposed_reason TEXT, checked_at TEXT, checked_actor TEXT, "
    "checked_reason TEXT, approved_at TEXT, approved_actor TEXT, approved_reason TEXT, "
    "declined_at TEXT, declined_actor TEXT, declined_reason TEXT, published_at TEXT, "
    "published_actor TEXT, published_reason TEXT, withdrawn_at TEXT, withdrawn_actor "
    "TEXT, withdrawn_reason TEXT, expired_at TEXT, expired_actor TEXT, expired_reason "
    "TEXT, PRIMARY KEY (id))",
    'CREATE INDEX publications_about ON publications (about, "index")',
    "CREATE INDEX publications_feed ON publications (feed)",
    'CREATE INDEX publications_state ON publications (state, "index")',
    'CREATE TABLE removed_objects (digest TEXT NOT NULL, "index" BIGINT NOT NULL, '
    "PRIMARY KEY (digest))",
    'CREATE TABLE reviews (id TEXT NOT NULL, "index" BIGINT NOT NULL, case_id TEXT NOT '
    "NULL, round BIGINT NOT NULL, state TEXT NOT NULL, documents TEXT NOT NULL, clips "
    "TEXT NOT NULL, question TEXT, requested_at TEXT NOT NULL, requested_actor TEXT NOT"
    " NULL, reviewer TEXT, taken_at TEXT, outcome TEXT, points TEXT, notes TEXT, "
    "answered_index BIGINT, settled_outcome TEXT, settled_index BIGINT, answered_at "
    "TEXT, answered_actor TEXT, answered_reason TEXT, disputed_at TEXT, disputed_actor "
    "TEXT, disputed_reason TEXT, settled_at TEXT, settled_actor TEXT, settled_reason "
    "TEXT, PRIMARY KEY (id))",
    'CREATE INDEX reviews_case ON reviews (case_id, "index")',
    'CREATE INDEX reviews_state ON reviews (state, "index")',
    'CREATE TABLE revocations ("index" INTEGER NOT NULL, case_id TEXT NOT NULL, how '
    "TEXT NOT NULL, at TEXT NOT NULL, at_us BIGINT NOT NULL, document TEXT, reason "
    'TEXT, actor TEXT NOT NULL, said_at TEXT NOT NULL, PRIMARY KEY ("index"))',
    'CREATE INDEX revocations_case ON revocations (case_id, "index")',
    'CREATE TABLE stages ("index" INTEGER NOT NULL, case_id TEXT NOT NULL, stage TEXT '
    "NOT NULL, at TEXT NOT NULL, at_us BIGINT NOT NULL, document TEXT, reason TEXT, "
    'actor TEXT NOT NULL, said_at TEXT NOT NULL, PRIMARY KEY ("index"))',
    'CREATE INDEX stages_case ON stages (case_id, "index")',
    'CREATE TABLE station_charges ("index" INTEGER NOT NULL, station TEXT NOT NULL, '
    "officer_id TEXT, actor TEXT NOT NULL, said_at TEXT NOT NULL, PRIMARY KEY "
    '("index"))',
    'CREATE INDEX station_charges_station ON station_charges (station, "index")',
    'CREATE TABLE stops ("index" INTEGER NOT NULL, subject TEXT NOT NULL, from_us '
    "BIGINT, to_us BIGINT, code TEXT NOT NULL, reason TEXT, actor TEXT NOT NULL, "
    'said_at TEXT NOT NULL, PRIMARY KEY ("index"))',
    'CREATE INDEX stops_subject ON stops (subject, "index")',
    'CREATE TABLE subjects (id TEXT NOT NULL, "index" BIGINT NOT NULL, kind TEXT NOT '
    "NULL, name TEXT, number TEXT, number_key TEXT, registered_at TEXT NOT NULL, "
    "merged_into TEXT, merged_index BIGINT, PRIMARY KEY (id))",
    'CREATE INDEX subjects_index ON subjects ("index")',
    "CREATE INDEX subjects_merged ON subjects (merged_into)",
    "CREATE INDEX subjects_number ON subjects (number_key)",
)


def upgrade() -> None:
    """From 0009."""
    op.add_column("assignments", sa.Column("handed_by", sa.Text(), nullable=True))
    op.add_column("clips", sa.Column("disposed_at", sa.Text(), nullable=True))
    for statement in _FORM:
        name = statement.removeprefix("CREATE TABLE ").split(" ", 1)[0]
        op.execute(f"{statement} WITHOUT ROWID" if name in _WITHOUT_ROWID else statement)
    marks = ", ".join("?" * len(_TYPES))
    kept = op.get_bind().exec_driver_sql(
        f"SELECT 1 FROM custody WHERE type IN ({marks}) LIMIT 1",  # noqa: S608 - question marks
        _TYPES,
    )
    if kept.first() is None:
        return
    for table in _BEFORE:
        op.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of this file
    for index in ("words", "words_of_cases"):
        op.execute(f"INSERT INTO {index}({index}) VALUES ('delete-all')")  # noqa: S608 - a name of this file
    op.execute("UPDATE head SET size = 0, leaf = NULL, root = NULL, names = -1")


def downgrade() -> None:
    """Back to 0009."""
    for table in _TABLES:
        op.drop_table(table)
    op.drop_column("clips", "disposed_at")
    op.drop_column("assignments", "handed_by")
