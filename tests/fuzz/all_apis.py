"""A process that serves the three REST APIs and the graph over local adapters, with the rates of the APIs lifted.

Its settings come from the environment; the bearer token is the first argument.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import socket
import sys

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.cloudlink import server as cloudlink
from adapters.cloudlink.callers import Callers as CloudLinkCallers
from adapters.cloudlink.rates import WINDOW_SECONDS, TenantRates
from adapters.cloudsigma import server as cloudsigma
from adapters.cloudsigma.callers import Callers as CloudSigmaCallers
from adapters.keys import digest_of
from adapters.sigil import server as sigil
from adapters.sigil.callers import Callers as SigilCallers
from gateway.access.authentication import Authentication
from gateway.access.principals import Keyring
from gateway.app import create_app
from gateway.assembly import Assembly, assemble
from gateway.configuration.settings import Settings
from tests.running import new_principal


def build_app(settings: Settings, parts: Assembly, token: str) -> ASGIApp:
    """Serve every API below its name; the caller has no tier, so no quota applies."""
    known = {digest_of(token): new_principal()}
    secret = settings.cloudsigma_jwt_secret.get_secret_value()
    cloudsigma.BURST = math.inf
    every_request_a_new_minute = TenantRates(clock=itertools.count(0, WINDOW_SECONDS).__next__)
    services = parts.services
    apis: dict[str, ASGIApp] = {
        "cloudsigma": cloudsigma.create_server(services.cloudsigma, CloudSigmaCallers(parts.database, known, secret)),  # type: ignore[arg-type]
        "sigil": sigil.create_server(services.sigil, SigilCallers(known)),  # type: ignore[arg-type]
        "cloudlink": cloudlink.create_server(services.cloudlink, CloudLinkCallers(known), every_request_a_new_minute),  # type: ignore[arg-type]
        "gateway": create_app(settings, parts, Authentication([Keyring(known)])),
    }

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].split("/")[1]  # unlike a Mount's, this is any path that begins so
        await apis[name]({**scope, "root_path": f"/{name}"}, receive, send)

    return app


async def serve(token: str) -> None:
    """Serve on a free port of loopback, and say on which, until a signal comes."""
    settings = Settings()
    parts = assemble(settings)
    await parts.start()
    app = build_app(settings, parts, token)
    with socket.create_server(("127.0.0.1", 0)) as bound:
        print(f"http://127.0.0.1:{bound.getsockname()[1]}", flush=True)  # noqa: T201 - tells where to go
        await uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off")).serve([bound])
    await parts.close()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
