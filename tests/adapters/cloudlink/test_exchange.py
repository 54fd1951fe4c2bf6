"""The account behind the token is one tenant's, whose callers share what is read: nobody else sees or changes it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.cloudlink.account import NewCredential, NewWebhook, Plan
from adapters.cloudlink.models import BudgetChange, CostRecord, NewBudget, NewDeploy
from adapters.cloudlink.port import AuditFilter, CostSpan, RegressionFilter
from adapters.cloudlink.rest import RestCloudLink
from adapters.errors import NotAllowed, NotFound
from adapters.http.rows import noting_missing
from adapters.paging import Window
from adapters.principal import LOCAL_PRINCIPAL as LOCAL
from adapters.principal import Principal
from tests.doubles.scripted_cloudlink import ScriptedCloudLink, action, alert, deploy, regression, scan

Ask = Callable[[RestCloudLink, Principal], Awaitable[Any]]

READS: dict[str, tuple[Ask, Any]] = {
    "services": (lambda rest, who: rest.services(who), []),
    "costs": (lambda rest, who: rest.costs(who, [CostSpan("a")]), [[]]),
    "deploys_by_id": (lambda rest, who: rest.deploys_by_id(who, ["d-1"]), [None]),
    "deploys_of_services": (lambda rest, who: rest.deploys_of_services(who, ["Amazon EC2"], 5), [[]]),
    "regressions_by_id": (lambda rest, who: rest.regressions_by_id(who, ["r-1"]), [None]),
    "regressions_of_deploys": (lambda rest, who: rest.regressions_of_deploys(who, ["d-1"]), [[]]),
    "regressions_of_services": (lambda rest, who: rest.regressions_of_services(who, ["Amazon EC2"]), [[]]),
    "anomalies": (lambda rest, who: rest.anomalies(who), []),
    "anomalies_of_services": (lambda rest, who: rest.anomalies_of_services(who, ["a"]), [None]),
    "budgets": (lambda rest, who: rest.budgets(who), []),
    "budget_alerts": (lambda rest, who: rest.budget_alerts(who, 5, None), []),
    "alerts_by_id": (lambda rest, who: rest.alerts_by_id(who, ["a-1"]), [None]),
    "alerts_of_budgets": (lambda rest, who: rest.alerts_of_budgets(who, ["b-1"], 5), [[]]),
    "credentials": (lambda rest, who: rest.credentials(who), []),
    "resources": (lambda rest, who: rest.resources(who, None, None), []),
    "resources_by_id": (lambda rest, who: rest.resources_by_id(who, ["i-1"]), [None]),
    "scans_by_id": (lambda rest, who: rest.scans_by_id(who, ["s-1"]), [None]),
    "actions": (lambda rest, who: rest.actions(who, None), []),
    "actions_by_id": (lambda rest, who: rest.actions_by_id(who, ["x-1"]), [None]),
    "webhooks": (lambda rest, who: rest.webhooks(who), []),
    "plan": (lambda rest, who: rest.plan(who), Plan()),
}
PAGES: dict[str, Ask] = {
    "deploys": lambda rest, who: rest.deploys(who, Window(5), None),
    "regressions": lambda rest, who: rest.regressions(who, Window(5), RegressionFilter()),
    "scans": lambda rest, who: rest.scans(who, Window(5)),
    "audit": lambda rest, who: rest.audit(who, Window(5), AuditFilter()),
}
COST = CostRecord(provider="aws", service="a", cost_usd=1.0, hour=datetime(2026, 1, 1, tzinfo=UTC))
WRITES: dict[str, Ask] = {
    "ingest_costs": lambda rest, who: rest.ingest_costs(who, [COST]),
    "record_deploy": lambda rest, who: rest.record_deploy(who, NewDeploy(service="a")),
    "detect_regressions": lambda rest, who: rest.detect_regressions(who),
    "acknowledge_regression": lambda rest, who: rest.acknowledge_regression(who, "r-1"),
    "resolve_regression": lambda rest, who: rest.resolve_regression(who, "r-1"),
    "create_budget": lambda rest, who: rest.create_budget(who, NewBudget(name="a", monthly_limit_usd=1)),
    "update_budget": lambda rest, who: rest.update_budget(who, "b-1", BudgetChange(name="a")),
    "delete_budget": lambda rest, who: rest.delete_budget(who, "b-1"),
    "check_budgets": lambda rest, who: rest.check_budgets(who),
    "add_credential": lambda rest, who: rest.add_credential(who, NewCredential(cloud="aws")),
    "remove_credential": lambda rest, who: rest.remove_credential(who, "c-1"),
    "start_scan": lambda rest, who: rest.start_scan(who),
    "approve_action": lambda rest, who: rest.approve_action(who, "x-1"),
    "reject_action": lambda rest, who: rest.reject_action(who, "x-1"),
    "register_webhook": lambda rest, who: rest.register_webhook(who, NewWebhook(url="https://x.example")),
    "remove_webhook": lambda rest, who: rest.remove_webhook(who, "w-1"),
}


@pytest.fixture
def upstream() -> ScriptedCloudLink:
    """An upstream with a row of each kind."""
    scripted = ScriptedCloudLink()
    scripted.rows |= {"deploys": [deploy(1)], "regressions": [regression(1)], "alerts": [alert(1)]}
    scripted.rows |= {"actions": [action(1)], "scans": [scan(1)], "audit": []}
    return scripted


@pytest.mark.parametrize("name", READS)
async def test_another_tenant_reads_nothing(upstream: ScriptedCloudLink, name: str) -> None:
    """And the upstream is not even asked."""
    ask, nothing = READS[name]
    assert await ask(upstream.adapter("acme"), LOCAL) == nothing
    assert not upstream.requests


@pytest.mark.parametrize("name", PAGES)
async def test_another_tenant_has_empty_pages(upstream: ScriptedCloudLink, name: str) -> None:
    """With a total of none."""
    page = await PAGES[name](upstream.adapter("acme"), LOCAL)
    assert (list(page.nodes), page.has_next_page, page.total_count) == ([], False, 0)
    assert not upstream.requests


async def test_another_tenant_counts_nothing_and_knows_no_estimate(upstream: ScriptedCloudLink) -> None:
    """With a sentence for the estimate."""
    adapter = upstream.adapter("acme")
    stats = await adapter.stats(LOCAL)
    assert (stats.actions_by_status, stats.resources_count, stats.last_scan) == ({}, 0, None)
    (estimate,) = await adapter.estimates_of_services(LOCAL, ["a"])
    assert (estimate.service, estimate.has_data) == ("a", False)
    assert not upstream.requests


@pytest.mark.parametrize("name", WRITES)
async def test_another_tenant_may_not_write(upstream: ScriptedCloudLink, name: str) -> None:
    """The sentence names the setting that says whose the account is."""
    with pytest.raises(NotAllowed, match="TRIGRAPH_CLOUDLINK_TENANT") as raised:
        await WRITES[name](upstream.adapter("acme"), LOCAL)
    assert raised.value.code == "not_allowed"
    assert not upstream.requests


async def test_all_who_share_a_read_are_told_what_it_lacks(upstream: ScriptedCloudLink) -> None:
    """Not only the one who began it."""
    upstream.rows["deploys"] = [deploy(1), {"deploy_id": 2}]
    adapter = upstream.adapter()

    async def missing() -> list[int]:
        with noting_missing() as noted:
            await adapter.deploys(LOCAL, Window(5), None)
        return list(noted.values())

    first, second = await asyncio.gather(missing(), missing())
    assert (first, second) == ([1], [1])
    assert await missing() == [1]
    assert upstream.calls == {"GET /deploys": 1}


async def test_another_tenant_watches_nothing(upstream: ScriptedCloudLink) -> None:
    """A stream of all stays silent, one of a scan says that there is none; no poll goes on for either."""
    adapter = upstream.adapter("acme")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(adapter.watch_regressions(LOCAL)), 0.05)
    with pytest.raises(NotFound):
        await anext(adapter.watch_scans(LOCAL, scan_id="s-1"))
    assert all(watched._poll._polling is None for watched in (adapter.watched_regressions, adapter.watched_scans))
    await adapter.close()
