"""Running an application as a server that shuts down gracefully."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import uvicorn
from starlette.applications import Starlette

from gateway.drain import Drain
from gateway.failing import CommandFailed
from gateway.playground import is_built
from gateway.settings import Settings

SOCKET_MESSAGE_BYTES = 1024 * 1024


class GracefulServer(uvicorn.Server):
    """Says where it listens, and ends sockets and streams with a reason before it waits for requests to finish."""

    def __init__(self, config: uvicorn.Config, drain: Drain, announcement: str) -> None:
        super().__init__(config)
        self._drain = drain
        self._announcement = announcement

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start."""
        await super().startup(sockets)
        if self.started:
            print(self._announcement, flush=True)  # noqa: T201 - tells where to go

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop."""
        await self._drain.begin()
        await super().shutdown(sockets)


async def serve_gateway(settings: Settings) -> None:
    """Serve the graph until a signal stops it."""
    from gateway.app import create_app

    app = create_app(settings)
    playground = "" if is_built() else " (from a public CDN: install Node and reinstall trigraph to have it offline)"
    await _run(app, settings, f"GraphQL at {{url}}/graphql, playground at {{url}}/{playground}")


async def serve_cloudsigma(settings: Settings) -> None:
    """Serve the local CloudSigma's REST API until a signal stops it."""
    from adapters.cloudsigma.callers import Callers
    from adapters.cloudsigma.local.adapter import LocalCloudSigma
    from adapters.cloudsigma.server import create_server
    from gateway.assembly import assemble
    from gateway.principals import read_keyring, refuse_open_door

    keyring = read_keyring(settings)
    refuse_open_door(settings, keyring)
    parts = assemble(settings.model_copy(update={"cloudsigma": ""}))
    adapter = parts.services.cloudsigma
    assert isinstance(adapter, LocalCloudSigma)  # noqa: S101 - what an empty setting means
    secret = settings.cloudsigma_jwt_secret.get_secret_value() or None
    app = create_server(adapter, Callers(parts.database, keyring.principals, secret))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await parts.start()
            stack.push_async_callback(parts.close)
            yield

    app.router.lifespan_context = lifespan
    await _run(app, settings, "CloudSigma's REST API at {url}/v1/")


async def _run(app: Starlette, settings: Settings, announcement: str) -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for noisy in ("httpx", "alembic", "dbos"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    drain = Drain(app)
    config = uvicorn.Config(
        drain,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        ws="websockets-sansio",
        ws_max_size=SOCKET_MESSAGE_BYTES,
        lifespan="on",
    )
    listening = _listen(settings)
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    server = GracefulServer(config, drain, announcement.format(url=f"http://{shown}:{port}"))
    await server.serve([listening])
    if not server.started:
        raise CommandFailed("the server could not start: see the log above")


def _listen(settings: Settings) -> socket.socket:
    try:
        family, kind, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        raise CommandFailed(
            f"cannot listen on {settings.host}:{settings.port} ({error.strerror}): "
            "set TRIGRAPH_HOST and TRIGRAPH_PORT, or --host and --port, to an address that is free"
        ) from None
    return listening
