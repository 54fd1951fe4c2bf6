"""What is to be sent to webhooks: kept in the store with the change that it tells of."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import event as database_event
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.store.cloudlink_account import deliveries, webhooks
from adapters.store.database import Database

EVENTS = (
    "action.created",
    "action.completed",
    "action.approved",
    "action.rejected",
    "scan.finished",
    "regression.detected",
    "regression.acknowledged",
    "regression.resolved",
    "budget.threshold",
    "anomaly.detected",
    "ping",
)
"""What webhooks can be told of."""

MOST_WAITING = 1_000
"""How many deliveries wait for a webhook at the most; what comes beyond is not sent to it."""

MARK = "cloudlink_outbox"


class Outbox:
    """Keeps deliveries until they are made; `filled` is set when a transaction that put some in is over."""

    def __init__(self, database: Database) -> None:
        self.filled = asyncio.Event()
        database_event.listen(database.engine.sync_engine, "checkin", self._notice)

    async def put(self, connection: AsyncConnection, tenant: str, event: str, payload: msgspec.Struct) -> None:
        """Keep a delivery for each of the tenant's webhooks that wants the event."""
        waiting = select(func.count()).select_from(deliveries).where(deliveries.c.webhook_id == webhooks.c.id)
        query = select(webhooks.c.id, webhooks.c.events).where(
            webhooks.c.tenant == tenant, webhooks.c.enabled, waiting.scalar_subquery() < MOST_WAITING
        )
        found = (await connection.execute(query)).all()
        await self.put_for(connection, [row.id for row in found if _is_wanted(event, row.events)], event, payload)

    async def put_for(
        self, connection: AsyncConnection, webhook_ids: Iterable[str], event: str, payload: msgspec.Struct
    ) -> None:
        """Keep a delivery for each of these webhooks."""
        body, now = msgspec.json.encode(payload), datetime.now(UTC)
        rows = [
            {
                "id": str(uuid.uuid4()),
                "webhook_id": webhook_id,
                "event": event,
                "body": body,
                "attempts": 0,
                "due_at": now,
            }
            for webhook_id in webhook_ids
        ]
        if rows:
            await connection.execute(insert(deliveries), rows)
            (await connection.get_raw_connection()).info[MARK] = True

    def _notice(self, _connection: Any, record: Any) -> None:
        # A connection goes back to the pool after its transaction: what it put in is to be seen from here on.
        if record.info.pop(MARK, False):
            self.filled.set()


def _is_wanted(event: str, wanted: bytes) -> bool:
    names = msgspec.json.decode(wanted, type=tuple[str, ...])
    return not names or event in names
