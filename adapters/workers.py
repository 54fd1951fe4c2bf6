"""Processes for work that would hold up the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple, Unpack

from anyio import BrokenResourceError, BrokenWorkerProcess, CapacityLimiter, to_process

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class WorkerDied(Exception):
    """A worker process ended in the middle of a call; the next call gets a new one."""


class _DiedBefore(WorkerDied):
    """The process had ended before the call reached it: while it was idle, or before it was ready."""


class Workers:
    """At most `size` worker processes, started at need and kept; further calls wait for a free one.

    Functions and arguments are pickled; a cancelled call ends its process, so that nothing runs on unseen.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._limiter = CapacityLimiter(size)

    async def run(self, function: Callable[[Unpack[Arguments]], T], *arguments: *Arguments) -> T:
        """Call a module-level function in a worker; its exception is raised here, or WorkerDied."""
        for _ in range(self.size):
            try:
                return await self._run(function, *arguments)
            except _DiedBefore:
                continue
        return await self._run(function, *arguments)

    async def _run(self, function: Callable[[Unpack[Arguments]], T], *arguments: *Arguments) -> T:
        try:
            return await to_process.run_sync(function, *arguments, cancellable=True, limiter=self._limiter)
        except BrokenWorkerProcess as error:
            name = getattr(function, "__qualname__", function)
            if isinstance(error.__cause__, TimeoutError):
                message = f"The process to run {name} did not start in time: the machine is too busy"
                raise _DiedBefore(message) from error
            died = _DiedBefore if isinstance(error.__cause__, BrokenResourceError) else WorkerDied
            raise died(f"The process that ran {name} ended: it was killed, or memory ran out") from error

    async def warm(self, function: Callable[[Unpack[Arguments]], T], *arguments: *Arguments) -> None:
        """Call a function once in every worker, so that the first real call finds its imports and data loaded."""
        await asyncio.gather(*(self.run(function, *arguments) for _ in range(self.size)))
