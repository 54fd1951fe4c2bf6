"""The local CloudLink's budgets and their alerts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from adapters.cloudlink.local.engine import Engine
from adapters.cloudlink.models import Budget, BudgetAlert, BudgetChange, BudgetCheck, NewBudget
from adapters.events.watching import Observation, watch
from adapters.principal import Principal


class LocalBudgets:
    """See `port.CloudLink` for what each method promises."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def budgets(self, principal: Principal) -> list[Budget]:
        """List from the store."""
        return await self._engine.budgets.of_tenant(principal.tenant)

    async def create_budget(self, principal: Principal, budget: NewBudget) -> Budget:
        """Write to the store, and hold it against what is spent already."""
        created = await self._engine.budgets.create(principal, budget)
        await self._engine.alerts.check(principal.tenant, principal.name)
        return created

    async def update_budget(self, principal: Principal, budget_id: str, change: BudgetChange) -> Budget:
        """Write to the store, and hold it against what is spent already."""
        updated = await self._engine.budgets.update(principal, budget_id, change)
        await self._engine.alerts.check(principal.tenant, principal.name)
        return updated

    async def delete_budget(self, principal: Principal, budget_id: str) -> bool:
        """Delete from the store."""
        return await self._engine.budgets.delete(principal, budget_id)

    async def check_budgets(self, principal: Principal) -> BudgetCheck:
        """Hold the month's spend against every budget."""
        return await self._engine.alerts.check(principal.tenant, principal.name)

    async def budget_alerts(self, principal: Principal, first: int, budget_id: str | None) -> list[BudgetAlert]:
        """List from the store."""
        return await self._engine.alerts.newest(principal.tenant, first, budget_id)

    async def alerts_by_id(self, principal: Principal, ids: Sequence[str]) -> list[BudgetAlert | None]:
        """Look up in the store."""
        return await self._engine.alerts.by_id(principal.tenant, ids)

    async def alerts_of_budgets(
        self, principal: Principal, budget_ids: Sequence[str], first: int
    ) -> list[list[BudgetAlert]]:
        """Look up in the store."""
        return await self._engine.alerts.of_budgets(principal.tenant, budget_ids, first)

    def watch_budget_alerts(
        self, principal: Principal, after: str | None = None
    ) -> AsyncIterator[Observation[BudgetAlert]]:
        """Watch the change feed, after what the store has already."""
        return watch(self._engine.alerts, self._engine.feeds.alerts, principal.tenant, after=after, key=None)
