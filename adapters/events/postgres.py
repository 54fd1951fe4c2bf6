"""The change feed of several processes: PostgreSQL LISTEN/NOTIFY carries each change to all of them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec
from sqlalchemy import func, select

from adapters.events.feed import Change, InProcessChangeFeed, Mailbox, Writing
from adapters.store.database import Database

if TYPE_CHECKING:
    import asyncpg

T = TypeVar("T")

logger = logging.getLogger(__name__)

CHECK_SECONDS = 5.0
"""How often the listening connection is probed, and how long a broken one stays unnoticed at the most."""
NOTIFICATION_BYTES = 7_900
"""What fits one notification: PostgreSQL takes less than 8,000 bytes."""


class PostgresChangeFeed(Generic[T]):
    """Passes changes through the channel `channel` of the database at `dsn`; states are of the type `state`.

    A change that does not fit PostgreSQL's notifications is told without its state: the mailboxes of its audience
    overflow, so that their readers read the store again. So do all when a broken connection is back: nothing is missed.
    """

    def __init__(self, dsn: str, channel: str, state: type[T], check_seconds: float = CHECK_SECONDS) -> None:
        self._dsn = dsn
        self._channel = channel
        self._check_seconds = check_seconds
        self._decoder = msgspec.json.Decoder(Change[state] | str)  # type: ignore[valid-type] # a type at run time
        self._local: InProcessChangeFeed[T] = InProcessChangeFeed()
        self._connection: asyncpg.Connection | None = None
        self._listening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect and listen; raises OSError or asyncpg's error if the database can't be had."""
        await self._listen()
        self._listening = asyncio.create_task(self._keep_listening(), name="postgres-change-feed")

    async def close(self) -> None:
        """Stop listening and disconnect."""
        import asyncpg

        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        if self._connection is not None:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._connection.close(timeout=self._check_seconds)

    @asynccontextmanager
    async def write(self, database: Database) -> AsyncIterator[Writing[T]]:
        """Open a transaction, one at a time in all processes; its notifications go out when it commits."""
        async with database.write() as connection:
            await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(self._channel))))

            async def tell(change: Change[T]) -> None:
                payload = msgspec.json.encode(change)
                if len(payload) > NOTIFICATION_BYTES:
                    payload = msgspec.json.encode(change.audience)
                await connection.execute(select(func.pg_notify(self._channel, payload.decode())))

            yield Writing(connection, tell)

    def watch(self, audience: str, key: str | None = None) -> Mailbox[T]:
        """Open a mailbox."""
        return self._local.watch(audience, key)

    async def _listen(self) -> None:
        import asyncpg

        self._connection = await asyncpg.connect(self._dsn, timeout=self._check_seconds)
        await self._connection.add_listener(self._channel, self._receive)

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    def _receive(self, _connection: object, _process: int, _channel: str, payload: str) -> None:
        told = self._decoder.decode(payload)
        if isinstance(told, Change):
            self._local.deliver(told)
        else:
            self._overflow(told)

    async def _keep_listening(self) -> None:
        import asyncpg

        while True:
            await asyncio.sleep(self._check_seconds)
            try:
                if self._connection is None:
                    await self._listen()
                    self._overflow_all()
                else:
                    await self._connection.execute("SELECT 1", timeout=self._check_seconds)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                logger.warning("The change feed's database connection is down, trying again: %r", error)
                self._hang_up()

    def _overflow_all(self) -> None:
        for audience in self._local.mailboxes:
            self._overflow(audience)

    def _overflow(self, audience: str) -> None:
        for mailbox in self._local.mailboxes.get(audience, ()):
            mailbox.overflow()
