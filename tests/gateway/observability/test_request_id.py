"""Every request is named."""

from __future__ import annotations

import pytest
import websockets

from adapters.http.request_id import current_request_id
from tests.gateway.edge import ALICE, Edge, Served

NAMED = "7f3a_Client.id-1"


@pytest.mark.parametrize("path", ["/graphql", "/healthz", "/nowhere", "/metrics"])
async def test_the_callers_id_is_answered(path: str, edge: Edge) -> None:
    """Whatever is asked for, found or not."""
    async with edge.client() as client:
        answer = await client.get(path, headers={"X-Request-ID": NAMED})
    assert answer.headers["x-request-id"] == NAMED


@pytest.mark.parametrize("given", [None, "", "two words", "x" * 65, "ü", "a\tb", "a;b", f"{NAMED}\n"])
async def test_a_new_id_stands_in_for_one_that_does_not_fit(given: str | None, edge: Edge) -> None:
    """What could forge a line of a log is not taken over."""
    headers = {} if given is None else {b"X-Request-ID": given.encode("latin-1")}
    async with edge.client() as client:
        ids = [(await client.get("/healthz", headers=headers)).headers["x-request-id"] for _ in range(2)]
    assert ids[0] != ids[1]
    assert all(len(new) == 32 and new.isalnum() for new in ids)


async def test_refusals_are_named_too(keyed: Edge) -> None:
    """Who is turned away can say which request it was."""
    async with keyed.client() as client:
        refused = await client.post("/graphql", headers={"X-Request-ID": NAMED}, json={})
    assert (refused.status_code, refused.headers["x-request-id"]) == (401, NAMED)


async def test_a_socket_has_one_id(served_keyed: Served) -> None:
    """It is answered with the handshake."""
    headers = {"X-Request-ID": NAMED, "Authorization": f"Bearer {ALICE}"}
    protocols = [websockets.Subprotocol("graphql-transport-ws")]
    address = f"ws://{served_keyed.host}/graphql"
    async with websockets.connect(
        address, subprotocols=protocols, additional_headers=headers, proxy=None
    ) as connection:
        assert connection.response is not None
        assert connection.response.headers["X-Request-ID"] == NAMED


async def test_the_id_holds_for_its_request_only(edge: Edge) -> None:
    """Nothing outside of a request has one."""
    async with edge.client() as client:
        await client.get("/healthz", headers={"X-Request-ID": NAMED})
    assert current_request_id.get() is None
