"""Budgets in the store: set, changed and deleted, and read with what is spent of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.cloudlink.local.budget_input import checked_budget, checked_change
from adapters.cloudlink.local.feeds import COUNTER
from adapters.cloudlink.local.journal import Entry, Journal
from adapters.cloudlink.local.spending import Spend, Spending
from adapters.cloudlink.models import Budget, BudgetChange, BudgetScope, NewBudget
from adapters.errors import InvalidInput, NotFound
from adapters.principal import Principal
from adapters.store.cloudlink import budgets
from adapters.store.database import Database
from adapters.store.metadata import next_value

MOST_BUDGETS = 200
"""How many budgets a tenant may have."""

Clock = Callable[[], datetime]
"""Says what time it is, with its zone."""


def utc_now() -> datetime:
    """Say what time it is."""
    return datetime.now(UTC)


class BudgetRecords:
    """Reads and writes budgets, each with the spend of the UTC calendar month."""

    def __init__(self, database: Database, spending: Spending, journal: Journal, clock: Clock = utc_now) -> None:
        self._database = database
        self._spending = spending
        self._journal = journal
        self._clock = clock

    async def of_tenant(self, tenant: str) -> list[Budget]:
        """List the tenant's budgets, oldest first."""
        async with self._database.read() as connection:
            found = await budgets_of(connection, tenant)
        return await self._with_spend(tenant, found)

    async def create(self, principal: Principal, wanted: NewBudget) -> Budget:
        """Set a budget; raises InvalidInput, also where the tenant has 200 already."""
        wanted = checked_budget(wanted)
        now = self._clock()
        row = {
            **msgspec.structs.asdict(wanted),
            "id": str(uuid.uuid4()),
            "tenant": principal.tenant,
            "scope": wanted.scope.value,
            "alert_thresholds": msgspec.json.encode(wanted.alert_thresholds),
            "created_at": now,
            "updated_at": now,
        }
        async with self._database.write() as connection:
            await next_value(connection, COUNTER)  # one at a time, so that the count holds
            await _refuse_too_many(connection, principal.tenant)
            await connection.execute(insert(budgets).values(row))
            await self._note(connection, principal, "budget.created", str(row["id"]), wanted.name)
        return await self._one(principal.tenant, str(row["id"]))

    async def update(self, principal: Principal, budget_id: str, change: BudgetChange) -> Budget:
        """Change a budget; raises NotFound and InvalidInput."""
        values = msgspec.structs.asdict(checked_change(change))
        values = {name: value for name, value in values.items() if value is not None}
        told = ", ".join(values) or "nothing"
        if change.alert_thresholds is not None:
            values["alert_thresholds"] = msgspec.json.encode(values["alert_thresholds"])
        this = (budgets.c.tenant == principal.tenant, budgets.c.id == budget_id)
        async with self._database.write() as connection:
            changed = update(budgets).where(*this).values(updated_at=self._clock(), **values)
            if (await connection.execute(changed)).rowcount == 0:
                raise NotFound("not_found", f"There is no budget {budget_id[:64]!r}")
            await self._note(connection, principal, "budget.updated", budget_id, f"changed: {told}")
        return await self._one(principal.tenant, budget_id)

    async def delete(self, principal: Principal, budget_id: str) -> bool:
        """Delete a budget with its alerts; False where there is none."""
        this = (budgets.c.tenant == principal.tenant, budgets.c.id == budget_id)
        async with self._database.write() as connection:
            name = (
                await connection.execute(delete(budgets).where(*this).returning(budgets.c.name))
            ).scalar_one_or_none()
            if name is not None:
                await self._note(connection, principal, "budget.deleted", budget_id, name)
        return name is not None

    async def _one(self, tenant: str, budget_id: str) -> Budget:
        async with self._database.read() as connection:
            found = [budget for budget in await budgets_of(connection, tenant) if budget.id == budget_id]
        if not found:
            raise NotFound("not_found", f"There is no budget {budget_id[:64]!r}")
        return (await self._with_spend(tenant, found))[0]

    async def _with_spend(self, tenant: str, found: Sequence[Budget]) -> list[Budget]:
        if not found:
            return []
        of_services = await self._spending.of_month(tenant, self._clock())
        return [_with_spend(budget, spend_of(budget, of_services)) for budget in found]

    async def _note(
        self, connection: AsyncConnection, principal: Principal, event_type: str, budget_id: str, detail: str
    ) -> None:
        entry = Entry(event_type=event_type, actor=principal.name, resource_id=budget_id, detail=detail)
        await self._journal.write(connection, principal.tenant, entry)


async def budgets_of(connection: AsyncConnection, tenant: str) -> list[Budget]:
    """Read the tenant's budgets, oldest first, without their spend."""
    query = select(budgets).where(budgets.c.tenant == tenant).order_by(budgets.c.created_at, budgets.c.id)
    return [_budget(row) for row in await connection.execute(query)]


def spend_of(budget: Budget, of_services: Mapping[str, Spend]) -> Spend:
    """Give what is spent of a budget."""
    if budget.scope is BudgetScope.SERVICE:
        return of_services.get(budget.service or "", Spend())
    projected = [spend.projected_usd for spend in of_services.values() if spend.projected_usd is not None]
    return Spend(sum(spend.usd for spend in of_services.values()), sum(projected) if projected else None)


async def _refuse_too_many(connection: AsyncConnection, tenant: str) -> None:
    count = select(func.count()).select_from(budgets).where(budgets.c.tenant == tenant)
    if (await connection.execute(count)).scalar_one() >= MOST_BUDGETS:
        message = f"There are {MOST_BUDGETS} budgets already: delete one, or change one"
        raise InvalidInput("validation_error", message, "name")


def _budget(row: Row[tuple[object, ...]]) -> Budget:
    return Budget(
        id=row.id,
        name=row.name,
        scope=BudgetScope(row.scope),
        service=row.service,
        monthly_limit_usd=row.monthly_limit_usd,
        alert_thresholds=msgspec.json.decode(row.alert_thresholds, type=tuple[int, ...]),
        action_on_breach=row.action_on_breach,
        enabled=row.enabled,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _with_spend(budget: Budget, spend: Spend) -> Budget:
    return msgspec.structs.replace(
        budget,
        current_spend_usd=spend.usd,
        utilization_pct=100 * spend.usd / budget.monthly_limit_usd,
        projected_spend_usd=spend.projected_usd,
    )
