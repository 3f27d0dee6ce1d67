"""Tables of lists, proposals of links, legal reviews, publications, retention and disposal. See schema.py.

What always holds: a row has the newest state that its entries lead to; an entry out of turn (an approval of what was
declined) changes no row. It stays a custody event.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text, text

from archive.catalogue.base import INDEX, id_column, metadata


def _step(*names: str) -> list[Column[str]]:
    """When, by whom and why something was done; NULL: it was not."""
    return [Column(f"{name}_{what}", Text) for name in names for what in ("at", "actor", "reason")]


lists: Final = Table(
    "lists",
    metadata,
    Column("index", INDEX, primary_key=True, autoincrement=False),
    Column("list", Text, nullable=False),  # id: one for all versions
    Column("kind", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("in_force", Text, nullable=False),  # a day
    Column("title", Text),
    Column("actor", Text, nullable=False),
    Column("published_at", Text, nullable=False),
    Column("withdrawn_index", BigInteger),
    *_step("withdrawn"),
    Index("lists_kind", "kind", "in_force", "index"),
    Index("lists_list", "list", "index"),
)
list_changes: Final = Table(
    "list_changes",
    metadata,
    Column("index", INDEX, primary_key=True, autoincrement=False),
    Column("list", Text, nullable=False),
    Column("at", Text, nullable=False),  # since when it no longer agrees with what it rests on
    Column("at_us", BigInteger, nullable=False),
    Column("reason", Text),
    Column("actor", Text, nullable=False),
    Column("said_at", Text, nullable=False),
    Index("list_changes_list", "list", "index"),
)
imports: Final = Table(
    "imports",
    metadata,
    Column("index", INDEX, primary_key=True, autoincrement=False),
    Column("kind", Text),  # dispatch, case
    Column("sha256", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("imported_at", Text, nullable=False),
)
link_proposals: Final = Table(
    "link_proposals",
    metadata,
    Column("clip", Text, primary_key=True),
    Column("case_id", Text, primary_key=True),
    Column("index", BigInteger, nullable=False),
    Column("rule", Text),
    Column("score", BigInteger, nullable=False),  # per mille
    Column("terms", Text, nullable=False),  # JSON list
    Column("reason", Text),
    Column("proposed_at", Text, nullable=False),
    Column("declined_index", BigInteger),
    *_step("declined"),
    Index("link_proposals_index", "index"),
    Index("link_proposals_case", "case_id", "index"),
    sqlite_with_rowid=False,
)
reviews: Final = Table(
    "reviews",
    metadata,
    id_column(),
    Column("index", BigInteger, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("round", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # requested, taken, answered, disputed, settled
    Column("documents", Text, nullable=False),  # JSON lists of ids
    Column("clips", Text, nullable=False),
    Column("question", Text),
    Column("requested_at", Text, nullable=False),
    Column("requested_actor", Text, nullable=False),
    Column("reviewer", Text),  # officer
    Column("taken_at", Text),
    Column("outcome", Text),  # agree, correct, transfer
    Column("points", Text),  # JSON list, as in the entry
    Column("notes", Text),  # JSON object: by point, in words
    Column("answered_index", BigInteger),
    Column("settled_outcome", Text),
    Column("settled_index", BigInteger),
    *_step("answered", "disputed", "settled"),
    Index("reviews_case", "case_id", "index"),
    Index("reviews_state", "state", "index"),
)
publications: Final = Table(
    "publications",
    metadata,
    id_column(),
    Column("index", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("about", Text),  # id of a case, a list or an officer
    Column("record", Text, nullable=False),  # digest; what was checked last
    Column("record_size", BigInteger),
    Column("title", Text),
    Column("state", Text, nullable=False),
    Column("secret", Boolean),
    Column("privacy", Boolean),
    Column("redactions", BigInteger),
    Column("feed", BigInteger),  # its number in the feed
    Column("expires", Text),  # a day
    Column("published_index", BigInteger),
    Column("withdrawn_index", BigInteger),
    *_step("proposed", "checked", "approved", "declined", "published", "withdrawn", "expired"),
    Index("publications_about", "about", "index"),
    Index("publications_state", "state", "index"),
    Index("publications_feed", "feed"),
)
classes: Final = Table(
    "classes",
    metadata,
    Column("subject", Text, primary_key=True),  # clip or case
    Column("categories", Text, nullable=False),  # JSON list of ids of rules, sorted
    Column("by", Text),
    Column("rule", Text),
    Column("reason", Text),
    Column("index", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("said_at", Text, nullable=False),
    sqlite_with_rowid=False,
)
_IN_FORCE: Final = text("lifted_index IS NULL")
holds: Final = Table(
    "holds",
    metadata,
    id_column(),
    Column("index", BigInteger, nullable=False),
    Column("about", Text, nullable=False),  # clip or case
    Column("lifted_index", BigInteger),
    *_step("placed", "lifted"),
    Index("holds_about", "about", sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE),
    Index("holds_index", "index"),
)
disposals: Final = Table(
    "disposals",
    metadata,
    id_column(),
    Column("index", BigInteger, nullable=False),
    Column("list", Text, nullable=False),  # digests of objects
    Column("list_size", BigInteger),
    Column("rules", Text),
    Column("items", BigInteger, nullable=False),
    Column("bytes", BigInteger),
    Column("state", Text, nullable=False),  # proposed, approved, declined, ended
    Column("done", BigInteger, nullable=False),  # clips that are gone
    Column("kept", BigInteger),
    Column("codes", Text),  # JSON object: how many were kept for what
    *_step("proposed", "approved", "declined", "ended"),
    Index("disposals_index", "index"),
)
disposed_clips: Final = Table(
    "disposed_clips",
    metadata,
    Column("clip", Text, primary_key=True),
    Column("disposal", Text, nullable=False),
    Column("index", BigInteger, nullable=False),
    Column("bytes", BigInteger),
    Column("disposed_at", Text, nullable=False),
    Index("disposed_clips_disposal", "disposal", "index"),
    sqlite_with_rowid=False,
)
removed_objects: Final = Table(
    "removed_objects",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("index", BigInteger, nullable=False),  # last entry that was seen when it was given up
    sqlite_with_rowid=False,
)
moved_texts: Final = Table(
    "moved_texts",
    metadata,
    Column("old", Text, primary_key=True),  # digest of the text object that is gone
    Column("new", Text),  # of the one that has its other rows; NULL: there were none
    Column("size", BigInteger),
    Column("index", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
