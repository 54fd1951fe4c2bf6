"""Documents that are overloaded with directives."""

from __future__ import annotations

from pathlib import Path

from tests.gateway.edge import Edge, opened
from tests.gateway.limits.refused import chained, excesses

DIRECTIVES = 50


def overloaded(number: int) -> str:
    return "{ viewer { id" + " @include(if: true) @skip(if: false)" * (number // 2) + " } }"


async def test_a_field_that_is_overloaded_is_refused(edge: Edge) -> None:
    """By one sentence, rather than by one about each directive that is there twice, or unknown."""
    for document in (
        overloaded(200),
        "{ viewer { id" + " @a" * 900 + " } }",
        "query" + " @a" * 900 + " { viewer { id } }",
    ):
        answer = await edge.ask(document)
        (error,) = answer["errors"]
        assert error["extensions"]["limit"] == "directives"
        assert error["extensions"]["requested"] >= 200


async def test_directives_up_to_the_limit_are_no_harm(edge: Edge) -> None:
    """As many as a client's own fragments may have."""
    fields = " ".join(f"a{number}: name @include(if: true)" for number in range(DIRECTIVES))
    assert len((await edge.ask(f"{{ viewer {{ {fields} }} }}"))["data"]["viewer"]) == DIRECTIVES


async def test_directives_count_for_each_use_of_a_fragment(edge: Edge) -> None:
    """One in a fragment that is met 64 times is looked up 64 times."""
    (error,) = await excesses(edge, f"{{ ...F0 }} {chained(6, 'viewer @include(if: true) { id }')}", "directives")
    assert error["extensions"]["requested"] == 64


async def test_the_limit_is_a_setting(tmp_path: Path) -> None:
    """None may be allowed but a few."""
    async with opened(tmp_path, max_directives=1) as edge:
        assert await excesses(edge, "{ viewer { id @include(if: true) } }", "directives") == []
        assert await excesses(edge, "{ viewer { id @include(if: true) name @include(if: true) } }", "directives")
