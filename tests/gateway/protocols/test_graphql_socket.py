"""`/graphql` as a socket: who is let in, and what operations on it do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import websockets

from adapters.cloudsigma.models import Stage
from tests.doubles.memory_cloudsigma import finished_output
from tests.gateway.edge import ALICE, BOB, KEYS, Edge, Served, Socket, connected, opened

VIEWER = "{ viewer { id } }"
STATUS = """subscription($arn: String!, $after: Cursor) {
    executionStatus(arn: $arn, after: $after) { cursor previousStatus execution { status stage } }
}"""
UPDATES = "subscription { executionUpdates { cursor execution { arn } } }"
GENERATE = 'mutation { generateRules(input: {text: "a report"}) { ... on Execution { arn } } }'


@pytest.fixture(scope="module")
async def keyed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Edge]:
    """A gateway with keys for all tests of this file, of which none begins anything there."""
    async with opened(tmp_path_factory.mktemp("keyed"), KEYS) as edge:
        yield edge


@pytest.fixture(scope="module")
async def served_keyed(keyed: Edge) -> AsyncIterator[Served]:
    """That gateway on a socket."""
    async with keyed.served() as served:
        yield served


async def viewer(socket: Socket) -> Any:
    await socket.subscribe(VIEWER)
    event = await socket.event()
    assert await socket.hear() == {"id": "1", "type": "complete"}
    return event["id"]


async def test_without_keys_a_socket_needs_none(served: Served) -> None:
    """The local principal is everyone."""
    async with connected(served) as socket:
        await socket.init()
        assert await viewer(socket) == "local"


async def test_a_key_in_the_header_names_the_caller(served_keyed: Served) -> None:
    """As over HTTP."""
    async with connected(served_keyed, ALICE) as socket:
        await socket.init()
        assert await viewer(socket) == "alice"


async def test_no_message_comes_compressed(served_keyed: Served) -> None:
    """A stranger's packet of 200 KB unpacked to as many messages of a megabyte, all of them at once."""
    async with connected(served_keyed) as socket:
        assert socket.connection.request is not None
        assert "permessage-deflate" in socket.connection.request.headers["Sec-WebSocket-Extensions"]
        assert socket.connection.protocol.extensions == []


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
async def test_a_key_in_connection_init_names_the_caller(name: str, served_keyed: Served) -> None:
    """A browser can't set headers, so the first message may bring the key, in any case."""
    async with connected(served_keyed) as socket:
        await socket.init(**{name: f"bearer {BOB}"})
        assert await viewer(socket) == "bob"


async def test_the_key_in_connection_init_wins(served_keyed: Served) -> None:
    """Of two right keys the first message's counts."""
    async with connected(served_keyed, ALICE) as socket:
        await socket.init(Authorization=f"Bearer {BOB}")
        assert await viewer(socket) == "bob"


@pytest.mark.parametrize(
    "payload",
    [{}, {"Authorization": ""}, {"Authorization": "Bearer " + "c" * 40}, {"Authorization": [ALICE]}, {"key": ALICE}],
)
async def test_who_brings_no_right_key_is_sent_away(payload: dict[str, Any], served_keyed: Served) -> None:
    """The socket is closed with 4403, and says no more."""
    async with connected(served_keyed) as socket:
        await socket.say(type="connection_init", payload=payload)
        assert await socket.closed() == (4403, "Forbidden")


async def test_a_wrong_key_in_connection_init_is_not_mended_by_the_header(served_keyed: Served) -> None:
    """Who names another key means that key."""
    async with connected(served_keyed, ALICE) as socket:
        await socket.say(type="connection_init", payload={"Authorization": "Bearer " + "c" * 40})
        assert (await socket.closed())[0] == 4403


async def test_nothing_is_done_before_connection_init(keyed: Edge, served_keyed: Served) -> None:
    """An operation before the greeting closes the socket with 4401, even with a right key in the header."""
    async with connected(served_keyed, ALICE) as socket:
        await socket.subscribe(GENERATE)
        assert await socket.closed() == (4401, "Unauthorized")
    assert keyed.cloudsigma.calls["generate"] == 0


async def test_a_page_of_another_origin_gets_no_socket(served: Served) -> None:
    """A browser's foreign page is refused at the handshake, so it can't act as the local principal."""
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with connected(served, origin=websockets.Origin("http://evil.example")):
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_page_that_hides_its_origin_gets_no_socket(site: str, served: Served) -> None:
    """Cross-site WebSocket hijacking from a sandboxed frame: `Origin: null`, and what the browser says of the site."""
    headers = {"Sec-Fetch-Site": site}
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with connected(served, origin=websockets.Origin("null"), additional_headers=headers):
            pass
    assert refused.value.response.status_code == 403
    assert b"ORIGIN_REFUSED" in refused.value.response.body


async def test_pages_of_known_origins_get_a_socket(tmp_path: Path) -> None:
    """The gateway's own, and those that the setting names."""
    async with opened(tmp_path, allowed_origins="https://app.example.com") as edge, edge.served() as served:
        for origin in (f"http://{served.host}", "https://app.example.com"):
            async with connected(served, origin=websockets.Origin(origin)) as socket:
                await socket.init()
                assert await viewer(socket) == "local"


async def test_queries_and_mutations_run_over_the_socket(edge: Edge, served: Served) -> None:
    """Every kind of operation does, side by side."""
    async with connected(served) as socket:
        await socket.init()
        await socket.subscribe(GENERATE)
        arn = (await socket.event())["arn"]
        assert await socket.hear() == {"id": "1", "type": "complete"}
        assert await viewer(socket) == "local"
    assert edge.cloudsigma.calls["generate"] == 1
    assert arn == "arn:memory:1"


async def test_a_stream_tells_the_state_then_changes_and_ends(edge: Edge, served: Served) -> None:
    """The terminal state is the last event; nothing is watched afterwards."""
    arn = await edge.begin()
    async with connected(served) as socket:
        await socket.init()
        await socket.subscribe(STATUS, arn=arn)
        first = await socket.event()
        edge.cloudsigma.advance(arn, Stage.GENERATE)
        second = await socket.event()
        edge.cloudsigma.finish(arn)
        third = await socket.event()
        assert await socket.hear() == {"id": "1", "type": "complete"}
        await edge.until_nobody_watches()
    assert first["execution"] == {"status": "RUNNING", "stage": "INGEST"}
    assert first["previousStatus"] is None
    assert second["execution"]["stage"] == "GENERATE"
    assert third["execution"]["status"] == "FAILED"
    assert third["previousStatus"] == "RUNNING"


async def test_complete_ends_the_stream_and_what_watched_for_it(edge: Edge, served: Served) -> None:
    """The mailbox is let go while the socket stays and serves on."""
    async with connected(served) as socket:
        await socket.init()
        await socket.subscribe(STATUS, "watching", arn=await edge.begin())
        await socket.event()
        assert edge.cloudsigma.watchers == 1
        await socket.say(type="complete", id="watching")
        await edge.until_nobody_watches()
        assert await viewer(socket) == "local"


async def test_a_socket_that_breaks_ends_all_its_streams(edge: Edge, served: Served) -> None:
    """A connection that is lost without a word frees what its streams held."""
    await edge.begin()
    async with connected(served) as socket:
        await socket.init()
        for name in ("one", "two", "three"):
            await socket.subscribe(UPDATES, name)
            await socket.event()
        assert edge.cloudsigma.watchers == 3
        socket.connection.transport.abort()
    await edge.until_nobody_watches()


async def test_after_resumes_behind_the_last_event_seen(edge: Edge, served: Served) -> None:
    """What happened meanwhile is told, what was seen is not told again."""
    arn = await edge.begin()
    async with connected(served) as socket:
        await socket.init()
        await socket.subscribe(STATUS, arn=arn)
        cursor = (await socket.event())["cursor"]
    edge.cloudsigma.advance(arn, Stage.FILTER)
    edge.cloudsigma.finish(arn, finished_output())
    async with connected(served) as socket:
        await socket.init()
        await socket.subscribe(STATUS, arn=arn, after=cursor)
        event = await socket.event()
        assert event["execution"]["status"] == "SUCCEEDED"
        assert await socket.hear() == {"id": "1", "type": "complete"}
        await socket.subscribe(STATUS, arn=arn, after=event["cursor"])
        assert await socket.hear() == {"id": "1", "type": "complete"}


@pytest.mark.parametrize(
    ("variables", "code"),
    [({"arn": "arn:none"}, "NOT_FOUND"), ({"arn": "arn:none", "after": "yesterday"}, "INVALID_INPUT")],
)
async def test_a_stream_that_cannot_be_is_an_error(variables: dict[str, str], code: str, served: Served) -> None:
    """An unknown ARN or a cursor that is none ends the operation, not the socket."""
    async with connected(served) as socket:
        await socket.init()
        await socket.subscribe(STATUS, **variables)
        message = await socket.hear()
        assert message["payload"]["errors"][0]["extensions"]["code"] == code
        assert await socket.hear() == {"id": "1", "type": "complete"}
        assert await viewer(socket) == "local"
