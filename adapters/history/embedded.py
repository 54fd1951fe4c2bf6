"""What the embedded services did, asked for or not: taken over from their tables, where every change has a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Row, Select, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.cloudlink.models import RegressionStatus
from adapters.cloudsigma.models import ExecutionStatus
from adapters.history.facts import (
    EXECUTION_STANDINGS,
    REGRESSION_STANDINGS,
    SCAN_STANDINGS,
    ExecutionFact,
    Fact,
    RegressionFact,
    ScanFact,
    amount,
    error_code,
    hour_of,
)
from adapters.history.writing import lock, write_facts
from adapters.sigil.models import ScanStatus
from adapters.store.cloudlink import deploys, regressions
from adapters.store.cloudsigma import executions
from adapters.store.database import Database
from adapters.store.history import sources
from adapters.store.metadata import counters
from adapters.store.sigil import scans

ROWS = 1000
MOST_TURNS = 20
"""Transactions in a row, so that what is seen meanwhile gets its turn."""


@dataclass(frozen=True)
class EmbeddedSource:
    """A service's table: `service` names its counter, `query` reads what is kept, `fact` says it."""

    service: str
    version: Column[int]
    query: Select[Any]
    fact: Callable[[Row[Any]], Fact]


class EmbeddedHistory:
    """Takes over what is new, a thousand rows a transaction; several processes may, each row is taken once."""

    def __init__(self, database: Database, first_hour: Callable[[], int]) -> None:
        self._database = database
        self._first_hour = first_hour

    async def take_over(self) -> bool:
        """Take over what is new, as much as takes a moment; says whether there is more."""
        turns = 0
        for source in await self._behind():
            while await self._take(source) == ROWS:
                turns += 1
                if turns == MOST_TURNS:
                    return True
        return False

    async def _behind(self) -> list[EmbeddedSource]:
        """Name the sources that have changed since they were read last."""
        query = select(counters.c.name, counters.c.value, sources.c.version)
        query = query.join(sources, sources.c.name == counters.c.name, isouter=True)
        async with self._database.read() as connection:
            found = {row.name: row for row in await connection.execute(query)}
        named = [(source, found[source.service]) for source in SOURCES if source.service in found]
        return [source for source, row in named if row.value > (row.version or 0)]

    async def _take(self, source: EmbeddedSource) -> int:
        async with self._database.write() as connection:
            await lock(connection)
            newest = select(counters.c.value).where(counters.c.name == source.service)
            until = (await connection.execute(newest)).scalar_one()
            since = (await connection.execute(_read_up_to(source))).scalar_one_or_none() or 0
            query = source.query.where(source.version > since, source.version <= until)
            rows = (await connection.execute(query.order_by(source.version).limit(ROWS))).all()
            first = self._first_hour()
            await write_facts(connection, [fact for fact in map(source.fact, rows) if fact.hour >= first])
            await _note(connection, source.service, rows[-1].version if len(rows) == ROWS else until)
        return len(rows)


def _read_up_to(source: EmbeddedSource) -> Select[tuple[int]]:
    return select(sources.c.version).where(sources.c.name == source.service)


async def _note(connection: AsyncConnection, service: str, version: int) -> None:
    insert = (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(sources)
    noted = insert.values(name=service, version=version)
    await connection.execute(noted.on_conflict_do_update(index_elements=["name"], set_={"version": version}))


def _execution(row: Row[Any]) -> ExecutionFact:
    return ExecutionFact(
        tenant=row.tenant,
        key=row.arn,
        hour=hour_of(row.started_at),
        standing=EXECUTION_STANDINGS[ExecutionStatus(row.status)],
        status=row.status,
        input_type=row.input_type,
        error_code=error_code(row.error.partition(": ")[0] if row.error else None),
        rules=row.rules_generated or None,
        ttps=row.ttps_extracted or None,
        duration_ms=row.processing_time_ms,
    )


def _scan(row: Row[Any]) -> ScanFact:
    return ScanFact(
        tenant=row.tenant,
        key=row.id,
        hour=hour_of(row.created_at),
        standing=SCAN_STANDINGS[ScanStatus(row.status)],
        status=row.status,
        verdict=row.verdict or "",
        ecosystem=row.ecosystem,
        score=row.score,
        duration_ms=row.duration_ms,
    )


def _regression(row: Row[Any]) -> RegressionFact:
    return RegressionFact(
        tenant=row.tenant,
        key=row.id,
        hour=hour_of(row.detected_at),
        standing=REGRESSION_STANDINGS[RegressionStatus(row.status)],
        status=row.status,
        service=row.service,
        confidence=row.confidence,
        environment=row.environment,
        change_pct=amount(row.change_pct),
        monthly_impact_usd=amount(row.monthly_impact),
    )


SOURCES = (
    EmbeddedSource(
        "cloudsigma",
        executions.c.version,
        select(
            *(executions.c[name] for name in ("arn", "tenant", "version", "started_at", "status", "input_type")),
            *(executions.c[name] for name in ("error", "rules_generated", "ttps_extracted", "processing_time_ms")),
        ),
        _execution,
    ),
    EmbeddedSource(
        "sigil",
        scans.c.version,
        select(
            *(scans.c[name] for name in ("id", "tenant", "version", "created_at", "status", "verdict", "ecosystem")),
            *(scans.c[name] for name in ("score", "duration_ms")),
        ),
        _scan,
    ),
    EmbeddedSource(
        "cloudlink",
        regressions.c.version,
        select(regressions, deploys.c.environment).join(deploys, deploys.c.id == regressions.c.deploy_id),
        _regression,
    ),
)
