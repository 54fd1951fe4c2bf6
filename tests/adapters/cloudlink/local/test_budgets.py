from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import pytest

from adapters.cloudlink.local.audit import AuditRecords
from adapters.cloudlink.local.budgets import MOST_BUDGETS, BudgetRecords
from adapters.cloudlink.local.costs import CostRecords, HourlyCost
from adapters.cloudlink.local.hours import hour_number
from adapters.cloudlink.local.journal import Journal
from adapters.cloudlink.local.outbox import Outbox
from adapters.cloudlink.local.spending import Spending
from adapters.cloudlink.models import Budget, BudgetChange, BudgetScope, NewBudget
from adapters.cloudlink.port import AuditFilter
from adapters.errors import InvalidInput, NotFound
from adapters.paging import Window
from adapters.principal import Principal
from adapters.store.database import Database
from tests.running import new_principal

NOW = datetime(2026, 11, 16, tzinfo=UTC)
"""A Monday with 360 hours of its month gone and 360 to come."""


@dataclass
class Written:
    """Records at a moment that a test chooses."""

    database: Database
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.costs = CostRecords(self.database)
        journal = Journal(Outbox(self.database))
        self.records = BudgetRecords(self.database, Spending(self.database, self.costs), journal, lambda: self.now)

    async def spend(self, principal: Principal, service: str, first: datetime, end: datetime, *usd: float) -> None:
        """Write hourly costs, `usd` over and over."""
        hours = range(hour_number(first), hour_number(end))
        rows = [HourlyCost(service, hour, usd[number % len(usd)]) for number, hour in enumerate(hours)]
        async with self.database.write() as connection:
            await self.costs.write(connection, principal.tenant, rows, {service: "aws"})

    async def only(self, principal: Principal) -> Budget:
        """Give the tenant's only budget."""
        (budget,) = await self.records.of_tenant(principal.tenant)
        return budget


@pytest.fixture
def written(database: Database) -> Written:
    """Records on either database."""
    return Written(database)


def limit(usd: float = 1000.0, **fields: object) -> NewBudget:
    """Write a budget for everything, or as `fields` say."""
    return msgspec.structs.replace(NewBudget(name="All", monthly_limit_usd=usd), **fields)


async def test_a_budget_is_answered_as_it_was_set(written: Written, principal: Principal) -> None:
    """Thresholds come in order and once; without costs nothing is spent, and nothing can be projected."""
    wanted = limit(alert_thresholds=(100, 50, 80, 50), scope=BudgetScope.SERVICE, service="Amazon EC2")
    budget = await written.records.create(principal, wanted)
    assert (budget.name, budget.scope, budget.service) == ("All", BudgetScope.SERVICE, "Amazon EC2")
    assert budget.alert_thresholds == (50, 80, 100)
    assert (budget.current_spend_usd, budget.utilization_pct, budget.projected_spend_usd) == (0, 0, None)
    assert budget.created_at == budget.updated_at == NOW
    assert await written.only(principal) == budget


async def test_the_spend_is_that_of_the_calendar_month(written: Written, principal: Principal) -> None:
    """Hours before the month do not count, a service's budget counts that service, a total one all."""
    await written.spend(principal, "Amazon EC2", datetime(2026, 10, 20, tzinfo=UTC), NOW, 1.0)
    await written.spend(principal, "Amazon S3", datetime(2026, 11, 15, tzinfo=UTC), NOW, 0.5)
    total = await written.records.create(principal, limit(744))
    service = await written.records.create(principal, limit(720, scope=BudgetScope.SERVICE, service="Amazon EC2"))
    assert total.current_spend_usd == pytest.approx(372)
    assert total.utilization_pct == pytest.approx(50)
    assert service.current_spend_usd == pytest.approx(360)
    assert service.projected_spend_usd == pytest.approx(720)
    # The newer service has a day of data: its mean goes on.
    assert total.projected_spend_usd == pytest.approx(372 + 360 + 180)


async def test_the_last_week_goes_on_until_the_end_of_the_month(written: Written, principal: Principal) -> None:
    """Of 360 hours to come the first 336 are two weeks, and the last day is what its weekday cost."""
    await written.spend(
        principal, "Amazon EC2", datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 9, tzinfo=UTC), 9.0
    )
    await written.spend(
        principal, "Amazon EC2", datetime(2026, 11, 9, tzinfo=UTC), datetime(2026, 11, 10, tzinfo=UTC), 4.0
    )
    await written.spend(principal, "Amazon EC2", datetime(2026, 11, 10, tzinfo=UTC), NOW, 1.0)
    budget = await written.records.create(principal, limit())
    spent = 8 * 24 * 9 + 24 * 4 + 6 * 24 * 1
    week = 24 * 4 + 6 * 24 * 1
    assert budget.current_spend_usd == pytest.approx(spent)
    assert budget.projected_spend_usd == pytest.approx(spent + 2 * week + 24 * 4)


async def test_a_service_that_rests_at_times_is_not_taken_for_a_new_one(written: Written, principal: Principal) -> None:
    """Hours without costs within the last week cost nothing, where there were costs before it."""
    await written.spend(principal, "Batch", datetime(2026, 11, 3, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC), 1.0)
    await written.spend(principal, "Batch", datetime(2026, 11, 15, tzinfo=UTC), NOW, 1.0)
    budget = await written.records.create(principal, limit())
    # Sundays to come are the 22nd and the 29th.
    assert budget.projected_spend_usd == pytest.approx(48 + 48)


@pytest.mark.parametrize("late_hours", [0, 5, 30])
async def test_costs_that_come_late_are_projected_from_where_they_end(
    written: Written, principal: Principal, late_hours: int
) -> None:
    """At any lag, also one that began in the month before, an even cost comes to itself times the month's hours."""
    written.now = datetime(2026, 11, 1, 20, tzinfo=UTC)
    end = datetime.fromtimestamp(written.now.timestamp() - late_hours * 3600, UTC)
    await written.spend(principal, "Amazon EC2", datetime(2026, 9, 1, tzinfo=UTC), end, 2.0)
    budget = await written.records.create(principal, limit())
    hours = max(0, 20 - late_hours)
    # What the lag hides of the month before is not part of this month's end.
    assert budget.current_spend_usd == pytest.approx(2 * hours)
    assert budget.projected_spend_usd == pytest.approx(2 * 720)


async def test_what_lies_over_a_week_back_projects_nothing(written: Written, principal: Principal) -> None:
    """Costs that stopped coming leave the end of the month open."""
    await written.spend(
        principal, "Amazon EC2", datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 8, tzinfo=UTC), 1.0
    )
    budget = await written.records.create(principal, limit())
    assert (budget.current_spend_usd, budget.projected_spend_usd) == (168, None)


async def test_what_comes_in_is_seen_at_once(written: Written, principal: Principal) -> None:
    """What was summed up before holds no longer when costs of any service change, nor in the next month."""
    await written.spend(principal, "Amazon EC2", datetime(2026, 11, 1, tzinfo=UTC), NOW, 1.0)
    await written.records.create(principal, limit())
    seen = []
    for service in ("Amazon S3", "Amazon EC2"):
        await written.spend(principal, service, datetime(2026, 11, 1, tzinfo=UTC), NOW, 2.0)
        seen.append((await written.only(principal)).current_spend_usd)
    await written.spend(new_principal(), "Amazon EC2", datetime(2026, 11, 1, tzinfo=UTC), NOW, 9.0)
    seen.append((await written.only(principal)).current_spend_usd)
    written.now = datetime(2026, 12, 1, tzinfo=UTC)
    seen.append((await written.only(principal)).current_spend_usd)
    assert seen == [pytest.approx(1080), pytest.approx(1440), pytest.approx(1440), 0]


async def test_budgets_are_listed_oldest_first(written: Written, principal: Principal) -> None:
    """The order is that of their making."""
    for number, name in enumerate(("b", "c", "a")):
        written.now = datetime(2026, 11, 1 + number, tzinfo=UTC)
        await written.records.create(principal, limit(name=name))
    assert [budget.name for budget in await written.records.of_tenant(principal.tenant)] == ["b", "c", "a"]


async def test_a_change_leaves_the_rest_as_it_is(written: Written, principal: Principal) -> None:
    """Only what is given changes, and when."""
    budget = await written.records.create(principal, limit(500, scope=BudgetScope.SERVICE, service="Amazon EC2"))
    written.now = datetime(2026, 11, 17, tzinfo=UTC)
    change = BudgetChange(monthly_limit_usd=600.0, alert_thresholds=(90, 10))
    changed = await written.records.update(principal, budget.id, change)
    expected = msgspec.structs.replace(
        budget, monthly_limit_usd=600.0, alert_thresholds=(10, 90), updated_at=written.now
    )
    assert changed == expected
    off = await written.records.update(principal, budget.id, BudgetChange(enabled=False))
    assert off == msgspec.structs.replace(expected, enabled=False)


async def test_a_deleted_budget_is_gone(written: Written, principal: Principal) -> None:
    """The second time there is nothing to delete."""
    budget = await written.records.create(principal, limit())
    assert await written.records.delete(principal, budget.id)
    assert not await written.records.delete(principal, budget.id)
    assert await written.records.of_tenant(principal.tenant) == []


async def test_another_tenants_budget_is_not_found(written: Written, principal: Principal) -> None:
    """It is not listed, changed or deleted."""
    budget = await written.records.create(principal, limit())
    other = new_principal()
    with pytest.raises(NotFound) as refusal:
        await written.records.update(other, budget.id, BudgetChange(name="mine"))
    assert refusal.value.code == "not_found"
    assert not await written.records.delete(other, budget.id)
    assert await written.records.of_tenant(other.tenant) == []
    assert await written.only(principal) == budget


async def test_every_change_is_audited(written: Written, principal: Principal) -> None:
    """The trail names who set, changed and deleted which budget."""
    budget = await written.records.create(principal, limit())
    await written.records.update(principal, budget.id, BudgetChange(name="More"))
    await written.records.delete(principal, budget.id)
    trail = await AuditRecords(written.database).page(principal.tenant, Window(10), AuditFilter())
    told = [(event.event_type, event.actor, event.resource_id, event.detail) for event in reversed(trail.nodes)]
    assert told == [
        ("budget.created", principal.name, budget.id, "All"),
        ("budget.updated", principal.name, budget.id, "changed: name"),
        ("budget.deleted", principal.name, budget.id, "More"),
    ]


async def test_there_is_an_end_to_budgets(written: Written, principal: Principal) -> None:
    """One more than a tenant may have is refused; other tenants are not concerned."""
    for number in range(MOST_BUDGETS):
        await written.records.create(principal, limit(name=str(number)))
    with pytest.raises(InvalidInput, match="200 budgets already"):
        await written.records.create(principal, limit())
    await written.records.create(new_principal(), limit())


async def test_the_end_holds_for_those_that_come_together(written: Written, principal: Principal) -> None:
    """Of many at once, as many as there is room for."""
    for number in range(MOST_BUDGETS - 1):
        await written.records.create(principal, limit(name=str(number)))
    together = (written.records.create(principal, limit()) for _ in range(5))
    answers = await asyncio.gather(*together, return_exceptions=True)
    assert sum(isinstance(answer, Budget) for answer in answers) == 1
    assert len(await written.records.of_tenant(principal.tenant)) == MOST_BUDGETS
