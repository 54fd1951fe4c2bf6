"""Facts in the store, and the days that are counted with them."""

from __future__ import annotations

import asyncio
import random

from sqlalchemy import func, select

from adapters.history.bins import bin_of
from adapters.history.facts import CostFact, ExecutionFact
from adapters.history.ranges import HOURS
from adapters.store import history
from adapters.store.database import Database
from tests.adapters.history.facts import NOW, execution, rows_of, running, write


async def test_a_thing_that_is_seen_twice_counts_once(database: Database) -> None:
    """With the newest of its states, in one batch or in several, and for each tenant apart."""
    await write(database, [running(), execution(rules=2, duration_ms=50), running()])
    await write(database, [running(), execution(tenant="other")])
    kept = await rows_of(database, history.executions)
    assert [(row["tenant"], row["status"], row["rules"]) for row in kept] == [
        ("acme", "SUCCEEDED", 2),
        ("other", "SUCCEEDED", None),
    ]
    days = await rows_of(database, history.execution_days)
    assert [(row["tenant"], row["status"], row["executions"]) for row in days] == [
        ("acme", "SUCCEEDED", 1),
        ("other", "SUCCEEDED", 1),
    ]


async def test_an_hour_is_kept_once_per_service_and_credential(database: Database) -> None:
    """What comes later takes its place, and keeps the provider that was named before."""
    hours = [CostFact(tenant="acme", service="EC2", hour=NOW + hour, cost_usd=1.0, provider="aws") for hour in (0, 1)]
    await write(database, hours)
    again = CostFact(tenant="acme", service="EC2", hour=NOW, cost_usd=2.0)
    other = CostFact(tenant="acme", service="EC2", hour=NOW, cost_usd=4.0, credential_id="one")
    await write(database, [again, other])
    kept = await rows_of(database, history.costs)
    assert [(row["hour"] - NOW, row["credential_id"], row["provider"], row["cost_usd"]) for row in kept] == [
        (0, "", "aws", 2.0),
        (0, "one", "", 4.0),
        (1, "", "aws", 1.0),
    ]


async def test_the_days_say_what_the_executions_do(database: Database) -> None:
    """After any number of batches, whatever they hold and repeat."""
    chance = random.Random(4)

    def sighting() -> ExecutionFact:
        key, hour = f"arn:{chance.randrange(40)}", NOW + chance.randrange(72)
        if chance.random() < 0.4:
            return running(key, hour=hour)
        return execution(
            key,
            hour=hour,
            status=chance.choice(("SUCCEEDED", "FAILED")),
            input_type=chance.choice(("", "url", "text")),
            rules=chance.choice((None, 1, 5)),
            duration_ms=chance.choice((None, 0, 900, 901, 70_000)),
        )

    for _ in range(12):
        await write(database, [sighting() for _ in range(25)])
        await check_days(database)


async def check_days(database: Database) -> None:
    table = history.executions.c
    counted: dict[tuple[object, ...], int] = {}
    for row in await rows_of(database, history.executions):
        cell = (row["hour"] // HOURS, row["status"], row["input_type"], row["error_code"], bin_of(row["duration_ms"]))
        counted[cell] = counted.get(cell, 0) + 1
    days = await rows_of(database, history.execution_days)
    keys = ("day", "status", "input_type", "error_code", "duration_bin")
    assert {tuple(day[key] for key in keys): day["executions"] for day in days} == counted
    total = select(func.sum(table.rules), func.sum(table.duration_ms))
    async with database.read() as connection:
        rules, duration = (await connection.execute(total)).one()
    assert sum(day["rules"] for day in days) == (rules or 0)
    assert sum(day["duration_ms"] for day in days) == (duration or 0)


async def test_writers_at_once_count_right(database: Database) -> None:
    """Several gateways that share the store write the same things: each is counted once, and none waits for ever."""
    facts = [execution(f"arn:{number}", rules=1) for number in range(30)]
    other = Database(database.dsn if database.is_postgres else str(database.url))
    stores = (database, other) * 3
    await asyncio.gather(*(write(store, facts if place % 2 else facts[::-1]) for place, store in enumerate(stores)))
    await other.close()
    (day,) = await rows_of(database, history.execution_days)
    assert (day["executions"], day["rules"]) == (30, 30)
