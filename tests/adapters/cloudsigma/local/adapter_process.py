"""A process with the local CloudSigma over a pipeline that a test scripts; it prints what became of each execution."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from adapters.cloudsigma.local.adapter import LocalCloudSigma
from adapters.cloudsigma.local.failure import PipelineFailure
from adapters.cloudsigma.local.pipeline import RunStage
from adapters.cloudsigma.models import Execution, GenerateRequest, InputType, Output, OutputMetadata, Rule, Stage
from adapters.durable import DurableWork
from adapters.events.feed import ChangeFeed, InProcessChangeFeed
from adapters.events.postgres import PostgresChangeFeed
from adapters.principal import Principal
from adapters.store.database import Database
from adapters.workers import Workers

PIPELINE_SECONDS = 3.0
OWNER = Principal(id="owner", name="owner", tenant="owner")


class Became(msgspec.Struct, frozen=True):
    """What watchers were told, and which executions whose callers went away were never begun."""

    told: list[Told]
    never_begun: list[str]

    def of(self, text: str) -> Told:
        """What was told of the execution of a text."""
        return next(told for told in self.told if told.text == text)


class Told(msgspec.Struct, frozen=True):
    """What a watcher was told of one execution, and whether the worker that hangs was there after all had ended."""

    text: str
    states: list[Execution]
    output: Output | None
    hanging: bool | None = None


@dataclass
class ScriptedPipeline:
    """Does in the stage extract what the request's text says."""

    workers: Workers
    folder: Path

    async def warm(self) -> None:
        """Nothing to load."""

    async def run(self, request: GenerateRequest, run_stage: RunStage, *, watermark: bool = False) -> Output:
        """Go through two stages."""
        assert not watermark
        text = await run_stage(Stage.INGEST, str, lambda: asyncio.sleep(0, request.text or ""))
        return await run_stage(Stage.EXTRACT, Output, lambda: self.extract(text))

    async def extract(self, text: str) -> Output:
        """Hang, fail, break or succeed."""
        match text:
            case "hang":
                await self.workers.run(hang, self.folder / "hanging")
            case "die":
                await self.workers.run(die)
            case "fail":
                raise PipelineFailure("InvalidUrl", "There is no such page.")
            case "break":
                raise ZeroDivisionError("the secret of the house")
        return Output(rules=(Rule(id=text),), metadata=OutputMetadata(rules_generated=1))


def hang(file: Path) -> None:
    """Keep a worker busy beyond the pipeline's time."""
    file.write_text(str(os.getpid()))
    time.sleep(10 * PIPELINE_SECONDS)


def is_hanging(file: Path) -> bool:
    """Whether the process that wrote the file is there."""
    return Path("/proc", file.read_text()).exists()


def die() -> None:
    """End the worker as the kernel does when memory runs out."""
    os._exit(9)


async def told(adapter: LocalCloudSigma, text: str) -> Told:
    """Generate from a text, and watch to the end."""
    execution = await adapter.generate(OWNER, GenerateRequest(input_type=InputType.TEXT, text=text))
    states = [change.state async for change in adapter.watch(OWNER, arn=execution.arn)]
    return Told(text, states, (await adapter.outputs_by_arn(OWNER, [execution.arn]))[0])


async def abandoned(adapter: LocalCloudSigma) -> list[str]:
    """Generate for callers that go away sooner or later, and name what runs for ever."""
    for steps in range(0, 60, 3):
        call = asyncio.create_task(
            adapter.generate(OWNER, GenerateRequest(input_type=InputType.TEXT, text=f"abandoned {steps}"))
        )
        for _ in range(steps):
            await asyncio.sleep(0.0005)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
    with suppress(TimeoutError):
        async with asyncio.timeout(2 * PIPELINE_SECONDS):
            while await adapter.records.running():  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0.02)
    return await adapter.records.running()


async def main(url: str, durable_url: str, folder: str, *texts: str) -> None:
    """Run all texts at once."""
    database = Database(url)
    await database.migrate()
    durable = DurableWork(durable_url, "test")
    feed: ChangeFeed[Execution] = InProcessChangeFeed()
    if database.is_postgres:
        feed = PostgresChangeFeed(database.dsn, "trigraph_cloudsigma", Execution)
    pipeline = ScriptedPipeline(Workers(2), Path(folder))

    @asynccontextmanager
    async def opened() -> AsyncIterator[ScriptedPipeline]:
        yield pipeline

    await pipeline.workers.warm(os.getpid)  # starting on a busy machine is no part of the pipeline's time
    adapter = LocalCloudSigma(database, durable, feed, opened(), PIPELINE_SECONDS)  # type: ignore[arg-type] # a double
    await durable.start()
    await adapter.start()
    results = await asyncio.gather(*(told(adapter, text) for text in texts))
    alive = is_hanging(Path(folder, "hanging"))
    results = [msgspec.structs.replace(result, hanging=alive) for result in results]
    never_begun = await abandoned(adapter)
    await durable.stop()
    await adapter.close()
    await database.close()
    sys.stdout.buffer.write(msgspec.json.encode(Became(results, never_begun)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
