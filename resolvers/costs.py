"""What cloud services cost: the hub of a service, its hourly costs, anomalies and estimates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
import strawberry
from strawberry import argument

from adapters.cloudlink.models import (
    Anomaly,
    Budget,
    BudgetImpact,
    CostEstimate,
    CostRecord,
    CostSnapshot,
    Deploy,
    Regression,
    RegressionStatus,
)
from adapters.cloudlink.port import CostSpan
from adapters.errors import InvalidInput
from adapters.paging import page_size
from resolvers.context import Info
from resolvers.moments import in_utc
from resolvers.problems import graph_field


class CloudService(msgspec.Struct, frozen=True):
    """A cloud service, by its name."""

    name: str


class ImpactOnBudget(BudgetImpact, frozen=True, kw_only=True):
    """An impact that knows its budget."""

    budget: Budget


async def cloud_services(info: Info) -> list[CloudService]:
    """List the services that costs are known of."""
    names = await info.context.loaders.services_by_tenant.load(info.context.principal.tenant)
    return [CloudService(name) for name in names]


async def cloud_service(
    info: Info, name: Annotated[str, argument(description="The service, e.g. `Amazon EC2`.")]
) -> CloudService | None:
    """Find a service that costs are known of."""
    names = await info.context.loaders.services_by_tenant.load(info.context.principal.tenant)
    return CloudService(name) if name in names else None


async def anomalies(info: Info) -> list[Anomaly]:
    """List the services whose latest hour does not fit, gravest first."""
    return await info.context.services.cloudlink.anomalies(info.context.principal)


async def ingest_costs(info: Info, records: Sequence[CostRecord]) -> int:
    """Take costs in, and say how many."""
    in_place = [msgspec.structs.replace(record, hour=in_utc(record.hour)) for record in records]
    try:
        return await info.context.services.cloudlink.ingest_costs(info.context.principal, in_place)
    except InvalidInput as refusal:
        raise InvalidInput(refusal.code, refusal.message, graph_field(refusal.field)) from None
    finally:
        info.context.renew_loaders()


def service_of(root: strawberry.Parent[Regression | Deploy | Anomaly | CostEstimate]) -> CloudService:
    """Give the service that something is of."""
    return CloudService(root.service)


async def deploys_of_service(
    root: strawberry.Parent[CloudService],
    info: Info,
    first: Annotated[int | None, argument(description="How many, 0 to 100.")] = 20,
) -> list[Deploy]:
    """Give the newest deploys of a service."""
    return await info.context.loaders.deploys_by_service.load((root.name, page_size(first, 20)))


async def regressions_of_service(
    root: strawberry.Parent[CloudService],
    info: Info,
    status: Annotated[RegressionStatus | None, argument(description="Only those of this status.")] = None,
) -> list[Regression]:
    """Give the newest regressions of a service."""
    found = await info.context.loaders.regressions_by_service.load(root.name)
    return [regression for regression in found if status in (None, regression.status)]


async def costs_of_service(
    root: strawberry.Parent[CloudService],
    info: Info,
    from_: Annotated[datetime | None, argument(name="from", description="Only hours since, inclusive.")] = None,
    to: Annotated[datetime | None, argument(description="Only hours until, exclusive.")] = None,
) -> list[CostSnapshot]:
    """Give the hourly costs of a service."""
    return await info.context.loaders.costs_by_span.load(CostSpan(root.name, in_utc(from_), in_utc(to)))


async def anomaly_of_service(root: strawberry.Parent[CloudService], info: Info) -> Anomaly | None:
    """Give what is odd about the latest hour of a service."""
    return await info.context.loaders.anomaly_by_service.load(root.name)


async def estimate_of_service(root: strawberry.Parent[CloudService], info: Info) -> CostEstimate:
    """Estimate what the next deploy of a service will cost."""
    return await info.context.loaders.estimate_by_service.load(root.name)


async def budget_impact_of_estimate(root: strawberry.Parent[CostEstimate], info: Info) -> list[ImpactOnBudget]:
    """Give what an estimate means to budgets; a budget that is gone by now is left out."""
    if not root.budget_impact:
        return []
    budgets = await info.context.loaders.budgets_by_tenant.load(info.context.principal.tenant)
    found = ((impact, _budget_of(impact, budgets)) for impact in root.budget_impact)
    return [
        ImpactOnBudget(**msgspec.structs.asdict(impact), budget=budget)
        for impact, budget in found
        if budget is not None
    ]


def _budget_of(impact: BudgetImpact, budgets: Sequence[Budget]) -> Budget | None:
    """Find a budget by its id, or by its name where the service tells no id."""
    if impact.budget_id is not None:
        return next((budget for budget in budgets if budget.id == impact.budget_id), None)
    return next((budget for budget in budgets if budget.name == impact.budget_name), None)
