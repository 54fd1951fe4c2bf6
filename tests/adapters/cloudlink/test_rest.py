"""The port over the upstream's REST API: what goes out, and what becomes of what comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from adapters.cloudlink.account import NewCredential
from adapters.cloudlink.models import BudgetChange, CostRecord, NewBudget, NewDeploy, RegressionStatus
from adapters.cloudlink.port import AuditFilter, CloudLink, CostSpan, RegressionFilter
from adapters.cloudlink.rest import RestCloudLink, build
from adapters.cloudlink.wire import MOST_RECORDS
from adapters.context import AdapterContext, CloudLinkOptions
from adapters.durable import DurableWork
from adapters.errors import Conflict, InvalidInput, InvalidPayload, LimitExceeded, NotAllowed, NotFound
from adapters.health import Health
from adapters.paging import Window
from adapters.principal import LOCAL_PRINCIPAL as LOCAL
from adapters.store.database import Database
from adapters.workers import Workers
from tests.doubles.scripted_cloudlink import ScriptedCloudLink, action, alert, deploy, moment, regression, scan

ALL = RegressionFilter()


@pytest.fixture
def upstream() -> ScriptedCloudLink:
    """An upstream without a row."""
    return ScriptedCloudLink()


@pytest.fixture
async def rest(upstream: ScriptedCloudLink) -> AsyncIterator[RestCloudLink]:
    """The adapter over it, whose account is the local tenant's."""
    adapter = upstream.adapter()
    yield adapter
    await adapter.close()


async def test_it_is_the_whole_port(rest: RestCloudLink) -> None:
    """As the type checker says too."""
    adapter: CloudLink = rest
    names = [name for name in vars(CloudLink) if not name.startswith("_")]
    assert all(callable(getattr(adapter, name)) for name in names)


async def test_a_deploy_is_sent_with_the_token(upstream: ScriptedCloudLink, rest: RestCloudLink) -> None:
    """The documented body, and the row that comes back."""
    upstream.answers["POST /deploys"] = httpx.Response(201, json=deploy(1))
    recorded = await rest.record_deploy(LOCAL, NewDeploy(service="Amazon EC2", metadata={"commit_sha": "abc"}))
    (request,) = upstream.requests
    assert request.headers["authorization"] == "Bearer cl_live_x"
    assert upstream.sent()["service"] == "Amazon EC2"
    assert upstream.sent()["metadata"] == {"commit_sha": "abc"}
    assert recorded.id == "d-1"


async def test_costs_are_sent_in_batches(upstream: ScriptedCloudLink, rest: RestCloudLink) -> None:
    """Of as many as are taken at once."""
    upstream.answers["POST /cloud-costs/ingest"] = {"ingested": 7}
    hour = datetime(2026, 1, 1, tzinfo=UTC)
    records = [CostRecord(provider="aws", service="a", cost_usd=1.0, hour=hour)] * (MOST_RECORDS + 1)
    assert await rest.ingest_costs(LOCAL, records) == 14
    assert len(upstream.sent()["records"]) == 1
    assert await rest.ingest_costs(LOCAL, []) == 0


async def test_costs_of_spans_are_asked_for_by_service(upstream: ScriptedCloudLink, rest: RestCloudLink) -> None:
    """One call a service, of which each span takes its hours."""
    upstream.rows["cost-snapshots"] = [
        {
            "snapshot_id": f"{service}{hour}",
            "tenant_id": "t",
            "credential_id": None,
            "service": service,
            "hour": moment(hour * 3600),
            "cost_usd": hour,
            "recorded_at": moment(0),
        }
        for hour in range(5, 0, -1)
        for service in ("a", "b")
    ]
    start, end = datetime(2026, 1, 1, 2, tzinfo=UTC), datetime(2026, 1, 1, 4, tzinfo=UTC)
    found = await rest.costs(LOCAL, [CostSpan("a", start, end), CostSpan("b"), CostSpan("a", end), CostSpan("c")])
    assert [[row.cost_usd for row in rows] for rows in found] == [[3, 2], [5, 4, 3, 2, 1], [5, 4], []]
    assert len(upstream.requests) == 3
    assert upstream.requests[0].url.params["limit"] == "2000"


async def test_pages_hold_while_rows_come_in(upstream: ScriptedCloudLink, rest: RestCloudLink) -> None:
    """Newest first; the first page asks for no more than it needs, the total is told where all was read."""
    upstream.rows["deploys"] = [deploy(number) for number in range(9, 0, -1)]
    first = await rest.deploys(LOCAL, Window(4), None)
    assert [row.id for row in first.nodes] == ["d-9", "d-8", "d-7", "d-6"]
    assert upstream.requests[-1].url.params["limit"] == "5"
    assert (first.has_next_page, first.total_count) == (True, None)
    upstream.rows["deploys"].insert(0, deploy(10))
    second = await rest.deploys(LOCAL, Window(10, first.positions[-1]), None)
    assert [row.id for row in second.nodes] == ["d-5", "d-4", "d-3", "d-2", "d-1"]
    assert (second.has_next_page, second.has_previous_page, second.total_count) == (False, True, 10)


async def test_regressions_are_filtered_by_service_here(upstream: ScriptedCloudLink, rest: RestCloudLink) -> None:
    """The upstream knows the status only."""
    upstream.rows["regressions"] = [regression(3), regression(2, "Amazon S3"), regression(1, status="resolved")]
    wanted = RegressionFilter(status=RegressionStatus.OPEN, service="Amazon EC2")
    page = await rest.regressions(LOCAL, Window(5), wanted)
    assert ([row.id for row in page.nodes], page.total_count) == (["r-3"], 1)
    assert upstream.requests[-1].url.params["status"] == "open"


async def test_many_ids_cost_one_call(upstream: ScriptedCloudLink, rest: RestCloudLink) -> None:
    """Of each list, however many ask at the same time."""
    upstream.rows |= {"regressions": [regression(2), regression(1, "Amazon S3")], "alerts": [alert(1)]}
    upstream.rows |= {"actions": [action(1)], "scans": [scan(1)]}
    by_id, of_deploys, of_services, one = await asyncio.gather(
        rest.regressions_by_id(LOCAL, ["r-1", "r-9", "r-2"]),
        rest.regressions_of_deploys(LOCAL, ["d-2", "d-9"]),
        rest.regressions_of_services(LOCAL, ["Amazon S3", "x"]),
        rest.regressions_by_id(LOCAL, ["r-2"]),
    )
    await asyncio.gather(
        rest.alerts_by_id(LOCAL, ["a-1", "a-2"]),
        rest.actions_by_id(LOCAL, ["x-1"]),
        rest.scans_by_id(LOCAL, ["s-1"]),
    )
    assert [row and row.id for row in by_id] == ["r-1", None, "r-2"]
    assert [[row.id for row in rows] for rows in of_deploys] == [["r-2"], []]
    assert [[row.id for row in rows] for rows in of_services] == [["r-1"], []]
    assert one[0] is not None
    assert set(upstream.calls.values()) == {1}
    assert len(upstream.calls) == 4


async def test_a_write_makes_what_is_read_after_it_new(upstream: ScriptedCloudLink, rest: RestCloudLink) -> None:
    """Reads are shared for a second, but not across a change."""
    upstream.rows["regressions"] = [regression(1)]
    upstream.answers["POST /regressions/r-1/resolve"] = regression(1, status="resolved")
    assert await rest.regressions_by_id(LOCAL, ["r-1"]) == await rest.regressions_by_id(LOCAL, ["r-1"])
    assert upstream.calls["GET /regressions"] == 1
    assert (await rest.resolve_regression(LOCAL, "r-1")).status is RegressionStatus.RESOLVED
    await rest.regressions_by_id(LOCAL, ["r-1"])
    assert upstream.calls["GET /regressions"] == 2


async def test_deploys_by_id_are_asked_for_singly_where_the_list_lacks_them(
    upstream: ScriptedCloudLink, rest: RestCloudLink
) -> None:
    """One id is one call; several are the list and what it does not hold. An odd id is asked nobody."""
    upstream.rows["deploys"] = [deploy(2), deploy(1)]
    upstream.answers["GET /deploys/d-0"] = deploy(0)
    assert [row and row.id for row in await rest.deploys_by_id(LOCAL, ["d-0"])] == ["d-0"]
    assert upstream.calls["GET /deploys"] == 0
    found = await rest.deploys_by_id(LOCAL, ["d-1", "d-0", "d-7", "../budgets"])
    assert [row and row.id for row in found] == ["d-1", "d-0", None, None]
    assert upstream.calls["GET /deploys"] == 1
    assert upstream.calls["GET /budgets"] == 0


async def test_budgets_without_a_projection_are_read(upstream: ScriptedCloudLink, rest: RestCloudLink) -> None:
    """The upstream has none; what it has beyond the documented fields is ignored."""
    row = {"budget_id": "b-1", "name": "all", "scope": "total", "service": None, "monthly_limit_usd": 100, "x": 1}
    upstream.answers |= {"GET /budgets": [row], "PUT /budgets/b-1": row, "DELETE /budgets/b-1": {"deleted": True}}
    upstream.answers["POST /budgets"] = httpx.Response(201, json=row)
    (budget,) = await rest.budgets(LOCAL)
    assert budget.projected_spend_usd is None
    assert await rest.create_budget(LOCAL, NewBudget(name="all", monthly_limit_usd=100)) == budget
    assert await rest.update_budget(LOCAL, "b-1", BudgetChange(name="all")) == budget
    assert upstream.sent() == {"name": "all"}
    assert await rest.delete_budget(LOCAL, "b-1") is True
    assert await rest.delete_budget(LOCAL, "b-2") is False
    upstream.answers["POST /budgets/check"] = {"alerts_fired": 0}
    assert (await rest.check_budgets(LOCAL)).budgets_checked == 0


async def test_a_scan_that_tells_no_rows_is_looked_up(upstream: ScriptedCloudLink, rest: RestCloudLink) -> None:
    """The documented answer counts only; the rows are those of the list."""
    upstream.rows["scans"] = [scan(2, "finished"), scan(1, "finished")]
    upstream.answers["POST /scan"] = {"total_events_found": 3, "credentials_scanned": 1}
    begun = await rest.start_scan(LOCAL)
    assert (begun.events_found, [row.id for row in begun.scans]) == (3, ["s-2"])
    assert upstream.requests[0].url.params["wait"] == "0"


async def test_the_audit_trail_is_read_by_either_id(upstream: ScriptedCloudLink, rest: RestCloudLink) -> None:
    """Since when is written with its zone."""
    row = {"event_type": "scan.finished", "completed_at": moment(1)}
    upstream.rows["audit"] = [row | {"event_id": "e-1"}, row | {"result_id": "e-2", "actor": "ann"}]
    since = datetime(2026, 1, 1, tzinfo=UTC)
    page = await rest.audit(LOCAL, Window(5), AuditFilter(event_type="scan.finished", since=since))
    assert [event.id for event in page.nodes] == ["e-2", "e-1"]
    assert upstream.requests[-1].url.params["since"] == "2026-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("status", "detail", "error"),
    [
        (401, "Invalid key", NotAllowed),
        (403, "no", NotAllowed),
        (404, "no", NotFound),
        (409, "no", Conflict),
        (429, "slow down", LimitExceeded),
        (400, "no", InvalidInput),
        (422, [{"loc": ["body", "role_arn"], "msg": "no role", "type": "value_error"}], InvalidInput),
        (418, None, InvalidPayload),
    ],
)
async def test_refusals_become_errors(
    upstream: ScriptedCloudLink, rest: RestCloudLink, status: int, detail: object, error: type[Exception]
) -> None:
    """Each code one; a secret that was sent is in none of them."""
    content = {"detail": detail} if detail is not None else {"other": 1}
    upstream.answers["POST /credentials"] = httpx.Response(status, json=content)
    given = NewCredential(cloud="aws", access_key_id="AKIA", secret_access_key="a-secret-of-the-test")
    with pytest.raises(error) as raised:
        await rest.add_credential(LOCAL, given)
    assert "a-secret-of-the-test" not in f"{raised.value}{raised.value!r}"
    if isinstance(raised.value, InvalidInput) and status == 422:
        assert raised.value.field == "role_arn"


async def test_health_is_asked_for_with_the_token(upstream: ScriptedCloudLink, rest: RestCloudLink) -> None:
    """Once for all who ask soon after; what is left of the rate is told."""
    headers = {"X-RateLimit-Remaining": "41"}
    upstream.answers["GET /webhooks"] = httpx.Response(200, json={"items": []}, headers=headers)
    state = await rest.health()
    assert (state.health, state.rate_limit_remaining) == (Health.UP, 41)
    await rest.health()
    assert len(upstream.requests) == 1
    wrong = ScriptedCloudLink()
    wrong.answers["GET /webhooks"] = httpx.Response(401, json={"detail": "no"})
    assert (await wrong.adapter().health()).health is Health.DEGRADED
    wrong.answers["GET /webhooks"] = httpx.Response(500)
    assert (await wrong.adapter().health()).health is Health.DOWN


async def test_the_entry_point_builds_it(sqlite: Database, tmp_path: Path) -> None:
    """From its address and token, for the tenant of the settings."""
    context = AdapterContext(
        location="https://cloudlink.example",
        token="cl_live_x",
        cache_dir=tmp_path,
        database=sqlite,
        durable=DurableWork(f"sqlite:///{tmp_path}/durable.db", "one"),
        workers=Workers(1),
        nvd_url="",
        nvd_api_key=None,
        attack_bundle=None,
        fetch_allowed=frozenset(),
        cloudlink=CloudLinkOptions(tenant="acme"),
    )
    adapter = build(context)
    assert await adapter.budgets(LOCAL) == []
    await adapter.close()
