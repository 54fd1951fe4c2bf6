"""What an account costs, by Cost Explorer, which takes one US cent a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from adapters.cloudlink.local.aws.connection import SignedIn
from adapters.cloudlink.local.aws.found import Found, resource
from adapters.cloudlink.local.aws.paging import MOST_ENTRIES
from adapters.cloudlink.local.aws.trouble import TooMany, Trouble, code_of, trouble_of
from adapters.cloudlink.local.costs import HourlyCost
from adapters.cloudlink.local.findings import Proposal, ReviewCost
from adapters.cloudlink.local.hours import hour_number
from adapters.cloudlink.local.resources import Listing

REGION = "us-east-1"
"""Where Cost Explorer answers for all regions."""
HIGH_COST_USD = 1_000.0
"""A month's cost, so far, that is proposed to be looked at."""
METRIC = "UnblendedCost"
BACK = timedelta(days=14)
"""As far back as Cost Explorer keeps hours."""
HOURS_OF_A_DAY = 24
WITHOUT_HOURS = frozenset({"ValidationException", "DataUnavailableException", "AccessDeniedException"})
"""How Cost Explorer answers an account that has not switched hours on."""


class OtherCurrency(OSError):
    """The amounts are not in USD."""


class CostPayload(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of an account's cost in USD since the month began; the end of the period is exclusive."""

    mtd_cost: float
    period_start: str
    period_end: str
    above_threshold: bool


async def look_at_costs(account: SignedIn, now: datetime) -> Found:
    """Read the month's cost and the hourly costs of fourteen days by service."""
    async with account.client("ce", REGION) as explorer:
        found = await _month(explorer, account.account_id, now)
        try:
            costs = await _hours(explorer, now)
        except Exception as error:  # noqa: BLE001 - the month is known all the same
            return msgspec.structs.replace(found, troubles=(_trouble(error),))
    return msgspec.structs.replace(found, costs=costs)


def _trouble(error: Exception) -> Trouble:
    return trouble_of(error, REGION, "GetCostAndUsage")


async def _month(explorer: Any, account_id: str, now: datetime) -> Found:
    start, end = now.replace(day=1).date().isoformat(), (now + timedelta(days=1)).date().isoformat()
    results = await _results(explorer, Granularity="MONTHLY", TimePeriod={"Start": start, "End": end})
    mtd = round(sum(_usd(each.get("Total") or {}) for each in results), 2)
    payload = CostPayload(mtd_cost=mtd, period_start=start, period_end=end, above_threshold=mtd > HIGH_COST_USD)
    cost = resource("aws_cost", f"cost-{account_id}", None, payload)
    proposal = Proposal(
        action_type="review_high_cost",
        agent="cost",
        resource_id=cost.resource_id,
        resource_type=cost.resource_type,
        change=ReviewCost(mtd_cost=mtd, threshold=HIGH_COST_USD),
        reason=f"The account has cost {mtd:,.2f} USD since {start}, above {HIGH_COST_USD:,.0f} USD",
        confidence=0.6,
    )
    listing = Listing(resource_type="aws_cost", resources=(cost,))
    return Found(listing=listing, proposals=(proposal,) if payload.above_threshold else ())


async def _hours(explorer: Any, now: datetime) -> tuple[HourlyCost, ...]:
    """Give hourly costs; where the account has days only, each whole day is spread over its hours."""
    end = now.replace(minute=0, second=0, microsecond=0)
    try:
        return await _by_service(explorer, "HOURLY", end - BACK, end)
    except ClientError as error:
        if code_of(error) not in WITHOUT_HOURS:
            raise
    today = end.replace(hour=0)
    return await _by_service(explorer, "DAILY", today - BACK, today)


async def _by_service(explorer: Any, granularity: str, start: datetime, end: datetime) -> tuple[HourlyCost, ...]:
    written = "%Y-%m-%dT%H:%M:%SZ" if granularity == "HOURLY" else "%Y-%m-%d"
    results = await _results(
        explorer,
        Granularity=granularity,
        TimePeriod={"Start": start.strftime(written), "End": end.strftime(written)},
        GroupBy=[{"Type": "DIMENSION", "Key": "SERVICE"}],
    )
    hours = 1 if granularity == "HOURLY" else HOURS_OF_A_DAY
    known = {(cost.service, cost.hour): cost for each in results for cost in _spread(each, hours)}
    return tuple(known.values())


def _spread(result: Mapping[str, Any], hours: int) -> Iterator[HourlyCost]:
    """Spread a period's cost of each service evenly over its hours."""
    start = datetime.fromisoformat(result["TimePeriod"]["Start"])
    first = hour_number(start if start.tzinfo else start.replace(tzinfo=UTC))
    for group in result.get("Groups") or []:
        usd = _usd(group["Metrics"]) / hours
        for hour in range(first, first + hours):
            yield HourlyCost(str(group["Keys"][0]), hour, usd)


async def _results(explorer: Any, **arguments: Any) -> list[Mapping[str, Any]]:
    """Read all pages; botocore has no paginator for them."""
    found: list[Mapping[str, Any]] = []
    following: dict[str, str] = {}
    while True:
        page = await explorer.get_cost_and_usage(Metrics=[METRIC], **arguments, **following)
        found += page.get("ResultsByTime") or []
        if not page.get("NextPageToken"):
            return found
        if len(found) > MOST_ENTRIES:
            raise TooMany(f"GetCostAndUsage gives more than {MOST_ENTRIES} periods")
        following = {"NextPageToken": page["NextPageToken"]}


def _usd(amounts: Mapping[str, Any]) -> float:
    """Read an amount; raises OtherCurrency where it is not in USD."""
    amount = amounts.get(METRIC) or {"Amount": "0", "Unit": "USD"}
    if amount.get("Unit", "USD") != "USD":
        raise OtherCurrency(f"Cost Explorer counts in {amount['Unit']}")
    return float(amount["Amount"])
