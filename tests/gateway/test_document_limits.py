"""Documents that would keep the server busy for nothing."""

from __future__ import annotations

import pytest

from gateway.document_limits import DEPTH, TOKENS
from tests.gateway.edge import Edge


def nested(depth: int) -> str:
    names = ["executions", "nodes", *["rules", "technique"] * depth][: depth - 1]
    return "{ " + " { ".join([*names, "id" if names[-1] == "rules" else "name"]) + " }" * depth


def chained(fragments: int) -> str:
    """A document whose every fragment uses the next one twice."""
    chain = (f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(fragments))
    return f"{{ ...F0 }} {' '.join(chain)} fragment F{fragments} on Query {{ viewer {{ id }} }}"


async def test_a_long_document_is_refused_before_it_is_validated(edge: Edge) -> None:
    """Validating a field that is repeated thousands of times takes seconds; it is not begun."""
    answer = await edge.ask("{ " + "viewer { id } " * (TOKENS // 4 + 1) + "}")
    (error,) = answer["errors"]
    assert f"more than {TOKENS} tokens" in error["message"]
    assert error["extensions"] == {"code": "GRAPHQL_PARSE_FAILED"}


async def test_a_document_of_usual_length_is_run(edge: Edge) -> None:
    """Fifty aliases are no harm."""
    answer = await edge.ask("{ " + " ".join(f"a{number}: viewer {{ id }}" for number in range(50)) + " }")
    assert len(answer["data"]) == 50


async def test_fields_may_be_nested_up_to_a_limit(edge: Edge) -> None:
    """Rules lead to techniques and these to rules: each level multiplies, so there is a last one."""
    allowed, refused = await edge.ask(nested(DEPTH)), await edge.ask(nested(DEPTH + 1))
    assert allowed == {"data": {"executions": {"nodes": []}}}
    (error,) = refused["errors"]
    assert f"{DEPTH + 1} levels deep: at most {DEPTH}" in error["message"]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_a_fragment_hides_no_depth(edge: Edge) -> None:
    """What a fragment selects counts where it is used."""
    document = "{ executions { nodes { ...F } } } fragment F on Execution { " + "rules { technique { " * 6 + "name"
    (error,) = (await edge.ask(document + " } }" * 6 + " }"))["errors"]
    assert "15 levels deep" in error["message"]


async def test_fragments_that_multiply_are_measured_once_each(edge: Edge) -> None:
    """A hundred fragments that each use the next one twice would be 2 to the 100 steps; the answer comes at once."""
    assert await edge.ask(chained(100)) == {"data": {"viewer": {"id": "local"}}}


@pytest.mark.parametrize(
    "document",
    [
        "{ ...A } fragment A on Query { viewer { id } ...A }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "{ ...Missing }",
        "fragment A on Query { viewer { id } }",
        "{ viewer { id } } { viewer { id } }",
    ],
)
async def test_fragments_that_lead_nowhere_are_refused(document: str, edge: Edge) -> None:
    """A circle of fragments, or a missing one, is a fault of the document and not of ours."""
    async with edge.client() as client:
        answer = await client.post("/graphql", json={"query": document})
    assert answer.status_code in (200, 400)
    assert {error["extensions"]["code"] for error in answer.json()["errors"]} <= {
        "GRAPHQL_VALIDATION_FAILED",
        "BAD_REQUEST",
    }
