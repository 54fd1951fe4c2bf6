"""Anomalies of a tenant's services, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar, TypeVarTuple, Unpack

import numpy as np
import pytest
from sqlalchemy import select

from adapters.cloudlink.local.anomalies import AnomalyDetector
from adapters.cloudlink.local.assessments import AssessmentRecords, is_news
from adapters.cloudlink.local.costs import CostRecords
from adapters.cloudlink.local.hours import hour_number, hour_start
from adapters.cloudlink.local.journal import Journal
from adapters.cloudlink.local.outbox import Outbox
from adapters.cloudlink.models import Anomaly, CostRecord
from adapters.store.cloudlink import audit
from adapters.store.database import Database
from adapters.workers import Workers

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

LAST = hour_number(datetime(2026, 3, 2, tzinfo=UTC))
HOURS = 15 * 24


class CountingWorkers(Workers):
    """Workers that remember how many services each call was for."""

    def __init__(self) -> None:
        super().__init__(1)
        self.services: list[int] = []

    async def run(self, function: Callable[[Unpack[Arguments]], T], *arguments: *Arguments) -> T:
        batch = next(iter(arguments))
        assert isinstance(batch, list)
        self.services.append(len(batch))
        return await super().run(function, *arguments)


@pytest.fixture(scope="module")
def workers() -> CountingWorkers:
    return CountingWorkers()


@pytest.fixture
def detector(database: Database, workers: CountingWorkers) -> AnomalyDetector:
    workers.services.clear()
    return detector_of(database, workers)


def detector_of(database: Database, workers: Workers, engine: str = "test") -> AnomalyDetector:
    records = AssessmentRecords(database, Journal(Outbox(database)), engine)
    return AnomalyDetector(records, CostRecords(database), workers)


async def ingest(
    database: Database, factors: Mapping[str, float], tenant: str = "ours", hours: int = HOURS, usd: float = 10.0
) -> None:
    """Take in hours until the last, which costs so many times its usual cost."""
    records = []
    for number, (service, factor) in enumerate(factors.items()):
        noise = np.random.default_rng(number).normal(0, 0.03, hours)
        amounts = usd * np.exp(noise)
        amounts[-1] *= factor
        first = LAST - hours + 1
        records += [
            CostRecord(provider="aws", service=service, cost_usd=float(cost), hour=hour_start(first + hour))
            for hour, cost in enumerate(amounts)
        ]
    async with database.write() as connection:
        await CostRecords(database).ingest(connection, tenant, records)


async def add_hour(database: Database, service: str, usd: float, after: int = 1) -> None:
    record = CostRecord(provider="aws", service=service, cost_usd=usd, hour=hour_start(LAST + after))
    async with database.write() as connection:
        await CostRecords(database).ingest(connection, "ours", [record])


async def told(database: Database) -> list[tuple[str, str | None, str | None, str | None]]:
    query = select(audit).where(audit.c.event_type == "anomaly.detected").order_by(audit.c.at, audit.c.resource_id)
    async with database.read() as connection:
        rows = (await connection.execute(query)).all()
    return [(row.tenant, row.actor, row.resource_id, row.status) for row in rows]


async def test_anomalies_come_gravest_first(detector: AnomalyDetector, database: Database) -> None:
    """Among those of a severity the dearest first; services that fit are left out."""
    await ingest(database, {"fits": 1, "drops": 0, "triples": 3, "tenfold": 10})
    await ingest(database, {"tiny": 10}, usd=0.005)
    found = await detector.anomalies("ours")
    assert [anomaly.service for anomaly in found] == ["tenfold", "triples", "drops", "tiny"]
    assert [anomaly.direction for anomaly in found] == ["spike", "spike", "drop", "spike"]
    assert [anomaly.severity for anomaly in found] == ["critical", "critical", "critical", "medium"]
    assert {anomaly.hour for anomaly in found} == {hour_start(LAST)}


async def test_services_are_answered_in_their_order(detector: AnomalyDetector, database: Database) -> None:
    """With None where the latest hour fits, and where there is no such service."""
    await ingest(database, {"fits": 1, "tenfold": 10})
    found = await detector.of_services("ours", ["nothing", "tenfold", "fits"])
    assert [anomaly and anomaly.service for anomaly in found] == [None, "tenfold", None]


async def test_an_assessment_is_given_of_any_service(detector: AnomalyDetector, database: Database) -> None:
    """Also where the hour fits; without data where there are too few hours, or none."""
    await ingest(database, {"fits": 1})
    await ingest(database, {"young": 10}, hours=20)
    fits = await detector.assessment("ours", "fits")
    assert (fits.has_data, fits.is_anomaly, fits.hour) == (True, False, hour_start(LAST))
    for service in ("young", "nothing"):
        assert not (await detector.assessment("ours", service)).has_data
    assert await detector.anomalies("ours") == []


async def test_other_tenants_see_nothing(detector: AnomalyDetector, database: Database) -> None:
    """Neither of the list nor by name, though their service is called the same."""
    await ingest(database, {"tenfold": 10})
    await ingest(database, {"tenfold": 1}, tenant="theirs")
    assert [anomaly.service for anomaly in await detector.anomalies("ours")] == ["tenfold"]
    assert await detector.anomalies("theirs") == []
    assert await detector.of_services("theirs", ["tenfold"]) == [None]
    assert not (await detector.assessment("nobody", "tenfold")).has_data


async def test_only_services_with_new_costs_are_assessed(
    detector: AnomalyDetector, database: Database, workers: CountingWorkers
) -> None:
    """What was said of the others is kept, also over a restart, but not for another arithmetic."""
    await ingest(database, {"one": 1, "two": 1, "three": 1})
    for _ in range(2):
        await detector.anomalies("ours")
    assert workers.services == [3]
    await add_hour(database, "two", 90.0)
    again = detector_of(database, workers)
    assert [anomaly.service for anomaly in await again.anomalies("ours")] == ["two"]
    assert workers.services == [3, 1]
    await detector_of(database, workers, "other").anomalies("ours")
    assert workers.services == [3, 1, 3]


async def test_a_new_anomaly_is_told_once(detector: AnomalyDetector, database: Database, workers: Workers) -> None:
    """By the journal, not again for an hour after it, and again when it has become graver."""
    await ingest(database, {"fits": 1, "grows": 1.6}, usd=0.5)
    (before,) = await detector.anomalies("ours")
    assert await told(database) == [("ours", "schedule", "grows", before.severity)]
    await detector_of(database, workers, "other").anomalies("ours")
    assert len(await told(database)) == 1
    await add_hour(database, "grows", 50.0)
    (after,) = await detector.anomalies("ours")
    assert (before.severity, after.severity) == ("high", "critical")
    assert [entry[2:] for entry in await told(database)] == [("grows", "high"), ("grows", "critical")]
    await add_hour(database, "grows", 55.0, after=2)
    await detector.anomalies("ours")
    assert len(await told(database)) == 2


async def test_a_service_that_is_late_is_no_anomaly(detector: AnomalyDetector, database: Database) -> None:
    """Its hour is the latest no more once the tenant's others have gone on for two days."""
    await ingest(database, {"stopped": 10, "goes on": 1})
    assert len(await detector.anomalies("ours")) == 1
    await add_hour(database, "goes on", 10.0, after=49)
    assert await detector.anomalies("ours") == []


async def test_a_service_without_recent_costs_has_no_data(detector: AnomalyDetector, database: Database) -> None:
    """What lies more than five weeks behind the others is not read."""
    await ingest(database, {"old": 10, "goes on": 1})
    await add_hour(database, "goes on", 10.0, after=24 * 36)
    assert not (await detector.assessment("ours", "goes on")).has_data
    assert await detector.anomalies("ours") == []


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "severity", "direction", "news"),
    [
        (1, "high", "spike", False),
        (23, "medium", "spike", False),
        (1, "critical", "spike", True),
        (1, "high", "drop", True),
        (24, "high", "spike", True),
    ],
)
def test_what_is_news(hours: int, severity: str, direction: str, *, news: bool) -> None:
    """Something graver, the other way round, or a day later."""
    before = Anomaly(
        service="EC2", severity="high", direction="spike", change_pct=90, z_score=6, monthly_impact_usd=500, hour=NOON
    )
    after = Anomaly(
        service="EC2",
        severity=severity,
        direction=direction,
        change_pct=90,
        z_score=6,
        monthly_impact_usd=500,
        hour=NOON + timedelta(hours=hours),
    )
    assert is_news(after, before) is news
    assert is_news(after, None)
