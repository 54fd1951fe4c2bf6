"""How long the history is kept, and how what is older is forgotten."""

from __future__ import annotations

import asyncio
import time

from sqlalchemy import CursorResult, Table, delete, select, tuple_

from adapters.history.days import HOURS
from adapters.history.writing import BATCH, lock
from adapters.store import history
from adapters.store.database import Database

PAUSE_SECONDS = 0.05
"""Between two batches, so that others get to write."""
TABLES = (history.executions, history.scans, history.regressions, history.costs)


class Retention:
    """Keeps whole days: today's and those of `days` before."""

    def __init__(self, database: Database, days: int) -> None:
        self._database = database
        self._days = days

    def first_hour(self) -> int:
        """Give the first hour that is kept, counted since 1970."""
        today = int(time.time()) // 3600 // HOURS
        return max(0, today - self._days) * HOURS

    async def forget(self) -> None:
        """Delete what is older, a thousand rows a transaction."""
        first = self.first_hour()
        for table in TABLES:
            deleted = BATCH
            while deleted == BATCH:
                deleted = await self._delete(table, first)
                await asyncio.sleep(PAUSE_SECONDS)
        days = history.execution_days
        async with self._database.write() as connection:
            await lock(connection)
            await connection.execute(delete(days).where(days.c.day < first // HOURS))

    async def _delete(self, table: Table, first: int) -> int:
        key = tuple(table.primary_key)
        oldest = select(*key).where(table.c.hour < first).order_by(table.c.hour).limit(BATCH)
        async with self._database.write() as connection:
            await lock(connection)
            deleted: CursorResult[tuple[()]] = await connection.execute(delete(table).where(tuple_(*key).in_(oldest)))
            return deleted.rowcount
