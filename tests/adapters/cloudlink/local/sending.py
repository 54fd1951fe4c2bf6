"""Sending to webhooks, as tests of it do: what is registered and told in a store, and who sends it to a receiver."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from sqlalchemy import func, select, update

from adapters.cloudlink.account import NewWebhook, Webhook
from adapters.cloudlink.local.deliveries import Deliveries, Pace
from adapters.cloudlink.local.journal import Entry, Journal
from adapters.cloudlink.local.outbox import Outbox
from adapters.cloudlink.local.webhooks import WebhookRecords
from adapters.cloudlink.models import BudgetCheck
from adapters.http.public import Resolver
from adapters.principal import Principal
from adapters.store.cloudlink_account import deliveries
from adapters.store.database import Database
from adapters.vault import Vault, new_encryption_key
from tests.adapters.cloudlink.local.receiver import Receiver

QUICK = Pace(attempt=0.5, poll=0.05, first_wait=0.01)
PATIENT = Pace(attempt=5.0, poll=60.0, first_wait=600.0)
KEY = new_encryption_key()


class Sending:
    """Webhooks of a store, what they are told of, and who sends it."""

    def __init__(self, database: Database, receiver: Receiver) -> None:
        self.database = database
        self.receiver = receiver
        self.outbox = Outbox(database)
        self.journal = Journal(self.outbox)
        self.vault = Vault((KEY,))
        self.records = WebhookRecords(database, self.outbox, self.journal, self.vault, frozenset())

    @asynccontextmanager
    async def running(
        self,
        pace: Pace = QUICK,
        *,
        allowed: frozenset[str] | None = None,
        resolver: Resolver | None = None,
        outbox: Outbox | None = None,
        vault: Vault | None = None,
    ) -> AsyncIterator[None]:
        """Send, to the receiver whatever the host is called."""
        sender = Deliveries(
            self.database,
            outbox or self.outbox,
            vault or self.vault,
            self.receiver.allowed() if allowed is None else allowed,
            resolver=resolver or self.receiver.resolve,
            pace=pace,
        )
        await sender.start()
        try:
            yield
        finally:
            await sender.close()

    async def register(self, principal: Principal, host: str = "hooks.example", secret: str | None = None) -> Webhook:
        """Register a webhook that leads to the receiver."""
        return await self.records.register(principal, NewWebhook(url=self.receiver.url(host=host), secret=secret))

    async def tell(self, tenant: str, count: int = 1) -> None:
        """Write changes that webhooks are told of."""
        async with self.database.write() as connection:
            for number in range(count):
                entry = Entry(event_type="action.created", actor="x")
                await self.journal.write(connection, tenant, entry, payload=BudgetCheck(alerts_fired=number))

    async def waiting(self) -> int:
        """Count what is still to be sent."""
        async with self.database.read() as connection:
            return int((await connection.execute(select(func.count()).select_from(deliveries))).scalar_one())

    async def until_sent(self) -> None:
        """Wait until nothing is left to be sent."""
        async with asyncio.timeout(60):
            while await self.waiting():  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0.01)

    async def until_fired(self, principal: Principal, before: datetime | None) -> datetime:
        """Wait until an attempt after `before` is recorded of the tenant's first webhook, and say when it was."""
        async with asyncio.timeout(60):
            while (fired_at := (await self.records.of_tenant(principal.tenant))[0].last_fired_at) in (None, before):  # noqa: ASYNC110 - likewise
                await asyncio.sleep(0.01)
        assert fired_at is not None
        return fired_at

    async def due_at(self) -> datetime:
        """Say when the only delivery is due."""
        async with self.database.read() as connection:
            due_at: datetime = (await connection.execute(select(deliveries.c.due_at))).scalar_one()
        return due_at

    async def make_due(self) -> None:
        """Have everything due now."""
        async with self.database.write() as connection:
            await connection.execute(update(deliveries).values(due_at=datetime.now(UTC)))

    async def status(self, principal: Principal) -> str | None:
        """Give how the last attempt went, of the tenant's first webhook."""
        return (await self.records.of_tenant(principal.tenant))[0].last_status
