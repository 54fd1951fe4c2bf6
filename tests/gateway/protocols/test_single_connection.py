"""GraphQL over SSE in single-connection mode: who may do what with a reservation, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from gateway.protocols import reservations
from tests.gateway.edge import ALICE, BOB, KEYS, SECONDS, Edge, Served, opened
from tests.waiting import until

TOKEN = "X-GraphQL-Event-Stream-Token"
UPDATES = "subscription { executionUpdates(status: FAILED) { cursor } }"
VIEWER = "{ viewer { id } }"


@dataclass(frozen=True)
class Caller:
    """Somebody with a key, and what the protocol has them do."""

    client: httpx.AsyncClient

    async def reserve(self) -> str:
        answer = await self.client.put("/graphql")
        assert answer.status_code == 201
        assert answer.headers["content-type"].startswith("text/plain")
        return answer.text

    async def begin(self, token: str, query: str, name: Any = "1", **headers: str) -> httpx.Response:
        body = {"query": query, "extensions": {"operationId": name}}
        return await self.client.post("/graphql", json=body, headers={TOKEN: token, **headers})

    async def end(self, token: str, name: str = "1") -> httpx.Response:
        return await self.client.delete("/graphql", params={"operationId": name}, headers={TOKEN: token})

    @asynccontextmanager
    async def stream(self, token: str) -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
        headers = {TOKEN: token, "Accept": "text/event-stream"}
        async with self.client.stream("GET", "/graphql", headers=headers) as response:
            assert response.status_code == 200
            yield events(response)

    async def refused_stream(self, token: str) -> httpx.Response:
        return await self.client.get("/graphql", headers={TOKEN: token, "Accept": "text/event-stream"})


async def events(response: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    name = ""
    async for line in response.aiter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, msgspec.json.decode(line.removeprefix("data: "))


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


@asynccontextmanager
async def calling(served: Served, key: str | None) -> AsyncIterator[Caller]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx.AsyncClient(base_url=f"http://{served.host}", headers=headers, timeout=SECONDS) as client:
        yield Caller(client)


@pytest.fixture
async def narrow(tmp_path: Path) -> AsyncIterator[Edge]:
    """A gateway with keys where two of a thing are the most."""
    async with opened(tmp_path, KEYS, operations_per_connection=2, subscriptions_per_principal=2) as edge:
        yield edge


@pytest.fixture
async def served_narrow(narrow: Edge) -> AsyncIterator[Served]:
    async with narrow.served() as served:
        yield served


@pytest.fixture
async def alice(served_narrow: Served) -> AsyncIterator[Caller]:
    async with calling(served_narrow, ALICE) as caller:
        yield caller


async def test_results_come_on_the_one_stream(narrow: Edge, alice: Caller) -> None:
    """Also of what began before the stream was there; an operation that is ended says no more, and frees its id."""
    token = await alice.reserve()
    early = await alice.begin(token, VIEWER, "early")
    assert (early.status_code, early.content) == (202, b"")
    async with alice.stream(token) as heard:
        assert await anext(heard) == ("next", {"id": "early", "payload": {"data": {"viewer": {"id": "alice"}}}})
        assert await anext(heard) == ("complete", {"id": "early"})
        assert (await alice.begin(token, UPDATES)).status_code == 202
        await until(lambda: narrow.cloudsigma.watchers == 1)
        assert (await alice.end(token)).status_code == 200
        await narrow.until_nobody_watches()
        assert (await alice.end(token)).status_code == 200
        assert (await alice.begin(token, VIEWER)).status_code == 202
        assert [await anext(heard), await anext(heard)][1] == ("complete", {"id": "1"})


async def test_a_stream_that_ends_ends_its_operations(narrow: Edge, alice: Caller) -> None:
    """And the token is worth nothing any more."""
    token = await alice.reserve()
    async with alice.stream(token):
        await alice.begin(token, UPDATES)
        await until(lambda: narrow.cloudsigma.watchers == 1)
    await narrow.until_nobody_watches()
    assert code(await alice.begin(token, VIEWER)) == (404, "NOT_FOUND")


async def test_a_token_of_somebody_else_is_none(narrow: Edge, served_narrow: Served, alice: Caller) -> None:
    """The attack: Bob has got hold of Alice's token. With his key it opens, begins and ends nothing."""
    token = await alice.reserve()
    await alice.begin(token, UPDATES)
    async with calling(served_narrow, BOB) as bob:
        answers = [await bob.refused_stream(token), await bob.begin(token, VIEWER, "2"), await bob.end(token)]
    assert {code(answer) for answer in answers} == {(404, "NOT_FOUND")}
    assert narrow.cloudsigma.watchers == 1


async def test_the_token_alone_opens_the_stream_and_does_no_more(served_narrow: Served, alice: Caller) -> None:
    """A browser's EventSource sends no key; operations and reservations need one."""
    token = await alice.reserve()
    await alice.begin(token, VIEWER)
    async with calling(served_narrow, None) as stranger:
        assert code(await stranger.client.put("/graphql")) == (401, "UNAUTHENTICATED")
        assert code(await stranger.begin(token, VIEWER, "2")) == (401, "UNAUTHENTICATED")
        assert code(await stranger.end(token)) == (401, "UNAUTHENTICATED")
        assert code(await stranger.refused_stream("guessed")) == (404, "NOT_FOUND")
        address = f"/graphql?token={token}"
        async with stranger.client.stream("GET", address, headers={"Accept": "text/event-stream"}) as response:
            assert (await anext(events(response)))[1]["payload"] == {"data": {"viewer": {"id": "alice"}}}


async def test_a_reservation_has_one_stream(alice: Caller) -> None:
    """A second one, as of who listens in, is told that the first is there."""
    token = await alice.reserve()
    async with alice.stream(token):
        assert code(await alice.refused_stream(token)) == (409, "CONFLICT")


@pytest.mark.parametrize(
    ("query", "name", "refusal"),
    [
        (VIEWER, None, (400, "BAD_REQUEST")),
        (VIEWER, "", (400, "BAD_REQUEST")),
        (VIEWER, ["1"], (400, "BAD_REQUEST")),
        (VIEWER, "i" * 257, (400, "BAD_REQUEST")),
        ("", "1", (400, "BAD_REQUEST")),
        ("{ nothing }", "1", (400, "GRAPHQL_VALIDATION_FAILED")),
        ("{", "1", (400, "GRAPHQL_PARSE_FAILED")),
    ],
)
async def test_what_is_not_executed_is_told_at_once(
    query: str, name: Any, refusal: tuple[int, str], alice: Caller
) -> None:
    """By the request's own response, not on the stream; its id stays free."""
    token = await alice.reserve()
    assert code(await alice.begin(token, query, name)) == refusal
    assert (await alice.begin(token, VIEWER)).status_code == 202


async def test_an_operation_needs_an_id_of_its_own_and_a_place(narrow: Edge, alice: Caller) -> None:
    """409 and 429; the attack: operations without end on a stream that nobody reads."""
    token = await alice.reserve()
    for name in ("1", "2"):
        assert (await alice.begin(token, UPDATES, name)).status_code == 202
    assert code(await alice.begin(token, VIEWER, "1")) == (409, "CONFLICT")
    assert code(await alice.begin(token, VIEWER, "3")) == (429, "LIMIT_EXCEEDED")
    assert narrow.cloudsigma.watchers == 2


async def test_reservations_are_limited(alice: Caller) -> None:
    """The attack: reservations without end. A caller has as many as subscriptions, and room again once one is over."""
    first, _ = await alice.reserve(), await alice.reserve()
    assert code(await alice.client.put("/graphql")) == (429, "LIMIT_EXCEEDED")
    async with alice.stream(first):
        assert code(await alice.client.put("/graphql")) == (429, "LIMIT_EXCEEDED")
    async with asyncio.timeout(SECONDS):
        while (await alice.client.put("/graphql")).status_code != 201:  # noqa: ASYNC110 - the end of a stream is told to nobody
            await asyncio.sleep(0.01)


async def test_a_reservation_that_nobody_opens_expires(
    narrow: Edge, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what runs under it ends."""
    monkeypatch.setattr(reservations, "SECONDS_TO_OPEN", 0.1)
    token = await alice.reserve()
    assert (await alice.begin(token, UPDATES)).status_code == 202
    await narrow.until_nobody_watches()
    assert code(await alice.begin(token, VIEWER)) == (404, "NOT_FOUND")


async def test_a_server_that_stops_ends_the_stream(narrow: Edge) -> None:
    """The body ends as one that is whole, and nothing is watched any more."""
    async with narrow.served() as served, calling(served, ALICE) as alice:
        token = await alice.reserve()
        async with alice.stream(token) as heard:
            await alice.begin(token, UPDATES)
            await until(lambda: narrow.cloudsigma.watchers == 1)
            stopping = asyncio.create_task(served.stop())
            assert [event async for event in heard] == []
        await stopping
    assert narrow.cloudsigma.watchers == 0
