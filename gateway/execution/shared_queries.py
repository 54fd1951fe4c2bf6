"""Equal queries of a caller that arrive together are executed once."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from strawberry.types.graphql import OperationType

from adapters.principal import Principal
from gateway.execution.known_documents import LONGEST_KEPT
from gateway.execution.operation_type import operation_type
from gateway.observability.observed_operation import HASH_LENGTH, OperationWatcher

Answer = TypeVar("Answer")


GATHERING_SECONDS = 0.003
"""How long equal queries that keep arriving put their execution off at most."""
QUIET_ROUNDS = 4
"""After how many rounds of the event loop in which nobody joins it begins."""


class QueryKey(NamedTuple):
    """What an answer depends on; `variables` is their JSON."""

    principal: Principal
    text: str
    operation_name: str | None
    variables: bytes


@dataclass
class _Gathering:
    """A query that is about to be executed, and how many have joined it."""

    task: asyncio.Task[Any] | None = None
    joined: int = 0


class SharedQueries:
    """Executes queries; those that are equal to one which has not begun yet get its answer.

    Whoever joins came before the execution began, so nobody is told what was true before it asked.
    """

    def __init__(self, watchers: Sequence[OperationWatcher] = (), max_tokens: int | None = None) -> None:
        self._watchers = watchers
        self._max_tokens = max_tokens
        self._gathering: dict[QueryKey, _Gathering] = {}

    async def execute(self, key: QueryKey, run: Callable[[], Awaitable[Answer]]) -> Answer:
        """Run, or wait for an equal query that is about to."""
        is_short = len(key.text) <= LONGEST_KEPT  # what is longer would fill the memory
        if not is_short or not is_query(key.text, key.operation_name, self._max_tokens):
            return await run()
        began_at = time.perf_counter()
        gathering = self._gathering.get(key)
        if gathering is None or gathering.task is None:
            return await self._lead(key, run)
        gathering.joined += 1
        answer: Answer = await asyncio.shield(gathering.task)
        document = hashlib.sha256(key.text.encode(errors="surrogatepass")).hexdigest()[:HASH_LENGTH]
        for watcher in self._watchers:
            watcher.joined(document, time.perf_counter() - began_at)
        return answer

    async def _lead(self, key: QueryKey, run: Callable[[], Awaitable[Answer]]) -> Answer:
        gathering = self._gathering[key] = _Gathering()
        gathering.task = asyncio.create_task(self._run(key, gathering, run))
        gathering.task.add_done_callback(_seen)
        answer: Answer = await asyncio.shield(gathering.task)
        return answer

    async def _run(self, key: QueryKey, gathering: _Gathering, run: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            await _gathered(gathering)
        finally:
            del self._gathering[key]
        return await run()


async def _gathered(gathering: _Gathering) -> None:
    """Wait until nobody joins any more: a query that is alone waits for some rounds of the event loop only."""
    ends_at, quiet = time.perf_counter() + GATHERING_SECONDS, 0
    while quiet < QUIET_ROUNDS and time.perf_counter() < ends_at:
        joined = gathering.joined
        await asyncio.sleep(0)
        quiet = quiet + 1 if gathering.joined == joined else 0


def _seen(leader: asyncio.Task[Any]) -> None:
    if not leader.cancelled():
        leader.exception()  # also where nobody waits for it any more


def is_query(text: str, operation_name: str | None, max_tokens: int | None = None) -> bool:
    """Say whether a text is a query for sure; one that is not fit to be parsed is not."""
    return operation_type(text, operation_name, max_tokens) is OperationType.QUERY
