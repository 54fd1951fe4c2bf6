"""Who may look into the graph, and how deep."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import get_introspection_query

from tests.gateway.edge import ALICE, KEYS, Edge, opened
from tests.gateway.limits.refused import excesses

LOOKS = [
    "{ __schema { queryType { name } } }",
    '{ __type(name: "Query") { name } }',
    "{ ...F } fragment F on Query { ... { __schema { queryType { name } } } }",
    "mutation { __schema { queryType { name } } }",
]


@pytest.mark.parametrize("look", LOOKS)
async def test_with_keys_nobody_looks_into_the_graph(look: str, keyed: Edge) -> None:
    """Not even by a fragment; the sentence says why, and how it is switched on."""
    answer = await keyed.ask(look, ALICE)
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "INTROSPECTION_DISABLED"}
    assert "TRIGRAPH_DEVELOPMENT" in error["message"]
    assert "data" not in answer


async def test_the_name_of_a_type_is_no_look_into_the_graph(keyed: Edge) -> None:
    """Every client asks for it."""
    assert (await keyed.ask("{ __typename viewer { __typename } }", ALICE))["data"]["__typename"] == "Query"


async def test_the_local_principal_develops(edge: Edge) -> None:
    """The playground asks for the whole graph."""
    answer = await edge.ask(get_introspection_query(input_value_deprecation=True))
    assert answer["data"]["__schema"]["queryType"] == {"name": "Query", "kind": "OBJECT"}


async def test_the_setting_says_otherwise(tmp_path: Path) -> None:
    """On for everyone with a key, or off for who needs none."""
    async with opened(tmp_path, KEYS, development=True) as edge:
        assert "errors" not in await edge.ask(LOOKS[0], ALICE)
    async with opened(tmp_path, development=False) as edge:
        assert (await edge.ask(LOOKS[0]))["errors"][0]["extensions"]["code"] == "INTROSPECTION_DISABLED"


async def test_types_of_fields_of_types_are_not_followed_without_end(edge: Edge) -> None:
    """Each round would multiply the answer by the fields of a type."""
    rounds = "fields { type { " * 3 + "name" + " } }" * 3
    (error,) = (await edge.ask(f"{{ __schema {{ types {{ {rounds} }} }} }}"))["errors"]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert "introspection depth" in error["message"]


async def test_the_graph_is_not_asked_for_over_and_over(edge: Edge) -> None:
    """Sixty aliases of the whole graph would be a thousand times the work of a query."""
    looks = " ".join(f"a{number}: __schema {{ ...S }}" for number in range(6))
    document = f"{{ {looks} }} fragment S on __Schema {{ types {{ name }} }}"
    (error,) = await excesses(edge, document, "introspection")
    assert error["extensions"]["requested"] == 6
