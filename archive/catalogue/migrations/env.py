"""What Alembic runs for each command: our connection, our transaction."""

from __future__ import annotations

from alembic import context

from archive.catalogue import (
    access_tables,
    file_tables,
    object_tables,
    oversight_tables,
    review_tables,
    schema,
)

# One and the same; each module puts its tables into it.
_PARTS = (schema, access_tables, review_tables, object_tables, file_tables, oversight_tables)
_METADATA = [part.metadata for part in _PARTS]
context.configure(connection=context.config.attributes["connection"], target_metadata=_METADATA[0])
with context.begin_transaction():
    context.run_migrations()
