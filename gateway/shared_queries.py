"""Equal queries of a caller that arrive together are executed once."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from strawberry.types.graphql import OperationType

from adapters.principal import Principal
from gateway.observed_operation import HASH_LENGTH, OperationWatcher
from gateway.operation_type import operation_type
from gateway.parsed_documents import LONGEST_KEPT

Answer = TypeVar("Answer")


class QueryKey(NamedTuple):
    """What an answer depends on; `variables` is their JSON."""

    principal: Principal
    text: str
    operation_name: str | None
    variables: bytes


class SharedQueries:
    """Executes queries; those that are equal to one which has not begun yet get its answer.

    Whoever joins came before the execution began, so nobody is told what was true before it asked.
    """

    def __init__(self, watchers: Sequence[OperationWatcher] = (), max_tokens: int | None = None) -> None:
        self._watchers = watchers
        self._max_tokens = max_tokens
        self._gathering: dict[QueryKey, asyncio.Task[Any]] = {}

    async def execute(self, key: QueryKey, run: Callable[[], Awaitable[Answer]]) -> Answer:
        """Run, or wait for an equal query that is about to."""
        is_short = len(key.text) <= LONGEST_KEPT  # what is longer would fill the memory
        if not is_short or not is_query(key.text, key.operation_name, self._max_tokens):
            return await run()
        began_at = time.perf_counter()
        leader = self._gathering.get(key)
        if leader is None:
            leader = self._gathering[key] = asyncio.create_task(self._run(key, run))
            leader.add_done_callback(_seen)
            led: Answer = await asyncio.shield(leader)
            return led
        joined: Answer = await asyncio.shield(leader)
        document = hashlib.sha256(key.text.encode(errors="surrogatepass")).hexdigest()[:HASH_LENGTH]
        for watcher in self._watchers:
            watcher.joined(document, time.perf_counter() - began_at)
        return joined

    async def _run(self, key: QueryKey, run: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            await asyncio.sleep(0)  # whatever has arrived by now joins
        finally:
            del self._gathering[key]
        return await run()


def _seen(leader: asyncio.Task[Any]) -> None:
    if not leader.cancelled():
        leader.exception()  # also where nobody waits for it any more


def is_query(text: str, operation_name: str | None, max_tokens: int | None = None) -> bool:
    """Say whether a text is a query for sure; one that is not fit to be parsed is not."""
    return operation_type(text, operation_name, max_tokens) is OperationType.QUERY
