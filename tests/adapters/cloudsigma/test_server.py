"""The served CloudSigma, held against every point that the upstream documents."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import quote

import httpx
import msgspec
import pytest
from sqlalchemy import insert

from adapters.cloudsigma import server as module
from adapters.cloudsigma.local.adapter import LocalCloudSigma
from adapters.cloudsigma.models import Output, OutputMetadata
from adapters.store.cloudsigma import outputs
from gateway.assembly import Assembly
from tests.adapters.cloudsigma.envelope import data_of, error_of

Server = httpx.AsyncClient
Keep = Callable[..., Any]
Bearer = Callable[..., dict[str, str]]

RECIPE = "Boil the pasta in salted water."
PRINTED = {
    "executionArn": "arn:aws:states:REGION:ACCOUNT_ID:execution:CloudSigmaPipeline:abc-123",
    "startDate": "2026-02-10T12:00:00Z",
}
STARTED = datetime(2026, 2, 10, 12, tzinfo=UTC)
OURS = {"inputType", "stage", "progress", "rulesGenerated", "ttpsExtracted", "platformsTargeted", "processingTimeMs"}
"""Fields beyond the documented ones."""


def printed_arn() -> str:
    return f"{PRINTED['executionArn']}-{secrets.token_hex(6)}"


async def test_health_is_open_to_all(server: Server) -> None:
    """The one endpoint that wants no token."""
    assert data_of(await server.get("/v1/health")) == {"status": "ok"}


async def test_a_running_execution_looks_as_printed(server: Server, keep: Keep, bearer: Bearer) -> None:
    """Status, ARN and start, and nothing of what is yet to come, not even as null."""
    arn = await keep("ann", arn=printed_arn(), status="RUNNING", stage="extract", progress=0.286, started_at=STARTED)
    data = data_of(await server.get(f"/v1/status/{quote(arn, safe='')}", headers=bearer("ann")))
    assert {**PRINTED, "executionArn": arn, "status": "RUNNING"}.items() <= data.items()
    assert data.keys() - PRINTED.keys() - {"status"} <= OURS
    assert None not in data.values()


async def test_a_succeeded_execution_looks_as_printed(
    server: Server, assembly: Assembly, keep: Keep, bearer: Bearer
) -> None:
    """The output has its six parts, and the metadata its five figures."""
    metadata = {
        "inputType": "url",
        "rulesGenerated": 5,
        "ttpsExtracted": 8,
        "platformsTargeted": 3,
        "processingTimeMs": 12500,
    }
    arn = await keep("ann", arn=printed_arn(), started_at=STARTED, stopped_at=STARTED + timedelta(seconds=25))
    output = Output(metadata=msgspec.convert(metadata, OutputMetadata))
    async with assembly.database.write() as connection:
        await connection.execute(insert(outputs).values(arn=arn, output=msgspec.json.encode(output)))
    data = data_of(await server.get(f"/v1/status/{quote(arn, safe='')}", headers=bearer("ann")))
    expected = {**PRINTED, "executionArn": arn, "status": "SUCCEEDED", "stopDate": "2026-02-10T12:00:25Z"}
    assert expected.items() <= data.items()
    assert data.keys() - expected.keys() - {"output"} <= OURS
    assert None not in data.values()
    lists = {"rules", "ttps", "iocs", "detectionGaps", "pipelineNotices"}
    assert data["output"] == {**{name: [] for name in lists}, "metadata": metadata}


async def test_a_failed_execution_looks_as_printed(server: Server, keep: Keep, bearer: Bearer) -> None:
    """A failure is no HTTP error: 200, FAILED, and `Code: sentence`."""
    told = "TierLimitExceeded: Monthly rule generation limit reached"
    stopped = STARTED + timedelta(seconds=5)
    arn = await keep("ann", arn=printed_arn(), status="FAILED", started_at=STARTED, stopped_at=stopped, error=told)
    data = data_of(await server.get(f"/v1/status/{quote(arn, safe='')}", headers=bearer("ann")))
    expected = {**PRINTED, "executionArn": arn, "status": "FAILED", "stopDate": "2026-02-10T12:00:05Z"}
    assert {**expected, "errorMessage": told}.items() <= data.items()
    assert data.keys() - expected.keys() - {"errorMessage"} <= OURS
    assert None not in data.values()


@pytest.mark.parametrize("written", [str, lambda arn: quote(arn, safe=""), lambda arn: arn.replace(":", "%3a")])
async def test_an_arn_may_be_encoded_or_bare(
    server: Server, keep: Keep, bearer: Bearer, written: Callable[[str], str]
) -> None:
    """The page asks for it URL-encoded, its examples leave it bare."""
    arn = await keep("ann")
    assert data_of(await server.get(f"/v1/status/{written(arn)}", headers=bearer("ann")))["executionArn"] == arn


async def test_somebody_elses_execution_is_forbidden(server: Server, keep: Keep, bearer: Bearer) -> None:
    """403, as the page of the status prints it."""
    arn = await keep("ann")
    answer = await server.get(f"/v1/status/{arn}", headers=bearer("bob"))
    assert error_of(answer, 403, "Forbidden") == "You do not own this execution"


@pytest.mark.parametrize("arn", ["", "nothing", PRINTED["executionArn"], "a/b%2Fc%00", "%F0%9F%92%A5"])
async def test_an_unknown_execution_is_not_found(server: Server, bearer: Bearer, arn: str) -> None:
    """404, whatever was asked for."""
    error_of(await server.get(f"/v1/status/{arn}", headers=bearer()), 404, "NotFound")


async def test_the_history_is_newest_first_and_ends_after_fifty(server: Server, keep: Keep, bearer: Bearer) -> None:
    """There are no pages: the latest 50, or as many as `limit` says."""
    owner = f"historian-{secrets.token_hex(4)}"
    arns = [await keep(owner, started_at=STARTED + timedelta(hours=hour)) for hour in range(52)]
    everything = data_of(await server.get("/v1/executions", headers=bearer(owner)))
    assert [row["executionArn"] for row in everything["executions"]] == arns[:1:-1]
    some = data_of(await server.get("/v1/executions?limit=10", headers=bearer(owner)))
    assert some["executions"] == everything["executions"][:10]


async def test_a_line_of_the_history_sums_an_execution_up(server: Server, keep: Keep, bearer: Bearer) -> None:
    """Input type, status, rules and techniques, also where there are none, and an error only where there is one."""
    owner = f"historian-{secrets.token_hex(4)}"
    failed = {"status": "FAILED", "error": "PipelineFailed: no", "stopped_at": STARTED, "input_type": "cve"}
    await keep(owner, started_at=STARTED, **failed)
    await keep(owner, started_at=STARTED + timedelta(hours=1), rules_generated=5, ttps_extracted=8)
    newer, older = data_of(await server.get("/v1/executions", headers=bearer(owner)))["executions"]
    expected = {"status": "SUCCEEDED", "inputType": "text", "rulesGenerated": 5, "ttpsExtracted": 8}
    assert expected.items() <= newer.items()
    assert newer["startDate"] == "2026-02-10T13:00:00Z"
    assert "errorMessage" not in newer
    expected = {"status": "FAILED", "inputType": "cve", "rulesGenerated": 0, "ttpsExtracted": 0}
    assert {
        **expected,
        "errorMessage": "PipelineFailed: no",
        "stopDate": "2026-02-10T12:00:00Z",
    }.items() <= older.items()
    assert "output" not in newer


@pytest.mark.parametrize("limit", ["0", "-1", "51", "ten", "", "1.5", "9" * 5000, "00000000199"])
async def test_a_limit_that_makes_no_sense_is_refused(server: Server, bearer: Bearer, limit: str) -> None:
    """The sentence says what would do."""
    answer = await server.get("/v1/executions", params={"limit": limit}, headers=bearer())
    assert "give 1 to 50" in error_of(answer, 400, "ValidationError")


async def test_nobody_sees_anybody_elses_history(server: Server, keep: Keep, bearer: Bearer) -> None:
    """Each caller has a list of its own."""
    await keep("ann")
    assert data_of(await server.get("/v1/executions", headers=bearer())) == {"executions": []}


@pytest.mark.parametrize(("tier", "limit"), [("free", 20), ("pro", -1), ("team", -1), ("enterprise", -1)])
async def test_usage_counts_this_months_rules(
    server: Server, keep: Keep, bearer: Bearer, tier: str, limit: int
) -> None:
    """-1 means unlimited."""
    owner = f"{tier}-{secrets.token_hex(4)}"
    await keep(owner, rules_generated=7)
    await keep(owner, rules_generated=5, started_at=STARTED)
    data = data_of(await server.get("/v1/usage", headers=bearer(owner, tier=tier)))
    period = data.pop("periodStart")
    assert data == {"used": 7, "limit": limit, "tier": tier}
    assert re.fullmatch(r"\d{4}-\d\d-01T00:00:00Z", period)


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/nothing", "/v2/usage", "/v1/api-keys/a/b"])
async def test_an_unknown_path_is_not_found(server: Server, bearer: Bearer, path: str) -> None:
    """In the envelope, as any other error."""
    error_of(await server.get(path, headers=bearer()), 404, "NotFound")


async def test_a_method_that_a_path_does_not_know_is_refused(server: Server, bearer: Bearer) -> None:
    """The answer says which it knows."""
    answer = await server.get("/v1/generate", headers=bearer())
    error_of(answer, 405, "ValidationError")
    assert answer.headers["allow"] == "POST"


async def test_an_internal_error_says_nothing_internal(
    server: Server, local: LocalCloudSigma, bearer: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500 PipelineFailed, with the documented advice."""
    monkeypatch.setattr(local, "_database", cast("Any", None))
    message = error_of(await server.get("/v1/usage", headers=bearer()), 500, "PipelineFailed")
    assert message == "Internal error; retry, and contact support if it persists"


async def test_browsers_may_call_from_allowed_origins_only(server: Server, bearer: Bearer) -> None:
    """CORS lets in the origins that were named."""
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization,content-type"}
    allowed = await server.options("/v1/usage", headers={"Origin": "https://rules.example", **asked})
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "https://rules.example"
    other = await server.get("/v1/usage", headers={"Origin": "https://elsewhere.example", **bearer()})
    assert "access-control-allow-origin" not in other.headers


async def test_an_account_that_asks_too_much_is_told_when_to_come_back(
    server: Server, bearer: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """429 with Retry-After; others are served on."""
    monkeypatch.setattr(module, "BURST", 2)
    monkeypatch.setattr(module, "REQUESTS_PER_SECOND", 0.001)
    headers = bearer("ann")
    for _ in range(2):
        data_of(await server.get("/v1/usage", headers=headers))
    refused = await server.get("/v1/usage", headers=headers)
    error_of(refused, 429, "RateLimitExceeded")
    assert refused.headers["retry-after"] == "1"
    data_of(await server.get("/v1/usage", headers=bearer("bob")))


async def test_the_served_process_takes_encoded_arns_and_large_bodies(served_cloudsigma: str) -> None:
    """What a real HTTP server in between could spoil: percent-encoding, and a body that is not read to its end."""
    headers = {"Authorization": f"Bearer csk_live_{secrets.token_hex(16)}"}
    async with httpx.AsyncClient(base_url=served_cloudsigma, headers=headers, trust_env=False) as client:
        body = {"inputType": "text", "text": RECIPE}
        arn = data_of(await client.post("/v1/generate", json=body))["executionArn"]
        for written in (arn, quote(arn, safe="")):
            assert data_of(await client.get(f"/v1/status/{written}"))["executionArn"] == arn
        huge = await client.post("/v1/generate", content=json.dumps({**body, "text": "x" * 2_000_000}))
        error_of(huge, 400, "InputTooLarge")
