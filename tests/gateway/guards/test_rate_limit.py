"""Callers that ask without end."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.principal import LOCAL_PRINCIPAL, Principal
from gateway.guards import rate_limit
from gateway.guards.rate_limit import RateLimit
from gateway.protocols.refusals import Refused
from tests.gateway.edge import ALICE, BOB, KEYS, Edge, connected, opened

QUERY = {"query": "{ viewer { id } }"}
CAROL = Principal(id="carol", name="carol", tenant="acme", tier="pro")


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def admitted(limit: RateLimit, principal: Principal = CAROL) -> int:
    """Ask until it is refused, and count what was not."""
    for number in range(1000):
        try:
            limit.admit(principal)
        except Refused:
            return number
    return 1000


def test_a_minutes_operations_may_begin_at_once_and_then_one_after_the_other() -> None:
    """The bucket fills steadily, and holds no more than a minute's."""
    clock = Clock()
    limit = RateLimit(60, clock)
    counts = [admitted(limit)]
    for seconds in (1.0, 10.0, 0.5, 3600.0):
        clock.now += seconds
        counts.append(admitted(limit))
    assert counts == [60, 1, 10, 0, 60]


def test_the_refusal_says_when_to_come_back() -> None:
    """Not earlier than that it would be let in, and then it is."""
    clock = Clock()
    limit = RateLimit(6, clock)
    admitted(limit)
    with pytest.raises(Refused) as refused:
        limit.admit(CAROL)
    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "10"})
    assert refused.value.extensions == {"retryAfterSeconds": 10}
    clock.now += 10
    limit.admit(CAROL)


def test_each_caller_has_a_bucket_of_its_own() -> None:
    """Also of the same name in another tenant."""
    limit = RateLimit(3, Clock())
    other = Principal(id="carol", name="carol", tenant="umbrella", tier="pro")
    assert [admitted(limit), admitted(limit), admitted(limit, other)] == [3, 0, 3]


def test_the_local_principal_and_a_limit_of_nothing_are_unlimited() -> None:
    """Who needs no key is not counted."""
    assert admitted(RateLimit(1, Clock()), LOCAL_PRINCIPAL) == 1000
    assert admitted(RateLimit(0, Clock())) == 1000


def test_the_memory_for_callers_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever called least recently is forgotten."""
    monkeypatch.setattr(rate_limit, "CALLERS", 2)
    limit = RateLimit(1, Clock())
    for name in ("a", "b", "a", "c"):
        admitted(limit, Principal(id=name, name=name, tenant="acme", tier="pro"))
    assert len(limit._full_at) == 2
    assert [name for _, name in limit._full_at] == ["a", "c"]


async def test_a_caller_that_asks_too_often_is_told_to_wait(tmp_path: Path) -> None:
    """429 with `Retry-After` over HTTP, while another caller is answered."""
    async with (
        opened(tmp_path, KEYS, operations_per_minute=2) as edge,
        edge.client(ALICE) as alice,
        edge.client(BOB) as bob,
    ):
        answers = [await alice.post("/graphql", json=QUERY) for _ in range(3)]
        other = await bob.get("/graphql", params=QUERY)
    assert [answer.status_code for answer in (*answers, other)] == [200, 200, 429, 200]
    (error,) = answers[-1].json()["errors"]
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED", "retryAfterSeconds": 30}
    assert answers[-1].headers["Retry-After"] == "30"


async def test_each_operation_counts_however_it_comes(tmp_path: Path) -> None:
    """A batch, a socket and a stream of events are no way around."""
    async with opened(tmp_path, KEYS, operations_per_minute=3) as edge, edge.served() as served:
        async with edge.client(ALICE) as alice:
            batch = (await alice.post("/graphql", json=[QUERY, QUERY, QUERY, QUERY])).json()
            streamed = await alice.post("/graphql", json=QUERY, headers={"Accept": "text/event-stream"})
        assert sorted("errors" in answer for answer in batch) == [False, False, False, True]
        assert "LIMIT_EXCEEDED" in streamed.text
        async with connected(served, BOB) as socket:
            await socket.init()
            heard = []
            for number in range(4):
                await socket.subscribe(QUERY["query"], str(number))
                heard.append(await socket.hear())
                if heard[-1]["type"] == "next":
                    assert (await socket.hear())["type"] == "complete"
    assert [message["type"] for message in heard] == ["next", "next", "next", "error"]
    assert heard[-1]["payload"][0]["extensions"] == {"code": "LIMIT_EXCEEDED", "retryAfterSeconds": 20}


async def test_without_keys_nobody_waits(edge: Edge) -> None:
    """The local principal is nobody's guest."""
    async with edge.client() as client:
        assert (await client.post("/graphql", json=QUERY)).status_code == 200
