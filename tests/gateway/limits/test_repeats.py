"""Documents that hold the same field over and over."""

from __future__ import annotations

from pathlib import Path

from tests.gateway.edge import Edge, opened
from tests.gateway.limits.refused import chained, excesses

REPEATS = 50


async def test_a_field_that_is_repeated_is_refused_before_it_is_validated(edge: Edge) -> None:
    """Four hundred of a kind are eighty thousand pairs to compare, which would take most of a second."""
    assert await edge.ask("{ " + "viewer { id } " * REPEATS + "}") == {"data": {"viewer": {"id": "local"}}}
    (error,) = await excesses(edge, "{ " + "viewer { id } " * 400 + "}", "repeats")
    assert error["extensions"]["requested"] == 400


async def test_repeats_count_at_every_level_and_through_fragments(edge: Edge) -> None:
    """Wherever they are, and by the name that they have in the answer."""
    repeated = "a: name " * (REPEATS + 1)
    documents = (
        f"{{ viewer {{ {repeated} }} }}",
        f"{{ viewer {{ ...F }} }} fragment F on Viewer {{ ... {{ {repeated} }} }}",
        f"{{ ...F0 }} {chained(6, 'viewer { id }')}",
    )
    for document in documents:
        assert await excesses(edge, document, "repeats")


async def test_the_same_name_in_other_selections_is_no_repeat(edge: Edge) -> None:
    """Every object has an id."""
    document = "{ " + " ".join(f"a{number}: viewer {{ id }}" for number in range(REPEATS)) + " viewer { id } }"
    assert await excesses(edge, document, "repeats") == []


async def test_the_limit_is_a_setting(tmp_path: Path) -> None:
    """Once may be enough."""
    async with opened(tmp_path, max_repeats=1) as edge:
        assert await excesses(edge, "{ viewer { id } }", "repeats") == []
        assert await excesses(edge, "{ viewer { id } viewer { name } }", "repeats")
