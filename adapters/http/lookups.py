"""Single things of an upstream, asked for once, however many want to know, and kept when they will not change."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from adapters.errors import DeadlineExceeded
from adapters.http.deadline import remaining, shared_within_deadline
from adapters.http.traits import CallKind, current_kind

T = TypeVar("T")

KEPT = 200
AT_ONCE = 8


class Lookups(Generic[T]):
    """Asks by key, at most eight of a kind of call at once; an answer that `is_final` is kept, the newest 200 of them.

    `has_ended` says of a key that it was seen in its final state meanwhile: then an answer under way may be older.
    `service` names what is asked.
    """

    def __init__(
        self,
        service: str,
        ask: Callable[[str], Awaitable[T | None]],
        is_final: Callable[[T], bool],
        has_ended: Callable[[str], bool],
    ) -> None:
        self._service = service
        self._ask = ask
        self._is_final = is_final
        self._has_ended = has_ended
        self._final: OrderedDict[str, T] = OrderedDict()
        self._asked: dict[tuple[CallKind, str], asyncio.Task[T | None]] = {}
        self._turns = {kind: asyncio.Semaphore(AT_ONCE) for kind in CallKind}

    async def get(self, key: str) -> T | None:
        """Give what the key names; None where there is no such thing. Raises DeadlineExceeded, and what asking does."""
        wanted = (current_kind(), key)  # so that no query waits behind polls, which a limit holds back sooner
        if (asked := self._asked.get(wanted)) is not None:
            try:
                answer = await shared_within_deadline(asked, self._service)
                if answer is None or self._is_final(answer) or not self._has_ended(key):
                    return answer
            except DeadlineExceeded:
                if not remaining():
                    raise  # else it was the time of the operation that asked first
        if key in self._final:
            return self._final[key]
        if wanted not in self._asked:
            self._asked[wanted] = asyncio.create_task(self._get(key))
            self._asked[wanted].add_done_callback(lambda task: self._answered(wanted, task))
        return await shared_within_deadline(self._asked[wanted], self._service)

    async def close(self) -> None:
        """Break off what is under way."""
        for task in self._asked.values():
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)

    async def _get(self, key: str) -> T | None:
        async with self._turns[current_kind()]:
            answer = await self._ask(key)
        if answer is not None and self._is_final(answer):
            self._final[key] = answer
            if len(self._final) > KEPT:
                self._final.popitem(last=False)
        return answer

    def _answered(self, asked: tuple[CallKind, str], task: asyncio.Task[T | None]) -> None:
        del self._asked[asked]
        if not task.cancelled():
            task.exception()  # seen, also where nobody waits for it any more
