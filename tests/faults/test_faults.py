"""Every fault of every service, through the whole graph: what `docs/faults.md` promises is what is seen."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.services import Service
from tests.faults.gateway import OPERATION_SECONDS, Upstreams, gateway_over
from tests.faults.proxy import RETRY_AFTER_SECONDS, Fault
from tests.faults.table import Promise, promises
from tests.graph_client import GraphClient

PROMISES = promises()
SERVICES = list(Service)
NO_HANG_SECONDS = 3 * OPERATION_SECONDS
"""Beyond what an operation may take, with room for a busy machine."""

ALL = """
query All($scan: String!) {
  viewer { usage { tier } plan { plan } }
  packageScan(scanId: $scan) { scanId }
}
"""
STATUS = "{ services { service health message } }"
WRITES: Mapping[Service, str] = {
    Service.CLOUDSIGMA: """mutation { write: generateRules(input: {text: "The malware ran rundll32.exe (T1218.011)"}) {
        __typename ... on LimitExceeded { retryAfterSeconds } } }""",
    Service.SIGIL: """mutation { write: submitScan(input: {target: "npm:clean-box@2.0.0"}) {
        __typename ... on LimitExceeded { retryAfterSeconds } } }""",
    Service.CLOUDLINK: """mutation { write: recordDeploy(input: {service: "Amazon EC2", version: "1.2.3"}) {
        __typename ... on LimitExceeded { retryAfterSeconds } } }""",
}
PATHS: Mapping[Service, list[str]] = {
    Service.CLOUDSIGMA: ["viewer", "usage"],
    Service.SIGIL: ["packageScan"],
    Service.CLOUDLINK: ["viewer", "plan"],
}
MADE = {Service.CLOUDSIGMA: "Execution", Service.SIGIL: "PackageScan", Service.CLOUDLINK: "Deploy"}


@dataclass(frozen=True)
class Story:
    """A gateway over the services, and a scan that Sigil has already."""

    client: GraphClient
    upstreams: Upstreams
    scan: str

    async def whole(self) -> dict[str, Any]:
        """Ask all services in one query."""
        return await self.client.post(ALL, scan=self.scan)

    async def writes(self, service: Service) -> int:
        """Count what was written at the service itself."""
        return await COUNTS[service](self.upstreams)


async def _executions(upstreams: Upstreams) -> int:
    return len((await upstreams.ask(Service.CLOUDSIGMA, "GET", "/v1/executions"))["data"]["executions"])


async def _scans(upstreams: Upstreams) -> int:
    return int((await upstreams.ask(Service.SIGIL, "GET", "/v1/scans?target=clean-box@2.0.0"))["total"])


async def _deploys(upstreams: Upstreams) -> int:
    return len(await upstreams.ask(Service.CLOUDLINK, "GET", "/deploys"))


COUNTS: Mapping[Service, Callable[[Upstreams], Awaitable[int]]] = {
    Service.CLOUDSIGMA: _executions,
    Service.SIGIL: _scans,
    Service.CLOUDLINK: _deploys,
}


async def _scanned(upstreams: Upstreams) -> str:
    scan = await upstreams.ask(Service.SIGIL, "POST", "/v1/scans", {"target": "npm:clean-box@1.0.0"})
    return str(scan["id"])


def _closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _part(data: Mapping[str, Any], service: Service) -> Any:
    part: Any = data
    for name in PATHS[service]:
        part = part[name]
    return part


async def _holds(story: Story, service: Service, promise: Promise) -> None:
    """Ask, write and look at the services while the fault lasts, all at once."""
    async with asyncio.timeout(NO_HANG_SECONDS):
        whole, written, status = await asyncio.gather(
            story.whole(), story.client.post(WRITES[service]), story.client.post(STATUS)
        )
    (error,) = whole["errors"]
    assert error["path"] == PATHS[service]
    assert error["extensions"]["code"] == promise.query
    assert error["extensions"]["service"].upper() == service.name
    assert [_part(whole["data"], other) is None for other in SERVICES] == [other is service for other in SERVICES]
    _is_told(written, promise.mutation)
    healths = {row["service"]: row["health"] for row in status["data"]["services"]}
    assert healths == {other.name: promise.health if other is service else "UP" for other in SERVICES}
    assert await story.writes(service) == promise.writes


def _is_told(written: Mapping[str, Any], told: str) -> None:
    if told == "LimitExceeded":
        assert written["data"]["write"] == {"__typename": told, "retryAfterSeconds": RETRY_AFTER_SECONDS}
        return
    (error,) = written["errors"]
    assert error["extensions"]["code"] == told


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("fault", list(Fault))
async def test_a_fault_is_seen_as_documented_and_goes_by(
    fault: Fault, service: Service, upstreams: Upstreams, tmp_path: Path
) -> None:
    """One part is an error, the rest data; a write is made never or once, and all is well once the fault is gone."""
    async with gateway_over(upstreams, tmp_path) as client:
        story = Story(client, upstreams, await _scanned(upstreams))
        proxy = upstreams.proxies[service]
        proxy.fault = fault
        await _holds(story, service, PROMISES[fault])
        assert proxy.elsewhere == 0
        proxy.fault = None
        if fault is not Fault.RATE_LIMITED:  # which lasts as long as the service said
            assert "errors" not in await story.whole()


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("fault", [Fault.RESET, Fault.LOST_ANSWER, Fault.BAD_GATEWAY, Fault.TRUNCATED])
async def test_a_fault_that_passes_is_not_seen_by_a_query(
    fault: Fault, service: Service, upstreams: Upstreams, tmp_path: Path
) -> None:
    """A read is tried again."""
    async with gateway_over(upstreams, tmp_path) as client:
        story = Story(client, upstreams, await _scanned(upstreams))
        proxy = upstreams.proxies[service]
        proxy.fault, proxy.times = fault, 1
        assert "errors" not in await story.whole()
        assert proxy.times == 0


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_that_asks_for_time_has_it(service: Service, upstreams: Upstreams, tmp_path: Path) -> None:
    """Until `Retry-After` is over nobody asks it, and who can't wait that long is told when to come back."""
    async with gateway_over(upstreams, tmp_path) as client:
        story = Story(client, upstreams, await _scanned(upstreams))
        proxy = upstreams.proxies[service]
        proxy.fault, proxy.times = Fault.RATE_LIMITED, 1
        await story.whole()
        asked = proxy.asked.total()
        (error,) = (await story.whole())["errors"]
        assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
        assert 0 < error["extensions"]["retryAfterSeconds"] <= RETRY_AFTER_SECONDS
        assert proxy.asked.total() == asked


@pytest.mark.parametrize("service", SERVICES)
async def test_a_short_wait_is_waited(service: Service, upstreams: Upstreams, tmp_path: Path) -> None:
    """Where the operation has the time, the caller sees nothing of a 429."""
    async with gateway_over(upstreams, tmp_path) as client:
        story = Story(client, upstreams, await _scanned(upstreams))
        proxy = upstreams.proxies[service]
        proxy.fault, proxy.times, proxy.retry_after = Fault.RATE_LIMITED, 1, 1
        assert "errors" not in await story.whole()


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("fault", ["unreachable", "unknown host"])
async def test_a_service_that_is_not_there_is_seen_as_documented(
    fault: str, service: Service, upstreams: Upstreams, tmp_path: Path
) -> None:
    """Nothing listens, or the name leads nowhere."""
    there = f"http://127.0.0.1:{_closed_port()}" if fault == "unreachable" else f"http://{service}.invalid"
    async with gateway_over(upstreams, tmp_path, {service: there}) as client:
        story = Story(client, upstreams, await _scanned(upstreams))
        await _holds(story, service, PROMISES[fault])


@pytest.mark.parametrize("service", SERVICES)
async def test_a_write_goes_through_when_nothing_is_wrong(
    service: Service, upstreams: Upstreams, tmp_path: Path
) -> None:
    """What the other tests count is counted."""
    async with gateway_over(upstreams, tmp_path) as client:
        story = Story(client, upstreams, "")
        assert (await client.execute(WRITES[service]))["write"]["__typename"] == MADE[service]
        assert await story.writes(service) == 1


def test_the_table_has_every_fault() -> None:
    """And no other."""
    assert set(PROMISES) == {*Fault, "unreachable", "unknown host"}
