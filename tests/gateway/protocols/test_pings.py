"""Peers that are gone without a word, or read nothing: they are found, and hold nothing afterwards."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.cloudsigma.models import Stage
from tests.gateway.edge import SECONDS, Edge, Served, connected, opened
from tests.waiting import until

WIDE = (
    "subscription { executionUpdates { " + " ".join(f"a_{number}_{'x' * 150}: cursor" for number in range(40)) + " } }"
)
PING_SECONDS = 0.25


@pytest.fixture
async def quick(tmp_path: Path) -> AsyncIterator[Edge]:
    """A gateway that pings often."""
    async with opened(tmp_path, ping_seconds=PING_SECONDS) as edge:
        yield edge


@pytest.fixture
async def served_quick(quick: Edge) -> AsyncIterator[Served]:
    async with quick.served() as served:
        yield served


async def test_who_answers_no_ping_is_let_go(quick: Edge, served_quick: Served) -> None:
    """The socket is closed with 4408, and nothing is watched for it."""
    async with connected(served_quick) as peer:
        await peer.init()
        await peer.subscribe("subscription { executionUpdates(status: FAILED) { cursor } }")
        assert await peer.hear() == {"type": "ping"}
        assert quick.cloudsigma.watchers == 1
        assert await peer.closed() == (4408, "No answer to a ping")
    await quick.until_nobody_watches()


@pytest.mark.parametrize("answer", [{"type": "pong"}, {"type": "ping"}])
async def test_who_says_anything_stays(answer: dict[str, Any], served_quick: Served) -> None:
    """A pong, or any other message, is a sign of life."""
    async with connected(served_quick) as peer:
        await peer.init()
        for _ in range(3):
            while (await peer.hear())["type"] != "ping":
                pass
            await peer.say(**answer)
        assert peer.connection.close_code is None


async def test_a_stream_that_is_never_read_is_let_go(quick: Edge, served_quick: Served) -> None:
    """The attack, over HTTP: the kernel gives up on who acknowledges nothing, and the stream ends."""
    if not hasattr(socket, "TCP_USER_TIMEOUT"):
        pytest.skip("only Linux gives up on who reads nothing")
    arn = await quick.begin()
    host, _, port = served_quick.host.partition(":")
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(peer, (host, int(port)))
    body = json.dumps({"query": WIDE})
    head = (
        "POST /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n"
    )
    await loop.sock_sendall(peer, f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    await until(lambda: quick.cloudsigma.watchers == 1)
    async with asyncio.timeout(SECONDS):
        while quick.cloudsigma.watchers:
            quick.cloudsigma.advance(arn, Stage.EXTRACT)
            await asyncio.sleep(0.001)
    peer.close()


async def test_a_quiet_stream_gets_comments(served_quick: Served) -> None:
    """So that no proxy takes it for dead."""
    body = {"query": "subscription { executionUpdates(status: FAILED) { cursor } }"}
    headers = {"Accept": "text/event-stream"}
    async with (
        httpx.AsyncClient(timeout=SECONDS) as client,
        client.stream("POST", f"http://{served_quick.host}/graphql", json=body, headers=headers) as response,
    ):
        lines = response.aiter_lines()
        assert [await anext(lines) for _ in range(6)] == [":", ""] * 3
