"""Budgets and their alerts."""

from __future__ import annotations

from adapters.cloudlink.endpoints.endpoint import Call, Endpoint, not_found
from adapters.cloudlink.models import Budget, BudgetAlert, BudgetChange, BudgetCheck, NewBudget
from adapters.cloudlink.wire import AlertsQuery, Deleted


async def budgets(call: Call, _: None) -> list[Budget]:
    """List budgets."""
    return await call.adapter.budgets(call.caller)


async def create(call: Call, budget: NewBudget) -> Budget:
    """Set a budget."""
    return await call.adapter.create_budget(call.caller, budget)


async def update(call: Call, change: BudgetChange) -> Budget:
    """Change a budget."""
    return await call.adapter.update_budget(call.caller, call.key, change)


async def delete(call: Call, _: None) -> Deleted:
    """Delete a budget."""
    if not await call.adapter.delete_budget(call.caller, call.key):
        raise not_found("budget", call.key)
    return Deleted()


async def alerts(call: Call, query: AlertsQuery) -> list[BudgetAlert]:
    """List alerts."""
    return await call.adapter.budget_alerts(call.caller, query.limit, query.budget_id)


async def check(call: Call, _: None) -> BudgetCheck:
    """Check budgets."""
    return await call.adapter.check_budgets(call.caller)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/budgets",
        sentence="List the budgets with the month's spend, oldest first.",
        answer=list[Budget],
        handle=budgets,
    ),
    Endpoint(
        method="POST",
        path="/budgets",
        sentence="Set a budget.",
        body=NewBudget,
        example=NewBudget(name="everything", monthly_limit_usd=1000),
        answer=Budget,
        status=201,
        handle=create,
    ),
    Endpoint(
        method="PUT",
        path="/budgets/{budget_id}",
        sentence="Change a budget; its scope and service stay.",
        body=BudgetChange,
        example=BudgetChange(monthly_limit_usd=1200),
        answer=Budget,
        handle=update,
    ),
    Endpoint(
        method="DELETE",
        path="/budgets/{budget_id}",
        sentence="Delete a budget with its alerts.",
        answer=Deleted,
        handle=delete,
    ),
    Endpoint(
        method="GET",
        path="/budgets/alerts",
        sentence="List the newest alerts.",
        query=AlertsQuery,
        answer=list[BudgetAlert],
        handle=alerts,
    ),
    Endpoint(
        method="POST",
        path="/budgets/check",
        sentence="Hold the month's spend against every enabled budget.",
        answer=BudgetCheck,
        handle=check,
    ),
)
