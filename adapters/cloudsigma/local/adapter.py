"""CloudSigma's port as an embedded implementation: executions in the store, the pipeline as durable work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

import msgspec

from adapters.cloudsigma.local.admission import admit, monthly_limit_reached, remaining_rules, usage_of
from adapters.cloudsigma.local.failure import PipelineFailure
from adapters.cloudsigma.local.pipeline import Pipeline, open_pipeline
from adapters.cloudsigma.local.records import ExecutionRecords
from adapters.cloudsigma.local.sources.nvd import Nvd
from adapters.cloudsigma.local.worker import EngineSettings
from adapters.cloudsigma.models import (
    Execution,
    ExecutionStatus,
    GenerateRequest,
    Notice,
    Output,
    Stage,
    Usage,
)
from adapters.context import AdapterContext
from adapters.durable import DurableWork, durable_step, until_recorded
from adapters.events.feed import ChangeFeed, InProcessChangeFeed
from adapters.events.postgres import PostgresChangeFeed
from adapters.events.watching import Observation, watch
from adapters.finishing import finished
from adapters.health import ServiceHealth
from adapters.local_health import local_health
from adapters.paging import Page, Window
from adapters.principal import Principal
from adapters.store.database import Database
from adapters.warm_up import WarmUp

T = TypeVar("T")

logger = logging.getLogger(__name__)

WORKFLOW = "cloudsigma"
PIPELINE_SECONDS = 300.0
EXECUTIONS_AT_ONCE = 8


class LocalCloudSigma:
    """Runs the pipeline here; see `port.CloudSigma` for what each method promises."""

    def __init__(
        self,
        database: Database,
        durable: DurableWork,
        feed: ChangeFeed[Execution],
        pipeline: AbstractAsyncContextManager[Pipeline],
        pipeline_seconds: float = PIPELINE_SECONDS,
    ) -> None:
        self._database = database
        self._durable = durable
        self._feed = feed
        self._opening = pipeline
        self._pipeline_seconds = pipeline_seconds
        self._pipeline: Pipeline | None = None
        self._ready = asyncio.Event()
        self._turns = asyncio.Semaphore(EXECUTIONS_AT_ONCE)
        self._warm_up: WarmUp | None = None
        self.records = ExecutionRecords(database)
        durable.define(WORKFLOW, self._execute)

    async def start(self) -> None:
        """Begin what a crash left between recording and starting it, and load the engine in the background."""
        await self._feed.start()
        self._pipeline = await self._opening.__aenter__()
        self._warm_up = WarmUp("CloudSigma", self._pipeline.warm)
        self._warm_up.begin()
        self._ready.set()
        for arn in await self.records.running():
            await self._durable.begin(WORKFLOW, arn)

    async def close(self) -> None:
        """Stop loading and telling."""
        if self._warm_up is not None:
            await self._warm_up.close()
        if self._pipeline is not None:
            await self._opening.__aexit__(None, None, None)
        await self._feed.close()

    async def health(self) -> ServiceHealth:
        """Say whether the store answers and the engine is loaded."""
        return await local_health(self._database, self._warm_up)

    async def generate(self, principal: Principal, request: GenerateRequest) -> Execution:
        """Record an execution if the limits admit it, and begin it, even if the caller goes away meanwhile."""
        return await finished(self._record_and_begin(principal, request))

    async def _record_and_begin(self, principal: Principal, request: GenerateRequest) -> Execution:
        async with self._feed.write(self._database) as writing:
            await admit(writing.connection, principal)
            execution = await self.records.insert(writing, principal, request)
        try:
            await self._durable.begin(WORKFLOW, execution.arn)
        except Exception:
            await self._fail(execution.arn, "PipelineFailed: The execution could not be begun; the log has the details")
            raise
        return execution

    async def executions(
        self, principal: Principal, window: Window, status: ExecutionStatus | None = None
    ) -> Page[Execution]:
        """List from the store."""
        return await self.records.page(principal.id, window, status)

    async def executions_by_arn(self, principal: Principal, arns: Sequence[str]) -> list[Execution | None]:
        """Look up in the store."""
        return await self.records.by_arn(principal.id, arns)

    async def outputs_by_arn(self, principal: Principal, arns: Sequence[str]) -> list[Output | None]:
        """Look up in the store."""
        return await self.records.outputs(principal.id, arns)

    async def usage(self, principal: Principal) -> Usage:
        """Count in the store."""
        async with self._database.read() as connection:
            return await usage_of(connection, principal)

    def watch(
        self, principal: Principal, after: str | None = None, arn: str | None = None
    ) -> AsyncIterator[Observation[Execution]]:
        """Watch the change feed, after what the store has already."""
        return watch(self.records, self._feed, principal.id, after=after, key=arn)

    async def _execute(self, arn: str) -> None:
        async with self._turns:
            try:
                async with asyncio.timeout(self._pipeline_seconds):
                    await self._run(arn)
            except PipelineFailure as failure:
                await self._fail(arn, str(failure))
            except TimeoutError:
                minutes = self._pipeline_seconds / 60
                await self._fail(
                    arn, f"PipelineTimeout: No result within {minutes:.0f} minutes; try with simpler input"
                )
            except Exception:
                logger.exception("Execution %s failed unexpectedly", arn)
                await self._fail(arn, "PipelineFailed: An internal error ended the execution; the log has the details")

    async def _run(self, arn: str) -> None:
        await self._ready.wait()
        assert self._pipeline is not None  # noqa: S101 - start has set it
        principal, request = await self.records.task(arn)

        async def run_stage(stage: Stage, result: type[T], function: Callable[[], Awaitable[T]]) -> T:
            async def advance_and_run() -> T:
                async with self._feed.write(self._database) as writing:
                    await self.records.advance(writing, arn, stage)
                return await function()

            return await durable_step(stage.value, result, advance_and_run)

        output = await self._pipeline.run(request, run_stage, watermark=principal.tier == "free")
        async with self._feed.write(self._database) as writing:
            remaining = await remaining_rules(writing.connection, principal)
            if output.rules and remaining == 0:
                refusal = monthly_limit_reached(principal)
                raise PipelineFailure(refusal.code, refusal.message)
            await self.records.succeed(writing, arn, _within(output, remaining))

    async def _fail(self, arn: str, error: str) -> None:
        async def record() -> None:
            async with self._feed.write(self._database) as writing:
                await self.records.fail(writing, arn, error)

        await until_recorded(f"execution {arn}", record)


def _within(output: Output, remaining: int | None) -> Output:
    if remaining is None or len(output.rules) <= remaining:
        return output
    withheld = len(output.rules) - remaining
    message = f"{withheld} of {len(output.rules)} rules are left out: the month's limit allows {remaining} more"
    return msgspec.structs.replace(
        output,
        rules=output.rules[:remaining],
        pipeline_notices=(
            *output.pipeline_notices,
            Notice(code="TierLimitExceeded", message=message, severity="warning"),
        ),
        metadata=msgspec.structs.replace(output.metadata, rules_generated=remaining),
    )


def build(context: AdapterContext) -> LocalCloudSigma:
    """Build the adapter from its context: the entry point `cloudsigma-local`."""
    feed: ChangeFeed[Execution] = InProcessChangeFeed()
    if context.database.is_postgres:
        feed = PostgresChangeFeed(context.database.dsn, "trigraph_cloudsigma", Execution)
    pipeline = open_pipeline(
        context.workers,
        EngineSettings(cache_dir=context.cache_dir, attack_bundle=context.attack_bundle),
        Nvd(base=context.nvd_url, api_key=context.nvd_api_key),
        context.fetch_allowed,
    )
    return LocalCloudSigma(context.database, context.durable, feed, pipeline)
