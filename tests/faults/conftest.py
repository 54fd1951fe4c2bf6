"""The three served services behind proxies that go wrong."""

from __future__ import annotations

import gc
import logging
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from adapters.services import Service
from tests.faults.gateway import Upstreams
from tests.faults.proxy import faulty


@pytest.fixture(autouse=True)
def _nothing_unhandled(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test with what was logged as an error: a fault of a service is none of the gateway's."""
    yield
    gc.collect()  # a task whose exception nobody has seen tells it when it goes
    told = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not told, told


@pytest.fixture
async def upstreams(served_cloudsigma: str, served_sigil: str, served_cloudlink: str) -> AsyncIterator[Upstreams]:
    """The services, each behind a proxy, with tokens that nobody has used before."""
    addresses = {
        Service.CLOUDSIGMA: served_cloudsigma,
        Service.SIGIL: served_sigil,
        Service.CLOUDLINK: served_cloudlink,
    }
    tokens = {
        Service.CLOUDSIGMA: f"csk_live_{secrets.token_hex(16)}",
        Service.SIGIL: f"sk_live_{secrets.token_hex(16)}",
        Service.CLOUDLINK: f"cl_live_{secrets.token_hex(16)}",
    }
    async with AsyncExitStack() as stack:
        proxies = {service: await stack.enter_async_context(faulty(where)) for service, where in addresses.items()}
        yield Upstreams(addresses, proxies, tokens)
