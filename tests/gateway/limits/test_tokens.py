"""Documents that are long for nothing."""

from __future__ import annotations

from pathlib import Path

from tests.gateway.edge import Edge, opened

TOKENS = 2000


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


async def test_the_limit_is_a_setting(tmp_path: Path) -> None:
    """It holds for queries and mutations."""
    async with opened(tmp_path, max_tokens=5) as edge:
        for document in ("{ viewer { id name } }", "mutation { checkBudgets { budgetsChecked } }"):
            (error,) = (await edge.ask(document))["errors"]
            assert "more than 5 tokens" in error["message"]
