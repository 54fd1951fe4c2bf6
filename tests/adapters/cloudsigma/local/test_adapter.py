from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.cloudsigma.local.adapter import LocalCloudSigma
from adapters.cloudsigma.models import Execution, ExecutionStatus, GenerateRequest, InputType, Output, Stage
from adapters.events.feed import InProcessChangeFeed, Writing
from adapters.principal import LOCAL_PRINCIPAL
from adapters.store.database import Database, sqlite_url
from tests.adapters.cloudsigma.local.adapter_process import Became
from tests.running import PROJECT

MODULE = "tests.adapters.cloudsigma.local.adapter_process"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def became(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Became:
    """What became of executions that hang, die, fail, break and succeed, run at once in a process of their own."""
    folder = tmp_path_factory.mktemp("adapter")
    if request.param == "sqlite":
        urls = [f"sqlite+aiosqlite:///{folder}/trigraph.sqlite3", f"sqlite:///{folder}/workflows.sqlite3"]
    else:
        urls = [str(request.getfixturevalue("own_postgres_url"))] * 2
    command = [sys.executable, "-m", MODULE, *urls, str(folder), "hang", "fine", "fail", "break", "die"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return msgspec.json.decode(done.stdout, type=Became)


def test_an_execution_moves_through_its_stages_to_success(became: Became) -> None:
    """A watcher is told of the stages in their order and last of the end, when the output is there."""
    states, output = became.of("fine").states, became.of("fine").output
    assert states[-1].status is ExecutionStatus.SUCCEEDED
    assert [state.finished for state in states] == [False] * (len(states) - 1) + [True]
    stages = [list(Stage).index(state.stage) for state in states if state.stage]
    assert stages == sorted(stages)
    assert isinstance(output, Output)
    assert [rule.id for rule in output.rules] == ["fine"]
    assert states[-1].rules_generated == 1


def test_an_execution_that_takes_too_long_fails_and_is_ended(became: Became) -> None:
    """After the pipeline's time it ends as PipelineTimeout, and the process that was busy with it is gone."""
    last = became.of("hang").states[-1]
    assert (last.status, last.error_code, last.stage) == (ExecutionStatus.FAILED, "PipelineTimeout", Stage.EXTRACT)
    assert "try with simpler input" in (last.error_message or "")
    assert became.of("hang").output is None
    assert became.of("hang").hanging is False


def test_an_expected_failure_keeps_its_code_and_sentence(became: Became) -> None:
    """What a stage refuses is told as it said it."""
    last = became.of("fail").states[-1]
    assert (last.status, last.error) == (ExecutionStatus.FAILED, "InvalidUrl: There is no such page.")


@pytest.mark.parametrize("text", ["break", "die"])
def test_an_unexpected_failure_tells_nothing_of_the_inside(became: Became, text: str) -> None:
    """A mistake of ours, or a worker that dies, ends the execution as PipelineFailed without the details."""
    last = became.of(text).states[-1]
    assert (last.status, last.error_code) == (ExecutionStatus.FAILED, "PipelineFailed")
    assert "secret" not in (last.error or "")


def test_an_execution_whose_caller_went_away_is_begun(became: Became) -> None:
    """Whenever a caller is gone between asking and the answer, nothing is recorded that never ends."""
    assert became.never_begun == []


class WorkAtOnce:
    """Durable work that is done before `begin` returns."""

    def define(self, _name: str, body: Callable[[str], Awaitable[None]]) -> None:
        self._body = body

    async def begin(self, _name: str, key: str) -> None:
        await self._body(key)


class AwayFeed(InProcessChangeFeed[Execution]):
    """A feed whose store is away for the next `away` transactions."""

    away = 0

    @asynccontextmanager
    async def write(self, database: Database) -> AsyncIterator[Writing[Execution]]:
        if self.away:
            self.away -= 1
            raise ConnectionRefusedError("the store restarts")
        async with super().write(database) as writing:
            yield writing


async def test_an_execution_ends_though_the_store_is_away_when_it_fails(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its failure is recorded when the store is back, so that it is not RUNNING for ever."""
    database, feed = Database(sqlite_url(tmp_path)), AwayFeed()
    await database.migrate()

    class Pipeline:
        async def warm(self) -> None:
            """Nothing to load."""

        async def run(self, *_: object, **__: object) -> Output:
            feed.away = 1
            raise ConnectionResetError("the store went away")

    @asynccontextmanager
    async def opened() -> AsyncIterator[Any]:
        yield Pipeline()

    adapter = LocalCloudSigma(database, WorkAtOnce(), feed, opened())  # type: ignore[arg-type] # a double
    await adapter.start()
    begun = await adapter.generate(LOCAL_PRINCIPAL, GenerateRequest(input_type=InputType.TEXT, text="a report"))
    (ended,) = await adapter.executions_by_arn(LOCAL_PRINCIPAL, [begun.arn])
    await adapter.close()
    await database.close()
    assert ended is not None
    assert (ended.status, ended.error_code) == (ExecutionStatus.FAILED, "PipelineFailed")
    assert "could not be recorded, trying again: ConnectionRefusedError" in caplog.text
