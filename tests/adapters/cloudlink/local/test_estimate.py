"""What the next deploy is likely to cost."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from sqlalchemy import insert

from adapters.cloudlink.local.costs import CostRecords
from adapters.cloudlink.local.estimate import Estimates, estimate
from adapters.cloudlink.local.hours import hour_number, hour_start
from adapters.cloudlink.local.series import CostSeries
from adapters.cloudlink.models import Budget, BudgetScope, CostRecord
from adapters.store.cloudlink import deploys
from adapters.store.database import Database

FIRST_HOUR = 490_056
NOW = datetime(2026, 11, 16, tzinfo=UTC)
BUDGET = Budget(
    id="b1",
    name="all",
    scope=BudgetScope.TOTAL,
    monthly_limit_usd=1_000,
    current_spend_usd=400,
    projected_spend_usd=800,
)


def series(hours: int = 30 * 24, usd: float = 2.0) -> CostSeries:
    return CostSeries("EC2", FIRST_HOUR, np.full(hours, usd))


def test_the_baseline_is_the_last_week() -> None:
    """By the hour and over 720 hours, with the trend against thirty days."""
    costs = series()
    costs.usd[-168:] = 3.0
    found = estimate("EC2", costs, [], [], NOW)
    assert (found.has_data, found.baseline_hourly_usd, found.baseline_monthly_usd) == (True, 3.0, 2160.0)
    assert found.trend_pct == pytest.approx(100 * (3 / (2 + 168 / 720) - 1))
    assert (found.recent_deploys, found.deploy_impact_pct, found.delta_monthly_usd) == (0, 0.0, 0.0)
    assert (found.post_deploy_hourly_usd, found.confidence) == (3.0, "low")


def test_the_impact_is_the_mean_of_the_last_deploys() -> None:
    """Ten per cent and thirty make twenty."""
    costs = series()
    costs.usd[401:] *= 1.1
    costs.usd[501:] *= 1.3
    found = estimate("EC2", costs, [FIRST_HOUR + 400, FIRST_HOUR + 500], [], NOW)
    assert found.deploy_impact_pct == pytest.approx(20)
    assert found.recent_deploys == 2
    assert found.baseline_hourly_usd == pytest.approx(2.86)
    assert found.post_deploy_hourly_usd == pytest.approx(2.86 * 1.2)
    assert found.delta_monthly_usd == pytest.approx(2.86 * 0.2 * 720)
    assert found.post_deploy_monthly_usd == pytest.approx(2.86 * 1.2 * 720)


@pytest.mark.parametrize(("count", "hours", "confidence"), [(0, 720, "low"), (2, 720, "medium"), (5, 720, "high")])
def test_confidence_grows_with_the_data(count: int, hours: int, confidence: str) -> None:
    """With the deploys that were measured and the hours that are known."""
    deployed = [FIRST_HOUR + 300 + 30 * number for number in range(count)]
    assert estimate("EC2", series(hours), deployed, [], NOW).confidence == confidence


def test_a_few_hours_are_not_enough() -> None:
    """Without them there is a message that says what is needed."""
    for costs in (None, series(23), CostSeries("EC2", FIRST_HOUR, np.full(500, np.nan))):
        found = estimate("EC2", costs, [], [BUDGET], NOW)
        assert not found.has_data
        assert found.baseline_hourly_usd is None
        assert "ingest 24 or more" in (found.message or "")


def test_budgets_are_told_what_the_rest_of_the_month_adds() -> None:
    """The rise by the hour, for the fifteen days that are left of November."""
    costs = series()
    costs.usd[501:] *= 1.5
    service = msgspec.structs.replace(
        BUDGET, id="b2", scope=BudgetScope.SERVICE, service="EC2", monthly_limit_usd=2_000
    )
    other = msgspec.structs.replace(service, id="b3", service="S3")
    off = msgspec.structs.replace(BUDGET, id="b4", enabled=False)
    unprojected = msgspec.structs.replace(BUDGET, id="b5", projected_spend_usd=None)
    found = estimate("EC2", costs, [FIRST_HOUR + 500], [BUDGET, service, other, off, unprojected], NOW)
    assert [impact.budget_id for impact in found.budget_impact] == ["b1", "b2", "b5"]
    whole, own, spent = found.budget_impact
    assert whole.projected_spend_usd == pytest.approx(800 + 3.0 * 0.5 * 360)
    assert (whole.budget_name, whole.budget_limit_usd, whole.would_breach) == ("all", 1_000, True)
    assert whole.projected_utilization_pct == pytest.approx(134)
    assert (own.projected_spend_usd, own.would_breach) == (whole.projected_spend_usd, False)
    assert spent.projected_spend_usd == pytest.approx(400 + 3.0 * 0.5 * 360)


def test_a_service_without_cost_has_no_trend() -> None:
    """Nothing is divided by nothing."""
    found = estimate("EC2", series(usd=0.0), [FIRST_HOUR + 500], [], NOW)
    assert (found.trend_pct, found.deploy_impact_pct, found.post_deploy_hourly_usd) == (0.0, 0.0, 0.0)


LAST = hour_number(datetime(2026, 3, 2, tzinfo=UTC))


async def record(database: Database, service: str, tenant: str, factor: float) -> None:
    """Take in twenty days, and a deploy two days before their end that makes hours so many times as dear."""
    deploy_hour = LAST - 48
    costs = [
        CostRecord(
            provider="aws", service=service, cost_usd=factor if hour > deploy_hour else 1.0, hour=hour_start(hour)
        )
        for hour in range(LAST - 480, LAST + 1)
    ]
    row = {
        "id": f"{tenant}-{service}",
        "tenant": tenant,
        "service": service,
        "environment": "production",
        "metadata": b"{}",
        "deployed_at": hour_start(deploy_hour),
    }
    async with database.write() as connection:
        await CostRecords(database).ingest(connection, tenant, costs)
        await connection.execute(insert(deploys).values(row))


async def test_services_are_estimated_in_their_order(database: Database) -> None:
    """By their own costs and deploys: another tenant's of the same name do not count."""
    await record(database, "EC2", "ours", 1.5)
    await record(database, "S3", "ours", 1.1)
    await record(database, "EC2", "theirs", 3.0)
    estimates = Estimates(database, CostRecords(database))
    s3, nothing, ec2 = await estimates.of_services("ours", ["S3", "nothing", "EC2"], [BUDGET])
    assert (s3.service, nothing.service, ec2.service) == ("S3", "nothing", "EC2")
    assert s3.deploy_impact_pct == pytest.approx(10)
    assert ec2.deploy_impact_pct == pytest.approx(50)
    assert (ec2.recent_deploys, nothing.has_data) == (1, False)
    assert len(ec2.budget_impact) == 1
    (theirs,) = await estimates.of_services("theirs", ["EC2"], [])
    assert theirs.deploy_impact_pct == pytest.approx(200)
    (nobody,) = await estimates.of_services("nobody", ["EC2"], [])
    assert not nobody.has_data


async def test_the_running_hour_is_left_out(database: Database) -> None:
    """It has not cost yet what it will."""
    running = hour_number(datetime.now(UTC))
    costs = [
        CostRecord(provider="aws", service="EC2", cost_usd=0.1 if hour == running else 2.0, hour=hour_start(hour))
        for hour in range(running - 48, running + 1)
    ]
    async with database.write() as connection:
        await CostRecords(database).ingest(connection, "ours", costs)
    (found,) = await Estimates(database, CostRecords(database)).of_services("ours", ["EC2"], [])
    assert found.baseline_hourly_usd == pytest.approx(2)


async def test_a_service_that_ended_has_no_data_alone_or_among_others(database: Database) -> None:
    """What it cost two months before the others' latest hour says nothing of its next deploy."""
    costs = [
        CostRecord(provider="aws", service=service, cost_usd=1.0, hour=hour_start(end - hour))
        for service, end in (("old", LAST - 1_500), ("new", LAST))
        for hour in range(200)
    ]
    async with database.write() as connection:
        await CostRecords(database).ingest(connection, "ours", costs)
    estimates = Estimates(database, CostRecords(database))
    for names in (["old"], ["old", "new"]):
        found = await estimates.of_services("ours", names, [])
        assert [one.has_data for one in found] == [name == "new" for name in names]
