"""The gateway over the double in memory: called in process, or served on loopback and spoken to as clients do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import websockets
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection

from adapters.cloudsigma.models import GenerateRequest, InputType
from adapters.principal import LOCAL_PRINCIPAL, Principal
from gateway.access.authentication import Authentication, authentication_of
from gateway.app import create_app
from gateway.assembly import Assembly
from gateway.configuration.settings import Settings
from gateway.observability.tracing import Tracing
from gateway.serving import GracefulServer, build_server, listen
from tests.doubles.memory_cloudsigma import MemoryCloudSigma, memory_assembly

ALICE = "tg_" + "a" * 40
BOB = "tg_" + "b" * 40
KEYS = f"alice={ALICE};tenant=acme,bob={BOB};tenant=acme;tier=free"
SECONDS = 5.0


@dataclass(frozen=True)
class Served:
    """A server that runs in this process."""

    host: str
    server: GracefulServer
    running: asyncio.Task[None]

    async def stop(self) -> None:
        """Do what a signal does, and wait for the end."""
        self.server.should_exit = True
        await self.running


@dataclass(frozen=True)
class Edge:
    """A gateway, and the double behind it."""

    settings: Settings
    authentication: Authentication
    cloudsigma: MemoryCloudSigma
    assembly: Assembly
    app: Starlette

    def client(self, key: str | None = None) -> httpx.AsyncClient:
        """Call the application without a socket."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        transport = httpx.ASGITransport(self.app)
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers)

    async def ask(self, query: str, key: str | None = None, **variables: Any) -> Any:
        """Send a query and give the whole answer."""
        async with self.client(key) as client:
            answer = await client.post("/graphql", json={"query": query, "variables": variables})
        return answer.json()

    async def begin(self, principal: Principal = LOCAL_PRINCIPAL) -> str:
        """Begin an execution and give its ARN."""
        request = GenerateRequest(input_type=InputType.TEXT, text="a report")
        return (await self.cloudsigma.generate(principal, request)).arn

    def served(self) -> AbstractAsyncContextManager[Served]:
        """Serve on a free port of loopback."""
        return serving(self.app, self.settings)

    async def until_nobody_watches(self) -> None:
        """Wait until every stream has let go of its mailbox."""
        async with asyncio.timeout(SECONDS):
            while self.cloudsigma.watchers:  # noqa: ASYNC110 - mailboxes tell nobody that they close
                await asyncio.sleep(0.005)


@asynccontextmanager
async def serving(app: Starlette, settings: Settings) -> AsyncIterator[Served]:
    """Serve an application as the command line does, in this process."""
    listening = listen(settings)
    host, port = listening.getsockname()[:2]
    server = build_server(app, settings, lambda: None)
    running = asyncio.create_task(server.serve([listening]))
    while not server.started:
        assert not running.done(), "the server ended before it had started"
        await asyncio.sleep(0.005)
    served = Served(f"{host}:{port}", server, running)
    try:
        yield served
    finally:
        await served.stop()


@asynccontextmanager
async def opened(folder: Path, keys: str = "", **settings: Any) -> AsyncIterator[Edge]:
    """Build a gateway over a new double, and close its store."""
    edge = build_edge(folder, keys, **settings)
    yield edge
    await edge.assembly.database.close()


def build_edge(folder: Path, keys: str = "", tracing: Tracing | None = None, **settings: Any) -> Edge:
    """Build a gateway over a new double; its answers don't tell what they cost, unless they are asked to."""
    read = Settings(**{"data_dir": folder, "port": 0, "api_keys": keys, "tell_cost": False, **settings})
    authentication = authentication_of(read)
    cloudsigma = MemoryCloudSigma()
    assembly = memory_assembly(cloudsigma, folder)
    return Edge(read, authentication, cloudsigma, assembly, create_app(read, assembly, authentication, tracing))


class Socket:
    """One end of graphql-transport-ws, message by message."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, **message: Any) -> None:
        """Send a message."""
        await self.connection.send(json.dumps(message))

    async def hear(self) -> Any:
        """Receive a message."""
        async with asyncio.timeout(SECONDS):
            return json.loads(await self.connection.recv())

    async def init(self, **payload: Any) -> None:
        """Begin the connection and hear that it is acknowledged."""
        await self.say(type="connection_init", payload=payload)
        assert await self.hear() == {"type": "connection_ack"}

    async def subscribe(self, query: str, name: str = "1", **variables: Any) -> None:
        """Begin an operation."""
        await self.say(type="subscribe", id=name, payload={"query": query, "variables": variables})

    async def event(self) -> Any:
        """Hear the next event and give its only field."""
        message = await self.hear()
        assert message["type"] == "next", message
        (event,) = message["payload"]["data"].values()
        return event

    async def closed(self) -> tuple[int, str]:
        """Wait for the end and give its code and reason."""
        async with asyncio.timeout(SECONDS):
            await self.connection.wait_closed()
        assert self.connection.close_code is not None
        return self.connection.close_code, self.connection.close_reason or ""


@asynccontextmanager
async def connected(served: Served, key: str | None = None, **options: Any) -> AsyncIterator[Socket]:
    """Open a socket, with a key in its header if one is given."""
    headers = {**({"Authorization": f"Bearer {key}"} if key else {}), **options.pop("additional_headers", {})}
    subprotocols = [websockets.Subprotocol("graphql-transport-ws")]
    address = f"ws://{served.host}/graphql"
    async with websockets.connect(
        address, subprotocols=subprotocols, additional_headers=headers, proxy=None, **options
    ) as connection:
        yield Socket(connection)
