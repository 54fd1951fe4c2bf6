"""Budgets: the queries, the mutations, the stream of alerts, and the edges to services and regressions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import strawberry
from strawberry import argument

from adapters import errors
from adapters.cloudlink.models import (
    Budget,
    BudgetAlert,
    BudgetChange,
    BudgetCheck,
    NewBudget,
    Regression,
    RegressionStatus,
)
from adapters.cloudlink.port import RegressionFilter
from adapters.errors import NotFound
from adapters.events.watching import Observation
from adapters.paging import page_size
from resolvers.context import Info
from resolvers.costs import CloudService
from resolvers.cursor import Cursor
from resolvers.nodes import find_budget, global_id, natural_key
from resolvers.problems import Problem, answered

BudgetId = Annotated[strawberry.ID, argument(description="The budget's own id, or its global one.")]


async def budget(info: Info, budget_id: Annotated[str, argument(description="The budget's own id.")]) -> Budget | None:
    """Find a budget of the tenant's."""
    return await find_budget(info.context, budget_id)


async def budgets(info: Info) -> list[Budget]:
    """List the tenant's budgets, oldest first."""
    return await info.context.loaders.budgets_by_tenant.load(info.context.principal.tenant)


async def budget_alerts(
    info: Info,
    first: Annotated[int | None, argument(description="How many, 0 to 100.")] = 50,
    budget_id: Annotated[str | None, argument(description="Only those of this budget, by its own id.")] = None,
) -> list[BudgetAlert]:
    """List the newest alerts."""
    cloudlink = info.context.services.cloudlink
    return await cloudlink.budget_alerts(info.context.principal, page_size(first), budget_id)


async def create_budget(info: Info, wanted: NewBudget) -> Budget | Problem:
    """Set a budget, or say why not."""
    created = info.context.services.cloudlink.create_budget(info.context.principal, wanted)
    return await answered(info, created, errors.InvalidInput, errors.LimitExceeded, errors.NotFound, errors.NotAllowed)


async def update_budget(info: Info, budget_id: str, change: BudgetChange) -> Budget | Problem:
    """Change a budget, or say why not."""
    key = natural_key("Budget", budget_id)
    updated = info.context.services.cloudlink.update_budget(info.context.principal, key, change)
    return await answered(info, updated, errors.InvalidInput, errors.LimitExceeded, errors.NotFound, errors.NotAllowed)


async def delete_budget(info: Info, budget_id: BudgetId) -> bool:
    """Delete a budget, and say whether there was one."""
    key = natural_key("Budget", budget_id)
    deleted = await info.context.services.cloudlink.delete_budget(info.context.principal, key)
    info.context.renew_loaders()
    return deleted


async def check_budgets(info: Info) -> BudgetCheck:
    """Hold the month's spend against every budget."""
    check = await info.context.services.cloudlink.check_budgets(info.context.principal)
    info.context.renew_loaders()
    return check


async def budget_alert_updates(
    info: Info,
    after: Annotated[Cursor | None, argument(description="The cursor of the last event seen.")] = None,
    budget_id: Annotated[str | None, argument(description="Only those of this budget, by its own id.")] = None,
) -> AsyncIterator[Observation[BudgetAlert]]:
    """Push the tenant's newest alerts, then each new one."""
    async for change in info.context.services.cloudlink.watch_budget_alerts(info.context.principal, after):
        if budget_id in (None, change.state.budget_id):
            info.context.renew_loaders()
            yield change


def budget_global_id(root: strawberry.Parent[Budget]) -> strawberry.ID:
    """Give the global id."""
    return global_id("Budget", root.id)


def alert_global_id(root: strawberry.Parent[BudgetAlert]) -> strawberry.ID:
    """Give the global id."""
    return global_id("BudgetAlert", root.id)


def service_of_budget(root: strawberry.Parent[Budget]) -> CloudService | None:
    """Give the service that a budget covers; none where it covers all."""
    return CloudService(root.service) if root.service else None


async def alerts_of_budget(
    root: strawberry.Parent[Budget],
    info: Info,
    first: Annotated[int | None, argument(description="How many, 0 to 100.")] = 20,
) -> list[BudgetAlert]:
    """Give the newest alerts of a budget."""
    return await info.context.loaders.alerts_by_budget.load((root.id, page_size(first, 20)))


async def regressions_of_budget(
    root: strawberry.Parent[Budget],
    info: Info,
    status: Annotated[RegressionStatus | None, argument(description="Only those of this status.")] = None,
) -> list[Regression]:
    """Give the newest regressions of what a budget covers."""
    if not root.service:
        return await info.context.loaders.regressions_by_filter.load(RegressionFilter(status=status))
    found = await info.context.loaders.regressions_by_service.load(root.service)
    return [regression for regression in found if status in (None, regression.status)]


async def budget_of_alert(root: strawberry.Parent[BudgetAlert], info: Info) -> Budget:
    """Give the budget that an alert is of; raises NotFound where it was deleted meanwhile."""
    found = await find_budget(info.context, root.budget_id)
    if found is None:
        raise NotFound("not_found", f"There is no budget {root.budget_id!r} any more")
    return found


async def budgets_of_service(root: strawberry.Parent[CloudService], info: Info) -> list[Budget]:
    """Give the budgets that cover a service: its own, and those of everything."""
    return await _covering(info, root.name)


async def budgets_of_regression(root: strawberry.Parent[Regression], info: Info) -> list[Budget]:
    """Give the budgets that a regression uses up: those of its service, and those of everything."""
    return await _covering(info, root.service)


async def _covering(info: Info, service: str) -> list[Budget]:
    known = await info.context.loaders.budgets_by_tenant.load(info.context.principal.tenant)
    return [budget for budget in known if not budget.service or budget.service == service]
