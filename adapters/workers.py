"""Processes for work that would hold up the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple, Unpack

from anyio import CapacityLimiter, to_process

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class Workers:
    """At most `size` worker processes, started at need and kept; further calls wait for a free one.

    Functions and arguments are pickled; a cancelled call ends its process, so that nothing runs on unseen.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._limiter = CapacityLimiter(size)

    async def run(self, function: Callable[[Unpack[Arguments]], T], *arguments: *Arguments) -> T:
        """Call a module-level function in a worker; its exception is raised here."""
        return await to_process.run_sync(function, *arguments, cancellable=True, limiter=self._limiter)

    async def warm(self, function: Callable[[Unpack[Arguments]], T], *arguments: *Arguments) -> None:
        """Call a function once in every worker, so that the first real call finds its imports and data loaded."""
        await asyncio.gather(*(self.run(function, *arguments) for _ in range(self.size)))
