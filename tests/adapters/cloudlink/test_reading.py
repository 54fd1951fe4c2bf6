"""What does not fit is told as the documented list of flaws."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from adapters.cloudlink.endpoints import costs, endpoint
from adapters.cloudlink.wire import MOST_RECORDS

Server = httpx.AsyncClient


def flaw_of(answer: httpx.Response) -> dict[str, Any]:
    """Check the shape of a refusal, and give what is wrong."""
    assert answer.status_code == 422, answer.text
    (flaw,) = answer.json()["detail"]
    assert set(flaw) == {"loc", "msg", "type"}
    told: dict[str, Any] = flaw
    return told


@pytest.mark.parametrize(
    "query",
    [
        "/deploys?limit=0",
        "/deploys?limit=2001",
        "/deploys?limit=x",
        "/deploys?service=%00",
        "/regressions?status=bad",
        "/actions?status=open",
        "/audit?since=2026-01-01",
        "/audit?since=now",
        "/audit?since=0.5",
        "/scans?limit=-1",
        "/budgets/alerts?limit=1.5",
    ],
)
async def test_a_bad_parameter_is_named(server: Server, query: str) -> None:
    """By where it lies."""
    flaw = flaw_of(await server.get(query))
    assert flaw["loc"] == ["query", query.partition("?")[2].partition("=")[0]]
    assert flaw["type"] == "value_error"


async def test_an_unknown_parameter_is_ignored(server: Server) -> None:
    """As an unknown field is."""
    assert (await server.get("/deploys?page=3")).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "loc", "kind"),
    [
        ("/deploys", b"{}", ["body", "service"], "missing"),
        ("/deploys", b'{"service": 1}', ["body", "service"], "value_error"),
        ("/deploys", b'{"service": "a", "deployed_at": "2026-01-01"}', ["body", "deployed_at"], "value_error"),
        ("/deploys", b'{"service": ""}', ["body", "service"], "value_error"),
        ("/deploys", b"", ["body"], "json_invalid"),
        ("/deploys", b'{"service": ', ["body"], "json_invalid"),
        ("/deploys", b'{"service": "a", "metadata": {"a": ' + b"[" * 100_000, ["body"], "json_invalid"),
        ("/deploys", b'{"service": "\xff"}', ["body"], "json_invalid"),
        ("/deploys", b"[]", ["body"], "value_error"),
        ("/budgets", b'{"name": "a"}', ["body", "monthly_limit_usd"], "missing"),
        ("/budgets", b'{"name": "a", "monthly_limit_usd": 0}', ["body", "monthly_limit_usd"], "value_error"),
        ("/cloud-costs/ingest", b'{"records": [{}]}', ["body", "records", 0, "provider"], "missing"),
        ("/webhooks", b'{"url": "ftp://x"}', ["body", "url"], "value_error"),
        ("/credentials", b'{"cloud": "aws"}', ["body", "role_arn"], "value_error"),
        ("/cost-estimate", b'{"service": "a\\u0000"}', ["body", "service"], "value_error"),
    ],
)
async def test_a_bad_body_is_refused(server: Server, path: str, body: bytes, loc: list[Any], kind: str) -> None:
    """With where the flaw lies, down to the row and the field."""
    flaw = flaw_of(await server.post(path, content=body))
    assert (flaw["loc"], flaw["type"]) == (loc, kind)


async def test_a_refused_amount_is_named_by_its_row(server: Server) -> None:
    """Also where the engine refuses it, not the wire."""
    good = {"provider": "aws", "service": "a", "cost_usd": 1, "hour": "2026-01-01T00:00:00Z"}
    body = {"records": [good, good | {"cost_usd": None}]}
    assert flaw_of(await server.post("/cloud-costs/ingest", json=body))["loc"] == ["body", "records", 1, "cost_usd"]


async def test_a_secret_is_not_repeated(server: Server) -> None:
    """Whatever else is wrong with the body that holds it."""
    body = b'{"cloud": 1, "secret_access_key": "a-secret-of-the-test", "access_key_id": 2}'
    answer = await server.post("/credentials", content=body)
    flaw_of(answer)
    assert "a-secret-of-the-test" not in answer.text


async def test_too_many_costs_at_once_are_refused(server: Server) -> None:
    """So that a batch is quickly done."""
    row = b'{"provider":"a","service":"b","cost_usd":1,"hour":"2026-01-01T00:00:00Z"}'
    body = b'{"records":[' + b",".join([row] * (MOST_RECORDS + 1)) + b"]}"
    assert flaw_of(await server.post("/cloud-costs/ingest", content=body))["loc"] == ["body", "records"]


@pytest.mark.parametrize(
    ("path", "limit"), [("/deploys", endpoint.BODY_BYTES), ("/cloud-costs/ingest", costs.BATCH_BYTES)]
)
async def test_a_body_without_end_is_not_read(server: Server, path: str, limit: int) -> None:
    """413 as soon as it is too much."""
    answer = await server.post(path, content=b" " * (limit + 1))
    assert (answer.status_code, set(answer.json())) == (413, {"detail"})
