"""Several operations in one request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.gateway.edge import Edge, build_edge

ONE = {"query": "{ viewer { id } }"}
ANSWER = {"data": {"viewer": {"id": "local"}}}
MUTATION = {"query": 'mutation { generateRules(input: {text: "a report"}) { __typename } }'}


async def send(edge: Edge, body: Any, **headers: str) -> tuple[int, Any]:
    """Post a body, and give status and answer."""
    async with edge.client() as client:
        answer = await client.post("/graphql", json=body, headers=headers)
    return answer.status_code, answer.json()


async def test_each_operation_has_its_answer_at_its_place(edge: Edge) -> None:
    """What is wrong with one is not wrong with the others."""
    batch = [ONE, {"query": "{"}, {}, {"query": "subscription { executionUpdates { cursor } }"}, MUTATION]
    status, answers = await send(edge, batch, accept="application/graphql-response+json")
    assert (status, answers[0]) == (200, ANSWER)
    assert [answer["errors"][0]["extensions"]["code"] for answer in answers[1:4]] == [
        "GRAPHQL_PARSE_FAILED",
        "BAD_REQUEST",
        "BAD_REQUEST",
    ]
    assert answers[4] == {"data": {"generateRules": {"__typename": "Execution"}}}


@pytest.mark.parametrize(("size", "status"), [(10, 200), (11, 400), (1_000, 400)])
async def test_a_batch_of_a_thousand_mutations_runs_none_of_them(size: int, status: int, edge: Edge) -> None:
    """Ten are let through by default; one more, and nothing of the request is done."""
    answered, _ = await send(edge, [MUTATION] * size)
    assert answered == status
    assert edge.cloudsigma.calls["generate"] == (size if status == 200 else 0)


async def test_what_is_too_large_is_told_by_its_code(edge: Edge) -> None:
    """With the number that would do."""
    assert await send(edge, [ONE] * 11) == (
        400,
        {
            "errors": [
                {
                    "message": "The batch holds 11 operations: send from 1 to 10",
                    "extensions": {"code": "BATCH_TOO_LARGE"},
                }
            ]
        },
    )
    assert (await send(edge, []))[1]["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


async def test_batching_can_be_switched_off(tmp_path: Path) -> None:
    """With one operation at most, an array is refused."""
    edge = build_edge(tmp_path, batch_operations=1)
    status, answer = await send(edge, [ONE])
    await edge.assembly.database.close()
    assert (status, answer["errors"][0]["message"]) == (
        400,
        "Batching is not enabled: send one operation, as an object",
    )
