"""Documents that ask everything at once."""

from __future__ import annotations

from pathlib import Path

from tests.gateway.edge import Edge, opened
from tests.gateway.limits.refused import chained, excesses

ROOT_FIELDS = 50


def asking(number: int) -> str:
    return " ".join(f"a{count}: viewer {{ id }}" for count in range(number))


async def test_an_operation_may_have_many_root_fields_up_to_a_limit(edge: Edge) -> None:
    """Each is a question of its own, so there is a last one."""
    assert len((await edge.ask(f"{{ {asking(ROOT_FIELDS)} }}"))["data"]) == ROOT_FIELDS
    (error,) = await excesses(edge, f"{{ {asking(ROOT_FIELDS + 1)} }}", "rootFields")
    assert error["extensions"]["requested"] == ROOT_FIELDS + 1


async def test_a_mutation_brings_no_more_than_a_query(edge: Edge) -> None:
    """A hundred guesses in one request would be one request to whoever counts these."""
    guesses = " ".join(f'g{count}: removeCredential(credentialId: "{count}")' for count in range(ROOT_FIELDS + 1))
    assert await excesses(edge, f"mutation {{ {guesses} }}", "rootFields")


async def test_fragments_hide_no_root_fields(edge: Edge) -> None:
    """Those of every fragment count, each once by its name in the answer."""
    document = f"{{ ...A ...A ...B }} fragment A on Query {{ {asking(30)} }} fragment B on Query {{ {asking(51)} }}"
    (error,) = await excesses(edge, document, "rootFields")
    assert error["extensions"]["requested"] == ROOT_FIELDS + 1
    assert await edge.ask(f"{{ ...F0 }} {chained(5, 'viewer { id }')}") == {"data": {"viewer": {"id": "local"}}}


async def test_the_limit_is_a_setting(tmp_path: Path) -> None:
    """One question at a time may be enough."""
    async with opened(tmp_path, max_root_fields=1) as edge:
        assert await excesses(edge, f"{{ {asking(1)} }}", "rootFields") == []
        assert await excesses(edge, f"{{ {asking(2)} }}", "rootFields")
