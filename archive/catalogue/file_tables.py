"""Tables of case files, subjects, certificates and what else is registered of a case's way. See schema.py.

What always holds: what was said stays readable; of what a later entry changed, the columns say the newest word.
Nothing here is a deadline: those follow from these rows, the rules and the day on which somebody asks.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text

from archive.catalogue.base import INDEX, id_column, metadata


def _index_column() -> Column[int]:
    return Column("index", INDEX, primary_key=True, autoincrement=False)


def _said() -> tuple[Column[str], Column[str]]:
    return Column("actor", Text, nullable=False), Column("said_at", Text, nullable=False)


case_files: Final = Table(
    "case_files",
    metadata,
    id_column(),  # of the case
    Column("act", Text),
    Column("matter", Text),
    Column("list", Text),  # digest of the list that the matter is of
    Column("filed_as_index", BigInteger),
    Column("stage", Text),  # of the newest entry
    Column("stage_index", BigInteger),
    Column("initiated_us", BigInteger),
    Column("decided_us", BigInteger),
    Column("served_us", BigInteger),
    Column("concluded_us", BigInteger),
    Column("action_ended", Text),
    Column("action_ended_us", BigInteger),
    Column("action_ended_index", BigInteger),
    Column("revoked_us", BigInteger),  # the decision
    Column("revoked_index", BigInteger),
    Column("catalogue", Text),  # digests of objects
    Column("signature", Text),
    Column("signer", Text),  # digest of the certificate
    Column("catalogued_at", Text),
    Column("catalogued_index", BigInteger),
    Column("measure", Text),  # what is to be decided
    Column("amount", BigInteger),  # of money, in 分
    Column("intended_index", BigInteger),
    sqlite_with_rowid=False,
)
stages: Final = Table(
    "stages",
    metadata,
    _index_column(),
    Column("case_id", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("document", Text),
    Column("reason", Text),
    *_said(),
    Index("stages_case", "case_id", "index"),
)
revocations: Final = Table(
    "revocations",
    metadata,
    _index_column(),
    Column("case_id", Text, nullable=False),
    Column("how", Text, nullable=False),  # revoked, changed, held_unlawful
    Column("at", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("document", Text),
    Column("reason", Text),
    *_said(),
    Index("revocations_case", "case_id", "index"),
)
subjects: Final = Table(
    "subjects",
    metadata,
    id_column(),
    Column("index", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),  # person, organisation
    Column("name", Text),
    Column("number", Text),
    Column("number_key", Text),  # NFKC, trimmed
    Column("registered_at", Text, nullable=False),
    Column("merged_into", Text),
    Column("merged_index", BigInteger),
    Index("subjects_index", "index"),
    Index("subjects_number", "number_key"),
    Index("subjects_merged", "merged_into"),
)
case_subjects: Final = Table(
    "case_subjects",
    metadata,
    Column("case_id", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("index", BigInteger, nullable=False),  # of the entry that says so
    Index("case_subjects_subject", "subject", "case_id"),
    sqlite_with_rowid=False,
)
certificates: Final = Table(
    "certificates",
    metadata,
    _index_column(),
    Column("officer_id", Text, nullable=False),
    Column("kind", Text, nullable=False),  # enforcement, reviewer
    Column("number", Text),
    Column("number_key", Text),
    Column("issuer", Text),
    Column("valid_from", Text, nullable=False),  # days
    Column("valid_until", Text, nullable=False),  # the last one
    Column("withdrawn_at", Text),
    Column("withdrawn_index", BigInteger),
    Column("withdrawn_reason", Text),
    *_said(),
    Index("certificates_officer", "officer_id", "kind", "index"),
    Index("certificates_number", "number_key"),
)
duty_checks: Final = Table(
    "duty_checks",
    metadata,
    _index_column(),
    Column("recorder_id", Text, nullable=False),
    Column("officer_id", Text),
    Column("ok", Boolean, nullable=False),
    Column("codes", Text, nullable=False),  # JSON list: what was wrong
    Column("battery", BigInteger),  # per cent
    Column("free_bytes", BigInteger),
    Column("offset_ms", BigInteger),
    Column("at", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("note", Text),
    *_said(),
    Index("duty_checks_recorder", "recorder_id", "at_us"),
)
station_charges: Final = Table(
    "station_charges",
    metadata,
    _index_column(),
    Column("station", Text, nullable=False),
    Column("officer_id", Text),
    *_said(),
    Index("station_charges_station", "station", "index"),
)
document_times: Final = Table(
    "document_times",
    metadata,
    _index_column(),
    Column("case_id", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("from_us", BigInteger),  # NULL: taken back
    Column("to_us", BigInteger),
    Column("place", Text),
    *_said(),
    Index("document_times_case", "case_id", "document", "part", "index"),
)
stops: Final = Table(
    "stops",
    metadata,
    _index_column(),
    Column("subject", Text, nullable=False),  # clip or case
    Column("from_us", BigInteger),
    Column("to_us", BigInteger),
    Column("code", Text, nullable=False),
    Column("reason", Text),
    *_said(),
    Index("stops_subject", "subject", "index"),
)
excuses: Final = Table(
    "excuses",
    metadata,
    _index_column(),
    Column("subject", Text, nullable=False),  # clip or case
    Column("rule", Text, nullable=False),  # id of the deadline
    Column("excuse", BigInteger),  # which of the rule's, from 0
    Column("reason", Text),
    *_said(),
    Index("excuses_subject", "subject", "rule", "index"),
)
