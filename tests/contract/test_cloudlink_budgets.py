"""What every adapter of CloudLink does with budgets, as `adapters/cloudlink/port.py` promises."""

from __future__ import annotations

from contextlib import suppress

import pytest

from adapters.cloudlink.models import Budget, BudgetChange, BudgetScope, NewBudget
from adapters.cloudlink.port import CloudLink
from adapters.errors import InvalidInput, NotAllowed, NotFound
from adapters.principal import Principal
from tests.adapters.cloudlink.costs import hourly
from tests.running import new_principal

EC2, S3 = "Amazon EC2", "Amazon S3"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def spend(cloudlink: CloudLink, principal: Principal, usd: float, service: str = EC2) -> None:
    """Have the present hour cost so much, which surely lies in the month."""
    await cloudlink.ingest_costs(principal, hourly(service, [usd]))


async def kept(cloudlink: CloudLink, principal: Principal, budget_id: str) -> Budget:
    (found,) = [budget for budget in await cloudlink.budgets(principal) if budget.id == budget_id]
    return found


async def test_a_budget_tells_the_months_spend(cloudlink: CloudLink, principal: Principal) -> None:
    """Of everything, or of its service; oldest first, with the defaults."""
    await spend(cloudlink, principal, 30.0)
    await spend(cloudlink, principal, 10.0, S3)
    total = await cloudlink.create_budget(principal, NewBudget(name="all", monthly_limit_usd=100))
    storage = NewBudget(name="storage", monthly_limit_usd=20, scope=BudgetScope.SERVICE, service=S3)
    await cloudlink.create_budget(principal, storage)
    first, second = await cloudlink.budgets(principal)
    assert (first.id, first.alert_thresholds, first.enabled) == (total.id, (50, 80, 100), True)
    assert [first.current_spend_usd, first.utilization_pct] == pytest.approx([40, 40])
    assert (second.scope, second.service) == (BudgetScope.SERVICE, S3)
    assert [second.current_spend_usd, second.utilization_pct] == pytest.approx([10, 50])


@pytest.mark.parametrize(
    ("budget", "field"),
    [
        (NewBudget(name="a", monthly_limit_usd=0), "monthly_limit_usd"),
        (NewBudget(name="", monthly_limit_usd=1), "name"),
        (NewBudget(name="a", monthly_limit_usd=1, scope=BudgetScope.SERVICE), "service"),
        (NewBudget(name="a", monthly_limit_usd=1, service=EC2), "service"),
        (NewBudget(name="a", monthly_limit_usd=1, alert_thresholds=(0,)), "alert_thresholds"),
    ],
)
async def test_a_budget_that_can_not_be_is_refused(
    cloudlink: CloudLink, principal: Principal, budget: NewBudget, field: str
) -> None:
    """With the name of what is wrong."""
    with pytest.raises(InvalidInput) as refused:
        await cloudlink.create_budget(principal, budget)
    assert refused.value.field == field
    assert field in refused.value.message
    assert await cloudlink.budgets(principal) == []


async def test_a_change_leaves_the_rest_as_it_is(cloudlink: CloudLink, principal: Principal) -> None:
    """What is refused changes nothing."""
    made = await cloudlink.create_budget(principal, NewBudget(name="all", monthly_limit_usd=100))
    changed = await cloudlink.update_budget(principal, made.id, BudgetChange(monthly_limit_usd=200, enabled=False))
    assert (changed.name, changed.monthly_limit_usd, changed.enabled) == ("all", 200, False)
    assert changed.alert_thresholds == (50, 80, 100)
    with pytest.raises(InvalidInput):
        await cloudlink.update_budget(principal, made.id, BudgetChange(monthly_limit_usd=-1))
    assert (await kept(cloudlink, principal, made.id)).monthly_limit_usd == 200
    with pytest.raises(NotFound):
        await cloudlink.update_budget(principal, UNKNOWN, BudgetChange(name="x"))


async def test_each_threshold_is_told_once(cloudlink: CloudLink, principal: Principal) -> None:
    """As the spend crosses it, and not again when the limit is raised; the alerts are found from everywhere."""
    budget = await cloudlink.create_budget(principal, NewBudget(name="all", monthly_limit_usd=100))
    for usd in (40.0, 60.0, 85.0, 120.0):
        await spend(cloudlink, principal, usd)
        await cloudlink.check_budgets(principal)
    alerts = await cloudlink.budget_alerts(principal, 10, None)
    assert sorted(alert.threshold_pct for alert in alerts) == [50, 80, 100]
    assert {alert.budget_id for alert in alerts} == {budget.id}
    assert {alert.limit_usd for alert in alerts} == {100}
    crossed = {alert.threshold_pct: alert for alert in alerts}
    assert crossed[100].spend_usd == pytest.approx(120)
    check = await cloudlink.check_budgets(principal)
    assert (check.alerts_fired, check.budgets_checked, check.alerts) == (0, 1, ())
    await cloudlink.update_budget(principal, budget.id, BudgetChange(monthly_limit_usd=1000))
    await cloudlink.update_budget(principal, budget.id, BudgetChange(monthly_limit_usd=100))
    assert (await cloudlink.check_budgets(principal)).alerts_fired == 0
    assert await cloudlink.alerts_by_id(principal, [crossed[80].id, UNKNOWN]) == [crossed[80], None]
    of_budgets = await cloudlink.alerts_of_budgets(principal, [UNKNOWN, budget.id], 2)
    assert [len(rows) for rows in of_budgets] == [0, 2]
    assert await cloudlink.budget_alerts(principal, 1, budget.id) == alerts[:1]
    assert await cloudlink.budget_alerts(principal, 5, UNKNOWN) == []


async def test_a_budget_that_is_switched_off_is_not_checked(cloudlink: CloudLink, principal: Principal) -> None:
    """Until it is switched on."""
    await spend(cloudlink, principal, 60.0)
    off = NewBudget(name="all", monthly_limit_usd=100, enabled=False)
    budget = await cloudlink.create_budget(principal, off)
    assert (await cloudlink.check_budgets(principal)).budgets_checked == 0
    assert await cloudlink.budget_alerts(principal, 5, None) == []
    await cloudlink.update_budget(principal, budget.id, BudgetChange(enabled=True))
    await cloudlink.check_budgets(principal)
    assert [alert.threshold_pct for alert in await cloudlink.budget_alerts(principal, 5, None)] == [50]


async def test_a_budget_is_deleted_with_its_alerts(cloudlink: CloudLink, principal: Principal) -> None:
    """Once."""
    await spend(cloudlink, principal, 60.0)
    budget = await cloudlink.create_budget(principal, NewBudget(name="all", monthly_limit_usd=100))
    await cloudlink.check_budgets(principal)
    assert await cloudlink.delete_budget(principal, budget.id) is True
    assert await cloudlink.delete_budget(principal, budget.id) is False
    assert await cloudlink.budgets(principal) == []
    assert await cloudlink.budget_alerts(principal, 5, None) == []


async def test_another_tenants_budget_is_not_there(cloudlink: CloudLink, principal: Principal) -> None:
    """Neither to be read nor to be changed."""
    await spend(cloudlink, principal, 60.0)
    budget = await cloudlink.create_budget(principal, NewBudget(name="all", monthly_limit_usd=100))
    await cloudlink.check_budgets(principal)
    (alert,) = await cloudlink.budget_alerts(principal, 5, None)
    other = new_principal()
    assert await cloudlink.budgets(other) == []
    assert await cloudlink.alerts_by_id(other, [alert.id]) == [None]
    assert await cloudlink.alerts_of_budgets(other, [budget.id], 5) == [[]]
    with pytest.raises((NotFound, NotAllowed)):
        await cloudlink.update_budget(other, budget.id, BudgetChange(name="mine"))
    with suppress(NotAllowed):
        assert await cloudlink.delete_budget(other, budget.id) is False
    assert (await kept(cloudlink, principal, budget.id)).name == "all"
