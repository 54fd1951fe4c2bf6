"""Requests that are larger than anything the graph needs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from tests.gateway.edge import ALICE, Edge, Served, opened

BODY_BYTES = 1024 * 1024

QUERY = '{"query": "{ viewer { id } }"}'
HEADERS = {"Content-Type": "application/json"}


async def chunks(size: int) -> AsyncIterator[bytes]:
    """Send a query and then blanks, without saying how many."""
    yield QUERY.encode()
    for _ in range(size // 2**15):
        yield b" " * 2**15


async def test_a_body_up_to_the_limit_is_read(served: Served) -> None:
    """A megabyte exactly is no byte too much."""
    async with httpx.AsyncClient(base_url=f"http://{served.host}") as client:
        answer = await client.post("/graphql", content=QUERY.ljust(BODY_BYTES), headers=HEADERS)
    assert answer.json() == {"data": {"viewer": {"id": "local"}}}


async def test_a_larger_body_is_refused_with_its_length_told_or_not(served: Served) -> None:
    """413 and a sentence in both cases, and the server goes on."""
    async with httpx.AsyncClient(base_url=f"http://{served.host}") as client:
        told = await client.post("/graphql", content=QUERY.ljust(BODY_BYTES + 1), headers=HEADERS)
        chunked = await client.post("/graphql", content=chunks(2 * BODY_BYTES), headers=HEADERS)
        afterwards = await client.post("/graphql", content=QUERY, headers=HEADERS)
    for answer in (told, chunked):
        (error,) = answer.json()["errors"]
        assert answer.status_code == 413
        assert str(BODY_BYTES) in error["message"]
        assert error["extensions"] == {"code": "REQUEST_TOO_LARGE"}
    assert afterwards.status_code == 200


async def test_a_stranger_is_refused_before_the_body_is_read(keyed: Edge) -> None:
    """Without a key it is 401, however large the body is; with one it is 413."""
    body = json.dumps({"query": " " * BODY_BYTES}).encode()
    async with keyed.client() as stranger, keyed.client(ALICE) as alice:
        answers = [await client.post("/graphql", content=body, headers=HEADERS) for client in (stranger, alice)]
    assert [answer.status_code for answer in answers] == [401, 413]


async def test_the_limit_is_a_setting(tmp_path: Path) -> None:
    """Who never sends much can ask for less."""
    async with opened(tmp_path, max_body_bytes=1024) as edge, edge.client() as client:
        sizes = (1024, 1025)
        answers = [await client.post("/graphql", content=QUERY.ljust(size), headers=HEADERS) for size in sizes]
    assert [answer.status_code for answer in answers] == [200, 413]
