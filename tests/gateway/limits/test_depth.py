"""Documents whose fields are nested without end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gateway.edge import Edge, opened
from tests.gateway.limits.refused import excesses

DEPTH = 12


def nested(depth: int) -> str:
    """Fields in each other, each of another name."""
    return "{ " + " { ".join(f"field{level}" for level in range(depth)) + " }" * depth


async def test_fields_may_be_nested_up_to_a_limit(edge: Edge) -> None:
    """Each level multiplies, so there is a last one."""
    assert await excesses(edge, nested(DEPTH), "depth") == []
    (error,) = await excesses(edge, nested(DEPTH + 1), "depth")
    assert f"{DEPTH + 1} levels deep: at most {DEPTH}" in error["message"]
    assert error["extensions"]["requested"] == DEPTH + 1


async def test_a_fragment_hides_no_depth(edge: Edge) -> None:
    """What a fragment selects counts where it is used."""
    document = "{ executions { nodes { ...F } } } fragment F on Execution { " + "rules { technique { " * 6 + "name"
    (error,) = await excesses(edge, document + " } }" * 6 + " }", "depth")
    assert "15 levels deep" in error["message"]


async def test_fragments_that_multiply_are_measured_once_each(edge: Edge) -> None:
    """A hundred fragments that each use the next one twice would be 2 to the 100 steps; the answer comes at once."""
    chain = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(100))
    document = f"{{ ...F0 }} {chain} fragment F100 on Query {{ viewer {{ id }} }}"
    assert await edge.ask(document) == {"data": {"viewer": {"id": "local"}}}


async def test_fragments_that_are_nested_in_each_other_without_end_are_refused(edge: Edge) -> None:
    """A chain of hundreds is no harm to the stack."""
    chain = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(220))
    answer = await edge.ask(f"{{ ...F0 }} {chain} fragment F220 on Query {{ viewer {{ id }} }}")
    assert {error["extensions"]["code"] for error in answer["errors"]} <= {
        "OPERATION_TOO_COMPLEX",
        "GRAPHQL_VALIDATION_FAILED",
    }


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


async def test_the_limit_is_a_setting(tmp_path: Path) -> None:
    """Less may be allowed, or any depth."""
    async with opened(tmp_path, max_depth=1) as edge:
        assert await excesses(edge, "{ viewer { id } }", "depth")
    async with opened(tmp_path, max_depth=0) as edge:
        assert await excesses(edge, nested(50), "depth") == []
