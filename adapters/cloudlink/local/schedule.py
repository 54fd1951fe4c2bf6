"""What happens by itself: every half hour, for each tenant, in one of the processes that share the store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, union

from adapters.durable import DurableWork, durable_step
from adapters.errors import AdapterError
from adapters.store.cloudlink import services
from adapters.store.cloudlink_account import credentials
from adapters.store.database import Database

logger = logging.getLogger(__name__)

SCHEDULE = "cloudlink-schedule"
WORKFLOW = "cloudlink-scheduled"
EVERY_HALF_HOUR = "*/30 * * * *"
TENANTS_AT_ONCE = 4
JOB_SECONDS = 900.0


@dataclass(frozen=True)
class Job:
    """Something to do for a tenant; `name` says in the log what it was, should it fail."""

    name: str
    run: Callable[[str], Awaitable[object]]


class Schedule:
    """Runs jobs, in their order, for each tenant that has costs or credentials; at most four tenants at once.

    A job that fails or takes over fifteen minutes is logged, and the next one runs.
    """

    def __init__(
        self,
        database: Database,
        durable: DurableWork,
        jobs: Sequence[Job],
        *,
        cron: str = EVERY_HALF_HOUR,
        job_seconds: float = JOB_SECONDS,
    ) -> None:
        self._database = database
        self._durable = durable
        self._jobs = jobs
        self._job_seconds = job_seconds
        self._turns = asyncio.Semaphore(TENANTS_AT_ONCE)
        self._at_work: set[str] = set()
        durable.schedule(SCHEDULE, cron, self._begin)
        durable.define(WORKFLOW, self._run)

    async def tenants(self) -> list[str]:
        """Name the tenants that there is something to do for."""
        query = union(select(services.c.tenant), select(credentials.c.tenant))
        async with self._database.read() as connection:
            return sorted((await connection.execute(query)).scalars())

    async def run(self, tenant: str) -> None:
        """Run the jobs for a tenant, unless this process is at it already."""
        if tenant in self._at_work:
            logger.warning("Tenant %s is left out this time: its scheduled work still runs", tenant)
            return
        self._at_work.add(tenant)
        try:
            async with self._turns:
                for job in self._jobs:
                    await self._attempt(job, tenant)
        finally:
            self._at_work.discard(tenant)

    async def _begin(self, due_at: datetime) -> None:
        for tenant in await durable_step("tenants", list[str], self.tenants):
            await self._durable.begin(WORKFLOW, f"{tenant}:{due_at:%Y%m%dT%H%M%SZ}")

    async def _run(self, key: str) -> None:
        tenant, _, _ = key.rpartition(":")
        await self.run(tenant)

    async def _attempt(self, job: Job, tenant: str) -> None:
        try:
            async with asyncio.timeout(self._job_seconds):
                await job.run(tenant)
        except Exception as trouble:  # noqa: BLE001 - a job may fail in any way, and the others run all the same
            # Only errors of our own are known to quote no secret.
            reason = trouble.message if isinstance(trouble, AdapterError) else type(trouble).__name__
            logger.warning("Scheduled work failed for tenant %s: %s: %s", tenant, job.name, reason)
