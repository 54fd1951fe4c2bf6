"""Alembic's entry: runs on the connection that `Database.migrate` hands over."""

from alembic import context

import adapters.store.cloudlink
import adapters.store.cloudlink_account
import adapters.store.cloudsigma
import adapters.store.history
import adapters.store.keys
import adapters.store.origins
import adapters.store.ownership
import adapters.store.sigil
import adapters.store.threats
import adapters.store.tokens
from adapters.store.metadata import metadata

for table in (
    adapters.store.cloudlink.costs,
    adapters.store.cloudlink_account.scans,
    adapters.store.cloudsigma.executions,
    adapters.store.history.executions,
    adapters.store.keys.gateway_keys,
    adapters.store.origins.execution_origins,
    adapters.store.ownership.submissions,
    adapters.store.sigil.scans,
    adapters.store.threats.threats,
    adapters.store.tokens.upstream_tokens,
):
    assert table.metadata is metadata  # noqa: S101 - keeps the imports that fill metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
