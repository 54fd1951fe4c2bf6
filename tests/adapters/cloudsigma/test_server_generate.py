"""POST /v1/generate as served: what it takes, what it refuses with which code, and the limits."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import yaml

from adapters.cloudsigma.local.adapter import WORKFLOW, LocalCloudSigma
from adapters.cloudsigma.validation import validated
from adapters.principal import Principal
from tests.adapters.cloudsigma.envelope import data_of, error_of
from tests.running import new_principal

Keep = Callable[..., Any]
Bearer = Callable[..., dict[str, str]]

RECIPE = "Boil the pasta in salted water."
TEXT = {"inputType": "text", "text": RECIPE}
DEEP = b'{"unknown": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
REPORT = """
The actor sent spearphishing emails with a malicious Word attachment. When opened, a macro ran PowerShell (T1059.001)
and rundll32.exe executed the malware's DLL (T1218.011). It beaconed to the command and control server 45.155.205[.]233.
"""


async def test_generating_answers_at_once_and_the_status_tells_the_end(
    server: httpx.AsyncClient, bearer: Bearer
) -> None:
    """An ARN of the documented shape, that status and history know."""
    headers = bearer()
    body = {"inputType": "url", "url": "http://127.0.0.1:9/report", "options": {"targetProviders": ["aws"]}}
    data = data_of(await server.post("/v1/generate", json=body, headers=headers))
    assert re.fullmatch(r"arn:aws:states:[^:]+:\d{12}:execution:CloudSigmaPipeline:[0-9a-f-]{36}", data["executionArn"])
    assert data["status"] == "RUNNING"
    assert data["startDate"].endswith("Z")
    (row,) = data_of(await server.get("/v1/executions", headers=headers))["executions"]
    assert row["executionArn"] == data["executionArn"]


async def test_the_months_limit_can_be_reached_while_the_pipeline_runs(
    server: httpx.AsyncClient, local: LocalCloudSigma, keep: Keep, bearer: Bearer
) -> None:
    """The execution ends FAILED, with the printed message."""
    user = new_principal("free")
    await keep(user.id, rules_generated=20)
    arn = await begun(local, user)
    await ended(local, user, arn)
    data = data_of(await server.get(f"/v1/status/{arn}", headers=bearer(user.id, tier="free")))
    assert data["status"] == "FAILED"
    assert data["errorMessage"] == "TierLimitExceeded: Monthly rule generation limit reached"


async def test_the_free_tier_gets_watermarked_rules_up_to_its_limit(
    server: httpx.AsyncClient, local: LocalCloudSigma, keep: Keep, bearer: Bearer
) -> None:
    """What is beyond the month's 20 rules is left out, and a notice says so."""
    user = new_principal("free")
    await keep(user.id, rules_generated=19)
    arn = await begun(local, user)
    await ended(local, user, arn)
    headers = bearer(user.id, tier="free")
    output = data_of(await server.get(f"/v1/status/{arn}", headers=headers))["output"]
    (rule,) = output["rules"]
    assert yaml.safe_load(rule["sigma"])["_cloudsigma"] == {"watermark": True}
    assert output["metadata"]["rulesGenerated"] == 1
    assert "TierLimitExceeded" in {notice["code"] for notice in output["pipelineNotices"]}
    assert data_of(await server.get("/v1/usage", headers=headers))["used"] == 20


async def begun(local: LocalCloudSigma, user: Principal) -> str:
    """Begin an execution that was admitted before its user's rules were counted."""
    async with local._feed.write(local._database) as writing:
        request = validated(text=REPORT, platforms=["windows-sysmon"], siems=["splunk"])
        execution = await local.records.insert(writing, user, request)
    await local._durable.begin(WORKFLOW, execution.arn)
    return execution.arn


async def ended(local: LocalCloudSigma, user: Principal, arn: str) -> None:
    async for _ in local.watch(user, arn=arn):
        pass


@pytest.mark.parametrize(
    ("body", "code", "told"),
    [
        ({}, "ValidationError", "exactly one"),
        ({"inputType": "text"}, "ValidationError", "none was given"),
        ({"text": RECIPE}, "InvalidInputType", "known are url, cve, text"),
        ({"inputType": "pdf", "text": RECIPE}, "InvalidInputType", "'pdf'"),
        ({"inputType": "url", "text": RECIPE}, "ValidationError", "input type is url"),
        ({"inputType": "text", "text": RECIPE, "url": "https://a.example"}, "ValidationError", "url and text"),
        ({"inputType": "text", "text": " \n"}, "ValidationError", "empty"),
        ({"inputType": "text", "text": 5}, "ValidationError", "$.text"),
        ({"inputType": "text", "text": "x" * 50_001}, "InputTooLarge", "50,000"),
        ({"inputType": "url", "url": "ftp://a.example/report"}, "InvalidUrl", "ftp://a.example/report"),
        ({"inputType": "url", "url": ""}, "InvalidUrl", ""),
        ({"inputType": "cve", "cveId": "CVE-2021-123"}, "InvalidCveId", "'CVE-2021-123'"),
        ({"inputType": "cve", "cveId": "CVE-2021-44228x"}, "InvalidCveId", "CVE-2021-44228x"),
        ({**TEXT, "options": {"targetProviders": ["aws", "ibm"]}}, "ValidationError", "'ibm'"),
        ({**TEXT, "options": {"targetProviders": []}}, "ValidationError", "list of platforms is empty"),
        ({**TEXT, "options": {"targetSiems": ["qradar"]}}, "ValidationError", "'qradar'"),
        ({**TEXT, "options": {"targetSiems": []}}, "ValidationError", "list of SIEMs is empty"),
        ({**TEXT, "options": {"includeIocRules": "yes"}}, "ValidationError", "$.options.includeIocRules"),
        ({**TEXT, "options": []}, "ValidationError", "$.options"),
    ],
)
async def test_bad_input_is_refused_with_its_code_and_a_sentence_on_it(
    server: httpx.AsyncClient, bearer: Bearer, body: dict[str, object], code: str, told: str
) -> None:
    """400, and nothing has begun."""
    headers = bearer()
    assert told in error_of(await server.post("/v1/generate", json=body, headers=headers), 400, code)
    assert data_of(await server.get("/v1/executions", headers=headers)) == {"executions": []}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"[]", b'"text"', b"inputType=text", b'{"text": "\xff"}', b'{"text": "\\ud800"}', DEEP],
    ids=["empty", "cut off", "null", "list", "string", "form", "not UTF-8", "half a character", "deep"],
)
async def test_a_body_that_is_no_json_object_is_refused(
    server: httpx.AsyncClient, bearer: Bearer, content: bytes
) -> None:
    """400 ValidationError, never an internal error."""
    answer = await server.post("/v1/generate", content=content, headers=bearer())
    assert "The body does not fit" in error_of(answer, 400, "ValidationError")


async def test_a_body_that_is_too_large_is_refused(server: httpx.AsyncClient, bearer: Bearer) -> None:
    """It is not even read to its end."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 100_000

    error_of(await server.post("/v1/generate", content=endless(), headers=bearer()), 400, "InputTooLarge")
    assert sent <= 12


async def test_the_longest_text_fits_however_it_is_escaped(server: httpx.AsyncClient, bearer: Bearer) -> None:
    """50,000 characters are allowed, also when each is written with twelve bytes."""
    body = json.dumps({"inputType": "text", "text": "\N{COLLISION SYMBOL}" * 50_000})
    assert len(body) > 600_000
    data_of(await server.post("/v1/generate", content=body, headers=bearer()))


async def test_what_is_not_known_in_a_body_is_ignored(server: httpx.AsyncClient, bearer: Bearer) -> None:
    """So that newer clients can talk to this server."""
    body = {**TEXT, "priority": "high", "url": None, "options": {"language": "en", "force": True}}
    data_of(await server.post("/v1/generate", json=body, headers=bearer()))


async def test_the_sixth_execution_in_a_minute_is_refused(
    server: httpx.AsyncClient, keep: Keep, bearer: Bearer
) -> None:
    """Five a minute and user, and Retry-After says when the oldest is a minute ago."""
    user = f"user-{secrets.token_hex(6)}"
    for seconds in (50, 40, 30, 20):
        await keep(user, started_at=datetime.now(UTC) - timedelta(seconds=seconds))
    data_of(await server.post("/v1/generate", json=TEXT, headers=bearer(user)))
    refused = await server.post("/v1/generate", json=TEXT, headers=bearer(user))
    assert "5 executions a minute" in error_of(refused, 429, "RateLimitExceeded")
    assert 1 <= int(refused.headers["retry-after"]) <= 11
    data_of(await server.post("/v1/generate", json=TEXT, headers=bearer()))


async def test_the_free_tier_is_refused_once_its_rules_are_used_up(
    server: httpx.AsyncClient, keep: Keep, bearer: Bearer
) -> None:
    """20 rules a month; other tiers have no such limit."""
    user = f"user-{secrets.token_hex(6)}"
    await keep(user, rules_generated=20)
    refused = await server.post("/v1/generate", json=TEXT, headers=bearer(user, tier="free"))
    assert error_of(refused, 429, "TierLimitExceeded") == "Monthly rule generation limit reached"
    assert 1 <= int(refused.headers["retry-after"]) <= 31 * 86_400
    data_of(await server.post("/v1/generate", json=TEXT, headers=bearer(user, tier="pro")))
