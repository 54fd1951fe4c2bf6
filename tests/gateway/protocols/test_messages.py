"""Messages on a socket that no client of good will sends."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
import websockets

from gateway.protocols.socket_conversation import REASON_BYTES
from tests.gateway.edge import Edge, Served, Socket, connected, opened

UPDATES = "subscription { executionUpdates(status: FAILED) { cursor } }"


@pytest.fixture(scope="module")
async def edge(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Edge]:
    """A gateway without keys, for all tests of this file: what breaks one socket is not to disturb the next."""
    async with opened(tmp_path_factory.mktemp("edge")) as edge:
        yield edge


@pytest.fixture(scope="module")
async def served(edge: Edge) -> AsyncIterator[Served]:
    """That gateway on a socket."""
    async with edge.served() as served:
        yield served


def subscribe(**changed: Any) -> str:
    return json.dumps({"type": "subscribe", "id": "1", "payload": {"query": "{ viewer { id } }"}, **changed})


@pytest.mark.parametrize(
    "message",
    [
        "{",
        "[]",
        "5",
        "[" * 100_000,
        '{"type": "connection_init", "payload": {"Authorization": "Bearer \\ud800"}}',
        "{}",
        '{"type": {}}',
        '{"type": "start"}',
        json.dumps({"type": "ö" * 300}),
        subscribe(id=None),
        subscribe(id=[]),
        subscribe(id=""),
        subscribe(id="i" * 257),
        subscribe(payload="{ viewer { id } }"),
        subscribe(payload={}),
        subscribe(payload={"query": 5}),
        subscribe(payload={"query": "{ viewer { id } }", "variables": [1]}),
        subscribe(payload={"query": "{ viewer { id } }", "operationName": {}}),
        '{"type": "complete", "id": []}',
    ],
    ids=lambda message: message[:40],
)
async def test_a_message_of_no_known_shape_closes_the_socket(
    message: str, served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """4400 and a reason that fits, and nothing is logged as a failure of ours."""
    async with connected(served) as socket:
        await socket.init()
        await socket.connection.send(message)
        code, reason = await socket.closed()
    assert code == 4400
    assert reason
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_a_binary_message_closes_the_socket(served: Served) -> None:
    """The protocol is text."""
    async with connected(served) as socket:
        await socket.connection.send(b"{}")
        assert (await socket.closed())[0] == 4400


@pytest.mark.parametrize("payload", [None, {}])
async def test_a_greeting_needs_no_payload(payload: dict[str, Any] | None, served: Served) -> None:
    """Null is as good as nothing."""
    async with connected(served) as socket:
        await socket.say(type="connection_init", payload=payload)
        assert await socket.hear() == {"type": "connection_ack"}


async def test_a_ping_is_answered_at_any_time(served: Served) -> None:
    """Also before the greeting."""
    async with connected(served) as socket:
        await socket.say(type="ping")
        assert await socket.hear() == {"type": "pong"}
        await socket.say(type="pong")
        await socket.init()


async def test_a_second_greeting_closes_the_socket(served: Served) -> None:
    """4429, as the protocol has it."""
    async with connected(served) as socket:
        await socket.init()
        await socket.say(type="connection_init")
        assert (await socket.closed())[0] == 4429


async def test_an_id_in_use_closes_the_socket(edge: Edge, served: Served) -> None:
    """4409, whose reason is cut to fit into a frame, and the first stream is let go."""
    async with connected(served) as socket:
        await socket.init()
        await socket.subscribe(UPDATES, "ö" * 200)
        await socket.subscribe(UPDATES, "ö" * 200)
        code, reason = await socket.closed()
    assert code == 4409
    assert REASON_BYTES - 1 <= len(reason.encode()) <= REASON_BYTES
    await edge.until_nobody_watches()


async def test_too_many_operations_are_refused_one_by_one(edge: Edge, served: Served) -> None:
    """The one above the limit gets an error with its code; when another has ended there is room again."""
    async with connected(served) as socket:
        await socket.init()
        for number in range(edge.settings.operations_per_connection):
            await socket.subscribe(UPDATES, str(number))
        await socket.subscribe(UPDATES, "one more")
        refused = await socket.hear()
        await socket.say(type="complete", id="0")
        await socket.subscribe("{ viewer { id } }", "afterwards")
        assert (await socket.hear())["id"] == "afterwards"
    assert (refused["id"], refused["type"]) == ("one more", "error")
    assert refused["payload"][0]["extensions"] == {"code": "LIMIT_EXCEEDED"}
    await edge.until_nobody_watches()


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ " + "a" * 300 + " $", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("", "BAD_REQUEST"),
    ],
)
async def test_a_wrong_document_ends_its_operation_only(query: str, code: str, served: Served) -> None:
    """The error has its code and the socket serves on."""
    async with connected(served) as socket:
        await socket.init()
        await socket.subscribe(query)
        message = await socket.hear()
        await socket.subscribe("{ viewer { id } }", "next")
        assert (await socket.hear())["id"] == "next"
    assert (message["id"], message["type"]) == ("1", "error")
    assert message["payload"][0]["extensions"]["code"] == code


async def test_a_message_above_a_megabyte_closes_the_socket(edge: Edge, served: Served) -> None:
    """1009, before it is read whole."""
    async with connected(served) as socket:
        await socket.init()
        await socket.connection.send("x" * (edge.settings.max_body_bytes + 1))
        assert (await socket.closed())[0] == 1009


@pytest.mark.parametrize("subprotocols", [None, ["graphql-ws"]])
async def test_another_protocol_is_not_spoken(
    subprotocols: list[websockets.Subprotocol] | None, served: Served
) -> None:
    """4406 for the older protocol and for none."""
    address = f"ws://{served.host}/graphql"
    async with websockets.connect(address, subprotocols=subprotocols, proxy=None) as connection:
        assert (await Socket(connection).closed())[0] == 4406
