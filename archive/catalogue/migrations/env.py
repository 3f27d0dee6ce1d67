"""What Alembic runs for each command: our connection, our transaction."""

from __future__ import annotations

from alembic import context

from archive.catalogue.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
