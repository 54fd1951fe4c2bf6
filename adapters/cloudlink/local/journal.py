"""The journal: every change is written to the audit trail and told to webhooks, within its own transaction."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import msgspec
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.cloudlink.local.outbox import Outbox
from adapters.store.cloudlink import audit


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A change: `event_type` is one of the webhooks' events or names another change as `thing.done`.

    `actor` is the name of who made it, `schedule` where nobody did; `resource_id` names what was changed.
    """

    event_type: str
    actor: str
    action_id: str | None = None
    action_type: str | None = None
    resource_id: str | None = None
    status: str | None = None
    detail: str | None = None


SCHEDULE = "schedule"
"""The actor of what happens by itself."""


class Journal:
    """Writes entries."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def write(
        self, connection: AsyncConnection, tenant: str, entry: Entry, payload: msgspec.Struct | None = None
    ) -> None:
        """Write an entry within the transaction that makes the change; with a `payload`, webhooks are told of it."""
        row = {"id": str(uuid.uuid4()), "tenant": tenant, "at": datetime.now(UTC), **msgspec.structs.asdict(entry)}
        await connection.execute(insert(audit).values(row))
        if payload is not None:
            await self._outbox.put(connection, tenant, entry.event_type, payload)
