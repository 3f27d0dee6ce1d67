"""What Alembic runs for each command: our connection, our transaction."""

from __future__ import annotations

from alembic import context

from archive.catalogue import access_tables, object_tables, review_tables, schema

# One and the same; each module puts its tables into it.
_METADATA = [part.metadata for part in (schema, access_tables, review_tables, object_tables)]
context.configure(connection=context.config.attributes["connection"], target_metadata=_METADATA[0])
with context.begin_transaction():
    context.run_migrations()
