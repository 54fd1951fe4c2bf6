"""Every edge is batched: the port calls of a query over a list are as many for a long list as for a short one."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from graphql import build_schema, get_named_type, is_composite_type, is_required_argument

from schema.graph import build_graph
from tests.running import PROJECT
from tests.schema.counted_world import World, world_of
from tests.schema.graph_paths import Edge, Path, edges_of, onward, paths_of

SDL = build_schema((PROJECT / "schema" / "schema.graphql").read_text())
PAGE = PROJECT / "docs" / "edges.md"
EDGES = edges_of(SDL)
PATHS = paths_of(SDL)
ROWS = 3
UNREACHED = {
    "ActionEvent": "a stream tells one at a time",
    "BudgetAlertEvent": "a stream tells one at a time",
    "BudgetCheck": "one answer of a mutation",
    "CloudScans": "one answer of a mutation",
    "Conflict": "one answer of a mutation",
    "Detection": "one answer of a mutation",
    "ExecutionEvent": "a stream tells one at a time",
    "InvalidInput": "one answer of a mutation",
    "LimitExceeded": "one answer of a mutation",
    "NotAllowed": "one answer of a mutation",
    "NotFound": "one answer of a mutation",
    "RegressionEvent": "a stream tells one at a time",
    "ScanEvent": "a stream tells one at a time",
}
"""Types that no query comes to, and why there are never many of them; what they lead to is reached otherwise."""
FIXED = {"ServiceStatus": "there are three services", "ServiceLimit": "and each has its limits"}
"""Types that there are always as many of, whatever a tenant owns."""
REACHED = [edge for edge in EDGES if edge.of not in UNREACHED]


@dataclass(frozen=True)
class Worlds:
    """The same graph with few of everything, and with twice as many."""

    few: World
    many: World

    async def calls(self, path: Path, leaf: str) -> tuple[Counter[str], Counter[str]]:
        """Count the port calls of a query in both; where lists lead there, it must come to more in the second."""
        query = path.query(leaf)
        few, many = await self.few.ask(query), await self.many.ask(query)
        found = len(path.found(few.data)), len(path.found(many.data))
        assert found[0], f"there is nothing at {path}: let the world have some"
        if path.through_list and path.steps[-1].to not in FIXED:
            assert found[1] > found[0], f"there is no more at {path}, where there is more of everything"
        return few.calls, many.calls


@pytest.fixture(scope="module")
async def worlds(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Worlds]:
    graph = build_graph()
    async with (
        world_of(graph, ROWS, tmp_path_factory.mktemp("few")) as few,
        world_of(graph, 2 * ROWS, tmp_path_factory.mktemp("many")) as many,
    ):
        yield Worlds(few, many)


def test_every_type_is_reached_or_is_said_why_not() -> None:
    """A new type that no query comes to has to be named, and so has a field with arguments that must be given."""
    assert {edge.of for edge in EDGES} - set(PATHS) == set(UNREACHED)
    assert [str(edge) for edge in REACHED if any(map(is_required_argument, edge.field.args.values()))] == []


@pytest.mark.parametrize("edge", REACHED, ids=str)
async def test_port_calls_do_not_grow_with_the_list(worlds: Worlds, edge: Edge) -> None:
    """Over twice as many rows an edge asks each port as often, and what leads somewhere comes to something."""
    path = PATHS[edge.of]
    few, many = await worlds.calls(path, edge.leaf)
    assert few == many
    if is_composite_type(get_named_type(edge.field.type)):
        rows = path.found((await worlds.many.ask(path.query(edge.leaf))).data)
        assert any(row[edge.name] for row in rows), "it leads to nothing: let the world have some"


async def test_nor_do_they_grow_along_two_edges(worlds: Worlds) -> None:
    """Whatever edge that asks a port follows upon another that does."""
    asking = {str(edge): edge for edge in REACHED if await own_calls(worlds, edge)}
    grown, walked = [], 0
    for first in asking.values():
        for name, path in onward(SDL, first, PATHS[first.of]):
            for second in (edge for edge in asking.values() if edge.of == name):
                few, many = await worlds.calls(path, second.leaf)
                walked += 1
                grown += [f"{first}.{second.name}"] if few != many else []
    assert walked > len(asking)
    assert grown == []


async def test_the_calls_of_each_edge_are_told(worlds: Worlds) -> None:
    """The table in docs/edges.md is what was counted: replace it by what this shows."""
    counted = [(edge, await own_calls(worlds, edge)) for edge in REACHED]
    rows = [f"| `{edge}` | `{PATHS[edge.of]}` | {told(calls)} |" for edge, calls in counted if calls]
    table = "\n".join(["| edge | asked over | calls of ports |", "|---|---|---|", *rows])
    assert table in PAGE.read_text(), f"\n{table}\n"


async def own_calls(worlds: Worlds, edge: Edge) -> Counter[str]:
    """Count what an edge adds to the path that leads to its type."""
    path = PATHS[edge.of]
    return (await worlds.many.ask(path.query(edge.leaf))).calls - (await worlds.many.ask(path.query(""))).calls


def told(calls: Counter[str]) -> str:
    return ", ".join(f"`{method}` {times}" for method, times in sorted(calls.items()))
