"""Alembic's entry: runs on the connection that `Database.migrate` hands over."""

from alembic import context

import adapters.store.cloudsigma
from adapters.store.metadata import metadata

assert adapters.store.cloudsigma.executions.metadata is metadata  # noqa: S101 - keeps the import that fills metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
