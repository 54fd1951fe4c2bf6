"""What stays open, as the reference clients of its protocols use it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.principal import Principal
from tests.doubles.memory_cloudsigma import finished_output
from tests.gateway.edge import ALICE, KEYS, Edge, opened
from tests.reference_clients import ReferenceClients
from tests.waiting import until

PRINCIPAL = Principal(id="alice", name="alice", tenant="acme")
STATES = ["RUNNING", "SUCCEEDED"]


@pytest.fixture
async def quick(tmp_path: Path) -> AsyncIterator[Edge]:
    """A gateway with keys that pings often, and waits for no greeting for long."""
    async with opened(tmp_path, KEYS, ping_seconds=0.4, connection_init_seconds=0.5) as edge:
        yield edge


async def told(edge: Edge, reference_clients: ReferenceClients, script: str, *arguments: str) -> Any:
    """Run a script against the gateway, and end the execution that it watches once it does."""
    arn = await edge.begin(PRINCIPAL)
    async with edge.served() as served:
        address = f"{'ws' if 'ws' in script else 'http'}://{served.host}/graphql"
        running = asyncio.create_task(reference_clients.run(script, address, ALICE, *arguments, arn))
        await until(lambda: running.done() or has_left_one_of_two(edge))
        edge.cloudsigma.finish(arn, finished_output())
        output = await running
        await edge.until_nobody_watches()
    return msgspec.json.decode(output)


def has_left_one_of_two(edge: Edge) -> bool:
    """Say whether both streams have begun, on one execution and on all, and the latter is left again."""
    calls = edge.cloudsigma.calls
    return bool(calls["changed_since"] and calls["recent"]) and edge.cloudsigma.watchers == 1


def statuses(results: list[Any]) -> list[str]:
    """Give what each event says of its execution."""
    return [event["execution"]["status"] for result in results for event in result["data"].values()]


@pytest.mark.parametrize("mode", ["distinct", "single"])
async def test_the_reference_client_of_sse_is_served(
    mode: str, quick: Edge, reference_clients: ReferenceClients
) -> None:
    """In both modes: a query, an error, a stream that is left, one up to its end; nothing is watched afterwards."""
    heard = await told(quick, reference_clients, "graphql_sse.mjs", mode)
    assert heard["query"] == [{"data": {"viewer": {"id": "alice"}}}]
    assert statuses(heard["left"])[0] == "RUNNING"
    assert statuses(heard["whole"]) == STATES
    if mode == "single":
        assert heard["wrong"] == [{"failure": "Server responded with 400: Bad Request"}]
    else:
        assert heard["wrong"][0]["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_the_reference_client_of_sockets_is_served(quick: Edge, reference_clients: ReferenceClients) -> None:
    """Many operations share a socket, pings go both ways, and each breach of the protocol has its own code."""
    heard = await told(quick, reference_clients, "graphql_ws.mjs")
    assert heard["query"] == [{"data": {"viewer": {"id": "alice"}}}]
    assert statuses(heard["left"]) == ["RUNNING"]
    assert statuses(heard["whole"]) == STATES
    assert heard["wrong"][0]["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert heard["events"] == ["client answered", "client pinged", "opened", "server answered", "server pinged"]
    assert {name: code for name, (code, _) in heard["codes"].items()} == {
        "subprotocol": 4406,
        "unreadable": 4400,
        "unknown": 4400,
        "unauthorized": 4401,
        "stranger": 4403,
        "silent": 4408,
        "twice": 4409,
        "greetedTwice": 4429,
    }
    assert heard["codes"]["silent"][1] == "Connection initialisation timeout"
