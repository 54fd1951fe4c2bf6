"""Documents that would keep the server busy for nothing."""

from __future__ import annotations

import pytest

from gateway.document_limits import DEPTH, RETURNS, TOKENS
from tests.gateway.edge import Edge


def nested(depth: int) -> str:
    """Fields in each other, each of another name."""
    return "{ " + " { ".join(f"field{level}" for level in range(depth)) + " }" * depth


def circling(rounds: int) -> str:
    """From rules to techniques and back, round after round."""
    return "{ executions { nodes { " + "rules { technique { " * rounds + "name" + " } }" * rounds + " } } }"


async def refusals(edge: Edge, document: str, word: str) -> list[str]:
    """The messages that hold a word."""
    errors = (await edge.ask(document)).get("errors", [])
    assert {error["extensions"]["code"] for error in errors} <= {"GRAPHQL_VALIDATION_FAILED"}
    return [error["message"] for error in errors if word in error["message"]]


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
    """Each level multiplies, so there is a last one."""
    assert await refusals(edge, nested(DEPTH), "levels deep") == []
    (message,) = await refusals(edge, nested(DEPTH + 1), "levels deep")
    assert f"{DEPTH + 1} levels deep: at most {DEPTH}" in message


async def test_a_field_may_be_come_back_to_a_few_times(edge: Edge) -> None:
    """Rules lead to techniques and these to rules: a few rounds over one large execution take seconds."""
    assert await edge.ask(circling(RETURNS)) == {"data": {"executions": {"nodes": []}}}
    messages = await refusals(edge, circling(RETURNS + 1), "nested in itself")
    assert [message.split("'")[1] for message in messages] == ["technique", "rules"]
    assert f"{RETURNS + 1} times: at most {RETURNS}" in messages[0]


async def test_the_same_field_side_by_side_is_no_return(edge: Edge) -> None:
    """Only what multiplies counts: aliases of a field stand beside each other."""
    document = "{ " + " ".join(f"a{number}: executions {{ nodes {{ arn }} }}" for number in range(5)) + " }"
    assert len((await edge.ask(document))["data"]) == 5


async def test_a_fragment_hides_neither_depth_nor_returns(edge: Edge) -> None:
    """What a fragment selects counts where it is used."""
    document = "{ executions { nodes { ...F } } } fragment F on Execution { " + "rules { technique { " * 6 + "name"
    document += " } }" * 6 + " }"
    (message,) = await refusals(edge, document, "levels deep")
    assert "15 levels deep" in message
    assert len(await refusals(edge, document, "nested in itself 6 times")) == 2


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
