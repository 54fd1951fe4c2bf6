"""Deliveries to webhooks: signed, each tried until it arrives or has failed often enough."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import httpx
import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.cloudlink.local.outbox import Outbox
from adapters.http.public import AddressRefused, PublicTransport, Resolver, resolve
from adapters.store.cloudlink_account import deliveries, webhooks
from adapters.store.database import Database
from adapters.vault import Vault, WrongKey

logger = logging.getLogger(__name__)

ATTEMPTS = 8
AT_ONCE = 8
LEASE = timedelta(seconds=60)
"""How long a delivery is left to the process that took it: longer than an attempt lasts."""

REFUSED = "refused: not a public address"
TIMEOUT = "timeout"
NO_CONNECTION = "no connection"


@dataclass(frozen=True)
class Pace:
    """Seconds: `attempt` for one attempt, `poll` between looks at the store, `first_wait` doubles with each attempt.

    Eight attempts take about an hour.
    """

    attempt: float = 5.0
    poll: float = 5.0
    first_wait: float = 30.0


class Told(msgspec.Struct, frozen=True):
    """What a webhook is sent; `id` stays the same when it is sent again, `timestamp` is when it is sent."""

    event: str
    payload: msgspec.Raw
    id: str
    timestamp: datetime


@dataclass(frozen=True)
class Delivery:
    """What is to be sent now, and where to; `attempts` counts this one."""

    id: str
    webhook_id: str
    url: str
    event: str
    payload: bytes
    attempts: int
    secret: bytes | None


class Deliveries:
    """Sends what the outbox holds, from `start` to `close`: at most eight at once, and one at a time to a webhook.

    `allowed` holds `host:port` pairs that need not be public. Several processes may share the store.
    """

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        vault: Vault,
        allowed: frozenset[str],
        *,
        resolver: Resolver = resolve,
        pace: Pace = Pace(),
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._vault = vault
        self._allowed = allowed
        self._resolver = resolver
        self._pace = pace
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._sending: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to send, also what an earlier process left."""
        self._transport = PublicTransport(allowed=self._allowed, resolver=self._resolver)
        self._sending = asyncio.create_task(self._send(), name="cloudlink-deliveries")

    async def close(self) -> None:
        """Stop; what is broken off is sent again after the next start."""
        if self._sending is None:
            return
        tasks = [self._sending, *self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._transport.aclose()

    def wake(self) -> None:
        """Look for what is due at once."""
        self._outbox.filled.set()

    async def _send(self) -> None:
        while True:
            self._outbox.filled.clear()
            try:
                while await self._begin_next():
                    pass
            except Exception as trouble:  # noqa: BLE001 - each driver raises errors of its own
                logger.warning("What is due to webhooks could not be read, trying again: %s", type(trouble).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace.poll):
                    await self._outbox.filled.wait()

    async def _begin_next(self) -> bool:
        """Begin what is due first, once there is a slot for it; False where nothing is due."""
        await self._slots.acquire()
        try:
            delivery = await self._take()
        except BaseException:
            self._slots.release()
            raise
        if delivery is None:
            self._slots.release()
            return False
        task = asyncio.create_task(self._deliver(delivery), name=f"cloudlink-delivery-{delivery.id}")
        self._under_way[delivery.webhook_id] = task
        task.add_done_callback(lambda _: self._done(delivery.webhook_id))
        return True

    def _done(self, webhook_id: str) -> None:
        del self._under_way[webhook_id]
        self._slots.release()
        self.wake()

    async def _take(self) -> Delivery | None:
        """Take what is due first for this process alone: nobody else finds it due before the lease is over."""
        now = datetime.now(UTC)
        query = select(deliveries, webhooks.c.url, webhooks.c.secret).join(webhooks)
        query = query.where(deliveries.c.due_at <= now, deliveries.c.webhook_id.not_in(list(self._under_way)))
        query = query.order_by(deliveries.c.due_at, deliveries.c.id).limit(1)
        while True:
            async with self._database.read() as connection:
                row = (await connection.execute(query)).one_or_none()
            if row is None:
                return None
            taken = update(deliveries).where(deliveries.c.id == row.id, deliveries.c.attempts == row.attempts)
            async with self._database.write() as connection:
                leased = await connection.execute(taken.values(attempts=row.attempts + 1, due_at=now + LEASE))
            if leased.rowcount:
                return Delivery(row.id, row.webhook_id, row.url, row.event, row.body, row.attempts + 1, row.secret)

    async def _deliver(self, delivery: Delivery) -> None:
        status = await self._attempt(delivery)
        try:
            await self._record(delivery, status)
        except Exception as trouble:  # noqa: BLE001 - each driver raises errors of its own
            logger.warning("A delivery could not be recorded, it is made again: %s", type(trouble).__name__)

    async def _attempt(self, delivery: Delivery) -> str:
        """Send once, and say in a few words how it went: an HTTP status, or what was in the way."""
        try:
            request = self._request(delivery)
            async with asyncio.timeout(self._pace.attempt):
                response = await self._transport.handle_async_request(request)
                await response.aclose()
        except WrongKey:
            return "not sent: its secret was kept with another encryption key"
        except TimeoutError:
            return TIMEOUT
        except AddressRefused:
            return REFUSED
        except httpx.HTTPError:
            return NO_CONNECTION
        except Exception as trouble:  # noqa: BLE001 - whatever it is, it shall not be tried for ever
            logger.warning("Webhook %s can't be sent to: %s", delivery.webhook_id, type(trouble).__name__)
            return "not sent"
        return str(response.status_code)

    def _request(self, delivery: Delivery) -> httpx.Request:
        told = Told(delivery.event, msgspec.Raw(delivery.payload), delivery.id, datetime.now(UTC))
        body = msgspec.json.encode(told)
        headers = {"Content-Type": "application/json", "User-Agent": "trigraph"}
        if delivery.secret is not None:
            headers["X-Cloudlink-Signature"] = signature(self._vault.decrypt(delivery.secret), body)
        return httpx.Request("POST", delivery.url, headers=headers, content=body)

    async def _record(self, delivery: Delivery, status: str) -> None:
        this, now = deliveries.c.id == delivery.id, datetime.now(UTC)
        due_at = now + timedelta(seconds=self._wait_seconds(delivery.attempts))
        is_over = status == REFUSED or _has_arrived(status, delivery.attempts)
        is_silent = status in (TIMEOUT, NO_CONNECTION)
        if not is_over and delivery.attempts >= ATTEMPTS:
            is_over, status = True, f"gave up after {ATTEMPTS} attempts: {status}"
        async with self._database.write() as connection:
            # The webhook first, as its removal does: in another order the two could lock each other out.
            fired = update(webhooks).where(webhooks.c.id == delivery.webhook_id)
            await connection.execute(fired.values(last_fired_at=now, last_status=status))
            if is_over:
                await connection.execute(delete(deliveries).where(this))
            else:
                await connection.execute(update(deliveries).where(this).values(due_at=due_at))
            if is_silent:
                await _hold_back(connection, delivery.webhook_id, now, due_at)

    def _wait_seconds(self, attempts: int) -> float:
        return self._pace.first_wait * 2.0 ** (attempts - 1) * random.uniform(0.8, 1.2)


async def _hold_back(connection: AsyncConnection, webhook_id: str, now: datetime, due_at: datetime) -> None:
    """Let what else waits for a webhook that does not answer count the attempt as its own, and wait as long."""
    waiting = (deliveries.c.webhook_id == webhook_id, deliveries.c.due_at <= now)
    await connection.execute(delete(deliveries).where(*waiting, deliveries.c.attempts >= ATTEMPTS - 1))
    held_back = {"attempts": deliveries.c.attempts + 1, "due_at": due_at}
    await connection.execute(update(deliveries).where(*waiting).values(held_back))


def signature(secret: bytes, body: bytes) -> str:
    """Sign a body, as the header `X-Cloudlink-Signature` carries it."""
    return f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}"


def _has_arrived(status: str, attempts: int) -> bool:
    if status == str(HTTPStatus.CONFLICT.value):
        return attempts > 1  # it came with an attempt whose answer was lost
    return len(status) == 3 and status.startswith("2")  # noqa: PLR2004 - HTTP's status codes
