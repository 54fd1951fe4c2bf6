"""The documented wire: paths, envelopes, codes and errors."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from adapters.cloudlink.account import Resource
from adapters.health import Health
from adapters.principal import Principal
from tests.adapters.cloudlink.conftest import OTHER_KEY, bearer
from tests.adapters.cloudlink.costs import hourly, this_hour
from tests.doubles.served_cloudlink import ServedCloudLink

Server = httpx.AsyncClient

UNKNOWN = "00000000-0000-4000-8000-000000000000"
BUDGET = {"name": "all", "monthly_limit_usd": 100}
ROLE = {"cloud": "aws", "label": "main", "regions": ["us-east-1"], "role_arn": "arn:aws:iam::123456789012:role/scan"}


async def created(server: Server, path: str, body: Any) -> dict[str, Any]:
    answer = await server.post(path, json=body)
    assert answer.status_code == 201, answer.text
    row: dict[str, Any] = answer.json()
    return row


async def ingested(server: Server, service: str, usd: list[float]) -> None:
    records = msgspec.to_builtins(hourly(service, usd))
    answer = await server.post("/cloud-costs/ingest", json={"records": records})
    assert (answer.status_code, answer.json()) == (200, {"ingested": len(usd)})


async def regression(server: Server) -> dict[str, Any]:
    """Have a regression of Amazon EC2, detected over the wire."""
    await ingested(server, "Amazon EC2", [1.0] * 48 + [2.0] * 4)
    deployed_at = (this_hour() - timedelta(hours=3)).isoformat()
    body = {"service": "Amazon EC2", "version": "1.2", "deployed_at": deployed_at, "commit_message": "ignored"}
    await created(server, "/deploys", body)
    run = (await server.post("/regression/run")).json()
    assert (run["regressions_detected"], run["deploys_analyzed"]) == (1, 1)
    row: dict[str, Any] = run["regressions"][0]
    return row


async def test_costs_are_taken_in_and_listed(server: Server) -> None:
    """A bare array, newest hour first, within the limit; the services in an envelope."""
    await ingested(server, "Amazon EC2", [1.0, 2.0, 3.0])
    await ingested(server, "Amazon S3", [0.5])
    rows = (await server.get("/cost-snapshots", params={"service": "Amazon EC2", "limit": 2})).json()
    assert [row["cost_usd"] for row in rows] == [3.0, 2.0]
    fields = {"snapshot_id", "tenant_id", "credential_id", "service", "hour", "cost_usd", "recorded_at"}
    assert set(rows[0]) == fields
    assert (await server.get("/cost-snapshots/services")).json() == {"services": ["Amazon EC2", "Amazon S3"]}


async def test_a_deploy_is_recorded_with_its_defaults(server: Server) -> None:
    """201 with the row; what is not documented is ignored."""
    body = {"service": "Amazon EC2", "metadata": {"packages": ["npm:express@4.18.2"]}, "commit_message": "fix"}
    row = await created(server, "/deploys", body)
    assert (row["environment"], row["regression_status"]) == ("production", "none")
    assert row["metadata"] == body["metadata"]
    assert (await server.get("/deploys")).json() == [row]
    assert (await server.get("/deploys", params={"service": "Amazon S3"})).json() == []
    assert (await server.get(f"/deploys/{row['deploy_id']}")).json() == row


async def test_a_regression_is_told_in_both_spellings(server: Server) -> None:
    """The row has the deploy's fields too."""
    row = await regression(server)
    assert row["baseline_cost"] == row["baseline_cost_per_hour"] == 1.0
    assert row["post_cost"] == row["post_deploy_cost_per_hour"] == 2.0
    assert row["change_pct"] == row["pct_change"] == pytest.approx(100)
    assert row["monthly_impact"] == pytest.approx(720)
    assert 0 <= row["confidence_score"] <= 1
    assert (row["status"], row["version"], row["environment"]) == ("open", "1.2", "production")
    assert (await server.get("/regressions", params={"status": "open"})).json() == [row]
    assert (await server.get("/regressions", params={"status": "resolved"})).json() == []


async def test_a_regression_is_acknowledged_once_and_resolved(server: Server) -> None:
    """409 where it is not open; each answers the row."""
    path = f"/regressions/{(await regression(server))['regression_id']}"
    assert (await server.post(f"{path}/acknowledge")).json()["status"] == "acknowledged"
    again = await server.post(f"{path}/acknowledge")
    assert again.status_code == 409
    assert "only an open one" in again.json()["detail"]
    assert (await server.post(f"{path}/resolve")).json()["status"] == "resolved"


async def test_an_anomaly_is_listed_and_told_whole(server: Server) -> None:
    """The list in an envelope; one service with all its figures, also where its name holds a slash."""
    await ingested(server, "AWS/Lambda", [1.0] * 60 + [9.0])
    (row,) = (await server.get("/anomalies")).json()["anomalies"]
    assert {"service", "severity", "direction", "change_pct", "composite_z_score", "monthly_impact_usd"} <= set(row)
    told = (await server.get("/anomalies/AWS%2FLambda")).json()
    assert (told["service"], told["has_data"], told["is_anomaly"], told["actual_usd"]) == ("AWS/Lambda", True, True, 9)
    assert (await server.get("/anomalies/Amazon%20S3")).json()["has_data"] is False


async def test_an_estimate_says_whether_it_has_data(server: Server) -> None:
    """With a message where not."""
    await ingested(server, "Amazon EC2", [1.0] * 48)
    told = (await server.post("/cost-estimate", json={"service": "Amazon EC2", "version": "2"})).json()
    assert (told["has_data"], told["baseline_monthly_usd"]) == (True, 720)
    assert {"trend_7d_vs_30d_pct", "avg_deploy_impact_pct", "estimated_post_deploy_monthly_usd"} <= set(told)
    none = (await server.post("/cost-estimate", json={"service": "Amazon S3"})).json()
    assert none["has_data"] is False
    assert none["message"]


async def test_a_budget_is_made_changed_checked_and_deleted(server: Server) -> None:
    """201, the row, its alerts as bare arrays, and `deleted`."""
    await ingested(server, "Amazon EC2", [60.0])
    row = await created(server, "/budgets", BUDGET)
    assert row["alert_thresholds"] == [50, 80, 100]
    assert (row["scope"], row["service"], row["action_on_breach"], row["enabled"]) == ("total", None, "alert", True)
    path = f"/budgets/{row['budget_id']}"
    changed = (await server.put(path, json={"name": "cloud", "scope": "service"})).json()
    assert (changed["name"], changed["scope"]) == ("cloud", "total")
    check = (await server.post("/budgets/check")).json()
    assert (check["alerts_fired"], check["budgets_checked"]) == (1, 1)
    (alert,) = check["alerts"]
    assert set(alert) == {
        "alert_id",
        "budget_id",
        "threshold_pct",
        "current_spend_usd",
        "budget_limit_usd",
        "triggered_at",
    }
    assert (await server.get("/budgets/alerts", params={"budget_id": row["budget_id"]})).json() == [alert]
    assert (await server.get("/budgets")).json()[0]["utilization_pct"] == 60
    deleted = await server.delete(path)
    assert (deleted.status_code, deleted.json()) == (200, {"deleted": True})
    assert (await server.delete(path)).status_code == 404


async def test_a_credential_is_kept_listed_and_forgotten(server: Server, memory: ServedCloudLink) -> None:
    """Never with its secret; without a key to encrypt with, 403."""
    keys = {"cloud": "aws", "access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "a-secret-of-the-test"}
    row = await created(server, "/credentials", keys)
    listed = await server.get("/credentials")
    assert listed.json() == {"items": [row]}
    assert "a-secret-of-the-test" not in listed.text
    assert (await server.delete(f"/credentials/{row['credential_id']}")).json() == {"deleted": True}
    memory.can_encrypt = False
    refused = await server.post("/credentials", json=keys)
    assert refused.status_code == 403
    assert "TRIGRAPH_ENCRYPTION_KEY" in refused.json()["detail"]


async def test_a_scan_waits_for_its_end_unless_asked_not_to(server: Server, memory: ServedCloudLink) -> None:
    """A minute by default; the list in an envelope."""
    await created(server, "/credentials", ROLE)
    done = (await server.post("/scan")).json()
    assert (done["total_events_found"], done["credentials_scanned"], memory.waited) == (2, 1, [60])
    assert [scan["status"] for scan in done["results"]] == ["finished"]
    begun = (await server.post("/scan?wait=0")).json()
    assert [scan["status"] for scan in begun["results"]] == ["running"]
    assert len((await server.get("/scans?limit=1")).json()["items"]) == 1
    assert (await server.get("/stats")).json()["last_scan"]["status"] == "running"


async def test_resources_are_listed_by_type(server: Server, memory: ServedCloudLink, principal: Principal) -> None:
    """In an envelope."""
    bucket = Resource(resource_id="b", resource_type="s3_bucket", provider="aws", payload={"issues": ["no_encryption"]})
    memory.saw(principal.tenant, bucket)
    (row,) = (await server.get("/resources", params={"provider": "aws", "resource_type": "s3_bucket"})).json()["items"]
    assert (row["resource_id"], row["payload"]) == ("b", {"issues": ["no_encryption"]})
    assert (await server.get("/resources?provider=gcp")).json() == {"items": []}


async def test_an_action_is_approved_or_rejected_once(
    server: Server, memory: ServedCloudLink, principal: Principal
) -> None:
    """409 afterwards."""
    first = memory.propose(principal, "stop_idle_ec2", "i-1")
    second = memory.propose(principal, "close_open_ssh", "sg-1")
    assert len((await server.get("/actions?status=AWAITING_APPROVAL")).json()["items"]) == 2
    assert (await server.post(f"/actions/{first.id}/approve")).json()["status"] == "PENDING"
    assert (await server.post(f"/actions/{first.id}/approve")).status_code == 409
    rejected = (await server.post(f"/actions/{second.id}/reject")).json()
    assert (rejected["status"], rejected["last_error"]) == ("FAILED", "rejected")


async def test_a_webhook_is_registered_and_removed(server: Server) -> None:
    """Its secret is never shown."""
    body = {"url": "https://hooks.example/in", "secret": "a-secret-of-the-test", "events": ["ping"]}
    row = await created(server, "/webhooks", body)
    listed = await server.get("/webhooks")
    assert listed.json() == {"items": [row]}
    assert "a-secret-of-the-test" not in listed.text
    assert (await server.delete(f"/webhooks/{row['webhook_id']}")).json() == {"deleted": True}


async def test_the_audit_trail_is_listed(server: Server) -> None:
    """By type and since when, each row with both names of its id; a plus sign may come unescaped."""
    await created(server, "/budgets", BUDGET)
    (row,) = (await server.get("/audit?event_type=budget.created&since=2026-01-01T00:00:00+00:00")).json()["items"]
    assert row["result_id"] == row["event_id"]
    assert {"event_type", "actor", "action_id", "action_type", "resource_id", "status", "detail"} <= set(row)
    assert (await server.get("/audit?since=2100-01-01T00:00:00Z")).json() == {"items": []}


async def test_a_plan_is_told(server: Server) -> None:
    """Free where the user is unknown."""
    known = (await server.get("/subscription/user_growing")).json()
    assert (known["clerk_user_id"], known["plan"], known["status"]) == ("user_growing", "growth", "active")
    unknown = (await server.get("/subscription/user_none")).json()
    assert (unknown["plan"], unknown["status"], unknown["stripe_customer_id"]) == ("free", "none", None)


async def test_health_is_open_to_everybody(server: Server, memory: ServedCloudLink) -> None:
    """503 where nothing works."""
    answer = await server.get("/health", headers={"Authorization": ""})
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    memory.health_now = Health.DOWN
    assert (await server.get("/health")).status_code == 503


@pytest.mark.parametrize("headers", [{"Authorization": ""}, {"Authorization": "Basic x"}, bearer("stranger")])
async def test_who_has_no_key_is_told_so(server: Server, headers: dict[str, str]) -> None:
    """401 with a sentence."""
    answer = await server.get("/budgets", headers=headers)
    assert (answer.status_code, set(answer.json())) == (401, {"detail"})
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_another_tenants_things_are_not_there(
    server: Server, memory: ServedCloudLink, principal: Principal
) -> None:
    """Neither in lists nor by their ids."""
    deploy = await created(server, "/deploys", {"service": "Amazon EC2"})
    budget = await created(server, "/budgets", BUDGET)
    action = memory.propose(principal, "stop_idle_ec2", "i-1")
    foreign = bearer(OTHER_KEY)
    for path in ("/deploys", "/budgets", "/regressions", "/cost-snapshots", "/budgets/alerts"):
        assert (await server.get(path, headers=foreign)).json() == []
    for path in ("/actions", "/audit", "/credentials", "/scans", "/webhooks", "/resources"):
        assert (await server.get(path, headers=foreign)).json() == {"items": []}
    assert (await server.get(f"/deploys/{deploy['deploy_id']}", headers=foreign)).status_code == 404
    assert (await server.delete(f"/budgets/{budget['budget_id']}", headers=foreign)).status_code == 404
    assert (await server.put(f"/budgets/{budget['budget_id']}", json={}, headers=foreign)).status_code == 404
    assert (await server.post(f"/actions/{action.id}/approve", headers=foreign)).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/deploys/{UNKNOWN}"),
        ("GET", "/deploys/%00"),
        ("GET", "/anomalies/a%00"),
        ("POST", f"/regressions/{UNKNOWN}/acknowledge"),
        ("POST", f"/regressions/{UNKNOWN}/resolve"),
        ("PUT", f"/budgets/{UNKNOWN}"),
        ("DELETE", f"/budgets/{UNKNOWN}"),
        ("DELETE", f"/credentials/{UNKNOWN}"),
        ("DELETE", f"/webhooks/{UNKNOWN}"),
        ("POST", f"/actions/{UNKNOWN}/reject"),
        ("GET", "/nothing"),
    ],
)
async def test_what_is_not_there_is_not_found(server: Server, method: str, path: str) -> None:
    """404 with a sentence."""
    answer = await server.request(method, path, content=b"{}" if method == "PUT" else None)
    assert (answer.status_code, set(answer.json())) == (404, {"detail"})


async def test_another_method_is_not_allowed(server: Server) -> None:
    """405 in the same shape."""
    answer = await server.delete("/deploys")
    assert (answer.status_code, set(answer.json())) == (405, {"detail"})


async def test_an_unexpected_error_shows_nothing_of_itself(
    server: Server, memory: ServedCloudLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500 with a sentence."""

    async def broken(_caller: Principal) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(memory, "budgets", broken)
    answer = await server.get("/budgets")
    assert answer.status_code == 500
    assert re.match("Internal error", answer.json()["detail"])
    assert "hunter2" not in answer.text
