"""Subscriptions over a service that goes wrong meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from adapters.services import Service
from tests.faults.gateway import Upstreams, gateway_over
from tests.faults.proxy import Fault
from tests.waiting import until

SECONDS = 90
BEGIN: Mapping[Service, str] = {
    Service.CLOUDSIGMA: """mutation {
      begun: generateRules(input: {text: "The malware ran rundll32.exe (T1218.011)"}) { ... on Execution { key: arn } }
    }""",
    Service.SIGIL: """mutation {
      begun: submitScan(input: {target: "npm:clean-box@1.1.0"}) { ... on PackageScan { key: scanId } }
    }""",
}
FOLLOW: Mapping[Service, str] = {
    Service.CLOUDSIGMA: """subscription($key: String!) {
      event: executionStatus(arn: $key) { thing: execution { status } }
    }""",
    Service.SIGIL: "subscription($key: String!) { event: scanStatus(scanId: $key) { thing: scan { status } } }",
}
ENDED = {Service.CLOUDSIGMA: "SUCCEEDED", Service.SIGIL: "COMPLETED"}


@pytest.mark.parametrize("service", list(BEGIN))
@pytest.mark.parametrize("fault", [Fault.RESET, Fault.SERVER_ERROR, Fault.INVALID_JSON])
async def test_the_terminal_state_arrives_however_the_service_was_meanwhile(
    fault: Fault, service: Service, upstreams: Upstreams, tmp_path: Path
) -> None:
    """The stream neither ends nor repeats itself while the poll can't look."""
    proxy = upstreams.proxies[service]
    seen: list[str] = []
    async with asyncio.timeout(SECONDS), gateway_over(upstreams, tmp_path) as client:
        key = (await client.execute(BEGIN[service]))["begun"]["key"]

        async def follow() -> None:
            async for payload in client.subscribe(FOLLOW[service], key=key):
                seen.append(payload["data"]["event"]["thing"]["status"])  # noqa: PERF401 - watched meanwhile

        following = asyncio.create_task(follow())
        await until(lambda: bool(seen) or following.done())
        proxy.fault = fault
        asked = proxy.asked.total()
        await until(lambda: proxy.asked.total() > asked or following.done())
        proxy.fault = None
        await following
    assert seen[-1] == ENDED[service]
    assert seen.count(ENDED[service]) == 1
