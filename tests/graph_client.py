"""A client of the graph, as a front end is one: operations over HTTP, subscriptions over a socket."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from starlette.types import ASGIApp
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

FOLLOW_SECONDS = 120


class GraphClient:
    """Speaks to `/graphql` below an address, with a key."""

    def __init__(self, address: str, key: str | None = None) -> None:
        self._url = f"{address}/graphql"
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    async def post(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send an operation, and give the whole answer."""
        async with httpx.AsyncClient(headers=self._headers, timeout=60, trust_env=False) as client:
            answer = await client.post(self._url, json={"query": query, "variables": variables})
        decoded: dict[str, Any] = answer.json()
        return decoded

    async def execute(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send an operation that must succeed, and give its data."""
        answer = await self.post(query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def subscribe(self, query: str, **variables: Any) -> AsyncIterator[dict[str, Any]]:
        """Yield a subscription's payloads; an error message is raised as AssertionError."""
        protocol = Subprotocol("graphql-transport-ws")
        async with connect(self._url.replace("http", "ws", 1), subprotocols=[protocol], proxy=None) as connection:
            await connection.send(json.dumps({"type": "connection_init", "payload": self._headers}))
            assert json.loads(await connection.recv())["type"] == "connection_ack"
            payload = {"query": query, "variables": variables}
            await connection.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            async for text in connection:
                message = json.loads(text)
                if message["type"] == "complete":
                    return
                if message["type"] == "ping":
                    await connection.send('{"type": "pong"}')
                    continue
                assert message["type"] == "next", message
                yield message["payload"]


async def events(client: GraphClient, query: str, **variables: Any) -> list[dict[str, Any]]:
    """Follow a subscription to its end."""
    async with asyncio.timeout(FOLLOW_SECONDS):
        return [payload["data"] async for payload in client.subscribe(query, **variables)]


class _ListeningServer(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()


@asynccontextmanager
async def listening(app: ASGIApp) -> AsyncIterator[str]:
    """Serve an application on a free port of loopback, without its lifespan; gives the address."""
    config = uvicorn.Config(
        app,
        port=0,
        log_config=None,  # which would configure the loggers of the whole process
        log_level="error",
        lifespan="off",
        ws="websockets-sansio",
        timeout_graceful_shutdown=1,
    )
    server = _ListeningServer(config)
    bound = config.bind_socket()
    task = asyncio.create_task(server._serve([bound]))
    await server.listens.wait()
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
