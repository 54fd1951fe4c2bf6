"""What tests of CloudLink's wire share: the double served without a socket, and the REST adapter over it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.cloudlink.callers import Callers
from adapters.cloudlink.exchange import Exchange
from adapters.cloudlink.rest import RestCloudLink
from adapters.cloudlink.server import create_server
from adapters.http.polling import Pace
from adapters.http.upstream import Upstream
from adapters.keys import digest_of
from adapters.principal import Principal
from tests.doubles.served_cloudlink import ServedCloudLink

ADDRESS = "http://cloudlink.test"
KEY = "the key of the test"
OTHER_KEY = "the key of another tenant"
NEVER = Pace(busy=3600, idle=3600, trouble=3600)


@pytest.fixture
def memory() -> ServedCloudLink:
    """The double behind the server."""
    return ServedCloudLink()


@pytest.fixture
def other() -> Principal:
    """A caller of another tenant."""
    return Principal(id="other", name="other", tenant="tenant-of-other")


@pytest.fixture
def wire(memory: ServedCloudLink, principal: Principal, other: Principal) -> httpx.ASGITransport:
    """The server's application as a transport."""
    app = create_server(memory, Callers({digest_of(KEY): principal, digest_of(OTHER_KEY): other}))
    return httpx.ASGITransport(app, raise_app_exceptions=False)


@pytest.fixture
async def server(wire: httpx.ASGITransport) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the server, with the key of `principal`."""
    async with httpx.AsyncClient(transport=wire, base_url=ADDRESS, headers=bearer(KEY)) as client:
        yield client


@pytest.fixture
async def rest(wire: httpx.ASGITransport, principal: Principal) -> AsyncIterator[RestCloudLink]:
    """The REST adapter over the server, for the tenant of `principal`; its polls look once."""
    upstream = Upstream("CloudLink", ADDRESS, KEY, wire)
    adapter = RestCloudLink(Exchange(upstream, upstream, principal.tenant), NEVER)
    yield adapter
    await adapter.close()


def bearer(key: str) -> dict[str, str]:
    """Write the header of a key."""
    return {"Authorization": f"Bearer {key}"}
