"""CloudLink's webhooks at the gateway: over a real adapter, watched while they come in."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, cast

import httpx
import pytest
from starlette.applications import Starlette

from adapters.cloudlink.models import Regression, RegressionStatus
from adapters.cloudlink.rest import RestCloudLink
from adapters.events.watching import Observation
from adapters.principal import LOCAL_PRINCIPAL as LOCAL
from gateway.webhooks import webhook_routes
from tests.doubles.scripted_cloudlink import ScriptedCloudLink, regression

SECRET = "a-secret-of-the-test"
LIMIT = 1024 * 1024


@pytest.fixture
async def adapter() -> AsyncIterator[RestCloudLink]:
    """The REST adapter over an upstream with an open regression."""
    upstream = ScriptedCloudLink()
    upstream.rows["regressions"] = [regression(1)]
    rest = upstream.adapter()
    yield rest
    await rest.close()


def client(adapter: object, secret: str = SECRET) -> httpx.AsyncClient:
    """Call the routes without a socket."""
    transport = httpx.ASGITransport(Starlette(routes=webhook_routes(adapter, secret)))
    return httpx.AsyncClient(transport=transport, base_url="http://gateway.test")


async def post(to: httpx.AsyncClient, body: bytes, secret: str = SECRET) -> httpx.Response:
    """Send a body with its signature."""
    signature = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
    return await to.post("/webhooks/cloudlink", content=body, headers={"X-Cloudlink-Signature": signature})


def event(name: str, payload: Any) -> bytes:
    """Write the documented body."""
    return json.dumps({"event": name, "payload": payload}).encode()


async def test_an_event_reaches_watchers_at_once(adapter: RestCloudLink) -> None:
    """The answer is 202 and empty; the same again is refused and tells nobody."""
    stream = cast("AsyncGenerator[Observation[Regression]]", adapter.watch_regressions(LOCAL))
    async with asyncio.timeout(10), client(adapter) as to:
        await anext(stream)
        body = event("regression.acknowledged", regression(1, status="acknowledged"))
        answer = await post(to, body)
        assert (answer.status_code, answer.content) == (202, b"")
        assert (await anext(stream)).state.status is RegressionStatus.ACKNOWLEDGED
        assert (await post(to, body)).status_code == 409
    await stream.aclose()


async def test_what_is_not_signed_is_refused(adapter: RestCloudLink, caplog: pytest.LogCaptureFixture) -> None:
    """401, and what was sent is not logged."""
    body = event("ping", {"note": "a-private-payload"})
    with caplog.at_level(logging.INFO):
        async with client(adapter) as to:
            assert (await post(to, body, "another secret")).status_code == 401
            missing = await to.post("/webhooks/cloudlink", content=body)
    assert (missing.status_code, set(missing.json())) == (401, {"detail"})
    assert "a-private-payload" not in caplog.text
    assert SECRET not in caplog.text + missing.text


async def test_what_is_no_event_is_refused(adapter: RestCloudLink) -> None:
    """400 for a signed body of another shape, 413 for one that is too large."""
    async with client(adapter) as to:
        assert (await post(to, b"[]")).status_code == 400
        assert (await post(to, b" " * (LIMIT + 1))).status_code == 413
        assert (await to.get("/webhooks/cloudlink")).status_code == 405


@pytest.mark.parametrize("secret", ["", SECRET])
async def test_without_a_secret_or_one_who_takes_them_there_is_no_such_path(
    adapter: RestCloudLink, secret: str
) -> None:
    """404, as everywhere that nothing is."""
    async with client(object() if secret else adapter, secret) as to:
        assert (await post(to, event("ping", {}))).status_code == 404
