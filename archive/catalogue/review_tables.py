"""Tables of what people did with clips and put beside them: played, marked, exported, documents. See schema.py."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Table, Text

from archive.catalogue.base import INDEX, id_column, metadata

plays: Final = Table(
    "plays",
    metadata,
    Column("index", INDEX, primary_key=True, autoincrement=False),
    Column("clip", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("session", Text),
    Column("what", Text),
    Column("spans", Text, nullable=False),  # JSON list of [from, to] in milliseconds
    Column("played_ms", BigInteger),
    Column("request", Text),
    Column("at", Text, nullable=False),
    Index("plays_clip", "clip", "index"),
    Index("plays_actor", "actor", "index"),
)
stills: Final = Table(
    "stills",
    metadata,
    Column("index", INDEX, primary_key=True, autoincrement=False),
    Column("clip", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("frame", BigInteger),
    Column("still", Text, nullable=False),  # digest
    Column("exported", Text, nullable=False),  # digest
    Column("caption", Text),
    Column("actor", Text, nullable=False),
    Column("at", Text, nullable=False),
    Index("stills_clip", "clip", "index"),
)
markers: Final = Table(
    "markers",
    metadata,
    id_column(),
    Column("index", BigInteger, nullable=False),
    Column("clip", Text, nullable=False),
    Column("kind", Text, nullable=False),  # marker, note
    Column("from_us", BigInteger),
    Column("to_us", BigInteger),
    Column("text", Text),
    Column("actor", Text, nullable=False),
    Column("set_at", Text, nullable=False),
    Column("removed_at", Text),
    Column("removed_actor", Text),
    Column("removed_reason", Text),
    Index("markers_clip", "clip", "from_us"),
    Index("markers_index", "index"),
)
documents: Final = Table(
    "documents",
    metadata,
    id_column(),
    Column("index", BigInteger, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("sm3", Text),
    Column("size", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("pages", BigInteger),
    Column("name", Text),
    Column("title", Text),
    Column("actor", Text, nullable=False),
    Column("added_at", Text, nullable=False),
    Column("removed_at", Text),
    Column("removed_actor", Text),
    Column("removed_reason", Text),
    Index("documents_case", "case_id", "index"),
    Index("documents_index", "index"),
)
document_links: Final = Table(
    "document_links",
    metadata,
    id_column(),
    Column("index", BigInteger, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("page", BigInteger),
    Column("paragraph", BigInteger),
    Column("clip", Text, nullable=False),
    Column("from_us", BigInteger, nullable=False),
    Column("to_us", BigInteger),
    Column("note", Text),
    Column("actor", Text, nullable=False),
    Column("linked_at", Text, nullable=False),
    Column("unlinked_at", Text),
    Column("unlinked_actor", Text),
    Column("unlinked_reason", Text),
    Index("document_links_document", "document", "page", "paragraph"),
    Index("document_links_clip", "clip", "from_us"),
    Index("document_links_index", "index"),
)
