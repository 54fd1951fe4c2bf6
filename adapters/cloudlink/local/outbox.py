"""What is to be sent to webhooks: kept in the store with the change that it tells of."""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.store.database import Database


class Outbox:
    """Keeps deliveries until they are made."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, connection: AsyncConnection, tenant: str, event: str, payload: msgspec.Struct) -> None:
        """Keep a delivery for each of the tenant's webhooks that wants the event."""
