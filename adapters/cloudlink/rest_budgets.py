"""Budgets and their alerts over REST."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from adapters.cloudlink.exchange import Exchange, in_order, segment
from adapters.cloudlink.keyset import NOTHING_KNOWN, alert_position, newest_first
from adapters.cloudlink.models import Budget, BudgetAlert, BudgetChange, BudgetCheck, NewBudget
from adapters.cloudlink.watched import Watched, is_alert_news
from adapters.cloudlink.wire import MOST_ROWS
from adapters.events.watching import Observation
from adapters.http.polling import Pace
from adapters.principal import Principal

WATCHED = 200


class RestBudgets:
    """The part of the port that is about budgets."""

    def __init__(self, exchange: Exchange, pace: Pace) -> None:
        self._exchange = exchange
        self.watched_alerts: Watched[BudgetAlert] = Watched(
            exchange.tenant, pace, lambda: self._newest_alerts(WATCHED), alert_position, is_alert_news
        )

    async def budgets(self, principal: Principal) -> list[Budget]:
        """GET /budgets."""
        if not self._exchange.serves(principal):
            return []
        rows = await self._exchange.read("/budgets", list[Budget])
        return sorted(rows, key=lambda budget: (budget.created_at or NOTHING_KNOWN, budget.id))

    async def create_budget(self, principal: Principal, budget: NewBudget) -> Budget:
        """POST /budgets."""
        self._exchange.admit(principal)
        return await self._exchange.write("POST", "/budgets", Budget, budget)

    async def update_budget(self, principal: Principal, budget_id: str, change: BudgetChange) -> Budget:
        """PUT /budgets/:id."""
        self._exchange.admit(principal)
        return await self._exchange.write("PUT", f"/budgets/{segment(budget_id)}", Budget, change)

    async def delete_budget(self, principal: Principal, budget_id: str) -> bool:
        """DELETE /budgets/:id."""
        self._exchange.admit(principal)
        return await self._exchange.delete("/budgets", budget_id)

    async def check_budgets(self, principal: Principal) -> BudgetCheck:
        """POST /budgets/check."""
        self._exchange.admit(principal)
        checked = await self._exchange.write("POST", "/budgets/check", BudgetCheck)
        await self.watched_alerts.observe(*checked.alerts)
        return checked

    async def budget_alerts(self, principal: Principal, first: int, budget_id: str | None) -> list[BudgetAlert]:
        """GET /budgets/alerts."""
        if not self._exchange.serves(principal):
            return []
        rows = await self._newest_alerts(min(max(first, 1), MOST_ROWS), budget_id)
        return newest_first(rows, alert_position)[:first]

    async def alerts_by_id(self, principal: Principal, ids: Sequence[str]) -> list[BudgetAlert | None]:
        """GET /budgets/alerts: those among the newest 2,000."""
        return in_order(ids, await self.budget_alerts(principal, MOST_ROWS, None), lambda alert: alert.id)

    async def alerts_of_budgets(
        self, principal: Principal, budget_ids: Sequence[str], first: int
    ) -> list[list[BudgetAlert]]:
        """GET /budgets/alerts: of one budget, or the newest 2,000 for several."""
        if len(set(budget_ids)) == 1:
            rows = await self.budget_alerts(principal, first, budget_ids[0])
        else:
            rows = await self.budget_alerts(principal, MOST_ROWS, None)
        return [[row for row in rows if row.budget_id == budget_id][:first] for budget_id in budget_ids]

    def watch_budget_alerts(
        self, principal: Principal, after: str | None = None
    ) -> AsyncIterator[Observation[BudgetAlert]]:
        """Watch what the shared poll observes and what webhooks push."""
        return self.watched_alerts.watch(principal.tenant, after)

    async def _newest_alerts(self, limit: int, budget_id: str | None = None) -> list[BudgetAlert]:
        return await self._exchange.read("/budgets/alerts", list[BudgetAlert], budget_id=budget_id, limit=limit)
