"""A process that does the accounts' work that is left: `python -m tests.adapters.cloudlink.local.account_process …`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from adapters.durable import DurableWork
from adapters.store.database import Database, sqlite_url
from tests.cloud_engine import build_engine


async def main(data: str, endpoint_url: str, key: str) -> None:
    """Do what is left of scans and actions, and end."""
    database = Database(sqlite_url(Path(data)))
    durable = DurableWork(sqlite_url(Path(data), "workflows").replace("+aiosqlite", ""), "test")
    engine = build_engine(
        database, durable, endpoint_url=endpoint_url, keys=(key,), executed_actions=frozenset({"stop_idle_ec2"})
    )
    await durable.start()
    await engine.scanning.start()
    await engine.execution.start()
    while [*await engine.scans.unfinished(), *await engine.actions.unfinished()]:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.05)
    await durable.stop()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
