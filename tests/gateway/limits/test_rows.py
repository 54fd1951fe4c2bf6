"""How many rows an answer may have: lists that are longer than their cost assumes end the operation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.cloudsigma.models import Ioc, Output
from tests.gateway.edge import Edge, connected, opened

MOST = 60
INDICATORS = 40
"""Of which the cost assumes five."""
ONCE = "{ executions(first: 1) { nodes { arn iocs { value } } } }"
TWICE = "{ executions(first: 1) { nodes { arn iocs { value } again: iocs { value } } } }"
DEFERRED = "{ executions(first: 1) { nodes { arn iocs { value } ... @defer { again: iocs { value } } } } }"
ALL = Output(iocs=tuple(Ioc(type="domain", value=f"{number}.example") for number in range(INDICATORS)))
CODE = {"code": "OPERATION_TOO_COMPLEX", "limit": "rows", "requested": 2 * INDICATORS + 1, "maximum": MOST}


async def begun(edge: Edge) -> Edge:
    """Have an execution with all the indicators."""
    edge.cloudsigma.finish(await edge.begin(), ALL)
    return edge


@pytest.fixture
async def limited(tmp_path: Path) -> AsyncIterator[Edge]:
    """A gateway that answers few rows, and an execution that has them almost all."""
    async with opened(tmp_path, max_cost=MOST) as edge:
        yield await begun(edge)


async def test_rows_count_as_they_are(limited: Edge) -> None:
    """Those of all lists together; what has too many of them is told so where they were."""
    assert "errors" not in await limited.ask(ONCE)
    answer = await limited.ask(TWICE)
    assert answer["data"] is None
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]) == (["executions", "nodes", 0, "again"], CODE)


async def test_each_operation_has_rows_of_its_own(limited: Edge) -> None:
    """One after the other, and side by side."""
    async with limited.client() as client:
        batch = (await client.post("/graphql", json=[{"query": ONCE}, {"query": f"query Other {ONCE}"}])).json()
    assert [set(answer) for answer in [*batch, await limited.ask(ONCE)]] == [{"data"}] * 3


async def test_parts_and_streams_are_no_way_around(limited: Edge) -> None:
    """All parts of an answer have the rows of one, and a stream of events or a socket has no more."""
    async with limited.client() as client:
        told = [
            (await client.post("/graphql", json={"query": query}, headers={"Accept": accept})).text
            for query, accept in ((DEFERRED, "multipart/mixed"), (TWICE, "text/event-stream"))
        ]
    async with limited.served() as served, connected(served) as socket:
        await socket.init()
        await socket.subscribe(TWICE)
        heard: dict[str, Any] = await socket.hear()
    assert [heard["payload"]["errors"][0]["extensions"]] == [CODE]
    assert all('"limit":"rows"' in text for text in told)


async def test_an_event_is_an_answer_by_itself(limited: Edge) -> None:
    """However many there are: each has its rows, and none has more."""
    arn = await limited.begin()
    limited.cloudsigma.finish(arn, ALL)
    events = "subscription {{ executionUpdates {{ cursor execution {{ iocs {{ value }} {more} }} }} }}"
    async with limited.served() as served, connected(served) as socket:
        await socket.init()
        await socket.subscribe(events.format(more=""), "1")
        few = [(await socket.hear())["payload"] for _ in range(2)]
        await socket.say(type="complete", id="1")
        await socket.subscribe(events.format(more="again: iocs { value }"), "2")
        many = (await socket.hear())["payload"]
    assert [set(payload) for payload in few] == [{"data"}, {"data"}]
    assert many["errors"][0]["extensions"] == CODE | {"requested": 2 * INDICATORS}


async def test_without_a_limit_on_cost_rows_have_none(tmp_path: Path) -> None:
    """0 switches both off."""
    async with opened(tmp_path, max_cost=0) as edge:
        answer = await (await begun(edge)).ask(TWICE)
    assert "errors" not in answer
