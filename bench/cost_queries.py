"""How long the graph takes to answer on cost over 100,000 hourly snapshots: regressions, budgets, anomalies.

    python bench/cost_queries.py [SNAPSHOTS]

Fills a data folder, serves it by `trigraph serve` and asks each query fifty times, after a first that is told apart.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from adapters.cloudlink.local.costs import CostRecords, HourlyCost
from adapters.cloudlink.local.hours import hour_number
from adapters.store.database import Database, sqlite_url
from tests.graph_client import GraphClient
from tests.running import start_server

SERVICES = 140
TIMES = 50
DEPLOY = "mutation($input: RecordDeployInput!) { recordDeploy(input: $input) { __typename } }"
BUDGET = "mutation($input: CreateBudgetInput!) { createBudget(input: $input) { __typename } }"
QUERIES = {
    "regressions": "{ regressions { nodes { changePct monthlyImpactUsd service { name } deploy { version } } } }",
    "budgets": "{ budgets { name currentSpendUsd utilizationPct projectedSpendUsd alerts { thresholdPct } } }",
    "anomalies": "{ anomalies { severity direction zScore service { name } } }",
}


async def fill(data_dir: Path, snapshots: int) -> list[str]:
    """Write series with a daily pattern, of which every fifth rises by half four hours ago; name the services."""
    database = Database(sqlite_url(data_dir))
    await database.migrate()
    draw = random.Random(7)
    now = hour_number(datetime.now(UTC))
    names = [f"Service {number:03}" for number in range(SERVICES)]
    rows = []
    for number, name in enumerate(names):
        level = draw.uniform(0.5, 40)
        for ago in range(snapshots // SERVICES):
            usual = level * (1 + 0.2 * ((now - ago) % 24 > 8)) * draw.uniform(0.97, 1.03)  # noqa: PLR2004 - working hours
            rows.append(HourlyCost(name, now - ago, usual * (1.5 if number % 5 == 0 and ago < 4 else 1)))  # noqa: PLR2004 - see above
    async with database.write() as connection:
        await CostRecords(database).write(connection, "local", rows, dict.fromkeys(names, "aws"))
    await database.close()
    return names


async def main() -> None:
    """Fill, serve, ask, and print the medians."""
    snapshots = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        names = await fill(data_dir, snapshots)
        with start_server(environment={"TRIGRAPH_DATA_DIR": folder}) as server:
            client = GraphClient(server.address)
            deployed_at = (datetime.now(UTC) - timedelta(hours=4)).isoformat()
            for name in names:
                await client.execute(DEPLOY, input={"service": name, "version": "2", "deployedAt": deployed_at})
            for number in range(20):
                scope = {"scope": "SERVICE", "service": names[number]} if number else {}
                await client.execute(BUDGET, input={"name": f"Budget {number}", "monthlyLimitUsd": 1000, **scope})
            began = time.perf_counter()
            await client.execute("mutation { detectRegressions { __typename } }")
            print(f"{snapshots:,} snapshots of {SERVICES} services; detection {time.perf_counter() - began:.2f} s")
            for name, query in QUERIES.items():
                await measure(client, name, query)


async def measure(client: GraphClient, name: str, query: str) -> None:
    """Ask a query, and print how long it takes, in milliseconds, as a client sees it."""
    milliseconds = []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        data = await client.execute(query)
        milliseconds.append((time.perf_counter() - began) * 1000)
    first, *rest = milliseconds
    found = data[name]
    rows = len(found["nodes"] if isinstance(found, dict) else found)
    print(
        f"{name}: {rows} rows, median {statistics.median(rest):.0f} ms, first {first:.0f} ms, worst {max(rest):.0f} ms"
    )


if __name__ == "__main__":
    asyncio.run(main())
