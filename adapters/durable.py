"""Work that survives a crash: DBOS workflows of steps, each step's result kept as JSON."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import msgspec
from filelock import FileLock, Timeout
from sqlalchemy import make_url

from adapters.http.deadline import without_deadline

if TYPE_CHECKING:
    from dbos import ScheduleInput

T = TypeVar("T")
A = TypeVar("A")

logger = logging.getLogger(__name__)

APPLICATION_VERSION = "1"
"""Part of a workflow's id: count it up when the steps change, and what ran begins again instead of resuming."""

KEPT = timedelta(days=1)
"""How long a workflow that has ended is kept, with its steps' results."""

STORE_RETRY_SECONDS = 0.5
LONGEST_STORE_RETRY_SECONDS = 30.0
FORGET_SECONDS = 3600.0
FORGET_AT_ONCE = 500
ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]

Workflow = Callable[[str], Awaitable[None]]
"""A workflow's body: takes the key of what it works on, and finds all else in the store."""

Scheduled = Callable[[datetime], Awaitable[None]]
"""A schedule's body: takes the moment that it is due at."""

PATIENCE = timedelta(minutes=30)
"""How late a schedule's body may run."""


@dataclass(frozen=True)
class _Schedule:
    name: str
    cron: str
    body: Scheduled
    patience: timedelta


class InUse(Exception):
    """Another process works on the same file: two would do everything twice, and not see each other's changes."""


class DurableWork:
    """The workflows of this process, begun once per key and resumed at the interrupted step after a restart.

    DBOS keeps one state a process, so only one DurableWork can be started at a time.
    """

    _started: ClassVar[bool] = False

    def __init__(self, database_url: str, executor_id: str, kept: timedelta = KEPT) -> None:
        self._database_url = database_url
        self._executor_id = executor_id
        self._kept = kept
        self._running = False
        self._claim: FileLock | None = None
        self._forgetting: asyncio.Task[None] | None = None
        self._bodies: dict[str, Workflow] = {}
        self._schedules: dict[str, _Schedule] = {}
        self._workflows: dict[str, Callable[[str], Any]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def define(self, name: str, body: Workflow) -> None:
        """Name a workflow; all are defined before start."""
        self._bodies[name] = body

    def schedule(self, name: str, cron: str, body: Scheduled, patience: timedelta = PATIENCE) -> None:
        """Run `body` whenever `cron`, in UTC, is due, once over all processes that share the database.

        All is scheduled before start. What was due while no process ran, or has waited longer than `patience` for one,
        is left out, so that nothing piles up.
        """
        self._schedules[name] = _Schedule(name, cron, body, patience)

    def claim(self) -> None:
        """Take a database file for this process alone, where there is durable work; raises InUse, naming the folder."""
        url = make_url(self._database_url)
        if not self._has_work or self._claim is not None or not url.database or url.get_backend_name() != "sqlite":
            return
        lock = FileLock(f"{url.database}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise InUse(str(Path(url.database).parent)) from None
        self._claim = lock

    async def start(self) -> None:
        """Launch DBOS, which resumes what an earlier process left; does nothing where nothing is defined."""
        self.claim()
        if not self._has_work:
            return
        if DurableWork._started:
            raise RuntimeError("durable work runs once a process: close the first gateway before starting another")
        DurableWork._started = self._running = True
        await asyncio.to_thread(_import_dbos)
        from dbos import DBOS, DBOSConfig

        config = DBOSConfig(
            name="trigraph",
            system_database_url=self._database_url,
            application_version=APPLICATION_VERSION,
            executor_id=self._executor_id,
            log_level="ERROR",
            run_migrations=True,
        )
        DBOS(config=config)
        for name, body in self._bodies.items():
            self._workflows[name] = DBOS.workflow(name=name)(self._tracked(body))
        # What is due waits in a queue of its schedule's name: other processes have no body for it.
        DBOS.listen_queues(list(self._schedules))
        scheduled = [self._scheduled(schedule) for schedule in self._schedules.values()]
        DBOS.launch()
        for name in self._schedules:
            await DBOS.register_queue_async(name)
        await DBOS.apply_schedules_async(scheduled)
        self._forgetting = asyncio.create_task(self._forget(), name="durable-work-forgets")

    async def begin(self, name: str, key: str) -> None:
        """Begin a workflow on `key`; a second call with the same key changes nothing while the first is kept."""
        from dbos import DBOS, SetWorkflowID

        with SetWorkflowID(f"{name}:{APPLICATION_VERSION}:{key}"):
            await DBOS.start_workflow_async(self._workflows[name], key)

    async def stop(self) -> None:
        """Interrupt what runs, so that the next start resumes it, and leave DBOS."""
        if not self._running:
            self._release()
            return
        from dbos import DBOS

        interrupted = [*self._tasks, *([self._forgetting] if self._forgetting else [])]
        for task in interrupted:
            task.cancel()
        await asyncio.gather(*interrupted, return_exceptions=True)
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        # DBOS has put its own threads in place of the event loop's, and has ended them now.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
        self._workflows.clear()
        self._release()
        DurableWork._started = self._running = False

    @property
    def running(self) -> int:
        """How many workflows run in this process."""
        return len(self._tasks)

    @property
    def _has_work(self) -> bool:
        return bool(self._bodies or self._schedules)

    def _release(self) -> None:
        if self._claim is not None:
            self._claim.release()
            self._claim = None

    async def _forget(self) -> None:
        """Delete what has ended long ago, now and every hour."""
        while True:
            try:
                while await self._forget_some() == FORGET_AT_ONCE:
                    pass
            except Exception:
                logger.exception("Durable work that has ended could not be deleted; it is tried again in an hour")
            await asyncio.sleep(FORGET_SECONDS)

    async def _forget_some(self) -> int:
        from dbos import DBOS

        before = (datetime.now(UTC) - self._kept).isoformat()
        ended = await DBOS.list_workflows_async(
            status=ENDED, completed_before=before, limit=FORGET_AT_ONCE, load_input=False, load_output=False
        )
        if ended:
            await DBOS.delete_workflows_async([workflow.workflow_id for workflow in ended])
        return len(ended)

    def _scheduled(self, schedule: _Schedule) -> ScheduleInput:
        from dbos import DBOS, ScheduleInput

        body = self._tracked(schedule.body)

        async def run(due_at: datetime, _context: Any) -> None:
            if datetime.now(UTC) - due_at <= schedule.patience:
                await body(due_at)

        name, workflow = schedule.name, DBOS.workflow(name=schedule.name)(run)
        return ScheduleInput(schedule_name=name, workflow_fn=workflow, schedule=schedule.cron, queue_name=name)

    def _tracked(self, body: Callable[[A], Awaitable[None]]) -> Callable[[A], Awaitable[None]]:
        async def workflow(argument: A) -> None:
            task = asyncio.current_task()
            with contextlib.ExitStack() as stack:
                if task is not None:
                    self._tasks.add(task)
                    stack.callback(self._tasks.discard, task)
                stack.enter_context(without_deadline())
                await body(argument)

        return workflow


async def durable_step(name: str, result: type[T], function: Callable[[], Awaitable[T]]) -> T:
    """Run a step of the workflow that calls it, or give the result it had before the crash, as a `result`."""
    from dbos import DBOS

    async def run() -> str:
        return msgspec.json.encode(await function()).decode()

    return msgspec.json.decode(await DBOS.run_step_async({"name": name}, run), type=result)


async def until_recorded(what: str, record: Callable[[], Awaitable[None]]) -> None:
    """Record how work ended, however long the store is away: otherwise it would seem to run for ever."""
    wait = STORE_RETRY_SECONDS
    while True:
        try:
            return await record()
        except Exception as trouble:  # noqa: BLE001 - each driver raises errors of its own
            logger.warning("The end of %s could not be recorded, trying again: %s", what, type(trouble).__name__)
        await asyncio.sleep(wait)
        wait = min(wait * 2, LONGEST_STORE_RETRY_SECONDS)


def _import_dbos() -> None:
    import dbos  # noqa: F401 - over a second, off the event loop
