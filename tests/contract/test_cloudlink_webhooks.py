"""A served CloudLink and a gateway over it: what changes there is pushed here by its webhooks."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import httpx
import uvicorn
from starlette.applications import Starlette

from adapters.cloudlink.account import NewWebhook
from adapters.cloudlink.exchange import Exchange
from adapters.cloudlink.models import Regression, RegressionStatus
from adapters.cloudlink.rest import RestCloudLink
from adapters.events.watching import Observation
from adapters.http.polling import Pace
from adapters.http.retry import RetryTransport
from adapters.http.upstream import Upstream
from adapters.principal import LOCAL_PRINCIPAL as LOCAL
from adapters.vault import new_encryption_key
from gateway.webhooks import webhook_routes
from tests.contract.test_cloudlink import deployed
from tests.running import start_server

NEVER = Pace(busy=3600, idle=3600, trouble=3600)
SECONDS = 60


@asynccontextmanager
async def listening(app: Starlette) -> AsyncIterator[int]:
    """Serve an application on a free port of loopback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none"))
        running = asyncio.create_task(server.serve([taken]))
        yield taken.getsockname()[1]
        server.should_exit = True
        await running


def connected(address: str, token: str) -> RestCloudLink:
    """Build an adapter that looks once and then waits to be told."""
    upstream = Upstream("CloudLink", address, token, RetryTransport(httpx.AsyncHTTPTransport()))
    return RestCloudLink(Exchange(upstream, upstream, LOCAL.tenant), NEVER)


async def test_what_another_client_changes_is_pushed(tmp_path: Path) -> None:
    """Detected, acknowledged and resolved elsewhere, told here at once: signed, and without a poll."""
    secret, token = secrets.token_hex(16), f"cl_live_{secrets.token_hex(16)}"
    routes = Starlette()
    async with asyncio.timeout(SECONDS), listening(routes) as port:
        environment = {
            "TRIGRAPH_DATA_DIR": str(tmp_path),
            "TRIGRAPH_WORKERS": "1",
            "TRIGRAPH_ENCRYPTION_KEY": new_encryption_key(),
            "TRIGRAPH_WEBHOOKS_ALLOWED": f"127.0.0.1:{port}",
        }
        with start_server("cloudlink", environment=environment) as served:
            here, elsewhere = connected(served.address, token), connected(served.address, token)
            routes.router.routes.extend(webhook_routes(here, secret))
            url = f"http://127.0.0.1:{port}/webhooks/cloudlink"
            await elsewhere.register_webhook(LOCAL, NewWebhook(url=url, secret=secret))
            await deployed(elsewhere, LOCAL)
            stream = cast("AsyncGenerator[Observation[Regression]]", here.watch_regressions(LOCAL))
            first = asyncio.create_task(anext(stream))
            await asyncio.sleep(0.5)
            (regression,) = (await elsewhere.detect_regressions(LOCAL)).regressions
            assert (await first).state == regression
            await elsewhere.acknowledge_regression(LOCAL, regression.id)
            assert (await anext(stream)).state.status is RegressionStatus.ACKNOWLEDGED
            await elsewhere.resolve_regression(LOCAL, regression.id)
            assert (await anext(stream)).state.status is RegressionStatus.RESOLVED
            (webhook,) = await elsewhere.webhooks(LOCAL)
            assert webhook.last_status == "202"
            await stream.aclose()
            await here.close()
            await elsewhere.close()
