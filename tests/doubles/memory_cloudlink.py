"""CloudLink's port in memory: a double without store, engine or cloud."""

from __future__ import annotations

import calendar
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import msgspec

from adapters.cloudlink.models import (
    Budget,
    BudgetAlert,
    BudgetChange,
    BudgetCheck,
    BudgetImpact,
    BudgetScope,
    CostEstimate,
    NewBudget,
)
from adapters.errors import InvalidInput, NotFound
from adapters.events.watching import Observation
from adapters.health import Health, ServiceHealth
from adapters.principal import Principal
from tests.doubles.keeping import Kept
from tests.doubles.limits import LIMIT
from tests.doubles.memory_account import MemoryAccount
from tests.doubles.memory_costs import MemoryCosts


class MemoryCloudLink(MemoryCosts, MemoryAccount):
    """Keeps everything in dicts; see `port.CloudLink`. It watches with the same code as the real adapters do.

    `health_now` is what health says.
    """

    def __init__(self) -> None:
        super().__init__()
        self.health_now = Health.UP
        self.kept_alerts: Kept[BudgetAlert] = Kept()
        self._budgets: dict[str, tuple[str, Budget]] = {}

    async def start(self) -> None:
        """Nothing to begin."""

    async def close(self) -> None:
        """Nothing to stop."""

    async def health(self) -> ServiceHealth:
        return ServiceHealth(adapter="memory", health=self.health_now, limits=(LIMIT,))

    async def budgets(self, principal: Principal) -> list[Budget]:
        mine = (budget for tenant, budget in self._budgets.values() if tenant == principal.tenant)
        return [self._with_spend(principal, budget) for budget in mine]

    async def create_budget(self, principal: Principal, budget: NewBudget) -> Budget:
        """Keep a budget; a limit of nothing is refused."""
        _check(budget.monthly_limit_usd)
        created = Budget(id=str(uuid.uuid4()), created_at=datetime.now(UTC), **msgspec.structs.asdict(budget))
        self._budgets[created.id] = (principal.tenant, created)
        self.note(principal, "budget.created", created.id)
        return self._with_spend(principal, created)

    async def update_budget(self, principal: Principal, budget_id: str, change: BudgetChange) -> Budget:
        known = self._own(principal, budget_id)
        if known is None:
            raise NotFound("not_found", f"There is no budget {budget_id[:80]!r}")
        given = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not None}
        changed = msgspec.structs.replace(known, **given)
        _check(changed.monthly_limit_usd)
        self._budgets[budget_id] = (principal.tenant, changed)
        self.note(principal, "budget.updated", budget_id)
        return self._with_spend(principal, changed)

    async def delete_budget(self, principal: Principal, budget_id: str) -> bool:
        if self._own(principal, budget_id) is None:
            return False
        del self._budgets[budget_id]
        alerts = self.kept_alerts.of(principal.tenant)
        self.kept_alerts.drop([alert.id for alert in alerts if alert.budget_id == budget_id])
        self.note(principal, "budget.deleted", budget_id)
        return True

    async def check_budgets(self, principal: Principal) -> BudgetCheck:
        """Tell each threshold that is crossed once."""
        checked = [budget for budget in await self.budgets(principal) if budget.enabled]
        told = {(alert.budget_id, alert.threshold_pct) for alert in self.kept_alerts.of(principal.tenant)}
        fired = [
            self.kept_alerts.tell(principal.tenant, _alert(budget, threshold))
            for budget in checked
            for threshold in budget.alert_thresholds
            if budget.utilization_pct >= threshold and (budget.id, threshold) not in told
        ]
        for alert in fired:
            self.note(principal, "budget.threshold", alert.budget_id)
        return BudgetCheck(alerts_fired=len(fired), budgets_checked=len(checked), alerts=tuple(fired))

    async def budget_alerts(self, principal: Principal, first: int, budget_id: str | None) -> list[BudgetAlert]:
        mine = self.kept_alerts.of(principal.tenant)
        return [alert for alert in mine if budget_id in (None, alert.budget_id)][:first]

    async def alerts_by_id(self, principal: Principal, ids: Sequence[str]) -> list[BudgetAlert | None]:
        return self.kept_alerts.by_id(principal.tenant, ids)

    async def alerts_of_budgets(
        self, principal: Principal, budget_ids: Sequence[str], first: int
    ) -> list[list[BudgetAlert]]:
        return [await self.budget_alerts(principal, first, budget_id) for budget_id in budget_ids]

    def watch_budget_alerts(
        self, principal: Principal, after: str | None = None
    ) -> AsyncIterator[Observation[BudgetAlert]]:
        return self.kept_alerts.watched(principal.tenant, after)

    def estimate(self, principal: Principal, service: str) -> CostEstimate:
        """Add what the estimate means to the budgets that cover the service."""
        estimated = super().estimate(principal, service)
        spend = estimated.post_deploy_monthly_usd
        if spend is None:
            return estimated
        mine = [budget for tenant, budget in self._budgets.values() if tenant == principal.tenant]
        impact = tuple(_impact(budget, spend) for budget in mine if budget.service in (None, service))
        return msgspec.structs.replace(estimated, budget_impact=impact)

    def _own(self, principal: Principal, budget_id: str) -> Budget | None:
        tenant, budget = self._budgets.get(budget_id, (None, None))
        return budget if tenant == principal.tenant else None

    def _with_spend(self, principal: Principal, budget: Budget) -> Budget:
        now = datetime.now(UTC)
        spend = sum(
            row.cost_usd
            for row in self.snapshots_of(principal.tenant)
            if (row.hour.year, row.hour.month) == (now.year, now.month)
            and (budget.scope is BudgetScope.TOTAL or row.service == budget.service)
        )
        return msgspec.structs.replace(
            budget,
            current_spend_usd=spend,
            utilization_pct=spend / budget.monthly_limit_usd * 100,
            projected_spend_usd=spend / now.day * calendar.monthrange(now.year, now.month)[1],
        )


def _check(limit: float) -> None:
    if limit <= 0:
        message = f"monthly_limit_usd is {limit}: give an amount above 0"
        raise InvalidInput("validation_error", message, "monthly_limit_usd")


def _alert(budget: Budget, threshold: int) -> BudgetAlert:
    return BudgetAlert(
        id=str(uuid.uuid4()),
        budget_id=budget.id,
        threshold_pct=threshold,
        spend_usd=budget.current_spend_usd,
        limit_usd=budget.monthly_limit_usd,
        triggered_at=datetime.now(UTC),
    )


def _impact(budget: Budget, spend: float) -> BudgetImpact:
    return BudgetImpact(
        budget_name=budget.name,
        budget_limit_usd=budget.monthly_limit_usd,
        projected_spend_usd=spend,
        projected_utilization_pct=spend / budget.monthly_limit_usd * 100,
        would_breach=spend > budget.monthly_limit_usd,
        budget_id=budget.id,
    )
