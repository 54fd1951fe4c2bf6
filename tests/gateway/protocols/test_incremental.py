"""Answers in parts: `@defer` and `@stream`, for clients that can take them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.cloudsigma.models import Usage
from adapters.principal import Principal
from gateway.protocols.deferred_parts import DeferredParts
from tests.gateway.edge import SECONDS, Edge, Served, build_edge
from tests.gateway.protocols.multipart import parts

TODAYS = "multipart/mixed;incrementalSpec=v0.2, application/json"
EARLIER = "multipart/mixed; deferSpec=20220824, application/json"
DEFERRED = '{ viewer { id ... @defer(label: "later") { usage { used } } } }'
STREAMED = '{ executions(first: 3) { nodes @stream(initialCount: 1, label: "rows") { status } } }'
USAGE = {"used": 0}


@asynccontextmanager
async def asked(served: Served, query: str, accept: str, **variables: Any) -> AsyncIterator[httpx.Response]:
    async with (
        httpx.AsyncClient(timeout=SECONDS) as client,
        client.stream(
            "POST",
            f"http://{served.host}/graphql",
            json={"query": query, "variables": variables},
            headers={"Accept": accept},
        ) as response,
    ):
        yield response


async def all_parts(edge: Edge, query: str, accept: str) -> list[Any]:
    """Ask in process, and give each part."""
    async with (
        edge.client() as client,
        client.stream("POST", "/graphql", json={"query": query}, headers={"Accept": accept}) as response,
    ):
        assert response.status_code == 200
        return [part async for part in parts(response)]


async def test_what_is_deferred_comes_later(edge: Edge) -> None:
    """The rest comes first; what is pending is named, told, and completed."""
    assert await all_parts(edge, DEFERRED, TODAYS) == [
        {
            "data": {"viewer": {"id": "local"}},
            "pending": [{"id": "0", "path": ["viewer"], "label": "later"}],
            "hasNext": True,
        },
        {
            "incremental": [{"data": {"usage": USAGE}, "id": "0"}],
            "completed": [{"id": "0"}],
            "hasNext": False,
        },
    ]


async def test_a_list_is_streamed(edge: Edge) -> None:
    """Its first row comes at once, the others by and by."""
    for _ in range(3):
        await edge.begin()
    first, *rest = await all_parts(edge, STREAMED, TODAYS)
    assert first["data"] == {"executions": {"nodes": [{"status": "RUNNING"}]}}
    told = [item for part in rest for each in part.get("incremental", ()) for item in each["items"]]
    assert told == [{"status": "RUNNING"}] * 2
    assert rest[-1]["hasNext"] is False


async def test_clients_of_august_2022_get_whole_paths(edge: Edge) -> None:
    """As Apollo Client's default handler reads them."""
    for _ in range(3):
        await edge.begin()
    assert await all_parts(edge, DEFERRED, EARLIER) == [
        {"data": {"viewer": {"id": "local"}}, "hasNext": True},
        {"incremental": [{"data": {"usage": USAGE}, "path": ["viewer"], "label": "later"}], "hasNext": False},
    ]
    first, *rest = await all_parts(edge, STREAMED, EARLIER)
    assert first == {"data": {"executions": {"nodes": [{"status": "RUNNING"}]}}, "hasNext": True}
    told = [each for part in rest for each in part.get("incremental", ())]
    at = 1
    for each in told:
        assert each["path"] == ["executions", "nodes", at]
        assert each["label"] == "rows"
        at += len(each["items"])
    assert at == 3


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/graphql-response+json"])
@pytest.mark.parametrize("query", [DEFERRED, STREAMED])
async def test_who_takes_no_parts_has_the_answer_whole(query: str, accept: str, edge: Edge) -> None:
    """The directives are then without effect."""
    await edge.begin()
    async with edge.client() as client:
        answer = await client.post("/graphql", json={"query": query}, headers={"Accept": accept})
    assert answer.headers["content-type"].endswith("json")
    assert answer.json()["data"] in (
        {"viewer": {"id": "local", "usage": USAGE}},
        {"executions": {"nodes": [{"status": "RUNNING"}]}},
    )


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("{ viewer { id ... @defer(if: false) { name } } }", 200, None),
        ("{ viewer { id @defer } }", 400, "GRAPHQL_VALIDATION_FAILED"),
        ("{ viewer { ... @defer { nothing } } }", 400, "GRAPHQL_VALIDATION_FAILED"),
        ("{ executions { nodes @stream(initialCount: -1) { arn } } }", 200, "BAD_USER_INPUT"),
        ("{ @defer", 400, "GRAPHQL_PARSE_FAILED"),
        ("subscription { executionUpdates { ... @defer { cursor } } }", 400, "BAD_REQUEST"),
    ],
)
async def test_what_has_no_parts_is_one_answer(query: str, status: int, code: str | None, edge: Edge) -> None:
    """In the type that is wanted besides, with its status."""
    accept = "multipart/mixed, application/graphql-response+json"
    async with edge.client() as client:
        answer = await client.post("/graphql", json={"query": query}, headers={"Accept": accept})
    assert answer.status_code == status
    assert answer.json().get("errors", [{"extensions": {"code": None}}])[0]["extensions"]["code"] == code


async def test_a_mutation_with_parts_runs_by_post_only(edge: Edge) -> None:
    """GET changes nothing in this way either."""
    query = 'mutation { generateRules(input: {text: "x"}) { ... @defer { ... on Execution { status } } } }'
    async with edge.client() as client:
        refused = await client.get("/graphql", params={"query": query}, headers={"Accept": TODAYS})
        assert edge.cloudsigma.calls["generate"] == 0
    assert refused.status_code == 405
    first, second = await all_parts(edge, query, TODAYS)
    assert first["data"] == {"generateRules": {}}
    assert second["incremental"][0]["data"] == {"status": "RUNNING"}


async def test_the_first_part_does_not_wait_for_the_others(
    edge: Edge, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is there while the deferred edge still waits."""
    go_on = asyncio.Event()

    async def usage(principal: Principal) -> Usage:
        await go_on.wait()
        return await type(edge.cloudsigma).usage(edge.cloudsigma, principal)

    monkeypatch.setattr(edge.cloudsigma, "usage", usage)
    async with asked(served, DEFERRED, TODAYS) as response:
        told = parts(response)
        assert (await anext(told))["data"] == {"viewer": {"id": "local"}}
        go_on.set()
        assert (await anext(told))["incremental"][0]["data"] == {"usage": USAGE}


async def test_what_is_deferred_has_the_time_of_the_whole_operation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edge that hangs ends with the operation's deadline, with its code and nothing internal."""
    edge = build_edge(tmp_path, operation_seconds=0.2)

    async def usage(*_: object) -> Usage:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(edge.cloudsigma, "usage", usage)
    async with asyncio.timeout(SECONDS):
        first, second = await all_parts(edge, DEFERRED, TODAYS)
    await edge.assembly.database.close()
    assert first["data"] == {"viewer": {"id": "local"}}
    (part,) = second["incremental"]
    assert part["data"] == {"usage": None}
    assert part["errors"][0]["extensions"] == {"code": "DEADLINE_EXCEEDED"}


@pytest.mark.parametrize("accept", [TODAYS, EARLIER])
async def test_an_error_in_a_part_is_masked(accept: str, edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """As anywhere."""

    async def usage(*_: object) -> Usage:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(edge.cloudsigma, "usage", usage)
    told = await all_parts(edge, DEFERRED, accept)
    assert "hunter2" not in str(told)
    assert told[1]["incremental"][0]["errors"][0]["extensions"] == {"code": "INTERNAL"}


async def test_who_leaves_ends_what_is_deferred(edge: Edge, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing runs on for nobody."""
    ended = asyncio.Event()

    async def usage(*_: object) -> Usage:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    monkeypatch.setattr(edge.cloudsigma, "usage", usage)
    async with asked(served, DEFERRED, TODAYS) as response:
        await anext(parts(response))
    async with asyncio.timeout(SECONDS):
        await ended.wait()


async def test_edges_in_parts_are_batched_as_ever(edge: Edge) -> None:
    """The rows of a list that defer the same edge ask for it in one call."""
    for _ in range(3):
        await edge.begin()
    edge.cloudsigma.calls.clear()
    query = "{ executions(first: 3) { nodes { arn ... @defer { rules { id } } } } }"
    whole = await edge.ask(query)
    calls = edge.cloudsigma.calls.copy()
    edge.cloudsigma.calls.clear()
    told = await all_parts(edge, query, TODAYS)
    assert len(whole["data"]["executions"]["nodes"]) == len(told[0]["data"]["executions"]["nodes"]) == 3
    assert edge.cloudsigma.calls == calls


async def test_a_document_does_not_make_a_million_parts(edge: Edge) -> None:
    """What is deferred for each row of a list within a list is part of the cost."""
    deferred = " ".join(f'... @defer(label: "{number}") {{ name }}' for number in range(40))
    query = f"{{ executions(first: 1000) {{ nodes {{ rules {{ technique {{ {deferred} }} }} }} }} }}"
    async with edge.client() as client:
        answer = await client.post("/graphql", json={"query": query}, headers={"Accept": TODAYS})
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "OPERATION_TOO_COMPLEX"
    assert error["extensions"]["requested"] > 200_000


def test_parts_that_overlap_or_fail_are_told_as_in_august_2022() -> None:
    """A deferred list that is streamed goes on at its length; what failed is null, with its errors."""
    earlier, errors = DeferredParts(), [{"message": "no"}]
    first = earlier.rewritten(
        {"data": {"a": {"b": {}}}, "pending": [{"id": "0", "path": ["a"]}, {"id": "9", "path": []}], "hasNext": True}
    )
    assert first == {"data": {"a": {"b": {}}}, "hasNext": True}
    second = earlier.rewritten(
        {
            "incremental": [{"id": "0", "data": {"rows": [1, 2]}, "subPath": ["b"]}],
            "pending": [{"id": "1", "path": ["a", "b", "rows"], "label": "l"}],
            "completed": [{"id": "0"}],
            "hasNext": True,
        }
    )
    third = earlier.rewritten(
        {
            "incremental": [{"id": "1", "items": [3]}, {"id": "1", "items": [4], "errors": errors}],
            "completed": [{"id": "1", "errors": errors}, {"id": "9", "errors": errors}],
            "hasNext": False,
        }
    )
    assert second == {"incremental": [{"data": {"rows": [1, 2]}, "path": ["a", "b"]}], "hasNext": True}
    assert third == {
        "incremental": [
            {"items": [3], "path": ["a", "b", "rows", 2], "label": "l"},
            {"items": [4], "path": ["a", "b", "rows", 3], "label": "l", "errors": errors},
            {"items": None, "path": ["a", "b", "rows", 4], "label": "l", "errors": errors},
            {"data": None, "path": [], "errors": errors},
        ],
        "hasNext": False,
    }
