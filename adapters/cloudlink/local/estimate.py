"""What the next deploy of a service is likely to cost: the last week's mean times what its deploys did to it so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from adapters.cloudlink.local.costs import CostRecords
from adapters.cloudlink.local.hours import HOURS_OF_A_MONTH, hour_number, hour_start
from adapters.cloudlink.models import Budget, BudgetImpact, BudgetScope, CostEstimate
from adapters.store.cloudlink import deploys, services
from adapters.store.database import Database

if TYPE_CHECKING:
    from adapters.cloudlink.local.series import CostSeries

WEEK, MONTH = 168, 720
LEAST_HOURS = 24
"""Known hours of the last seven days below which nothing is estimated."""
DEPLOYS = 10
HISTORY = 1_440
"""Hours of costs that deploys are measured with: sixty days."""
HIGH_DEPLOYS, HIGH_HOURS = 5, 336
"""Measured deploys, and known hours of the last thirty days, from which on the confidence is high."""
MEDIUM_DEPLOYS, MEDIUM_HOURS = 2, 120
LEAST_USD = 1e-9


class Estimates:
    """Estimates for a tenant's services."""

    def __init__(self, database: Database, costs: CostRecords) -> None:
        self._database = database
        self._costs = costs

    async def of_services(self, tenant: str, names: Sequence[str], budgets: Sequence[Budget]) -> list[CostEstimate]:
        """Estimate each service, in that order; `budgets` are the tenant's, with what is spent and projected."""
        end_hour = await self._end_hour(tenant)
        first_hour = end_hour - HISTORY
        series = await self._costs.series(tenant, names, first_hour, end_hour)
        deployed = await self._deploy_hours(tenant, names, first_hour)
        now = datetime.now(UTC)
        return [estimate(name, series.get(name), deployed.get(name, ()), budgets, now) for name in names]

    async def _end_hour(self, tenant: str) -> int:
        """Give the number of the hour after the last that is over and that costs of any service are known of."""
        query = select(func.max(services.c.last_hour)).where(services.c.tenant == tenant)
        async with self._database.read() as connection:
            latest: int | None = (await connection.execute(query)).scalar_one()
        running = hour_number(datetime.now(UTC))
        return running if latest is None else min(latest + 1, running)

    async def _deploy_hours(self, tenant: str, names: Sequence[str], first_hour: int) -> Mapping[str, Sequence[int]]:
        """Give the hours of each service's newest deploys: twice as many as count, as some can't be measured."""
        newest = deploys.c.deployed_at.desc()
        rank = func.row_number().over(partition_by=deploys.c.service, order_by=newest)
        ranked = select(deploys.c.service, deploys.c.deployed_at, rank.label("rank"))
        ranked = ranked.where(
            deploys.c.tenant == tenant,
            deploys.c.service.in_(set(names)),
            deploys.c.deployed_at >= hour_start(first_hour),
        )
        wanted = ranked.subquery()
        query = select(wanted.c.service, wanted.c.deployed_at).where(wanted.c.rank <= 2 * DEPLOYS)
        found: dict[str, list[int]] = {}
        async with self._database.read() as connection:
            for service, deployed_at in await connection.execute(query):
                found.setdefault(service, []).append(hour_number(deployed_at))
        return found


def estimate(
    service: str, series: CostSeries | None, deploy_hours: Sequence[int], budgets: Sequence[Budget], now: datetime
) -> CostEstimate:
    """Estimate from a series that ends with the latest known hour, and the hours of the deploys within it."""
    import numpy as np

    from adapters.cloudlink.local.impact import deploy_impacts

    week = series.usd[-WEEK:] if series else np.empty(0)
    known = int((~np.isnan(week)).sum())
    if series is None or known < LEAST_HOURS:
        message = f"{known} hours of {service!r} are known of the last seven days: ingest {LEAST_HOURS} or more"
        return CostEstimate(service=service, has_data=False, message=message)
    hourly, month = float(np.nanmean(week)), series.usd[-MONTH:]
    over_month = float(np.nanmean(month))
    impacts = deploy_impacts(series, deploy_hours, DEPLOYS)
    impact = sum(impacts) / len(impacts) if impacts else 0.0
    rise = hourly * impact
    return CostEstimate(
        service=service,
        has_data=True,
        baseline_hourly_usd=hourly,
        baseline_monthly_usd=hourly * HOURS_OF_A_MONTH,
        trend_pct=100 * (hourly / over_month - 1) if abs(over_month) > LEAST_USD else 0.0,
        deploy_impact_pct=100 * impact,
        post_deploy_hourly_usd=hourly + rise,
        post_deploy_monthly_usd=(hourly + rise) * HOURS_OF_A_MONTH,
        delta_monthly_usd=rise * HOURS_OF_A_MONTH,
        recent_deploys=len(impacts),
        confidence=_confidence(len(impacts), int((~np.isnan(month)).sum())),
        budget_impact=tuple(_impact_on(budget, rise, now) for budget in budgets if _covers(budget, service)),
    )


def _confidence(measured: int, hours: int) -> str:
    if measured >= HIGH_DEPLOYS and hours >= HIGH_HOURS:
        return "high"
    return "medium" if measured >= MEDIUM_DEPLOYS and hours >= MEDIUM_HOURS else "low"


def _covers(budget: Budget, service: str) -> bool:
    return budget.enabled and (budget.scope is BudgetScope.TOTAL or budget.service == service)


def _impact_on(budget: Budget, rise: float, now: datetime) -> BudgetImpact:
    """Add `rise` USD an hour, until the UTC month's end, to what the budget's month is projected to come to."""
    next_month = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)
    hours_left = (next_month - now).total_seconds() / 3_600
    projected = budget.current_spend_usd if budget.projected_spend_usd is None else budget.projected_spend_usd
    projected += rise * hours_left
    return BudgetImpact(
        budget_id=budget.id,
        budget_name=budget.name,
        budget_limit_usd=budget.monthly_limit_usd,
        projected_spend_usd=projected,
        projected_utilization_pct=100 * projected / budget.monthly_limit_usd,
        would_breach=projected > budget.monthly_limit_usd,
    )
