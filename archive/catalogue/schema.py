"""The tables of the catalogue; more are in the modules whose names end in _tables.

Meaning: docs/formats/catalogue.md.

What always holds: each row follows from ledger entries and their text rows alone; the one row of `head` says
from how many. There are no foreign keys on purpose: entries may name what was never registered (an outside or a
newer writer), and a view that refuses a valid ledger would be worse than a row that points nowhere.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    Table,
    Text,
    text,
)

from archive.catalogue.base import INDEX, id_column, metadata
from archive.catalogue.form import REVISION

SCHEMA_REVISION: Final = REVISION

head: Final = Table(
    "head",
    metadata,
    Column("id", Integer, primary_key=True),  # always 1
    Column("size", BigInteger, nullable=False),  # entries projected
    Column("leaf", Text),  # leaf hash of the last of them, hex
    Column(
        "root", Text
    ),  # root of the tree of that size, hex; null while a long catch-up is under way
    Column("names", BigInteger, nullable=False),  # index of the last entry that changed a register
)

custody: Final = Table(
    "custody",
    metadata,
    # The key is the order in which it is asked for: one subject's history is one stretch of the table.
    Column("subject", Text, primary_key=True),
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("type", Text, nullable=False),
    Column("time", Text, nullable=False),
    Column("clock", Text, nullable=False),
    Column("actor", Text, nullable=False),
    sqlite_with_rowid=False,
)

units: Final = Table(
    "units",
    metadata,
    id_column(),
    Column("name", Text),
    Column("parent", Text),
    Column("level", Text),  # squad, office, county, city, province
)
accounts: Final = Table(
    "accounts",
    metadata,
    id_column(),
    Column("name", Text),
    Column("role", Text),
    Column("unit_id", Text),
    Column("officer_id", Text),
    Column("disabled", Boolean, nullable=False),
)
officers: Final = Table(
    "officers",
    metadata,
    id_column(),
    Column("badge", Text),
    Column("name", Text),
    Column("unit_id", Text),
    Column("registered", Boolean, nullable=False),
    Index("officers_badge", "badge"),
)
recorders: Final = Table(
    "recorders",
    metadata,
    id_column(),
    Column("serial", Text),
    Column("make", Text),
    Column("model", Text),
    Column("unit_id", Text),
    Column("officer_id", Text),
    Column("registered", Boolean, nullable=False),
    Index("recorders_serial", "serial"),
)
assignments: Final = Table(
    "assignments",
    metadata,
    Column("index", INDEX, primary_key=True, autoincrement=False),
    Column("recorder_id", Text, nullable=False),
    Column("officer_id", Text),
    Column("unit_id", Text),
    Column("from", Text, nullable=False),
    Column("from_us", BigInteger, nullable=False),
    Column("reason", Text),
    Column("assigned_at", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("handed_by", Text),  # officer
    Index("assignments_recorder", "recorder_id", "from_us", "index"),
)
timestamps: Final = Table(
    "timestamps",
    metadata,
    Column("index", INDEX, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),  # of the checkpoint
    Column("authority", Text, nullable=False),
    Column("own", Boolean, nullable=False),
    Column("time", Text, nullable=False),
    Column("time_us", BigInteger, nullable=False),
    Column("imprint", Text),
    Column("policy", Text),
    Column("serial", Text),  # decimal: it has up to 160 bits
    Column("accuracy_ms", BigInteger),
    Column("synchronised", Boolean),
    Column("checkpoint", Text),  # digests of objects
    Column("token", Text),
    Column("chain", Text),
    Column("ca", Text),
    Column("renews", BigInteger),  # how many earlier tokens
    Index("timestamps_authority", "authority", "size"),
    Index("timestamps_size", "size"),
)
twins: Final = Table(
    "twins",
    metadata,
    Column("index", INDEX, primary_key=True, autoincrement=False),
    Column("recorder_id", Text, nullable=False),
    Column("noticed_at", Text, nullable=False),
    Column("ports", Text, nullable=False),  # JSON list
    Index("twins_recorder", "recorder_id", "index"),
)

dockings: Final = Table(
    "dockings",
    metadata,
    id_column(),
    Column("started_index", BigInteger, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("station", Text),
    Column("recorder_id", Text),
    Column("officer_id", Text),
    Column("unit_id", Text),
    Column("case_id", Text),
    Column("source_kind", Text),
    Column("source", Text),
    Column("profile", Text),
    Column("registered", Boolean),
    Column("entries", BigInteger),
    Column("reread", Boolean),
    Column("ended_at", Text),
    Column("ingested", BigInteger),
    Column("known", BigInteger),
    Column("refused", BigInteger),
    Column("partial", BigInteger),
    Column("quarantined", BigInteger),
    Column("bytes", BigInteger),
    Column("milliseconds", BigInteger),
    Column("late", BigInteger),
    Column("stopped", Text),
    Column("port", Text),
    Column("battery", BigInteger),
    Column("make", Text),
    Column("model", Text),
    Column("firmware", Text),
    Column("second_serial", Text),
    Index("dockings_started", "started_index"),
    Index("dockings_recorder", "recorder_id", "started_index"),
)
disputes: Final = Table(
    "disputes",
    metadata,
    Column("index", INDEX, primary_key=True, autoincrement=False),
    Column("docking", Text, nullable=False),
    Column("recorder_id", Text),
    Column("assigned", Text, nullable=False),  # officer, by the register
    Column("carried", Text, nullable=False),  # officer, by the recorder or a clip's name
    Column("by", Text),
    Column("clips", BigInteger),
    Column("disputed_at", Text, nullable=False),
    Column("settled_index", BigInteger),
    Index("disputes_docking", "docking"),
)
clock_readings: Final = Table(
    "clock_readings",
    metadata,
    Column("index", INDEX, primary_key=True, autoincrement=False),
    Column("recorder_id", Text, nullable=False),
    Column("docking", Text),
    Column("was_set", Boolean, nullable=False),  # read again after it was set
    Column("device", Text),
    Column("host", Text, nullable=False),
    Column("host_us", BigInteger),
    Column("offset_us", BigInteger),
    Column("uncertainty_us", BigInteger),
    Column("drift_ms_per_day", BigInteger),
    Column("drift_uncertainty", BigInteger),
    Column("raw", Text),
    Index("clock_readings_recorder", "recorder_id", "index"),
)
refusals: Final = Table(
    "refusals",
    metadata,
    Column("index", INDEX, primary_key=True, autoincrement=False),
    Column("docking", Text, nullable=False),
    Column("code", Text),
    Column("partial", Boolean, nullable=False),
    Column("path", Text),
    Column("path_base64", Text),
    Column("reason", Text),
    Index("refusals_docking", "docking", "index"),
)
sightings: Final = Table(
    "sightings",
    metadata,
    Column("index", INDEX, primary_key=True, autoincrement=False),
    Column("docking", Text, nullable=False),
    Column("clip", Text, nullable=False),
    Column("by", Text),
    Index("sightings_docking", "docking", "index"),
)


def _rare(name: str, condition: str, *first: str) -> Index:
    # Whose a clip is stands in the index too: the rare ones among somebody's many are found without looking at them.
    whose = ("unit_id", "officer_id", "recorder_id")
    where = text(condition)
    return Index(
        name, *first, "start_us", "clip", *whose, sqlite_where=where, postgresql_where=where
    )


clips: Final = Table(
    "clips",
    metadata,
    Column("ingested_index", INDEX, primary_key=True, autoincrement=False),
    Column("clip", Text, nullable=False),
    Column("path", Text),
    Column("path_base64", Text),
    Column("recorder_id", Text),
    Column("officer_id", Text),
    Column("unit_id", Text),
    Column("docking", Text),
    Column("sha256", Text, nullable=False),
    Column("sm3", Text),
    Column("size", BigInteger, nullable=False),
    Column("modified", Text),
    Column("start", Text),
    Column("start_us", BigInteger, nullable=False),  # microseconds since 1970, or UNKNOWN_START
    Column("start_source", Text),
    Column("start_raw", Text),
    Column("offset_ms", BigInteger),
    Column("uncertainty_ms", BigInteger),
    Column("kind", Text),
    Column("container", Text),
    Column("duration_us", BigInteger),
    Column("video", Text),
    Column("audio", Text),
    Column("width", Integer),
    Column("height", Integer),
    Column("rate", Text),
    Column("damaged", Boolean, nullable=False),
    Column("damage", Text, nullable=False),  # JSON list of codes
    Column("playable", Boolean, nullable=False),
    Column("marked", Boolean, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("quarantined", Boolean, nullable=False),
    Column("same_as", Text),
    Column("belongs_to", Text),
    Column(
        "cases", Text, nullable=False
    ),  # JSON list of the numbers it is linked to, in order of linking
    Column("verified_at", Text),
    Column("examined_index", BigInteger),
    Column("accepted_index", BigInteger),  # of the entry that ended its quarantine
    Column("erased_at", Text),
    Column("facts", Text),  # digest of the object; NULL: not examined, or by an older version
    Column("facts_size", BigInteger),
    Column("protected", Boolean),  # TRUE or NULL
    Column("disposed_at", Text),
    Index("clips_clip", "clip", unique=True),
    Index("clips_start", "start_us", "clip"),
    Index("clips_officer", "officer_id", "start_us", "clip"),
    Index("clips_unit", "unit_id", "start_us", "clip"),
    Index("clips_held", "recorder_id", "path"),
    Index("clips_recorder", "recorder_id", "start_us", "clip"),
    Index("clips_object", "sha256"),
    Index("clips_docking", "docking"),
    Index("clips_unexamined", "ingested_index", sqlite_where=text("facts IS NULL")),
    Index("clips_unverified", "ingested_index", sqlite_where=text("verified_at IS NULL")),
    Index("clips_quarantined", "docking", sqlite_where=text("quarantined = TRUE")),
    # What is rare, in the order of a search.
    _rare("clips_marked", "marked = TRUE"),
    _rare("clips_apart", "quarantined = TRUE"),
    _rare("clips_damaged", "damaged = TRUE"),
    _rare("clips_late", "late = TRUE"),
    _rare("clips_unlinked", "cases = '[]'"),
    _rare("clips_kind", "kind <> 'video'", "kind"),
)
# How many clips lie in each cell; tallies.py.
tallies: Final = Table(
    "tallies",
    metadata,
    Column("whose", Text, primary_key=True),  # '': everybody's; an officer's, a recorder's
    Column("span", BigInteger, primary_key=True, autoincrement=False),  # a month or a day
    Column("unit_id", Text, primary_key=True),  # '': none
    Column("kind", Text, primary_key=True),  # '': unknown
    Column("state", Integer, primary_key=True, autoincrement=False),
    Column("clips", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
renditions: Final = Table(
    "renditions",
    metadata,
    Column("index", INDEX, primary_key=True, autoincrement=False),
    Column("clip", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("media_type", Text),
    Column("tool", Text),
    Column("version", Text),
    Column("parameters", Text, nullable=False),  # JSON object
    Column("of", Text),
    Column("index_sha256", Text),  # what belongs to it
    Column("index_size", BigInteger),
    Column("index_media_type", Text),
    Column("sources", Text),  # JSON list of digests: other originals that it was made from
    Column("made_at", Text),
    Index("renditions_clip", "clip", "kind"),
)
# Holds what waits only: where nothing is due it is empty, whatever the archive's size.
due: Final = Table(
    "due",
    metadata,
    Column("clip", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("index", BigInteger, nullable=False),  # of the entry that says so
    Index("due_kind", "kind", "index", "clip"),
    sqlite_with_rowid=False,
)
rendition_failures: Final = Table(
    "rendition_failures",
    metadata,
    Column("clip", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("index", BigInteger, nullable=False),
    Column("code", Text, nullable=False),
    Column("tool", Text),
    Column("version", Text),
    Index("rendition_failures_kind", "kind", "version"),
    sqlite_with_rowid=False,
)
assessments: Final = Table(
    "assessments",
    metadata,
    Column("clip", Text, primary_key=True),
    Column("index", BigInteger, nullable=False),
    Column("assessed_at", Text, nullable=False),
    Column("findings", Text, nullable=False),  # JSON list
    Column("clock", Text),  # as it was read in the picture
    Column("tool", Text),
    Column("version", Text),
    Column("clock_at_ms", BigInteger),  # where in the clip
    sqlite_with_rowid=False,
)
recordings: Final = Table(
    "recordings",
    metadata,
    id_column(),
    Column("index", BigInteger, nullable=False),
    Column("joined_at", Text, nullable=False),
    Column("recorder_id", Text),
    Column("silent_before_ms", BigInteger),
    Column("tool", Text),
    Column("version", Text),
    Index("recordings_recorder", "recorder_id", "index"),
)
recording_segments: Final = Table(
    "recording_segments",
    metadata,
    Column("recording", Text, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("clip", Text, nullable=False),
    Column("from_ms", BigInteger, nullable=False),
    Column("length_ms", BigInteger, nullable=False),
    Column("gap_ms", BigInteger),  # pause since the one before; NULL: there is none before
    Column("uncertainty_ms", BigInteger),
    Column("by", Text),
    Column("missing", BigInteger),  # segments that the names count before it and that are not here
    Index("recording_segments_clip", "clip", "recording"),
    sqlite_with_rowid=False,
)

cases: Final = Table(
    "cases",
    metadata,
    id_column(),
    Column("opened_index", BigInteger, nullable=False),
    Column("opened_at", Text, nullable=False),
    Column("number", Text),
    Column("number_key", Text),  # NFKC, trimmed: what is unique
    Column("title", Text),
    Column("subject", Text),
    Column("place", Text),
    Column("place_key", Text),  # folded, for search by part
    Column("unit_id", Text),
    Column("officers", Text),  # JSON list of ids
    Column("from", Text),
    Column("to", Text),
    Column("from_us", BigInteger),
    Column("to_us", BigInteger),
    Column("closed_at", Text),
    Column("closed_reason", Text),
    Index("cases_number", "number_key"),
    Index("cases_opened", "opened_index"),
)
case_officers: Final = Table(
    "case_officers",
    metadata,
    Column("officer_id", Text, primary_key=True),
    Column("case_id", Text, primary_key=True),
    sqlite_with_rowid=False,
)
links: Final = Table(
    "links",
    metadata,
    Column("case_id", Text, primary_key=True),
    Column("clip", Text, primary_key=True),
    Column("linked", Boolean, nullable=False),  # false: taken off again; the row stays
    Column("by", Text),
    Column("rule", Text),
    Column("reason", Text),
    Column("linked_index", BigInteger),
    Column("linked_at", Text),
    # What a search by case number needs, beside the link, so that it reads one stretch of one index.
    Column("clip_index", BigInteger),
    Column("start_us", BigInteger, nullable=False),
    Index("links_case", "case_id", "linked", "start_us", "clip", "clip_index"),
    Index("links_clip", "clip", "linked_index"),
    Index("links_index", "linked_index"),
    sqlite_with_rowid=False,
)

objects: Final = Table(
    "objects",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("size", BigInteger),
)
