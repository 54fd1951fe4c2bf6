"""Running an application as a server that shuts down gracefully."""

from __future__ import annotations

import contextlib
import gc
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from adapters.services import Service
from gateway.commands.failing import CommandFailed
from gateway.configuration.settings import Settings
from gateway.drain import Drain
from gateway.observability.logs import configure_logging
from gateway.playground import is_built

if TYPE_CHECKING:
    from gateway.access.principals import Keyring
    from gateway.assembly import Workshop


class GracefulServer(uvicorn.Server):
    """Says when it has started, and ends sockets and streams with a reason before it waits for requests to finish."""

    def __init__(self, config: uvicorn.Config, drain: Drain, on_start: Callable[[], None]) -> None:
        super().__init__(config)
        self._drain = drain
        self._on_start = on_start

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take a signal as the wish to stop; what was asked for is a success, so no signal is raised again."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        kept = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start."""
        await super().startup(sockets)
        if self.started:
            self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop."""
        await self._drain.begin()
        await super().shutdown(sockets)


async def serve_gateway(settings: Settings, *, demo: bool = False) -> None:
    """Serve the graph until a signal stops it, on its own data or the demo's."""
    from gateway.access.authentication import authentication_of, refuse_open_door
    from gateway.app import create_app
    from gateway.assembly import assemble, claim_data, reach_store

    parts = assemble(settings)
    authentication = authentication_of(settings, parts.database)
    claim_data(parts.durable)
    await reach_store(parts.database)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(parts.database.close)
        await parts.database.migrate()
        await refuse_open_door(settings, authentication)
        stack.pop_all()
    app = create_app(settings, parts, authentication)
    if demo:
        from gateway.demo.serving import tell_at_start

        tell_at_start(app, parts)
    playground = "" if is_built() else " (from a public CDN: install Node and reinstall trigraph to have it offline)"
    await _run(app, settings, f"GraphQL at {{url}}/graphql, playground at {{url}}/{playground}")


async def serve_service(settings: Settings, service: Service) -> None:
    """Serve a service's local implementation as its REST API until a signal stops it."""
    from gateway.access.principals import read_keyring, refuse_open_service
    from gateway.assembly import Parts, claim_data, open_workshop, reach_store

    keyring = read_keyring(settings)
    refuse_open_service(settings, keyring)
    workshop = open_workshop(settings)
    await reach_store(workshop.database)
    adapter = workshop.build(service)
    claim_data(workshop.durable)
    parts = Parts(database=workshop.database, durable=workshop.durable, adapters=[adapter])
    app = REST_APIS[service](adapter, workshop, keyring)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await parts.start()
            stack.push_async_callback(parts.close)
            yield

    app.router.lifespan_context = lifespan
    await _run(app, settings, f"REST API of {service} at {{url}}/, described at {{url}}/docs")


def _cloudsigma(adapter: Any, workshop: Workshop, keyring: Keyring) -> Starlette:
    from adapters.cloudsigma.callers import Callers
    from adapters.cloudsigma.server import create_server

    secret = workshop.settings.cloudsigma_jwt_secret.get_secret_value() or None
    return create_server(adapter, Callers(workshop.database, keyring.principals, secret))


def _sigil(adapter: Any, _workshop: Workshop, keyring: Keyring) -> Starlette:
    from adapters.sigil.callers import Callers
    from adapters.sigil.server import create_server

    return create_server(adapter, Callers(keyring.principals))


def _cloudlink(adapter: Any, _workshop: Workshop, keyring: Keyring) -> Starlette:
    from adapters.cloudlink.callers import Callers
    from adapters.cloudlink.server import create_server

    return create_server(adapter, Callers(keyring.principals))


REST_APIS: Mapping[Service, Callable[[Any, Workshop, Keyring], Starlette]] = MappingProxyType(
    {Service.CLOUDSIGMA: _cloudsigma, Service.SIGIL: _sigil, Service.CLOUDLINK: _cloudlink}
)


async def _run(app: Starlette, settings: Settings, announcement: str) -> None:
    configure_logging(settings.log_format)
    listening = listen(settings)
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host

    def begin() -> None:
        gc.freeze()  # what is loaded by now stays: no full collection walks it again, while all subscribers wait
        print(announcement.format(url=f"http://{shown}:{port}"), flush=True)  # noqa: T201 - tells where to go

    server = build_server(app, settings, begin)
    try:
        await server.serve([listening])
    except SystemExit:
        raise CommandFailed("the server could not start: see the log above") from None
    finally:
        listening.close()


def build_server(app: ASGIApp, settings: Settings, on_start: Callable[[], None]) -> GracefulServer:
    """Build the server of an application; it takes a socket that listens already."""
    drain = Drain(app)
    config = uvicorn.Config(
        drain,
        log_config=None,  # what is logged goes where our own log goes
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        ws="gateway.protocols.socket_protocol:PatientSockets",
        ws_max_size=settings.max_body_bytes,
        ws_per_message_deflate=False,  # a packet of a few hundred messages would unpack to as many times the limit
        ws_ping_interval=None,  # `gateway.protocols.pings` does it, and lets go of what a dead peer held
        h11_max_incomplete_event_size=2 * settings.max_header_bytes,  # what is a little larger is told so
        lifespan="on",
    )
    return GracefulServer(config, drain, on_start)


def listen(settings: Settings) -> socket.socket:
    """Take the port at once, so that who comes while the parts still start waits, and a second server is told.

    Raises CommandFailed where it can't be had.
    """
    with contextlib.ExitStack() as stack:
        try:
            found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
            family, kind, protocol, _, address = found
            # asyncio sends at once, without Nagle's algorithm, only where the socket says that it is TCP
            listening = stack.enter_context(socket.socket(family, kind, protocol))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux: who reads nothing for so long holds nothing any more
                listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(2000 * settings.ping_seconds))
            listening.bind(address)
            listening.listen()
        except (OSError, UnicodeError) as error:
            problem = getattr(error, "strerror", None) or "no such host"
            raise CommandFailed(
                f"cannot listen on {settings.host}:{settings.port} ({problem}): "
                "set TRIGRAPH_HOST and TRIGRAPH_PORT, or --host and --port, to an address that is free"
            ) from None
        stack.pop_all()
    return listening
