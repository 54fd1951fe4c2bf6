"""Handshakes of sockets that can't be read."""

from __future__ import annotations

import logging

import pytest
import websockets

from tests.gateway.edge import Served, Socket, connected


@pytest.mark.parametrize("headers", [{"X-Large": "x" * 9000}, {f"X-{number}": "x" for number in range(130)}])
async def test_who_sends_a_handshake_that_cannot_be_read_is_told(headers: dict[str, str], served: Served) -> None:
    """At once, rather than left to wait on a connection that nothing ends."""
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(f"ws://{served.host}/graphql", additional_headers=headers, proxy=None)
    assert refused.value.response.status_code == 431


async def test_other_refusals_of_a_handshake_are_told_once(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    """By whoever refuses it, and the log knows of no error."""
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with connected(served, origin=websockets.Origin("http://evil.example")):
            pass
    assert refused.value.response.status_code == 403
    await served.stop()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_a_handshake_of_usual_size_is_read(served: Served) -> None:
    """A token of a few kilobytes is no harm."""
    subprotocols = [websockets.Subprotocol("graphql-transport-ws")]
    address, headers = f"ws://{served.host}/graphql", {"X-Large": "x" * 8000}
    async with websockets.connect(
        address, subprotocols=subprotocols, additional_headers=headers, proxy=None
    ) as connection:
        await Socket(connection).init()
