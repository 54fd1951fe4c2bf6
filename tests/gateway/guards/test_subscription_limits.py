"""How many subscriptions are open at once, whichever protocol carries them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from adapters.errors import LimitExceeded
from adapters.principal import LOCAL_PRINCIPAL
from gateway.guards.subscription_limits import OpenThings
from tests.gateway.edge import ALICE, BOB, KEYS, SECONDS, Edge, Served, Socket, connected, opened
from tests.waiting import until

UPDATES = "subscription { executionUpdates(status: FAILED) { cursor } }"
MOST = 2


@pytest.fixture
async def narrow(tmp_path: Path) -> AsyncIterator[Edge]:
    """A gateway where each of two callers may have two subscriptions, and both three."""
    limits = {"subscriptions_per_principal": MOST, "subscriptions_total": MOST + 1}
    async with opened(tmp_path, KEYS, **limits) as edge:
        yield edge


@pytest.fixture
async def served_narrow(narrow: Edge) -> AsyncIterator[Served]:
    """It on a socket."""
    async with narrow.served() as served:
        yield served


async def greeted(stack: AsyncExitStack, served: Served, key: str) -> Socket:
    socket = await stack.enter_async_context(connected(served, key))
    await socket.init()
    return socket


async def events_of(served: Served, key: str) -> Any:
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(timeout=SECONDS) as client:
        answer = await client.post(f"http://{served.host}/graphql", json={"query": UPDATES}, headers=headers)
    (told,) = [line for line in answer.text.splitlines() if line.startswith("data: {")]
    return msgspec.json.decode(told.removeprefix("data: "))


async def test_who_opens_socket_after_socket_gets_no_further(narrow: Edge, served_narrow: Served) -> None:
    """The attack: new sockets, as each has a limit of its own. What counts is the caller, over every protocol."""
    async with AsyncExitStack() as stack:
        sockets = [await greeted(stack, served_narrow, ALICE) for _ in range(MOST + 1)]
        for socket in sockets:
            await socket.subscribe(UPDATES)
        refused = await sockets[-1].hear()
        streamed = await events_of(served_narrow, ALICE)
        assert narrow.cloudsigma.watchers == MOST
        await sockets[-1].subscribe("{ viewer { id } }", "query")
        assert (await sockets[-1].event())["id"] == "alice"
    for error in (refused["payload"][0], streamed["errors"][0]):
        assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
        assert "You have 2 subscriptions open" in error["message"]
    await narrow.until_nobody_watches()


async def test_callers_together_have_a_limit_too(narrow: Edge, served_narrow: Served) -> None:
    """Who comes when all places are taken is told so, and is served when there is one again."""
    async with AsyncExitStack() as stack:
        alice, bob = [await greeted(stack, served_narrow, key) for key in (ALICE, BOB)]
        for number in range(MOST):
            await alice.subscribe(UPDATES, str(number))
        await until(lambda: narrow.cloudsigma.watchers == MOST)
        for number in range(MOST):
            await bob.subscribe(UPDATES, str(number))
        refused = await bob.hear()
        assert refused["payload"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
        assert "come back later" in refused["payload"][0]["message"]
        await alice.say(type="complete", id="0")
        await until(lambda: narrow.cloudsigma.watchers == MOST)
        await bob.subscribe(UPDATES, "again")
        await until(lambda: narrow.cloudsigma.watchers == MOST + 1)


async def test_a_subscription_that_cannot_be_takes_no_place(narrow: Edge, served_narrow: Served) -> None:
    """An error as the first event, a document that is not valid and a client that leaves give the place back."""
    async with AsyncExitStack() as stack:
        socket = await greeted(stack, served_narrow, ALICE)
        for number in range(MOST + 1):
            await socket.subscribe('subscription { executionStatus(arn: "arn:none") { cursor } }', f"none {number}")
            assert (await socket.hear())["payload"]["errors"][0]["extensions"]["code"] == "NOT_FOUND"
            assert (await socket.hear())["type"] == "complete"
            await socket.subscribe("subscription { nothing }", f"invalid {number}")
            assert (await socket.hear())["payload"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
            await socket.subscribe(UPDATES, f"left {number}")
            await socket.say(type="complete", id=f"left {number}")
        await narrow.until_nobody_watches()


def test_the_local_principal_is_limited_by_the_total_alone() -> None:
    """Where there are no keys, everyone is one caller: front ends would take each other's places."""
    subscriptions = OpenThings("subscriptions", MOST, MOST + 1)
    for _ in range(MOST + 1):
        subscriptions.take(LOCAL_PRINCIPAL)
    with pytest.raises(LimitExceeded, match="as many subscriptions open as can be"):
        subscriptions.take(LOCAL_PRINCIPAL)
