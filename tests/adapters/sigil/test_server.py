"""The documented wire: paths, shapes, codes and plans."""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import Any

import httpx
import pytest

from adapters.http.serving import Rate
from adapters.sigil import server as module
from adapters.sigil.models import PhaseName
from tests.adapters.sigil.conftest import key
from tests.package_registry import PackageRegistry

Server = httpx.AsyncClient

PRINTED = ["id", "status", "target", "score", "verdict", "phases", "duration_ms", "created_at"]
WHOLE_SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def refused(answer: httpx.Response, status: int, code: str) -> str:
    """Check the shape of an error, and give its sentence."""
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "status"}
    assert (answer.status_code, error["status"], error["code"]) == (status, status, code)
    return str(error["message"])


async def scanned(server: Server, target: str = "npm:clean-box@1.0.0", **body: Any) -> dict[str, Any]:
    answer = await server.post("/v1/scans", json={"target": target, **body}, timeout=30)
    assert answer.status_code == 201, answer.text
    scan: dict[str, Any] = answer.json()
    return scan


async def test_a_scan_is_answered_whole_when_it_ends_in_time(server: Server) -> None:
    """201 with the documented fields in their order, all six phases, and times of whole seconds."""
    scan = await scanned(server)
    assert list(scan)[: len(PRINTED)] == PRINTED
    assert re.fullmatch(r"scan_[0-9A-Z]{26}", scan["id"])
    assert (scan["status"], scan["score"], scan["verdict"]) == ("completed", 0, "clean")
    assert list(scan["phases"]) == list(PhaseName)
    assert all({"score", "findings"} <= set(phase) for phase in scan["phases"].values())
    assert WHOLE_SECONDS.fullmatch(scan["created_at"])
    assert WHOLE_SECONDS.fullmatch(scan["finished_at"])
    assert (await server.get(f"/v1/scans/{scan['id']}")).json() == scan


async def test_a_scan_that_takes_longer_is_answered_running(server: Server, package_registry: PackageRegistry) -> None:
    """202 with all six phases pending; who asks again waits for the same scan."""
    let_go = asyncio.Event()
    name = f"box-{secrets.token_hex(6)}"
    package_registry.publish_held(name, "1.0.0", let_go)
    answer = await server.post("/v1/scans?wait=0", json={"target": f"npm:{name}@1.0.0"})
    scan = answer.json()
    assert answer.status_code == 202
    assert scan["status"] in ("queued", "running")
    assert [phase["status"] for phase in scan["phases"].values()] == ["pending"] * 6
    let_go.set()
    told = await scanned(server, f"npm:{name}@1.0.0")
    assert told["id"] == scan["id"]
    assert (await server.get(f"/v1/scans/{scan['id']}")).json() == told
    assert [phase["status"] for phase in told["phases"].values()] == ["completed"] * 6


async def test_a_finding_has_the_agreed_fields(server: Server) -> None:
    """Also its line, the code and what it weighs."""
    scan = await scanned(server, "npm:evil-box@6.6.6")
    findings = [finding for phase in scan["phases"].values() for finding in phase["findings"]]
    fields = {"rule", "severity", "confidence", "file", "line", "snippet", "description", "weight"}
    assert findings
    assert all(set(finding) == fields for finding in findings)
    assert scan["policy_result"]["result"] == "fail"


async def test_a_scan_that_failed_says_why(server: Server) -> None:
    """It has ended, so it is answered at once, with a code and a sentence, and no verdict."""
    scan = await scanned(server, "npm:altered-box@1.0.0")
    assert (scan["status"], scan["score"], scan["verdict"]) == ("failed", None, None)
    assert set(scan["error"]) == {"code", "message"}


async def test_scans_are_listed_by_numbered_pages(server: Server) -> None:
    """Newest first, with the total; beyond the last page there is nothing."""
    ids = [(await scanned(server, f"npm:clean-box@{version}"))["id"] for version in ("1.0.0", "1.1.0", "2.0.0")]
    first = (await server.get("/v1/scans?per_page=2")).json()
    assert ([scan["id"] for scan in first["items"]], first["total"]) == (ids[:0:-1], 3)
    assert (first["page"], first["per_page"]) == (1, 2)
    second = (await server.get("/v1/scans?page=2&per_page=2")).json()
    assert [scan["id"] for scan in second["items"]] == ids[:1]
    assert (await server.get("/v1/scans?page=3&per_page=2")).json()["items"] == []
    assert (await server.get("/v1/scans?target=BOX@1.1&verdict=clean")).json()["total"] == 1
    created = first["items"][0]["created_at"]
    assert (await server.get("/v1/scans", params={"from": created, "to": created})).json()["total"] >= 1


@pytest.mark.parametrize(
    "query",
    ["page=0", "per_page=101", "verdict=bad", "from=now", "to=2026-01-01", "page=x"],
)
async def test_a_bad_parameter_is_named(server: Server, query: str) -> None:
    """422 with the parameter's name in the sentence."""
    assert query.partition("=")[0] in refused(await server.get(f"/v1/scans?{query}"), 422, "validation_error")


@pytest.mark.parametrize("query", ["severity=bad", "ecosystem=gem", "per_page=0"])
async def test_a_bad_parameter_of_threats_is_named(server: Server, query: str) -> None:
    """422 here too."""
    assert query.partition("=")[0] in refused(await server.get(f"/v1/threats?{query}"), 422, "validation_error")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "body"),
        (b"[]", "body"),
        (b'{"target": 1}', "target"),
        (b'{"target": "express"}', "target"),
        (b'{"target": "file:/etc/passwd"}', "file"),
        (b'{"target": "npm:express", "policy": "none"}', "none"),
        (b'{"target": "\xff"}', "body"),
        (b"[" * 100_000, "body"),
    ],
)
async def test_a_bad_body_is_refused(server: Server, body: bytes, named: str) -> None:
    """422 with what is wrong in the sentence."""
    assert named in refused(await server.post("/v1/scans", content=body), 422, "validation_error")


async def test_a_body_without_end_is_not_read(server: Server) -> None:
    """413 as soon as it is too much."""
    answer = await server.post("/v1/scans", content=b" " * (module.BODY_BYTES + 1))
    refused(answer, 413, "validation_error")


async def test_a_scan_can_be_held_against_a_policy_by_id_or_whole(server: Server) -> None:
    """With the violations that a policy of one's own finds; scans that have not completed are refused."""
    scan = await scanned(server, "npm:evil-box@6.6.6")
    policy = {"name": "own", "max_score": 3, "phase_limits": {"network_exfil": 0}}
    results = [
        (await server.post("/v1/policies/evaluate", json={"policy": policy, **given})).json()
        for given in ({"scan_id": scan["id"]}, {"scan": scan})
    ]
    assert [result.get("result") for result in results] == ["fail", "fail"], results
    assert results[0]["violations"] == results[1]["violations"] != []
    assert set(results[0]["violations"][0]) == {"rule", "message", "severity", "actual", "expected"}
    assert WHOLE_SECONDS.fullmatch(results[0]["evaluated_at"])
    passed = await server.post("/v1/policies/evaluate", json={"policy": {"name": "any"}, "scan_id": scan["id"]})
    assert passed.json()["passed"] is True
    failed = await scanned(server, "npm:altered-box@1.0.0")
    answer = await server.post("/v1/policies/evaluate", json={"policy": "default", "scan_id": failed["id"]})
    assert "scan_id" in refused(answer, 422, "validation_error")
    for given in (failed, scan | {"score": None}):
        answer = await server.post("/v1/policies/evaluate", json={"policy": "default", "scan": given})
        assert "only completed ones" in refused(answer, 422, "validation_error")


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({}, 422, "validation_error"),
        ({"scan_id": "scan_0", "scan": {}}, 422, "validation_error"),
        ({"scan": {"id": "scan_0"}}, 422, "validation_error"),
        ({"scan_id": "scan_0"}, 404, "not_found"),
    ],
)
async def test_an_evaluation_needs_one_scan(server: Server, given: dict[str, Any], status: int, code: str) -> None:
    """Named or given whole, and one that is there."""
    refused(await server.post("/v1/policies/evaluate", json={"policy": "default", **given}), status, code)


async def test_an_unknown_field_of_a_policy_is_refused(server: Server) -> None:
    """A rule that nobody keeps would be a false comfort."""
    body = {"policy": {"name": "own", "max_scores": 3}, "scan_id": "scan_0"}
    assert "max_scores" in refused(await server.post("/v1/policies/evaluate", json=body), 422, "validation_error")


async def test_the_team_is_told(server: Server) -> None:
    """Its members by name with their roles, and how often they asked."""
    await scanned(server)
    team = (await server.get("/v1/team/members")).json()
    assert team["total"] == 1
    (member,) = team["items"]
    assert set(member) == {"id", "email", "name", "role", "created_at", "scans"}
    assert member["scans"]["total"] == 1
    assert WHOLE_SECONDS.fullmatch(member["scans"]["last_scan_at"])


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        ("/v1/scans", "GET", ("pro", "team", "enterprise")),
        ("/v1/threats", "GET", ("pro", "team", "enterprise")),
        ("/v1/team/members", "GET", ("team", "enterprise")),
    ],
)
async def test_plans_open_what_is_documented(server: Server, path: str, method: str, allowed: tuple[str, ...]) -> None:
    """403 with the plan that is needed for everyone else."""
    for plan in ("free", "pro", "team", "enterprise"):
        answer = await server.request(method, path, headers=key(plan))
        if plan in allowed:
            assert answer.status_code == 200
        else:
            assert "plan" in refused(answer, 403, "plan_required")


async def test_an_evaluation_needs_a_team(server: Server) -> None:
    """Pro scans, but holds nothing against policies of its own."""
    scan = await scanned(server)
    body = {"policy": "default", "scan_id": scan["id"]}
    refused(await server.post("/v1/policies/evaluate", json=body, headers=key("pro")), 403, "plan_required")


async def test_who_has_no_key_is_told_so(server: Server) -> None:
    """401, whatever is asked for."""
    for headers in ({"Authorization": ""}, {"Authorization": "Basic x"}, key("stranger")):
        answer = await server.get("/v1/scans", headers=headers)
        refused(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_tenant_that_asks_too_much_is_told_the_documented_sentence(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """429 with the exact message and Retry-After; each plan has its own rate."""
    monkeypatch.setattr(module, "RATES", {"team": Rate(2, 0.001)})
    for _ in range(2):
        assert (await server.get("/v1/threats")).status_code == 200
    answer = await server.get("/v1/threats")
    message = refused(answer, 429, "rate_limit_exceeded")
    assert message == "Rate limit exceeded. Retry after 60 seconds."
    assert answer.headers["retry-after"] == "60"
    assert (await server.get("/v1/threats", headers=key("enterprise"))).status_code == 200


async def test_what_is_not_documented_is_not_there(server: Server) -> None:
    """404 and 405 in the same shape."""
    refused(await server.get("/v1/nothing"), 404, "not_found")
    refused(await server.delete("/v1/scans"), 405, "method_not_allowed")
    refused(await server.get("/v1/scans/scan_unknown"), 404, "not_found")


async def test_web_pages_that_are_named_may_call(server: Server) -> None:
    """And others may not."""
    headers = {"Origin": "https://scans.example", "Access-Control-Request-Method": "POST"}
    allowed = await server.options("/v1/scans", headers=headers)
    assert allowed.headers["access-control-allow-origin"] == "https://scans.example"
    other = await server.options("/v1/scans", headers=headers | {"Origin": "https://other.example"})
    assert "access-control-allow-origin" not in other.headers
