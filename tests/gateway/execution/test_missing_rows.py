"""Rows that could not be read: an answer without them says so."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from adapters.http.rows import read_list
from tests.gateway.edge import Edge

EXECUTIONS = "{ executions { nodes { arn } } }"
ROWS = b'[{"number": 1}, {}, {"number": 3}, {"number": "4"}]'


class Row(msgspec.Struct):
    """A row."""

    number: int


@pytest.fixture
def flawed(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> Edge:
    """A gateway whose CloudSigma reads a list of which two rows don't fit."""
    listed = edge.cloudsigma.executions

    async def executions(*given: Any, **named: Any) -> Any:
        read_list("CloudSigma", "/v1/executions", ROWS, list[Row])
        return await listed(*given, **named)

    monkeypatch.setattr(edge.cloudsigma, "executions", executions)
    return edge


async def test_an_answer_says_how_many_rows_of_which_list_it_lacks(flawed: Edge) -> None:
    """Each list once, however often it is read, and nothing of what is in the rows; other answers lack nothing."""
    answer = await flawed.ask(f"{{ a: {EXECUTIONS[2:-2]} b: {EXECUTIONS[2:-2]} }}")
    assert answer["extensions"] == {"missingRows": [{"service": "CloudSigma", "path": "/v1/executions", "rows": 2}]}
    assert answer["data"]["a"] == {"nodes": []}
    assert "extensions" not in await flawed.ask("{ viewer { id } }")


async def test_such_an_answer_is_not_to_be_kept(flawed: Edge) -> None:
    """The rows may be there the next time."""
    async with flawed.client() as client:
        answer = await client.get("/graphql", params={"query": EXECUTIONS}, headers={"Apollo-Require-Preflight": "1"})
    assert answer.headers["cache-control"] == "no-store"
