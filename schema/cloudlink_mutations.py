"""The mutations of CloudLink that take an input: each hands its fields to the resolver."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from adapters.cloudlink.account import NewCredential, NewWebhook
from adapters.cloudlink.models import BudgetChange, BudgetScope, CostRecord, NewBudget, NewDeploy
from resolvers import budgets, cloud_accounts, costs, regressions
from resolvers.context import Info
from schema.budgets import CreateBudgetInput, UpdateBudgetInput
from schema.cloud_accounts import AddCredentialInput, RegisterWebhookInput
from schema.costs import CostRecordInput
from schema.regressions import RecordDeployInput

THRESHOLDS = (50, 80, 100)


async def record_deploy(
    info: Info,
    input: Annotated[RecordDeployInput, strawberry.argument(description="The deploy.")],  # noqa: A002 - Relay's name
) -> Any:
    """Hand the input's fields to the resolver."""
    wanted = NewDeploy(
        service=input.service,
        version=input.version,
        environment=input.environment or "production",
        source=input.source,
        deployed_at=input.deployed_at,
    )
    return await regressions.record_deploy(
        info, wanted, metadata=input.metadata, packages=input.packages, commit_sha=input.commit_sha
    )


async def ingest_costs(
    info: Info,
    records: Annotated[list[CostRecordInput], strawberry.argument(description="The costs, an hour each.")],
) -> int:
    """Hand the records' fields to the resolver."""
    given = [
        CostRecord(
            provider=record.provider,
            service=record.service,
            cost_usd=record.cost_usd,
            hour=record.hour,
            credential_id=record.credential_id,
        )
        for record in records
    ]
    return await costs.ingest_costs(info, given)


async def create_budget(
    info: Info,
    input: Annotated[CreateBudgetInput, strawberry.argument(description="The budget.")],  # noqa: A002 - Relay's name
) -> Any:
    """Hand the input's fields to the resolver."""
    thresholds = THRESHOLDS if input.alert_thresholds is None else tuple(input.alert_thresholds)
    wanted = NewBudget(
        name=input.name,
        monthly_limit_usd=input.monthly_limit_usd,
        scope=input.scope or BudgetScope.TOTAL,
        service=input.service,
        alert_thresholds=thresholds,
    )
    return await budgets.create_budget(info, wanted)


async def update_budget(
    info: Info,
    input: Annotated[UpdateBudgetInput, strawberry.argument(description="What to change.")],  # noqa: A002 - Relay's name
) -> Any:
    """Hand the input's fields to the resolver."""
    change = BudgetChange(
        name=input.name,
        monthly_limit_usd=input.monthly_limit_usd,
        alert_thresholds=tuple(input.alert_thresholds) if input.alert_thresholds is not None else None,
        enabled=input.enabled,
    )
    return await budgets.update_budget(info, input.budget_id, change)


async def add_credential(
    info: Info,
    input: Annotated[AddCredentialInput, strawberry.argument(description="The credential.")],  # noqa: A002 - Relay's name
) -> Any:
    """Hand the input's fields to the resolver."""
    wanted = NewCredential(
        cloud=input.cloud,
        label=input.label,
        regions=tuple(input.regions or ()),
        role_arn=input.role_arn,
        external_id=input.external_id,
        access_key_id=input.access_key_id,
        secret_access_key=input.secret_access_key,
        payload=input.payload,
    )
    return await cloud_accounts.add_credential(info, wanted)


async def register_webhook(
    info: Info,
    input: Annotated[RegisterWebhookInput, strawberry.argument(description="The webhook.")],  # noqa: A002 - Relay's name
) -> Any:
    """Hand the input's fields to the resolver."""
    wanted = NewWebhook(url=input.url, events=tuple(input.events or ()), secret=input.secret)
    return await cloud_accounts.register_webhook(info, wanted)
