"""Subscriptions in parts over HTTP: Apollo's protocol."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.cloudsigma.models import Stage
from tests.doubles.memory_cloudsigma import finished_output
from tests.gateway.edge import SECONDS, Edge, Served, build_edge
from tests.gateway.protocols.multipart import parts

APOLLO = 'multipart/mixed;boundary="graphql";subscriptionSpec="1.0",application/json'
STATUS = "subscription($arn: String!) { executionStatus(arn: $arn) { execution { status stage } } }"


@asynccontextmanager
async def subscribed(
    served: Served, query: str, method: str = "POST", key: str | None = None, **variables: Any
) -> AsyncIterator[httpx.Response]:
    headers = {"Accept": APOLLO, **({"Authorization": f"Bearer {key}"} if key else {})}
    body = {"json": {"query": query, "variables": variables}} if method == "POST" else {"params": {"query": query}}
    async with (
        httpx.AsyncClient(timeout=SECONDS) as client,
        client.stream(method, f"http://{served.host}/graphql", headers=headers, **body) as response,
    ):
        yield response


async def told_by(response: httpx.Response) -> AsyncIterator[Any]:
    """Yield what each part has for the subscriber; heartbeats are empty."""
    async for part in parts(response):
        if part:
            assert set(part) == {"payload"}
            yield part["payload"]


async def test_a_subscription_is_told_every_change_up_to_the_end(edge: Edge, served: Served) -> None:
    """The present state, each change as it happens, and then the response ends."""
    arn = await edge.begin()
    async with subscribed(served, STATUS, arn=arn) as response:
        assert response.status_code == 200
        assert response.headers["content-type"] == 'multipart/mixed; boundary="graphql"; subscriptionSpec="1.0"'
        told = told_by(response)
        states = [await anext(told)]
        edge.cloudsigma.advance(arn, Stage.EXTRACT)
        states.append(await anext(told))
        edge.cloudsigma.finish(arn, finished_output())
        states.extend([payload async for payload in told])
    assert [payload["data"]["executionStatus"]["execution"]["status"] for payload in states] == [
        "RUNNING",
        "RUNNING",
        "SUCCEEDED",
    ]
    await edge.until_nobody_watches()


async def test_a_heartbeat_comes_while_there_is_nothing_to_tell(tmp_path: Path) -> None:
    """An empty object, at once and then again and again, so that no proxy takes the connection for dead."""
    edge = build_edge(tmp_path, ping_seconds=0.02)
    query = "subscription { executionUpdates { cursor } }"
    async with edge.served() as served, subscribed(served, query) as response:
        told = parts(response)
        assert [await anext(told) for _ in range(3)] == [{}] * 3
    await edge.assembly.database.close()


async def test_who_leaves_is_watched_for_no_longer(edge: Edge, served: Served) -> None:
    """A client that closes its connection frees what the stream held."""
    async with subscribed(served, STATUS, arn=await edge.begin()) as response:
        await anext(told_by(response))
        assert edge.cloudsigma.watchers == 1
    await edge.until_nobody_watches()


async def test_a_server_that_stops_ends_the_subscription(edge: Edge, served: Served) -> None:
    """It does not wait for what never ends by itself."""
    async with subscribed(served, STATUS, arn=await edge.begin()) as response:
        await anext(told_by(response))
        async with asyncio.timeout(SECONDS):
            await served.stop()
    await edge.until_nobody_watches()


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ('subscription { executionStatus(arn: "arn:none") { cursor } }', "NOT_FOUND"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { executionUpdates { ... @defer { cursor } } }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_what_cannot_be_told_is_an_error_and_the_end(query: str, code: str, served: Served) -> None:
    """In a payload, as all that the operation comes to."""
    async with subscribed(served, query) as response:
        (payload,) = [payload async for payload in told_by(response)]
    assert payload["errors"][0]["extensions"]["code"] == code


@pytest.mark.parametrize(
    ("query", "status"),
    [("{ viewer { id } }", 200), ("subscription {", 200), ("mutation { cancelAll }", 200), ("", 400)],
)
async def test_what_is_no_subscription_is_answered_as_ever(query: str, status: int, edge: Edge) -> None:
    """Clients send the same header with all that they ask."""
    async with edge.client() as client:
        answer = await client.post("/graphql", json={"query": query}, headers={"Accept": APOLLO})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")


async def test_without_a_key_nothing_is_told(served_keyed: Served) -> None:
    """401, before any part."""
    async with subscribed(served_keyed, STATUS, arn="arn:none") as response:
        assert response.status_code == 401


async def test_a_get_may_subscribe(served: Served) -> None:
    """As it may over server-sent events: nothing is changed by it."""
    async with subscribed(served, 'subscription { executionStatus(arn: "arn:none") { cursor } }', "GET") as response:
        (payload,) = [payload async for payload in told_by(response)]
    assert payload["errors"][0]["extensions"]["code"] == "NOT_FOUND"
