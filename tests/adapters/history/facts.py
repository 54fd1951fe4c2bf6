"""Facts made up for tests, and what is in the store of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, select

from adapters.history.facts import ExecutionFact, Fact
from adapters.history.ranges import HOURS
from adapters.history.writing import lock, write_facts
from adapters.store.database import Database

NOW = 20_400 * HOURS
"""An hour of a day in 2025, its first."""


def execution(
    key: str = "arn:1",
    *,
    tenant: str = "acme",
    hour: int = NOW,
    standing: int = 1,
    status: str = "SUCCEEDED",
    **parts: Any,
) -> ExecutionFact:
    """Make up an execution; what is not said has succeeded."""
    return ExecutionFact(tenant=tenant, key=key, hour=hour, standing=standing, status=status, **parts)


def running(key: str = "arn:1", **parts: Any) -> ExecutionFact:
    """Make up an execution that runs."""
    return execution(key, standing=0, status="RUNNING", **parts)


async def write(database: Database, facts: Sequence[Fact]) -> None:
    """Write facts in a transaction."""
    async with database.write() as connection:
        await lock(connection)
        await write_facts(connection, facts)


async def rows_of(database: Database, table: Table) -> list[dict[str, Any]]:
    """Read a table whole, by its keys."""
    async with database.read() as connection:
        rows = await connection.execute(select(table).order_by(*table.primary_key))
        return [dict(row) for row in rows.mappings()]
