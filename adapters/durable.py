"""Work that survives a crash: DBOS workflows of steps, each step's result kept as JSON."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, TypeVar

import msgspec

T = TypeVar("T")

APPLICATION_VERSION = "1"
"""DBOS resumes only what its own version started: count it up when the steps of a workflow change."""

Workflow = Callable[[str], Awaitable[None]]
"""A workflow's body: takes the key of what it works on, and finds all else in the store."""


class DurableWork:
    """The workflows of this process, begun once per key and resumed at the interrupted step after a restart.

    DBOS keeps one state a process, so only one DurableWork can be started at a time.
    """

    _started: ClassVar[bool] = False

    def __init__(self, database_url: str, executor_id: str) -> None:
        self._database_url = database_url
        self._executor_id = executor_id
        self._bodies: dict[str, Workflow] = {}
        self._workflows: dict[str, Callable[[str], Any]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def define(self, name: str, body: Workflow) -> None:
        """Name a workflow; all are defined before start."""
        self._bodies[name] = body

    async def start(self) -> None:
        """Launch DBOS, which resumes what an earlier process left; does nothing where no workflow is defined."""
        if not self._bodies:
            return
        if DurableWork._started:
            raise RuntimeError("durable work runs once a process: close the first gateway before starting another")
        DurableWork._started = True
        await asyncio.to_thread(_import_dbos)
        from dbos import DBOS, DBOSConfig

        config = DBOSConfig(
            name="trigraph",
            system_database_url=self._database_url,
            application_version=APPLICATION_VERSION,
            executor_id=self._executor_id,
            log_level="WARNING",
            run_migrations=True,
        )
        DBOS(config=config)
        for name, body in self._bodies.items():
            self._workflows[name] = DBOS.workflow(name=name)(self._tracked(body))
        DBOS.launch()

    async def begin(self, name: str, key: str) -> None:
        """Begin a workflow on `key`; a second call with the same key changes nothing."""
        from dbos import DBOS, SetWorkflowID

        with SetWorkflowID(f"{name}:{key}"):
            await DBOS.start_workflow_async(self._workflows[name], key)

    async def stop(self) -> None:
        """Interrupt what runs, so that the next start resumes it, and leave DBOS."""
        if not self._workflows:
            return
        from dbos import DBOS

        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        self._workflows.clear()
        DurableWork._started = False

    def _tracked(self, body: Workflow) -> Workflow:
        async def workflow(key: str) -> None:
            task = asyncio.current_task()
            with contextlib.ExitStack() as stack:
                if task is not None:
                    self._tasks.add(task)
                    stack.callback(self._tasks.discard, task)
                await body(key)

        return workflow


async def durable_step(name: str, result: type[T], function: Callable[[], Awaitable[T]]) -> T:
    """Run a step of the workflow that calls it, or give the result it had before the crash, as a `result`."""
    from dbos import DBOS

    async def run() -> str:
        return msgspec.json.encode(await function()).decode()

    return msgspec.json.decode(await DBOS.run_step_async({"name": name}, run), type=result)


def _import_dbos() -> None:
    import dbos  # noqa: F401 - over a second, off the event loop
