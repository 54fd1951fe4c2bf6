from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import select

from adapters.cloudlink.account import NewWebhook
from adapters.cloudlink.local.audit import AuditRecords
from adapters.cloudlink.local.budget_alerts import BudgetAlertRecords
from adapters.cloudlink.local.budgets import BudgetRecords
from adapters.cloudlink.local.costs import CostRecords, HourlyCost
from adapters.cloudlink.local.feeds import Feeds, open_feeds
from adapters.cloudlink.local.hours import hour_number
from adapters.cloudlink.local.journal import Journal
from adapters.cloudlink.local.outbox import Outbox
from adapters.cloudlink.local.spending import Spending
from adapters.cloudlink.local.webhooks import WebhookRecords
from adapters.cloudlink.models import Budget, BudgetAlert, BudgetChange, BudgetCheck, BudgetScope, NewBudget
from adapters.cloudlink.port import AuditFilter
from adapters.events.watching import watch
from adapters.paging import Window
from adapters.principal import Principal
from adapters.store.cloudlink_account import deliveries
from adapters.store.database import Database
from adapters.vault import Vault
from tests.running import new_principal

MIDDLE = datetime(2026, 11, 16, 12, tzinfo=UTC)


class Written:
    """Budgets, costs and alerts at a moment that a test chooses."""

    def __init__(self, database: Database, feeds: Feeds) -> None:
        self.database = database
        self.feeds = feeds
        self.now = MIDDLE
        self.costs = CostRecords(database)
        spending, self.outbox = Spending(database, self.costs), Outbox(database)
        self.journal = Journal(self.outbox)
        self.budgets = BudgetRecords(database, spending, self.journal, lambda: self.now)
        self.alerts = BudgetAlertRecords(database, feeds, spending, self.journal, lambda: self.now)

    async def spend(self, principal: Principal, usd: float, service: str = "Amazon EC2") -> None:
        """Have a service cost this much in the month, in all."""
        row = HourlyCost(service, hour_number(self.now), usd)
        async with self.database.write() as connection:
            await self.costs.write(connection, principal.tenant, [row], {service: "aws"})

    async def limit(self, principal: Principal, usd: float = 100.0, **fields: object) -> Budget:
        """Set a budget."""
        wanted = msgspec.structs.replace(NewBudget(name="All", monthly_limit_usd=usd), **fields)
        return await self.budgets.create(principal, wanted)

    async def fired(self, principal: Principal) -> list[int]:
        """Check, and give the thresholds that are told of."""
        return thresholds((await self.alerts.check(principal.tenant, principal.name)).alerts)


def thresholds(alerts: tuple[BudgetAlert, ...] | list[BudgetAlert]) -> list[int]:
    """Give what the alerts are of."""
    return [alert.threshold_pct for alert in alerts]


@pytest.fixture
async def written(database: Database) -> Written:
    """Records on either database; the feeds are not started, so only the store is looked at."""
    return Written(database, open_feeds(database))


async def test_each_threshold_fires_once_a_month(written: Written, principal: Principal) -> None:
    """Crossing 50, 80 and 100 % one after the other tells each; a new month begins anew."""
    budget = await written.limit(principal)
    seen = []
    for usd in (49.0, 50.0, 79.9, 80.0, 80.0, 99.0, 250.0):
        await written.spend(principal, usd)
        seen.append(await written.fired(principal))
    assert seen == [[], [50], [], [80], [], [], [100]]
    written.now = datetime(2026, 12, 1, tzinfo=UTC)
    assert await written.fired(principal) == []
    await written.spend(principal, 60.0)
    assert await written.fired(principal) == [50]
    newest = await written.alerts.newest(principal.tenant, 3)
    assert [(alert.threshold_pct, alert.spend_usd, alert.limit_usd) for alert in newest] == [
        (50, 60.0, 100.0),
        (100, 250.0, 100.0),
        (80, 80.0, 100.0),
    ]
    assert {alert.budget_id for alert in newest} == {budget.id}


async def test_thresholds_crossed_at_once_are_told_lowest_first(written: Written, principal: Principal) -> None:
    """Each is an alert of its own, with what was spent and the limit."""
    await written.limit(principal, alert_thresholds=(100, 120, 10, 50))
    await written.spend(principal, 110.0)
    check = await written.alerts.check(principal.tenant, principal.name)
    assert thresholds(check.alerts) == [10, 50, 100]
    assert (check.alerts_fired, check.budgets_checked) == (3, 1)
    assert {(alert.spend_usd, alert.limit_usd) for alert in check.alerts} == {(110.0, 100.0)}
    assert await written.alerts.newest(principal.tenant, 9) == list(check.alerts)[::-1]


async def test_another_limit_does_not_fire_again(written: Written, principal: Principal) -> None:
    """A threshold that was told stays told, above and below a raised limit; a new one counts."""
    budget = await written.limit(principal)
    await written.spend(principal, 85.0)
    assert await written.fired(principal) == [50, 80]
    await written.budgets.update(principal, budget.id, BudgetChange(monthly_limit_usd=1000.0))
    assert await written.fired(principal) == []
    await written.spend(principal, 900.0)
    assert await written.fired(principal) == []
    await written.budgets.update(principal, budget.id, BudgetChange(alert_thresholds=(80, 85)))
    assert await written.fired(principal) == [85]


async def test_a_round_sum_of_many_hours_counts_as_such(written: Written, principal: Principal) -> None:
    """Ten times a tenth is one, though the floats add up to less."""
    await written.limit(principal, 1.0, alert_thresholds=(100,))
    first = hour_number(MIDDLE) - 10
    rows = [HourlyCost("Amazon EC2", first + number, 0.1) for number in range(10)]
    assert sum(row.cost_usd for row in rows) < 1.0
    async with written.database.write() as connection:
        await written.costs.write(connection, principal.tenant, rows, {"Amazon EC2": "aws"})
    assert await written.fired(principal) == [100]


async def test_only_enabled_budgets_of_the_service_are_checked(written: Written, principal: Principal) -> None:
    """A disabled budget and one of another service stay silent, and another tenant's is not looked at."""
    await written.limit(principal, scope=BudgetScope.SERVICE, service="Amazon S3")
    off = await written.limit(principal)
    await written.budgets.update(principal, off.id, BudgetChange(enabled=False))
    other = new_principal()
    await written.limit(other)
    await written.spend(principal, 500.0)
    assert await written.alerts.check(principal.tenant, "x") == BudgetCheck(alerts_fired=0, budgets_checked=1)
    assert await written.fired(other) == []
    await written.spend(principal, 51.0, "Amazon S3")
    assert await written.fired(principal) == [50]


async def test_checks_at_the_same_time_fire_once(written: Written, principal: Principal) -> None:
    """Whoever comes second finds that it is told."""
    await written.limit(principal)
    await written.spend(principal, 1000.0)
    checks = await asyncio.gather(*(written.alerts.check(principal.tenant, "x") for _ in range(6)))
    assert sorted(check.alerts_fired for check in checks) == [0, 0, 0, 0, 0, 3]


async def test_an_alert_is_audited_and_kept_for_webhooks(written: Written, principal: Principal) -> None:
    """The trail names the budget, the threshold and the sum; the alert is the payload."""
    webhooks = WebhookRecords(written.database, written.outbox, written.journal, Vault(()), frozenset())
    await webhooks.register(principal, NewWebhook(url="https://example.com/", events=("budget.threshold",)))
    budget = await written.limit(principal, 10.0, alert_thresholds=(50,))
    await written.spend(principal, 7.5)
    check = await written.alerts.check(principal.tenant, "schedule")
    trail = await AuditRecords(written.database).page(
        principal.tenant, Window(10), AuditFilter(event_type="budget.threshold")
    )
    told = [(event.actor, event.resource_id, event.status, event.detail) for event in trail.nodes]
    assert told == [("schedule", budget.id, "50 %", "All: 7.50 of 10.00 USD")]
    query = select(deliveries.c.body).where(deliveries.c.event == "budget.threshold")
    async with written.database.read() as connection:
        bodies = (await connection.execute(query)).scalars().all()
    assert [msgspec.json.decode(body, type=BudgetAlert) for body in bodies] == list(check.alerts)


async def test_alerts_are_looked_up_by_id_and_by_budget(written: Written, principal: Principal) -> None:
    """Answers keep the order of what is asked for; another tenant finds nothing, and a deleted budget's are gone."""
    one = await written.limit(principal, 100.0, alert_thresholds=(10, 20, 30))
    written.now += timedelta(minutes=1)
    two = await written.limit(principal, 50.0, alert_thresholds=(10, 20, 30))
    await written.spend(principal, 12.0)
    (first, *others) = (await written.alerts.check(principal.tenant, "x")).alerts
    assert [(alert.budget_id, alert.threshold_pct) for alert in (first, *others)] == [
        (one.id, 10),
        (two.id, 10),
        (two.id, 20),
    ]
    assert await written.alerts.by_id(principal.tenant, ["none", first.id, "\ud800"]) == [None, first, None]
    of_budgets = await written.alerts.of_budgets(principal.tenant, [two.id, "none", one.id, two.id], 1)
    assert of_budgets == [[others[1]], [], [first], [others[1]]]
    assert await written.alerts.newest(principal.tenant, 9, two.id) == others[::-1]
    other = new_principal()
    assert await written.alerts.by_id(other.tenant, [first.id]) == [None]
    assert await written.alerts.of_budgets(other.tenant, [one.id], 5) == [[]]
    assert await written.alerts.newest(other.tenant, 5, one.id) == []
    await written.budgets.delete(principal, two.id)
    assert await written.alerts.newest(principal.tenant, 9) == [first]


async def test_watchers_are_pushed_each_alert_once(written: Written, principal: Principal) -> None:
    """First what there is, then each threshold as it is crossed; a cursor goes on where it was given."""
    await written.feeds.start()
    try:
        await written.limit(principal)
        await written.spend(principal, 50.0)
        await written.fired(principal)
        observed = watch(written.alerts, written.feeds.alerts, principal.tenant, after=None, key=None)
        seen = [await anext(observed)]
        for usd in (85.0, 100.0):
            await written.spend(principal, usd)
            await written.fired(principal)
            async with asyncio.timeout(10):
                seen.append(await anext(observed))
        assert [observation.state.threshold_pct for observation in seen] == [50, 80, 100]
        again = watch(written.alerts, written.feeds.alerts, principal.tenant, after=seen[0].cursor, key=None)
        assert [(await anext(again)).state.threshold_pct for _ in range(2)] == [80, 100]
        assert [change.state.threshold_pct for change in await written.alerts.recent(principal.tenant, 2)] == [80, 100]
        assert await written.alerts.changed_since(new_principal().tenant, 0) == []
    finally:
        await written.feeds.close()
