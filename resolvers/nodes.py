"""Relay's global ids, and how a node is found by one."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import strawberry

from adapters.cloudlink.account import Action, CloudScan
from adapters.cloudlink.models import Budget, BudgetAlert, Deploy, Regression
from adapters.cloudsigma.models import Execution
from adapters.errors import InvalidInput
from adapters.sigil.models import Scan, Threat
from resolvers.context import Context, Info

MOST_NODES = 100


def global_id(type_name: str, key: str) -> strawberry.ID:
    """Write the id of a node: its type and natural key."""
    return strawberry.ID(base64.urlsafe_b64encode(f"{type_name}:{key}".encode()).decode().rstrip("="))


def type_and_key(identifier: str) -> tuple[str, str] | None:
    """Read a global id back; None for what is not one."""
    try:
        padded = identifier + "=" * (-len(identifier) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    type_name, separator, key = text.partition(":")
    return (type_name, key) if separator else None


def natural_key(type_name: str, identifier: str) -> str:
    """Give the service's own id of a thing that a caller names by that, or by its global id."""
    named = type_and_key(identifier)
    return named[1] if named is not None and named[0] == type_name else identifier


async def find_budget(context: Context, budget_id: str) -> Budget | None:
    """Find a budget of the tenant's."""
    budgets = await context.loaders.budgets_by_tenant.load(context.principal.tenant)
    return next((budget for budget in budgets if budget.id == budget_id), None)


async def _execution(context: Context, arn: str) -> Execution | None:
    return await context.loaders.execution_by_arn.load(arn)


async def _package_scan(context: Context, scan_id: str) -> Scan | None:
    return await context.loaders.scan_by_id.load(scan_id)


async def _threat(context: Context, threat_id: str) -> Threat | None:
    return await context.loaders.threat_by_id.load(threat_id)


async def _cloud_scan(context: Context, scan_id: str) -> CloudScan | None:
    return await context.loaders.cloud_scan_by_id.load(scan_id)


async def _deploy(context: Context, deploy_id: str) -> Deploy | None:
    return await context.loaders.deploy_by_id.load(deploy_id)


async def _regression(context: Context, regression_id: str) -> Regression | None:
    return await context.loaders.regression_by_id.load(regression_id)


async def _budget_alert(context: Context, alert_id: str) -> BudgetAlert | None:
    return await context.loaders.alert_by_id.load(alert_id)


async def _action(context: Context, action_id: str) -> Action | None:
    return await context.loaders.action_by_id.load(action_id)


NODE_BY_TYPE: dict[str, Callable[[Context, str], Awaitable[Any]]] = {
    "Execution": _execution,
    "PackageScan": _package_scan,
    "Threat": _threat,
    "CloudScan": _cloud_scan,
    "Deploy": _deploy,
    "Regression": _regression,
    "Budget": find_budget,
    "BudgetAlert": _budget_alert,
    "Action": _action,
}


async def node(info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="A global id.")]) -> Any:  # noqa: A002 - Relay's name
    """Find a node by its global id; none for an id that names nothing this caller may see."""
    named = type_and_key(id)
    if named is None or named[0] not in NODE_BY_TYPE:
        return None
    type_name, key = named
    return await NODE_BY_TYPE[type_name](info.context, key)


async def nodes(
    info: Info,
    ids: Annotated[list[strawberry.ID], strawberry.argument(description="Global ids, at most 100.")],
) -> list[Any]:
    """Find nodes by their global ids, in that order; one that can't be had is an error at its place alone."""
    if len(ids) > MOST_NODES:
        raise InvalidInput("ValidationError", f"ids has {len(ids)} entries: ask for at most {MOST_NODES}", "ids")
    return list(await asyncio.gather(*(node(info, identifier) for identifier in ids), return_exceptions=True))
