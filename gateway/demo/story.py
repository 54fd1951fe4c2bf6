"""The costs, deploys and budgets of the demo: the same at each start, counted from the present hour."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.cloudlink.models import BudgetScope, CostRecord, NewBudget, NewDeploy
from gateway.demo.packages import HTTP, METRICS

PROVIDER = "aws"
HISTORY_HOURS = 24 * 21
SEED = 2026
MINED_SINCE_HOURS = 6
MINED_SHARE = 0.54
"""By how much of its cost the miner raises the service that it runs on."""


@dataclass(frozen=True)
class DemoService:
    """A service: what an hour of it costs in USD, and which share of that varies over the day, and by chance."""

    name: str
    usd_per_hour: float
    daily: float
    noise: float


COMPUTE = DemoService("Amazon EC2", 12.0, 0.0, 0.0)
"""A fleet of one size: what the miner costs is the same figure at whichever hour the demo starts."""
DATABASE = DemoService("Amazon RDS", 4.2, 0.01, 0.01)
FUNCTIONS = DemoService("AWS Lambda", 1.1, 0.2, 0.03)
SERVICES = (COMPUTE, DATABASE, FUNCTIONS)

BUDGETS = (
    NewBudget(name="Everything", monthly_limit_usd=14_000),
    NewBudget(name="Compute", monthly_limit_usd=9_500, scope=BudgetScope.SERVICE, service=COMPUTE.name),
)


def costs(present_hour: datetime) -> Iterator[CostRecord]:
    """Give three weeks of hours before the present one; those since the miner runs cost more."""
    chance = random.Random(SEED)
    for service in SERVICES:
        for ago in range(HISTORY_HOURS, 0, -1):
            hour = present_hour - timedelta(hours=ago)
            by_day = service.daily * (1 if 8 <= hour.hour < 20 else -1)  # noqa: PLR2004 - working hours
            usd = service.usd_per_hour * (1 + by_day + chance.uniform(-service.noise, service.noise))
            if service is COMPUTE and ago <= MINED_SINCE_HOURS:
                usd += service.usd_per_hour * MINED_SHARE
            yield CostRecord(provider=PROVIDER, service=service.name, cost_usd=round(usd, 4), hour=hour)


def deploys(present_hour: datetime) -> Iterator[NewDeploy]:
    """Give the deploys, oldest first; the last one shipped the miner."""
    for service, version, hours, packages in (
        (COMPUTE, "2.3.0", 24 * 9, (HTTP.target,)),
        (DATABASE, "14.2", 24 * 5, ()),
        (FUNCTIONS, "1.8.1", 24 * 3, (HTTP.target,)),
        (COMPUTE, "2.4.0", MINED_SINCE_HOURS, (HTTP.target, METRICS.target)),
    ):
        yield NewDeploy(
            service=service.name,
            version=version,
            source="demo",
            metadata={"packages": list(packages), "demo": True},
            deployed_at=present_hour - timedelta(hours=hours),
        )
