"""Relay's global ids: every type that says it is a node is found by its id, in one call for many."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, build_schema

from adapters.cloudsigma.models import GenerateRequest, InputType
from adapters.errors import Unreachable
from resolvers.context import Context
from resolvers.nodes import MOST_NODES, NODE_BY_TYPE, global_id, type_and_key
from schema.graph import build_graph
from tests.doubles.counting import CountingAdapter
from tests.doubles.memory_cloudsigma import MemoryCloudSigma, memory_assembly
from tests.doubles.memory_sigil import MemorySigil
from tests.running import PROJECT, new_principal
from tests.schema.conftest import DoubledGraph

SDL = build_schema((PROJECT / "schema" / "schema.graphql").read_text())
NODE = SDL.type_map["Node"]
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"


def node_types() -> list[str]:
    """Name the types that say they are nodes."""
    assert isinstance(NODE, GraphQLInterfaceType)
    return sorted(kind.name for kind in SDL.get_possible_types(NODE))


def test_every_type_of_node_is_found_by_its_id() -> None:
    """Each has a finder, and nothing else has; those of the front ends' contract are among them."""
    assert sorted(NODE_BY_TYPE) == node_types()
    assert {"Budget", "BudgetAlert", "Deploy", "Execution", "PackageScan", "Regression"} <= set(node_types())


@pytest.mark.parametrize("name", node_types())
async def test_many_nodes_of_a_type_are_one_call(tmp_path: Path, name: str) -> None:
    """However many are asked for, as many calls as for one, and at least that one."""

    async def calls_for(count: int) -> Counter[str]:
        doubles = memory_assembly(MemoryCloudSigma(), tmp_path).services
        counting: dict[str, Any] = {
            service.value: CountingAdapter(adapter) for service, adapter in doubles.by_name().items()
        }
        context = Context(replace(doubles, **counting), new_principal())
        ids = [global_id(name, f"none-{number}") for number in range(count)]
        answer = await build_graph().execute(NODES, variable_values={"ids": ids}, context_value=context)
        assert (answer.errors, answer.data) == (None, {"nodes": [None] * count})
        return sum((adapter.calls for adapter in counting.values()), Counter())

    one, many = await calls_for(1), await calls_for(20)
    assert one == many
    assert one.total() == 1


async def test_a_node_that_cannot_be_had_takes_no_other_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One service does not answer: what is asked of it is an error at its place, the rest is there."""

    async def refuse_to_answer(*_: object) -> None:
        raise Unreachable("unreachable", "No answer", "sigil")

    monkeypatch.setattr(MemorySigil, "scans_by_id", refuse_to_answer)
    cloudsigma, caller = MemoryCloudSigma(), new_principal()
    context = Context(memory_assembly(cloudsigma, tmp_path).services, caller)
    begun = await cloudsigma.generate(caller, GenerateRequest(input_type=InputType.TEXT, text="a report"))
    ids = [global_id("Execution", begun.arn), global_id("PackageScan", "scan_1"), global_id("Execution", "none")]
    answer = await build_graph().execute(NODES, variable_values={"ids": ids}, context_value=context)
    assert answer.data == {"nodes": [{"id": ids[0]}, None, None]}
    assert [error.path for error in answer.errors or ()] == [["nodes", 1]]


def test_ids_have_relays_shape() -> None:
    """`id: ID!` on the interface and on every node, and `node(id: ID!): Node`, `nodes(ids: [ID!]!): [Node]!`."""
    for name in ("Node", *node_types()):
        assert str(SDL.type_map[name].fields["id"].type) == "ID!"  # type: ignore[attr-defined] # objects and an interface
    query = SDL.query_type
    assert query is not None
    node, nodes = query.fields["node"], query.fields["nodes"]
    assert (str(node.type), str(node.args["id"].type)) == ("Node", "ID!")
    assert (str(nodes.type), str(nodes.args["ids"].type)) == ("[Node]!", "[ID!]!")


def test_connections_have_relays_shape() -> None:
    """As the specification has them, whatever their name ends in; numbers and cursors of arguments may be left out."""
    connections = [name for name in SDL.type_map if name.endswith("Connection")]
    assert len(connections) >= 6
    for name in connections:
        of = types_of(name)
        edge = name.removesuffix("Connection") + "Edge"
        assert (of["edges"], of["pageInfo"]) == (f"[{edge}!]!", "PageInfo!")
        node = types_of(edge)["node"]
        assert (types_of(edge), of["nodes"]) == ({"node": node, "cursor": "String!"}, f"[{node}]!")
    assert types_of("PageInfo") == {
        "hasNextPage": "Boolean!",
        "hasPreviousPage": "Boolean!",
        "startCursor": "String",
        "endCursor": "String",
    }


def test_what_gives_a_connection_takes_relays_arguments() -> None:
    """All four, both ways; everything else that it takes may be left out too."""
    asked = set()
    for kind in SDL.type_map.values():
        for name, field in kind.fields.items() if isinstance(kind, GraphQLObjectType) else ():
            if str(field.type).rstrip("!").endswith("Connection"):
                asked.add(name)
                given = {argument: str(of.type) for argument, of in field.args.items()}
                assert not any(of.endswith("!") for of in given.values()), name
                of_relay = {"first": "Int", "after": "String", "last": "Int", "before": "String"}
                assert given.items() >= of_relay.items(), name
    assert asked >= {"executions", "scans", "packageScans", "threats", "regressions", "deploys", "auditLog"}


@pytest.mark.parametrize("identifier", ["", "x", "ключ", "\ud800", "A" * 100_000, "Tm8", "RXhlY3V0aW9u", "Tm9uZTp4"])
def test_what_is_no_id_names_nothing_that_is_there(identifier: str) -> None:
    """It is no error either: an id may be one of yesterday's."""
    named = type_and_key(identifier)
    assert named is None or named[0] not in NODE_BY_TYPE


async def test_too_many_nodes_are_refused(doubled: DoubledGraph) -> None:
    """The message names the argument, the number and the limit."""
    answer = await doubled.client.post(NODES, ids=["x"] * (MOST_NODES + 1))
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "INVALID_INPUT", "field": "ids"}
    assert re.search(r"ids has 101 entries: ask for at most 100", error["message"])


def types_of(name: str) -> dict[str, str]:
    """Name the types of an object's fields, without those that are ours alone."""
    kind = SDL.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    return {field: str(of.type) for field, of in kind.fields.items()}
