"""Equal queries that arrive together are executed once, and nothing else is shared."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from strawberry.types import ExecutionResult

from adapters.principal import OwnTokens, Principal
from gateway.execution.known_documents import LONGEST_KEPT
from gateway.execution.operation_type import _known
from gateway.execution.shared_queries import QueryKey, SharedQueries, is_query
from gateway.observability.observed_operation import OperationWatcher
from tests.running import new_principal

CALLER = new_principal()
QUERY = "query Q($id: ID!) { node(id: $id) { id } }"


class Joined(OperationWatcher):
    """Counts who joined."""

    def __init__(self) -> None:
        self.documents: list[str] = []

    def joined(self, document: str, seconds: float) -> None:
        assert seconds >= 0
        self.documents.append(document)


class Executions:
    """Gives each execution a number, and counts them."""

    def __init__(self) -> None:
        self.count = 0
        self.began = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def run(self) -> ExecutionResult:
        self.count += 1
        number = self.count
        self.began.set()
        await self.go_on.wait()
        return ExecutionResult(data={"number": number}, errors=None)


def key(
    principal: Principal = CALLER, text: str = QUERY, name: str | None = None, variables: bytes = b"{}"
) -> QueryKey:
    return QueryKey(principal, text, name, variables)


async def together(
    shared: SharedQueries, run: Callable[[], Awaitable[ExecutionResult]], *keys: QueryKey
) -> list[object]:
    results = await asyncio.gather(*(shared.execute(each, run) for each in keys))
    return [(result.data or {})["number"] for result in results]


async def test_equal_queries_are_executed_once() -> None:
    """Each caller has the answer, and each that joined is told of."""
    joined, executions = Joined(), Executions()
    assert await together(SharedQueries([joined]), executions.run, key(), key(), key()) == [1, 1, 1]
    assert executions.count == 1
    assert len(joined.documents) == 2


@pytest.mark.parametrize(
    "other",
    [
        key(principal=new_principal()),
        key(
            principal=Principal(**{name: getattr(CALLER, name) for name in ("id", "name", "tenant")}, roles=("viewer",))
        ),
        key(
            principal=Principal(
                id=CALLER.id, name=CALLER.name, tenant=CALLER.tenant, tokens=OwnTokens({"sigil": "sk_live_other"})
            )
        ),
        key(text=f"{QUERY} "),
        key(name="Q"),
        key(variables=b'{"id":"1"}'),
    ],
)
async def test_what_differs_is_executed_by_itself(other: QueryKey) -> None:
    """Another caller, other roles or tokens, another text, name or variable make another query."""
    assert await together(SharedQueries(), Executions().run, key(), other) == [1, 2]


@pytest.mark.parametrize(
    "text", ["mutation { checkBudgets { alertsFired } }", "subscription { a }", "{", "query A { a } query B { b }"]
)
async def test_only_queries_are_shared(text: str) -> None:
    """A mutation runs as often as it is sent, and so does what is not clear."""
    assert not is_query(text, None)
    assert await together(SharedQueries(), Executions().run, key(text=text), key(text=text)) == [1, 2]


async def test_a_long_query_is_neither_shared_nor_kept() -> None:
    """So that callers can't fill the memory with texts."""
    text = f"{QUERY} # {'x' * LONGEST_KEPT}"
    before = _known.cache_info().misses
    assert await together(SharedQueries(), Executions().run, key(text=text), key(text=text)) == [1, 2]
    assert _known.cache_info().misses == before


async def test_nobody_joins_what_has_begun() -> None:
    """So an answer is never older than the question."""
    executions, shared = Executions(), SharedQueries()
    executions.go_on.clear()
    first = asyncio.create_task(shared.execute(key(), executions.run))
    await executions.began.wait()
    second = asyncio.create_task(shared.execute(key(), executions.run))
    await asyncio.sleep(0.01)
    executions.go_on.set()
    assert [(result.data or {})["number"] for result in await asyncio.gather(first, second)] == [1, 2]


async def test_who_leaves_takes_nothing_from_the_others() -> None:
    """The execution goes on for those who joined."""
    executions, shared = Executions(), SharedQueries()
    executions.go_on.clear()
    first, second = (asyncio.create_task(shared.execute(key(), executions.run)) for _ in range(2))
    await executions.began.wait()
    first.cancel()
    executions.go_on.set()
    assert (await second).data == {"number": 1}


async def test_a_failure_is_everyones() -> None:
    """And the next one runs anew."""
    shared = SharedQueries()

    async def fail() -> ExecutionResult:
        raise RuntimeError("no")

    results = await asyncio.gather(*(shared.execute(key(), fail) for _ in range(2)), return_exceptions=True)
    assert [str(result) for result in results] == ["no", "no"]
    assert await together(SharedQueries(), Executions().run, key()) == [1]
