"""By which names a gateway without keys may be called."""

from __future__ import annotations

import pytest
import websockets

from tests.gateway.edge import ALICE, Edge, Served, connected

QUERY = {"query": "{ viewer { id } }"}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost", "LOCALHOST:8000", "[::1]", "[::1]:8000"])
async def test_names_of_this_machine_are_answered(host: str, edge: Edge) -> None:
    """With a port or without."""
    async with edge.client() as client:
        answer = await client.get("/graphql", params=QUERY, headers={"Host": host})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", "[::1", "", "x y"]
)
@pytest.mark.parametrize("path", ["/graphql", "/playground/", "/"])
async def test_a_rebound_name_reaches_nothing(host: str, path: str, edge: Edge) -> None:
    """A page whose name was made to lead here would otherwise be of one origin with the graph, and act as its owner."""
    async with edge.client() as client:
        answer = await client.get(path, params=QUERY, headers={"Host": host})
    assert answer.status_code == 421
    assert "trigraph keys create" in answer.json()["errors"][0]["message"]


async def test_a_rebound_name_gets_no_socket(served: Served) -> None:
    """Nor by the handshake of a socket whose origin is the same name."""
    host, port = served.host.split(":")
    origin = websockets.Origin(f"http://evil.example:{port}")
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(
            f"ws://evil.example:{port}/graphql", host=host, port=int(port), origin=origin, proxy=None
        )
    assert refused.value.response.status_code == 421


async def test_with_keys_every_name_is_answered(keyed: Edge, served_keyed: Served) -> None:
    """A key is what a foreign page does not have."""
    async with keyed.client(ALICE) as client:
        answer = await client.get("/graphql", params=QUERY, headers={"Host": "trigraph.example"})
    assert answer.status_code == 200
    async with connected(served_keyed, ALICE) as socket:
        await socket.init()
