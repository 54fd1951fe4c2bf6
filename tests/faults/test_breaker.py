"""The breaker before a service that keeps failing, through the whole graph."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from adapters.services import Service
from tests.faults.gateway import Upstreams, gateway_over
from tests.faults.proxy import Fault, FaultProxy
from tests.graph_client import GraphClient

QUERIES: Mapping[Service, str] = {
    Service.CLOUDSIGMA: "{ viewer { usage { tier } } }",
    Service.SIGIL: "{ packageScans { nodes { id } } }",
    Service.CLOUDLINK: "{ viewer { plan { plan } } }",
}
STATUS = "{ services { service breaker message } }"
MOST_QUERIES = 30
RECOVERY_SECONDS = 20


async def _status(client: GraphClient, service: Service) -> dict[str, Any]:
    rows = (await client.execute(STATUS))["services"]
    return next(row for row in rows if row["service"] == service.name)


async def _opened(client: GraphClient, service: Service, proxy: FaultProxy) -> dict[str, Any]:
    """Ask until nothing reaches the service any more; gives what the client sees then."""
    for _ in range(MOST_QUERIES):
        asked = proxy.asked.total()
        (error,) = (await client.post(QUERIES[service]))["errors"]
        assert error["extensions"]["code"] == "SERVICE_UNREACHABLE"
        if proxy.asked.total() == asked:
            extensions: dict[str, Any] = error["extensions"]
            return extensions
    raise AssertionError("the breaker stays closed")


@pytest.mark.parametrize("service", list(Service))
async def test_the_breaker_opens_and_recovers(service: Service, upstreams: Upstreams, tmp_path: Path) -> None:
    """A failing service is left alone and clients are told for how long; once it is well again it is used again."""
    proxy = upstreams.proxies[service]
    async with gateway_over(upstreams, tmp_path, operation_seconds=15) as client:
        proxy.fault = Fault.SERVER_ERROR
        extensions = await _opened(client, service, proxy)
        assert 0 < extensions["retryAfterSeconds"] <= 5
        assert extensions["service"].upper() == service.name
        assert (await _status(client, service))["breaker"] == "OPEN"
        proxy.fault = None
        async with asyncio.timeout(RECOVERY_SECONDS):
            while "errors" in await client.post(QUERIES[service]):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.2)
        assert (await _status(client, service))["breaker"] == "CLOSED"


async def test_one_probe_at_a_time_looks_whether_the_service_is_well(upstreams: Upstreams, tmp_path: Path) -> None:
    """While it is not, five seconds pass between two of them, however many ask."""
    service = Service.CLOUDSIGMA
    proxy = upstreams.proxies[service]
    async with gateway_over(upstreams, tmp_path, operation_seconds=15) as client:
        proxy.fault = Fault.SERVER_ERROR
        await _opened(client, service, proxy)
        arrived = len(proxy.arrivals)
        async with asyncio.timeout(RECOVERY_SECONDS):
            while len(proxy.arrivals) < arrived + 2:
                await asyncio.gather(*(client.post(QUERIES[service]) for _ in range(3)))
                await asyncio.sleep(0.2)
        first, second = proxy.arrivals[arrived : arrived + 2]
        assert second - first >= 5
