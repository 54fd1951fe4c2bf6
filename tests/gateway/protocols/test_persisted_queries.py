"""Automatic persisted queries: Apollo's protocol, and what could be done with it by somebody who means ill."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.protocols.persisted_queries import PersistedQueries, PersistedQueryNotFound
from tests.gateway.edge import ALICE, KEYS, Edge, build_edge, connected

TEXT = "{ viewer { name } }"
DATA = {"data": {"viewer": {"name": "local"}}}
NOT_FOUND = {"errors": [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]}


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def persisted(text: str, digest: str | None = None, **rest: Any) -> dict[str, Any]:
    """Write a request that gives the hash of a text, and in `rest` perhaps the text."""
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest or hash_of(text)}}, **rest}


async def post(edge: Edge, body: Any, key: str | None = None, **headers: str) -> httpx.Response:
    async with edge.client(key) as client:
        return await client.post("/graphql", json=body, headers=headers)


async def test_a_text_is_sent_once_and_then_its_hash(edge: Edge) -> None:
    """The client is told that the hash is not known, sends the text with it, and needs it no more."""
    unknown = await post(edge, persisted(TEXT))
    assert (unknown.status_code, unknown.json()) == (200, NOT_FOUND)
    assert (await post(edge, persisted(TEXT, query=TEXT))).json() == DATA
    assert (await post(edge, persisted(TEXT))).json() == DATA


async def test_a_hash_by_get_is_answered_too(edge: Edge) -> None:
    """So that caches in between can keep the answer; a mutation that is known stays a mutation."""
    mutation = 'mutation { generateRules(input: {text: "a report"}) { __typename } }'
    parameters = {name: json.dumps(value) for name, value in persisted(mutation).items()}
    await post(edge, persisted(mutation, query=mutation))
    async with edge.client() as client:
        first = await client.get(
            "/graphql", params={"query": TEXT, "extensions": json.dumps(persisted(TEXT)["extensions"])}
        )
        again = await client.get("/graphql", params={"extensions": json.dumps(persisted(TEXT)["extensions"])})
        refused = await client.get("/graphql", params=parameters)
    assert first.json() == again.json() == DATA
    assert refused.status_code == 405
    assert edge.cloudsigma.calls["generate"] == 1


async def test_an_unknown_hash_is_400_where_the_status_tells(edge: Edge) -> None:
    """As is each answer without data in the newer media type."""
    answer = await post(edge, persisted(TEXT), accept="application/graphql-response+json")
    assert (answer.status_code, answer.json()) == (400, NOT_FOUND)


async def test_a_text_under_the_hash_of_another_is_refused(edge: Edge) -> None:
    """Nobody is made to run what somebody else put under the hash of what he means."""
    poison = await post(edge, persisted(TEXT, query="{ viewer { id } }"))
    assert (poison.status_code, poison.json()["errors"][0]["message"]) == (400, "provided sha does not match query")
    assert (await post(edge, persisted(TEXT))).json() == NOT_FOUND


async def test_a_tenant_cannot_run_the_texts_of_another(tmp_path: Path) -> None:
    """A hash that leaked names nothing elsewhere."""
    eve = "tg_" + "e" * 40
    edge = build_edge(tmp_path, f"{KEYS},eve={eve};tenant=evil")
    assert (await post(edge, persisted(TEXT, query=TEXT), ALICE)).json() == {"data": {"viewer": {"name": "alice"}}}
    assert (await post(edge, persisted(TEXT), eve)).json() == NOT_FOUND
    assert (await post(edge, persisted(TEXT))).status_code == 401
    await edge.assembly.database.close()


@pytest.mark.parametrize(
    "extension",
    [5, {}, {"version": 1}, {"version": 1, "sha256Hash": 5}, {"version": 2, "sha256Hash": hash_of(TEXT)}],
)
async def test_what_is_not_the_protocol_is_refused(extension: Any, edge: Edge) -> None:
    """Other versions too."""
    answer = await post(edge, {"query": TEXT, "extensions": {"persistedQuery": extension}})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]) == (400, {"code": "BAD_REQUEST"})


async def test_persisted_queries_can_be_switched_off(tmp_path: Path) -> None:
    """Apollo's clients then send the text each time."""
    edge = build_edge(tmp_path, persisted_query_bytes=0)
    assert (await post(edge, persisted(TEXT, query=TEXT))).json() == DATA
    error = (await post(edge, persisted(TEXT))).json()["errors"][0]
    assert error["extensions"] == {"code": "PERSISTED_QUERY_NOT_SUPPORTED"}
    await edge.assembly.database.close()


async def test_a_socket_knows_the_same_hashes(edge: Edge) -> None:
    """The protocol does not matter."""
    await post(edge, persisted(TEXT, query=TEXT))
    async with edge.served() as served, connected(served) as socket:
        await socket.init()
        await socket.say(type="subscribe", id="1", payload=persisted(TEXT))
        assert (await socket.hear())["payload"] == DATA
        await socket.hear()
        await socket.say(type="subscribe", id="2", payload=persisted("{ other }"))
        assert (await socket.hear())["payload"] == NOT_FOUND["errors"]


def test_a_flood_of_texts_fills_no_memory() -> None:
    """Whatever is sent, the bytes stay below the limit, and what is used stays known."""
    kept, mine = PersistedQueries(100_000), "{ mine }"
    kept.keep("acme", hash_of(mine), mine)
    for number in range(2_000):
        text = f"{{ flood{number} }} # {'x' * (number % 300)}"
        kept.keep("acme", hash_of(text), text)
        kept.keep("acme", hash_of(text), text)
        assert kept.size <= 100_000
        assert kept.find("acme", hash_of(mine)) == mine
    with pytest.raises(PersistedQueryNotFound):
        kept.find("acme", hash_of("{ flood0 } # "))


def test_a_long_text_is_not_kept() -> None:
    """It would push out all others."""
    kept, text = PersistedQueries(1_000_000), "{ a } #" + "x" * 20_000
    kept.keep("acme", hash_of(text), text)
    assert kept.size == 0
