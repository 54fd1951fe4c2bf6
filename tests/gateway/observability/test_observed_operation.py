"""What watchers are told of an operation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from strawberry.types.graphql import OperationType

from adapters import errors
from adapters.cloudsigma.models import Usage
from adapters.principal import LOCAL_PRINCIPAL
from gateway.app import QuietGraph
from gateway.execution.errors import UNFIT, StableErrors
from gateway.observability.observed_operation import (
    ObservedOperation,
    Operation,
    OperationWatcher,
    Trouble,
    current_operation,
)
from gateway.protocols.incremental import parts_wanted
from resolvers.context import Context
from schema.graph import build_graph
from tests.gateway.edge import Edge


class Watcher(OperationWatcher):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.operations: list[Operation] = []

    def began(self, operation: Operation) -> None:
        self.told.append(f"began {operation.type}")

    def executing(self, operation: Operation) -> None:
        self.told.append(f"executing {operation.type} {operation.root_field}")

    def ended(self, operation: Operation) -> None:
        self.told.append(f"ended {operation.outcome}")
        self.operations.append(operation)


async def _run(edge: Edge, query: str, watcher: Watcher, **options: Any) -> None:
    graph = build_graph([partial(ObservedOperation, [watcher])], QuietGraph)
    context = Context(edge.assembly.services, LOCAL_PRINCIPAL)
    await graph.execute(query, context_value=context, **options)


async def test_it_is_followed_from_beginning_to_end(edge: Edge) -> None:
    """Its type and field are known as soon as it is known to be valid."""
    watcher = Watcher()
    await _run(edge, "query Mine { viewer { id } }", watcher)
    assert watcher.told == ["began unknown", "executing query viewer", "ended ok"]
    (operation,) = watcher.operations
    assert (operation.name, operation.tenant, operation.seconds > 0) == ("Mine", "local", True)
    assert current_operation.get() is None


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("{ viewer {", ["began unknown", "ended invalid"]),
        ("mutation { nothing }", ["began unknown", "ended invalid"]),
        ("{ usage { used } }", ["began unknown", "executing query usage", "ended failed"]),
        ("{ viewer { usage { used } } }", ["began unknown", "executing query viewer", "ended partial"]),
    ],
)
async def test_how_it_ended_goes_by_what_was_answered(query: str, told: Sequence[str], edge: Edge) -> None:
    """Not run, no data, some data."""
    edge.cloudsigma.failure = errors.Unreachable("Failed", "gone", "CloudSigma")
    watcher = Watcher()
    await _run(edge, query, watcher)
    assert watcher.told == told


async def test_one_that_is_unfit_has_ended_too(edge: Edge) -> None:
    """What Strawberry raises over it passes through."""
    watcher = Watcher()
    with pytest.raises(UNFIT):
        await _run(
            edge, "mutation { checkBudgets { __typename } }", watcher, allowed_operation_types=[OperationType.QUERY]
        )
    assert watcher.told == ["began unknown", "ended invalid"]


async def test_its_errors_are_counted_by_code_and_service(edge: Edge) -> None:
    """However many there are."""
    edge.cloudsigma.failure = errors.Unreachable("Failed", "gone", "CloudSigma")
    watcher = Watcher()
    await _run(edge, "{ viewer { a: usage { used } b: usage { used } } }", watcher)
    assert watcher.operations[0].troubles == {Trouble("SERVICE_UNREACHABLE", "CloudSigma"): 2}
    assert watcher.operations[0].codes == ["SERVICE_UNREACHABLE"]


async def test_a_long_name_is_cut(edge: Edge) -> None:
    """A caller can't fill the log with it."""
    watcher = Watcher()
    await _run(edge, f"query {'n' * 5000} {{ viewer {{ id }} }}", watcher)
    assert watcher.operations[0].name == "n" * 64


async def test_equal_documents_have_equal_hashes(edge: Edge) -> None:
    """Whatever their variables."""
    watcher = Watcher()
    query = "query($f: Int) { executions(first: $f) { totalCount } }"
    await _run(edge, query, watcher, variable_values={"f": 1})
    await _run(edge, query, watcher, variable_values={"f": 2})
    await _run(edge, "{ executions { totalCount } }", watcher)
    one, same, other = (operation.document for operation in watcher.operations)
    assert one == same != other


async def test_errors_in_parts_that_come_later_are_told(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer in parts has ended with its last one, and is partial if that is."""

    async def usage(*_: object) -> Usage:
        raise errors.Unreachable("down", "CloudSigma is down", "CloudSigma")

    monkeypatch.setattr(edge.cloudsigma, "usage", usage)
    watcher = Watcher()
    graph = build_graph([partial(ObservedOperation, [watcher]), StableErrors], QuietGraph)
    context = Context(edge.assembly.services, LOCAL_PRINCIPAL)
    with parts_wanted():
        async for _ in await graph.stream("{ viewer { id ... @defer { usage { used } } } }", context_value=context):
            assert not watcher.operations
    (operation,) = watcher.operations
    assert (operation.outcome, operation.codes) == ("partial", ["SERVICE_UNREACHABLE"])
