"""How long analytics of a year take over a million executions in SQLite, and how fast these were written.

    python bench/analytics.py [--executions 1000000]

Each query is asked three times through the graph, as a client would, and three times of the database alone; the
fastest counts. Beside each time stands the CPU time, which tells more on a machine that others use as well.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx

from adapters.history.facts import ExecutionFact
from adapters.history.grouping import Question, figures
from adapters.history.ranges import TimeBucket, span_of
from adapters.history.sources import execution_days, executions
from adapters.history.writing import write_facts
from adapters.principal import LOCAL_PRINCIPAL
from adapters.store.database import Database
from gateway.app import create_app
from gateway.assembly import assemble
from gateway.configuration.settings import Settings

TENANT = LOCAL_PRINCIPAL.tenant
YEAR = 24 * 365
AT_ONCE = 10_000
ROUNDS = 3
FAILED_SHARE = 0.1
FAILURES = ("ContentFetchFailed", "NotThreatIntelligence", "PipelineTimeout", "NoRulesGenerated")
FIGURES = "rulesGenerated { sum average } processingTimeMs { count average"
SUMS = f"count {FIGURES} }}"
PERCENTILES = f"count {FIGURES} p50 p90 p95 p99 }}"
QUERY = """
query($from: DateTime, $bucket: TimeBucket, $groupBy: [ExecutionDimension!]) {
  analytics { executions(from: $from, bucket: $bucket, groupBy: $groupBy) { points { bucketStart %s } } }
}
"""
QUERIES = (
    ("a year by month", "MONTH", "", SUMS),
    ("a year by day and status", "DAY", "STATUS", SUMS),
    ("a year by day, status and input type", "DAY", "STATUS INPUT_TYPE", SUMS),
    ("a year by month, with percentiles", "MONTH", "", PERCENTILES),
    ("a year by week and status, with percentiles", "WEEK", "STATUS", PERCENTILES),
    ("a year by day and status, with percentiles", "DAY", "STATUS", PERCENTILES),
    ("a year by day, status and input type, with percentiles", "DAY", "STATUS INPUT_TYPE", PERCENTILES),
    ("a year by day and all dimensions, with percentiles", "DAY", "STATUS INPUT_TYPE ERROR_CODE", PERCENTILES),
    ("a month by hour and status, with percentiles", "HOUR", "STATUS", PERCENTILES),
)


def made_up(count: int, end_hour: int) -> Iterator[ExecutionFact]:
    """Make executions of a year, a tenth of them failed, with durations from seconds to minutes, in their order."""
    chance = random.Random(6)
    for number in range(count):
        failed = chance.random() < FAILED_SHARE
        yield ExecutionFact(
            tenant=TENANT,
            key=f"arn:aws:states:us-east-1:123456789012:execution:CloudSigmaPipeline:{number:032x}",
            hour=end_hour - YEAR + number * YEAR // count,
            standing=1,
            status="FAILED" if failed else "SUCCEEDED",
            input_type=chance.choice(("url", "cve", "text")),
            error_code=chance.choice(FAILURES) if failed else "",
            rules=None if failed else chance.randrange(1, 30),
            ttps=None if failed else chance.randrange(1, 12),
            duration_ms=int(chance.lognormvariate(9.5, 0.8)) + 1,
        )


class Stopwatch:
    """Adds up the time and the CPU time of what runs within it."""

    def __init__(self) -> None:
        self.seconds = self.cpu = 0.0

    def __enter__(self) -> Self:
        self._began = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self._began[0]
        self.cpu += time.process_time() - self._began[1]


@dataclass(frozen=True)
class Year:
    """A query over a year, or over a month where it is by the hour."""

    name: str
    bucket: str
    dimensions: str
    selected: str

    @property
    def since(self) -> datetime:
        """When it begins."""
        return datetime.now(UTC) - timedelta(days=30 if self.bucket == "HOUR" else 365)

    async def ask(self, client: httpx.AsyncClient) -> tuple[float, float, int]:
        """Ask as a client does, and give the seconds, those of the CPU, and the number of points."""
        group_by = self.dimensions.split()
        variables = {"from": self.since.isoformat(), "bucket": self.bucket, "groupBy": group_by}
        with Stopwatch() as watch:
            answer = await client.post("/graphql", json={"query": QUERY % self.selected, "variables": variables})
        return watch.seconds, watch.cpu, len(answer.json()["data"]["analytics"]["executions"]["points"])

    async def run(self, database: Database) -> tuple[float, float]:
        """Run its SQL alone, and give the seconds and those of the CPU."""
        bucket = TimeBucket[self.bucket]
        rows = executions() if bucket is TimeBucket.HOUR else execution_days()
        question = Question(
            tenant=TENANT,
            span=span_of(self.since, None, bucket),
            group_by=[name.lower() for name in self.dimensions.split()],
            only={},
            percentiles="p50" in self.selected,
        )
        with Stopwatch() as watch:
            async with database.read() as connection:
                (await connection.execute(figures(rows, question))).all()
        return watch.seconds, watch.cpu


async def fill(database: Database, count: int, end_hour: int) -> Stopwatch:
    """Write the executions as the recorder does, and give the time that the writing took."""
    watch, batch = Stopwatch(), []
    for fact in made_up(count, end_hour):
        batch.append(fact)
        if len(batch) == AT_ONCE:
            with watch:
                async with database.write() as connection:
                    await write_facts(connection, batch)
            batch.clear()
    return watch


async def main(count: int) -> None:
    """Fill a store and ask."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), workers=1)
        parts = assemble(settings)
        await parts.database.migrate()
        written = await fill(parts.database, count, int(time.time()) // 3600)
        print(f"{count:,} executions written in {written.seconds:.1f} s ({written.cpu:.1f} s of CPU)")
        print(f"{'query':<56} {'points':>6} {'graph':>7} {'CPU':>7} {'SQL':>7} {'CPU':>7}")
        transport = httpx.ASGITransport(create_app(settings, parts))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60) as client:
            for year in map(Year, *zip(*QUERIES, strict=True)):
                seconds, cpu, points = min([await year.ask(client) for _ in range(ROUNDS)])
                alone, alone_cpu = min([await year.run(parts.database) for _ in range(ROUNDS)])
                print(
                    f"{year.name:<56} {points:>6} {seconds:>5.2f} s {cpu:>5.2f} s {alone:>5.2f} s {alone_cpu:>5.2f} s"
                )
        await parts.database.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--executions", type=int, default=1_000_000)
    asyncio.run(main(parser.parse_args().executions))
