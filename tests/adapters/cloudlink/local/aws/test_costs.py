from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from adapters.cloudlink.account import CloudScanStatus
from adapters.cloudlink.local.hours import hour_number
from adapters.cloudlink.local.journal import SCHEDULE
from adapters.principal import Principal
from adapters.store.cloudlink_account import resources
from tests.aws_server import Asked, AwsServer, Refusal
from tests.cloud_engine import CloudEngine

SERVICE = "Amazon Elastic Compute Cloud - Compute"


def amount(usd: float, unit: str = "USD") -> dict[str, Any]:
    """Write a cost as Cost Explorer does."""
    return {"UnblendedCost": {"Amount": str(usd), "Unit": unit}}


def period(start: str, groups: dict[str, float] | None = None, total: float = 0.0, unit: str = "USD") -> dict[str, Any]:
    """Write what a period cost, by service or in all."""
    by_service = [{"Keys": [name], "Metrics": amount(usd, unit)} for name, usd in (groups or {}).items()]
    return {"TimePeriod": {"Start": start, "End": start}, "Total": amount(total, unit), "Groups": by_service}


def answer(*periods: dict[str, Any]) -> dict[str, object]:
    """Write an answer."""
    return {"ResultsByTime": list(periods)}


async def spent(engine: CloudEngine, principal: Principal) -> dict[tuple[str, int], float]:
    """Read the hourly costs of the tenant."""
    rows = await engine.costs.snapshots(principal.tenant, None, 2000)
    return {(row.service, hour_number(row.hour)): row.cost_usd for row in rows}


async def test_hourly_costs_come_in_by_service_with_their_credential(
    engine: CloudEngine, aws: AwsServer, principal: Principal
) -> None:
    """They are written once however often they are scanned; a month over the threshold is proposed to be reviewed."""
    owner, credential = await aws.new_account()
    account = await engine.account(principal, credential)
    hours = [datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=ago) for ago in (3, 2)]
    usd = {SERVICE: 1.5, "AWS Lambda": 0.25}
    costs = [period(hour.strftime("%Y-%m-%dT%H:%M:%SZ"), usd) for hour in hours]
    await aws.cost(owner.account_id, answer(period("2026-11-01", total=1234.567)), answer(*costs))
    scan = await engine.scan(account)
    assert (scan.status, scan.error) == (CloudScanStatus.FINISHED, None)
    expected = {
        (name, hour_number(hour)): usd for name, usd in ((SERVICE, 1.5), ("AWS Lambda", 0.25)) for hour in hours
    }
    assert await spent(engine, principal) == expected
    rows = await engine.costs.snapshots(principal.tenant, SERVICE, 10)
    assert {row.credential_id for row in rows} == {account.credential_id}
    (action,) = await engine.actions.actions(principal.tenant, None)
    assert (action.action_type, action.resource_id) == ("review_high_cost", f"cost-{owner.account_id}")
    assert action.proposed_change == {"operation": "review_cost", "mtd_cost": 1234.57, "threshold": 1000.0}
    (cost,) = (await engine.seen(principal, "aws_cost")).values()
    assert (cost.payload["mtd_cost"], cost.payload["above_threshold"]) == (1234.57, True)
    await engine.scan(account)
    assert await spent(engine, principal) == expected


async def test_without_hours_whole_days_are_spread(engine: CloudEngine, aws: AwsServer, principal: Principal) -> None:
    """An account that has not switched hours on is asked for days, each spread evenly; that is no trouble to tell."""
    owner, credential = await aws.new_account()
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    days = answer(period(day.strftime("%Y-%m-%d"), {SERVICE: 48.0}))
    await aws.cost(owner.account_id, answer(period("2026-11-01", total=999.0)), days)
    aws.refuse = lambda asked: Refusal("ValidationException", 400) if b"HOURLY" in asked.body else None
    scan = await engine.scan(await engine.account(principal, credential))
    assert scan.error is None
    first = hour_number(day)
    assert await spent(engine, principal) == {(SERVICE, first + hour): 2.0 for hour in range(24)}
    assert await engine.actions.actions(principal.tenant, None) == []
    asked = next(json.loads(asked.body) for asked in aws.asked if b"DAILY" in asked.body)
    assert asked["TimePeriod"]["End"] == datetime.now(UTC).strftime("%Y-%m-%d")  # a day that is not over is left out


async def test_pages_are_read_to_the_last(engine: CloudEngine, aws: AwsServer, principal: Principal) -> None:
    """Each page names the next."""
    owner, credential = await aws.new_account()
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    start = hour.strftime("%Y-%m-%dT%H:%M:%SZ")
    pages = [answer(period(start, {name: 1.0})) for name in ("AWS Lambda", SERVICE)]
    await aws.cost(owner.account_id, answer(), {**pages[0], "NextPageToken": "more"}, pages[1])
    await engine.scan(await engine.account(principal, credential))
    assert set(await spent(engine, principal)) == {(name, hour_number(hour)) for name in ("AWS Lambda", SERVICE)}


@pytest.mark.parametrize(
    ("refused", "unit", "told"),
    [
        ("ThrottlingException", "USD", "us-east-1: GetCostAndUsage: ThrottlingException"),
        (None, "INR", "us-east-1: GetCostAndUsage: OtherCurrency"),
    ],
)
async def test_costs_that_can_not_be_had_are_told(
    engine: CloudEngine, aws: AwsServer, principal: Principal, refused: str | None, unit: str, told: str
) -> None:
    """Hours that are refused, or not in USD, are told; what else there is lands."""
    owner, credential = await aws.new_account()
    await aws.cost(owner.account_id, answer(period("2026-11-01", total=5.0, unit=unit)))

    def refuse(asked: Asked) -> Refusal | None:
        return Refusal(refused, 400) if refused and b"HOURLY" in asked.body else None

    aws.refuse = refuse
    scan = await engine.scan(await engine.account(principal, credential))
    assert (scan.status, scan.error) == (CloudScanStatus.FINISHED, told)
    assert await spent(engine, principal) == {}
    assert len(await engine.seen(principal, "aws_cost")) == (1 if refused else 0)


async def test_the_schedule_asks_for_costs_every_few_hours_only(
    engine: CloudEngine, aws: AwsServer, principal: Principal
) -> None:
    """Each answer costs money: what is known of late is not asked for again, of very late not even on demand."""
    _, credential = await aws.new_account()
    account = await engine.account(principal, credential)
    asked = []
    for asked_by, minutes_since in ((SCHEDULE, 0), (SCHEDULE, 20), ("somebody", 10), ("somebody", 20)):
        async with engine.database.write() as connection:
            seen_at = datetime.now(UTC) - timedelta(minutes=minutes_since)
            await connection.execute(update(resources).values(seen_at=seen_at))
        aws.asked.clear()
        await engine.scan(account, asked_by)
        asked.append(sum(each.service == "ce" for each in aws.asked))
    assert asked == [2, 0, 0, 2]
    assert len(await engine.seen(principal, "aws_cost")) == 1
