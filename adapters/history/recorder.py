"""The recorder: notes what passes without holding anybody up, and writes it in batches, each change once."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from adapters.history.embedded import EmbeddedHistory
from adapters.history.facts import Fact, Identity, merged
from adapters.history.retention import Retention
from adapters.history.writing import BATCH, lock, write_facts
from adapters.store.database import Database

Row = TypeVar("Row")

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 1.0
"""How long what is seen waits for company."""
IDLE_SECONDS = 30.0
"""How often the embedded services are looked at while nothing is seen."""
FORGET_SECONDS = 3600.0
SETTLE_SECONDS = 1.0
"""How long a question waits for what is not written yet."""
MOST_PENDING = 20_000
"""Different things that wait to be written; what is seen of others meanwhile is lost, counted and logged."""
MOST_REMEMBERED = 50_000
"""Things whose written state is remembered, so that seeing them again costs nothing."""
DAYS = 400

Key = tuple[type[Fact], Identity]


class Recorder:
    """Writes the history of all tenants; `lost` counts what was seen and could not be kept."""

    def __init__(self, database: Database, days: int = DAYS) -> None:
        self._database = database
        self._retention = Retention(database, days)
        self._embedded = EmbeddedHistory(database, self._retention.first_hour)
        self._pending: dict[Key, Fact] = {}
        self._written: dict[Key, Fact] = {}
        self._news = asyncio.Event()
        self._writing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._told_lost = 0
        self.lost = 0

    def see(self, tenant: str, rows: Iterable[Row | None], fact: Callable[[str, Row], Fact]) -> None:
        """Note rows as `fact` says them, at a few microseconds each and without waiting for anything."""
        for row in rows:
            if row is not None:
                self._note(fact(tenant, row))

    async def start(self) -> None:
        """Begin to write."""
        self._begin(self._run(), "history")

    async def close(self) -> None:
        """Write what is left, and stop."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._settle()
        if self._pending:
            logger.error("%d states of things could not be written to the history and are lost", len(self._pending))

    async def settle(self) -> None:
        """Wait until what was seen is written, and what embedded services did taken over, for a second at most."""
        await asyncio.wait({self._begin(self._settle(), "history-settle")}, timeout=SETTLE_SECONDS)

    def _note(self, seen: Fact) -> None:
        key = (type(seen), seen.identity)
        known = self._pending.get(key) or self._written.get(key)
        if known is not None:
            seen = merged(known, seen)
            if seen == known:
                return
        if len(self._pending) >= MOST_PENDING and key not in self._pending:
            self.lost += 1
            return
        self._pending[key] = seen
        self._news.set()

    def _begin(self, work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _run(self) -> None:
        forgotten_at = 0.0
        while True:
            await self._settle()
            if time.monotonic() - forgotten_at > FORGET_SECONDS or not forgotten_at:
                await self._attempt(self._retention.forget)
                forgotten_at = time.monotonic()
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    await self._news.wait()
                await asyncio.sleep(FLUSH_SECONDS)
            except TimeoutError:
                pass

    async def _settle(self) -> None:
        async with self._writing:
            await self._attempt(self._flush)
            await self._attempt(self._take_over)

    async def _attempt(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except (SQLAlchemyError, OSError) as error:
            logger.warning("The history can't be written, trying again: %s", type(error).__name__)

    async def _take_over(self) -> None:
        if await self._embedded.take_over():
            self._news.set()

    async def _flush(self) -> None:
        """Write what is pending; what fails stays pending."""
        self._news.clear()
        if self.lost > self._told_lost:
            logger.warning(
                "%d states of things were not noted in the history: too many wait to be written",
                self.lost - self._told_lost,
            )
            self._told_lost = self.lost
        first = self._retention.first_hour()
        while self._pending:
            batch = dict(list(self._pending.items())[:BATCH])
            async with self._database.write() as connection:
                await lock(connection)
                written = await write_facts(connection, [fact for fact in batch.values() if fact.hour >= first])
            if len(self._written) + len(batch) > MOST_REMEMBERED:
                self._written.clear()
            self._written.update({(type(fact), fact.identity): fact for fact in written})
            for key, fact in batch.items():
                if self._pending.get(key) is fact:
                    del self._pending[key]
