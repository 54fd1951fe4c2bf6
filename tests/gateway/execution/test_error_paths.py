"""Errors on each way out: nothing internal, nobody's secret, and a code that the documentation knows."""

from __future__ import annotations

import ast
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.execution.errors import SHOWN_CODES
from tests.gateway.edge import Edge, Served, connected

ROOT = Path(__file__).parents[3]
USAGE = "{ usage { used } }"
UPDATES = "subscription { executionUpdates { cursor } }"
CREDENTIAL = "mutation($input: AddCredentialInput!) { addCredential(input: $input) { __typename } }"
UNFIT: list[tuple[str, dict[str, Any]]] = [
    (CREDENTIAL, {"input": {"cloud": "aws", "label": "x", "roleArn": {"key": "geheim"}}}),
    (CREDENTIAL, {"input": ["geheim"]}),
    (CREDENTIAL, {"input": {"cloud": "aws", "label": "x", "regions": [["geheim"]]}}),
    ('mutation { addCredential(input: {cloud: "aws", label: "x", roleArn: {key: "geheim"}}) { __typename } }', {}),
    ('{ viewer { id } } "geheim', {}),
]


async def by_post(edge: Edge, _served: Served, query: str, variables: dict[str, Any]) -> str:
    async with edge.client() as client:
        return (await client.post("/graphql", json={"query": query, "variables": variables})).text


async def by_get(edge: Edge, _served: Served, query: str, variables: dict[str, Any]) -> str:
    async with edge.client() as client:
        given = {"query": query, "variables": str(variables).replace("'", '"')}
        return (await client.get("/graphql", params=given)).text


async def by_batch(edge: Edge, _served: Served, query: str, variables: dict[str, Any]) -> str:
    async with edge.client() as client:
        return (await client.post("/graphql", json=[{"query": query, "variables": variables}])).text


async def by_stream(edge: Edge, _served: Served, query: str, variables: dict[str, Any]) -> str:
    async with edge.client() as client:
        headers = {"Accept": "text/event-stream"}
        return (await client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)).text


async def by_socket(_edge: Edge, served: Served, query: str, variables: dict[str, Any]) -> str:
    async with connected(served) as socket:
        await socket.init()
        await socket.subscribe(query, **variables)
        heard = [await socket.hear()]
        while heard[-1]["type"] == "next":
            heard.append(await socket.hear())
        return str(heard)


WAYS = [by_post, by_get, by_batch, by_stream, by_socket]


@pytest.mark.parametrize("way", WAYS)
async def test_a_failure_of_ours_is_shown_nowhere(
    way: Any, edge: Edge, served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """What it was is in the log alone."""
    edge.cloudsigma.failure = RuntimeError("geheim")
    said = await way(edge, served, USAGE, {})
    assert "INTERNAL" in said
    assert "geheim" not in said
    assert "RuntimeError" not in said
    assert [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("way", [by_stream, by_socket])
@pytest.mark.parametrize("events", [0, 1])
async def test_a_subscription_that_fails_tells_no_more(
    way: Any, events: int, edge: Edge, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither at its start nor after an event."""
    await edge.begin()
    watch = edge.cloudsigma.watch

    async def failing(*parts: Any, **named: Any) -> AsyncIterator[Any]:
        watched = watch(*parts, **named)
        for _ in range(events):
            yield await anext(watched)
        raise RuntimeError("geheim")

    monkeypatch.setattr(edge.cloudsigma, "watch", failing)
    said = await way(edge, served, UPDATES, {})
    assert "INTERNAL" in said
    assert "geheim" not in said


@pytest.mark.parametrize("way", WAYS)
async def test_what_does_not_fit_is_not_repeated(
    way: Any, edge: Edge, served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """A secret in the wrong place is in no answer, and in no log that somebody else reads."""
    for query, variables in UNFIT:
        said = await way(edge, served, query, variables)
        assert "geheim" not in said
        assert "GRAPHQL_" in said or "BAD_REQUEST" in said
    assert "geheim" not in caplog.text


def test_every_code_is_documented_and_every_documented_code_is_there() -> None:
    """`docs/errors.md` names each code that the edge answers with, and no other."""
    documented = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+|INTERNAL|CONFLICT|REFUSED|UNAUTHENTICATED)`", _table()))
    refused, mentioned = set(SHOWN_CODES), set(SHOWN_CODES)
    for file in (ROOT / "gateway").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                mentioned.add(node.value)
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("Refused", "refusal")
            ):
                refused |= {str(part.value) for part in ast.walk(node.args[1]) if isinstance(part, ast.Constant)}
    assert refused - documented == set()
    assert documented - mentioned == set()


def _table() -> str:
    rows = (ROOT / "docs/errors.md").read_text().splitlines()
    return "\n".join(row.split(" | ")[0] for row in rows if row.startswith("| `"))
