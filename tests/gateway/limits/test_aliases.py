"""Documents that ask the same over and over under other names."""

from __future__ import annotations

from pathlib import Path

from tests.gateway.edge import Edge, opened
from tests.gateway.limits.refused import chained, excesses

ALIASES = 60


def aliased(number: int) -> str:
    return "viewer { " + " ".join(f"a{count}: name" for count in range(number)) + " }"


async def test_a_field_may_have_many_names_up_to_a_limit(edge: Edge) -> None:
    """Each name is resolved once more, so there is a last one."""
    assert len((await edge.ask(f"{{ {aliased(ALIASES)} }}"))["data"]["viewer"]) == ALIASES
    (error,) = await excesses(edge, f"{{ {aliased(ALIASES + 1)} }}", "aliases")
    assert error["extensions"]["requested"] == ALIASES + 1


async def test_aliases_count_for_each_use_of_a_fragment(edge: Edge) -> None:
    """Ten aliases in a fragment that is used seven times are seventy."""
    uses = " ".join(f"... @include(if: true) {{ v{number}: viewer {{ ...F }} }}" for number in range(7))
    fragment = "fragment F on Viewer { " + " ".join(f"a{number}: name" for number in range(10)) + " }"
    (error,) = await excesses(edge, f"{{ {uses} }} {fragment}", "aliases")
    assert error["extensions"]["requested"] == 77


async def test_fragments_that_multiply_are_counted_without_walking_them(edge: Edge) -> None:
    """Forty fragments make 2 to the 40 aliases, which is told at once."""
    (error,) = await excesses(edge, f"{{ ...F0 }} {chained(40, 'a: viewer { id }')}", "aliases")
    assert error["extensions"]["requested"] == 2**40


async def test_the_limit_is_a_setting(tmp_path: Path) -> None:
    """None may be allowed."""
    async with opened(tmp_path, max_aliases=1) as edge:
        assert await excesses(edge, f"{{ {aliased(1)} }}", "aliases") == []
        assert await excesses(edge, f"{{ {aliased(2)} }}", "aliases")
