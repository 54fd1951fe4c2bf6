"""What becomes of those who are served when the server stops."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from gateway.configuration.settings import Settings
from gateway.drain import GOING_AWAY, REASON
from tests.gateway.edge import SECONDS, Edge, connected, serving

UPDATES = "subscription { executionUpdates { cursor } }"


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


async def test_a_socket_is_closed_with_the_reason(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    """1001, what happened and what to do; its streams are let go and the log is quiet."""
    await edge.begin()
    async with edge.served() as served, connected(served) as socket, connected(served) as idle:
        await socket.init()
        await socket.subscribe(UPDATES)
        await socket.event()
        await served.stop()
        assert await socket.closed() == (GOING_AWAY, REASON)
        assert await idle.closed() == (GOING_AWAY, REASON)
    assert edge.cloudsigma.watchers == 0
    assert not complaints(caplog)


async def test_a_stream_of_events_ends(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    """The body ends as one that is whole, so that a client does not take it for a broken connection."""
    await edge.begin()
    body = {"query": UPDATES}
    async with edge.served() as served, httpx.AsyncClient(timeout=SECONDS) as client:
        address, headers = f"http://{served.host}/graphql", {"Accept": "text/event-stream"}
        async with client.stream("POST", address, json=body, headers=headers) as response:
            lines = response.aiter_lines()
            while await anext(lines) != "event: next":
                pass
            stopping = asyncio.create_task(served.stop())
            rest = [line async for line in lines]
        await stopping
    assert rest[0].startswith("data: ")
    assert edge.cloudsigma.watchers == 0
    assert not complaints(caplog)


class Slow:
    """An application whose requests are held until a test lets them go."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()
        self.go = asyncio.Event()
        self.app = Starlette(routes=[Route("/plain", self.plain), Route("/late-stream", self.late_stream)])

    async def plain(self, _request: Request) -> Response:
        self.arrived.set()
        await self.go.wait()
        return PlainTextResponse("done")

    async def late_stream(self, _request: Request) -> Response:
        self.arrived.set()
        await self.go.wait()

        async def endless() -> Any:
            yield "data: 1\n\n"
            await asyncio.Event().wait()

        return StreamingResponse(endless(), media_type="text/event-stream")


@pytest.mark.parametrize("path", ["/plain", "/late-stream"])
async def test_a_request_that_runs_is_finished(path: str) -> None:
    """It is answered after the stop signal; what becomes a stream only then has an end at once."""
    slow = Slow()
    async with serving(slow.app, Settings(port=0)) as served, httpx.AsyncClient(timeout=SECONDS) as client:
        asking = asyncio.create_task(client.get(f"http://{served.host}{path}"))
        await slow.arrived.wait()
        stopping = asyncio.create_task(served.stop())
        await asyncio.sleep(0.15)
        assert not stopping.done()
        slow.go.set()
        answer = await asking
        await stopping
    assert answer.status_code == 200
    assert answer.text == ("done" if path == "/plain" else "data: 1\n\n")


async def test_a_request_that_never_ends_is_cut_short() -> None:
    """After the time of grace the server ends all the same, and the client is told to ask again."""
    slow, settings = Slow(), Settings(port=0, shutdown_seconds=0)
    async with serving(slow.app, settings) as served, httpx.AsyncClient(timeout=SECONDS) as client:
        asking = asyncio.create_task(client.get(f"http://{served.host}/plain"))
        await slow.arrived.wait()
        async with asyncio.timeout(SECONDS):
            await served.stop()
        answer = await asking
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"] == {"code": "SHUTTING_DOWN"}
