"""Figures of the history, held against the same reckoned in memory, on both databases."""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import numpy as np
import pytest
from sqlalchemy import event, insert

from adapters.cloudlink.models import CostRecord, Regression, RegressionStatus
from adapters.errors import InvalidInput
from adapters.history import analytics as module
from adapters.history.analytics import Analytics
from adapters.history.answers import Distribution
from adapters.history.bins import ERROR
from adapters.history.facts import (
    LARGEST_AMOUNT,
    CostFact,
    ExecutionFact,
    RegressionFact,
    ScanFact,
    cost_fact,
    regression_fact,
)
from adapters.history.ranges import HOURS, TimeBucket, moment_of
from adapters.history.recorder import Recorder
from adapters.history.requests import Asked
from adapters.store import cloudlink
from adapters.store.database import Database
from tests.adapters.history.facts import NOW, execution, write

T = TypeVar("T")

DAYS = 80
SINCE, UNTIL = moment_of(NOW), moment_of(NOW + DAYS * HOURS)
EVER = Asked(since=SINCE, until=UNTIL, bucket=None)


@pytest.fixture
def asking(database: Database) -> Analytics:
    return Analytics(database, Recorder(database, days=36_500))


def made_up(count: int) -> list[ExecutionFact]:
    chance = random.Random(7)
    return [
        execution(
            f"arn:{number}",
            hour=NOW + chance.randrange(DAYS * HOURS),
            status="FAILED" if (failed := chance.random() < 0.2) else "SUCCEEDED",
            input_type=chance.choice(("url", "cve", "text")),
            error_code=chance.choice(("Timeout", "NoRules")) if failed else "",
            rules=None if failed else chance.randrange(1, 30),
            duration_ms=None if chance.random() < 0.1 else int(chance.lognormvariate(9, 2)),
        )
        for number in range(count)
    ]


def grouped(things: Sequence[T], key: Callable[[T], Hashable]) -> dict[Hashable, list[T]]:
    groups = defaultdict(list)
    for thing in things:
        groups[key(thing)].append(thing)
    return groups


def check(told: Distribution, values: Sequence[float], error: float) -> None:
    assert told.count == len(values)
    assert told.sum == pytest.approx(sum(values))
    for rank in (50, 90, 95, 99):
        value = getattr(told, f"p{rank}")
        if not values:
            assert value is None
            continue
        assert value == pytest.approx(np.percentile(values, rank, method="inverted_cdf"), rel=error + 1e-6)


BUCKETS: dict[TimeBucket | None, Callable[[datetime], datetime]] = {
    None: lambda _: SINCE,
    TimeBucket.HOUR: lambda at: at,
    TimeBucket.DAY: lambda at: at.replace(hour=0),
    TimeBucket.WEEK: lambda at: at.replace(hour=0) - timedelta(days=at.weekday()),
    TimeBucket.MONTH: lambda at: at.replace(day=1, hour=0),
}


@pytest.mark.parametrize("group_by", [("status", "input_type"), ("error_code", "input_type", "status")], ids=len)
@pytest.mark.parametrize("bucket", BUCKETS, ids=str)
async def test_executions_are_grouped_by_time_and_dimensions(
    asking: Analytics, database: Database, bucket: TimeBucket | None, group_by: tuple[str, ...]
) -> None:
    """Counts and sums are exact; percentiles are exact by the hour, else within the stated error of NumPy's."""
    facts = made_up(1500)
    await write(database, [*facts, execution("arn:foreign", tenant="other")])
    until = UNTIL if bucket is not TimeBucket.HOUR else SINCE + timedelta(hours=900)
    facts = [fact for fact in facts if moment_of(fact.hour) < until]
    asked = Asked(since=SINCE, until=until, bucket=bucket, group_by=group_by)
    answer = await asking.executions("acme", asked)
    starts = BUCKETS[bucket]
    expected = grouped(
        facts, lambda fact: (starts(moment_of(fact.hour)), *(getattr(fact, name) or None for name in group_by))
    )
    points = {(point.bucket_start, *(getattr(point, name) for name in group_by)): point for point in answer.points}
    assert points.keys() == expected.keys()
    assert [point.bucket_start for point in answer.points] == sorted(point.bucket_start for point in answer.points)
    for key, group in expected.items():
        point = points[key]  # type: ignore[index] # the same keys
        rules = sum(fact.rules or 0 for fact in group)
        assert (point.count, point.rules_generated.sum) == (len(group), rules)
        assert point.rules_generated.average == pytest.approx(rules / len(group))
        durations = [fact.duration_ms for fact in group if fact.duration_ms is not None]
        check(point.processing_time_ms, durations, 0 if bucket is TimeBucket.HOUR else ERROR)


async def test_the_database_groups(asking: Analytics, database: Database) -> None:
    """As many rows leave it as there are points, in one query; percentiles are reckoned where they are asked for."""
    await write(database, made_up(400))
    said: list[str] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    answer = await asking.executions("acme", Asked(since=SINCE, until=UNTIL, bucket=TimeBucket.MONTH))
    (query,) = [statement for statement in said if "history_execution_days" in statement]
    assert len(answer.points) == 3
    assert sum(point.count for point in answer.points) == 400
    assert "OVER" in query
    plain = await asking.executions("acme", Asked(since=SINCE, until=UNTIL, bucket=None, percentiles=False))
    assert plain.points[0].processing_time_ms.p50 is None
    assert plain.points[0].count == 400
    assert "OVER" not in said[-1]


async def test_what_does_not_pass_the_filter_does_not_count(asking: Analytics, database: Database) -> None:
    """Values of one dimension are alternatives, dimensions all have to fit, and strange values fit nothing."""
    facts = made_up(300)
    await write(database, facts)

    async def count(**only: list[str]) -> int:
        answer = await asking.executions("acme", Asked(since=SINCE, until=UNTIL, bucket=None, only=only))
        return sum(point.count for point in answer.points)

    failed = [fact for fact in facts if fact.status == "FAILED"]
    assert await count(status=["FAILED"]) == len(failed)
    assert await count(status=["FAILED", "SUCCEEDED"]) == 300
    late = [fact for fact in failed if fact.error_code == "Timeout" and fact.input_type != "cve"]
    assert await count(error_code=["Timeout"], input_type=["url", "text"]) == len(late)
    assert await count(error_code=["\x00\ud800"]) == 0
    assert await count(status=[]) == 0


async def test_a_tenant_sees_nothing_of_another(asking: Analytics, database: Database) -> None:
    """Of no subject, also where names are the same."""
    scan = ScanFact(tenant="acme", key="1", hour=NOW, standing=2, status="completed", verdict="clean", ecosystem="npm")
    rise: dict[str, Any] = {"change_pct": 10.0, "monthly_impact_usd": 1.0}
    regression = RegressionFact(tenant="acme", key="1", hour=NOW, standing=0, status="open", service="EC2", **rise)
    cost = CostFact(tenant="acme", service="EC2", hour=NOW, cost_usd=1.0)
    await write(database, [execution(hour=NOW), scan, regression, cost])
    asks = (asking.executions, asking.package_scans, asking.regressions, asking.spend)
    assert [len((await ask("acme", EVER)).points) for ask in asks] == [1, 1, 1, 1]
    assert [len((await ask("other", EVER)).points) for ask in asks] == [0, 0, 0, 0]


async def test_scans_are_counted_by_verdict(asking: Analytics, database: Database) -> None:
    """A scan without a result has neither verdict nor score, and takes part in no percentile."""
    done: dict[str, Any] = {"standing": 2, "status": "completed", "ecosystem": "npm", "hour": NOW, "tenant": "acme"}
    scans = [
        ScanFact(key="1", verdict="clean", score=0, duration_ms=100, **done),
        ScanFact(key="2", verdict="clean", score=0, duration_ms=300, **done),
        ScanFact(key="3", verdict="high_risk", score=30, duration_ms=200, **done),
        ScanFact(tenant="acme", key="4", hour=NOW, standing=1, status="running", ecosystem="pypi"),
    ]
    await write(database, scans)
    points = (await asking.package_scans("acme", Asked(**vars_of(EVER), group_by=("verdict",)))).points
    assert [(point.verdict, point.count, point.score.sum) for point in points] == [
        (None, 1, 0),
        ("clean", 2, 0),
        ("high_risk", 1, 30),
    ]
    assert points[0].score.average is None
    assert points[0].duration_ms.p50 is None
    assert (points[1].duration_ms.p50, points[1].duration_ms.p99) == (100, 300)


async def test_regressions_are_counted_by_service(asking: Analytics, database: Database) -> None:
    """With what they come to in a month."""
    facts = [
        RegressionFact(
            tenant="acme",
            key=str(number),
            hour=NOW + number,
            standing=0,
            status="open",
            service="EC2" if number % 2 else "RDS",
            environment="production",
            change_pct=10.0 * number,
            monthly_impact_usd=100.5 * number,
        )
        for number in range(10)
    ]
    await write(database, facts)
    asked = Asked(**vars_of(EVER), group_by=("service", "environment"), only={"status": ["open"]})
    points = (await asking.regressions("acme", asked)).points
    assert [(point.service, point.environment, point.count) for point in points] == [
        ("EC2", "production", 5),
        ("RDS", "production", 5),
    ]
    check(points[0].monthly_impact_usd, [100.5 * number for number in (1, 3, 5, 7, 9)], 0)
    assert points[1].change_pct.average == 40


async def test_spend_is_that_of_both_kinds_of_cloudlink(asking: Analytics, database: Database) -> None:
    """An hour that the embedded CloudLink keeps and an upstream showed counts once; what only one knows counts, too."""
    key = {"tenant": "acme", "service": "EC2"}
    shown = [CostFact(**key, hour=NOW + hour, cost_usd=1.0, provider="gcp") for hour in (0, 1)]
    await write(database, shown)
    kept = [{**key, "hour": NOW + hour, "credential_id": "", "cost_usd": 8.0, "recorded_at": 0} for hour in (1, 30)]
    async with database.write() as connection:
        await connection.execute(insert(cloudlink.costs), kept)
        service = {"tenant": "acme", "name": "EC2", "provider": "aws", "last_hour": NOW + 30, "revision": 1}
        await connection.execute(insert(cloudlink.services), service)
    points = (await asking.spend("acme", Asked(since=SINCE, until=UNTIL))).points
    assert [(point.bucket_start - SINCE, point.count, point.cost_usd.sum) for point in points] == [
        (timedelta(0), 2, 9.0),
        (timedelta(days=1), 1, 8.0),
    ]
    points = (await asking.spend("acme", Asked(**vars_of(EVER), group_by=("provider", "service")))).points
    assert [(point.provider, point.service, point.cost_usd.sum) for point in points] == [
        ("aws", "EC2", 16.0),
        ("gcp", "EC2", 1.0),
    ]
    assert (await asking.spend("acme", Asked(**vars_of(EVER), only={"provider": ["azure"]}))).points == []


async def test_amounts_beyond_measure_can_be_summed_up(asking: Analytics, database: Database) -> None:
    """What an upstream says of one regression or hour spoils nobody's figures: amounts are kept within bounds."""
    at = moment_of(NOW)
    rises = [
        Regression(
            id=str(number),
            deploy_id=None,
            service="EC2",
            baseline_usd_per_hour=0,
            post_deploy_usd_per_hour=1,
            change_pct=sys.float_info.max,
            monthly_impact_usd=-sys.float_info.max,
            detected_at=at,
            status=RegressionStatus.OPEN,
            confidence="high",
        )
        for number in range(3)
    ]
    hours = [
        CostRecord(provider="aws", service=name, cost_usd=sys.float_info.max, hour=at) for name in ("EC2", "RDS", "S3")
    ]
    await write(
        database, [regression_fact("acme", rise) for rise in rises] + [cost_fact("acme", hour) for hour in hours]
    )
    (point,) = (await asking.regressions("acme", EVER)).points
    assert (point.change_pct.sum, point.monthly_impact_usd.sum) == (3 * LARGEST_AMOUNT, -3 * LARGEST_AMOUNT)
    (spent,) = (await asking.spend("acme", EVER)).points
    assert (spent.cost_usd.sum, spent.cost_usd.p50) == (3 * LARGEST_AMOUNT, LARGEST_AMOUNT)


async def test_an_answer_is_bounded(asking: Analytics, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be more points than that is refused, and says how to get less."""
    monkeypatch.setattr(module, "MOST_POINTS", 4)
    await write(database, [execution(str(day), hour=NOW + day * HOURS) for day in range(5)])
    asked = Asked(since=SINCE, until=SINCE + timedelta(days=4))
    assert len((await asking.executions("acme", asked)).points) == 4
    with pytest.raises(InvalidInput, match="group by less") as refusal:
        await asking.executions("acme", Asked(since=SINCE, until=SINCE + timedelta(days=5)))
    assert refusal.value.field == "groupBy"


@pytest.mark.parametrize("year", [1970, 1999, 2000, 2024, 2100])
async def test_months_are_those_of_the_calendar(asking: Analytics, database: Database, year: int) -> None:
    """Leap years and turns of centuries included: the first and the last hour of each month are in it."""
    firsts = [datetime(year, month, 1, tzinfo=UTC) for month in range(1, 13)]
    firsts.append(datetime(year + 1, 1, 1, tzinfo=UTC))
    hours = [int((first - moment_of(0)) / timedelta(hours=1)) for first in firsts]
    facts = [execution(f"{hour}", hour=hour) for hour in hours[:-1]]
    await write(database, facts + [execution(f"{hour}-", hour=hour - 1) for hour in hours[1:]])
    asked = Asked(since=firsts[0], until=firsts[-1], bucket=TimeBucket.MONTH)
    points = (await asking.executions("acme", asked)).points
    assert [(point.bucket_start, point.count) for point in points] == [(first, 2) for first in firsts[:-1]]


def vars_of(asked: Asked) -> dict[str, Any]:
    return {"since": asked.since, "until": asked.until, "bucket": asked.bucket}
