"""Documents of several operations: the one that is named is run, and none where none is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.edge import Edge, Served, connected

GENERATE = 'mutation Generate { generateRules(input: {text: "x"}) { __typename } }'
SEVERAL = f"{GENERATE} query Who {{ viewer {{ id }} }}"
MESSAGE = "The document has 2 operations: name the one to run in `operationName`"
UNNAMED = {"message": MESSAGE, "extensions": {"code": "BAD_REQUEST"}}


@pytest.mark.parametrize("text", [SEVERAL, f"{SEVERAL} #{' ' * 20_000}"], ids=["short", "long"])
@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json", "multipart/mixed"])
async def test_nothing_is_run_of_several_operations_unless_one_is_named(accept: str, text: str, edge: Edge) -> None:
    """400, as the specification has it: the first may be what nobody meant."""
    async with edge.client() as client:
        client.headers["Accept"] = accept
        unnamed = await client.post("/graphql", json={"query": text})
        named = await client.post("/graphql", json={"query": text, "operationName": "Who"})
    assert (unnamed.status_code, unnamed.json()) == (400, {"errors": [UNNAMED]})
    assert named.json() == {"data": {"viewer": {"id": "local"}}}
    assert edge.cloudsigma.calls["generate"] == 0


async def test_a_stream_runs_none_of_several_either(edge: Edge, served: Served) -> None:
    """A socket tells an error and a stream of events an event of errors, as of whatever is not run."""
    async with edge.client() as client:
        streamed = await client.post("/graphql", json={"query": SEVERAL}, headers={"Accept": "text/event-stream"})
    async with connected(served) as socket:
        await socket.init()
        await socket.subscribe(SEVERAL)
        told: dict[str, Any] = await socket.hear()
    assert MESSAGE in streamed.text
    assert (told["type"], told["payload"]) == ("error", [UNNAMED])
    assert edge.cloudsigma.calls["generate"] == 0
