from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import update

from adapters.cloudsigma.local.records import MAX_ERROR_CHARACTERS, ExecutionRecords, new_arn
from adapters.cloudsigma.models import (
    Execution,
    ExecutionStatus,
    GenerateRequest,
    InputType,
    Output,
    OutputMetadata,
    Rule,
    Stage,
)
from adapters.events.feed import Change, ChangeFeed, InProcessChangeFeed
from adapters.events.postgres import PostgresChangeFeed
from adapters.paging import Page, Window
from adapters.principal import Principal
from adapters.store.cloudsigma import executions
from adapters.store.database import Database
from tests.running import new_principal

REQUEST = GenerateRequest(input_type=InputType.TEXT, text="A report — über Schadsoftware 🦠.")
OUTPUT = Output(
    rules=(Rule(id="one", sigma="title: Eins\n"), Rule(id="two")),
    metadata=OutputMetadata(rules_generated=2, ttps_extracted=3, platforms_targeted=13, processing_time_ms=1200),
)
WAIT_SECONDS = 20.0


class Written:
    """Records with a feed, each write a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.feed: ChangeFeed[Execution] = InProcessChangeFeed()
        self.records = ExecutionRecords(database)

    async def insert(self, principal: Principal, request: GenerateRequest = REQUEST) -> Execution:
        async with self.feed.write(self.database) as writing:
            return await self.records.insert(writing, principal, request)

    async def advance(self, arn: str, stage: Stage) -> None:
        async with self.feed.write(self.database) as writing:
            await self.records.advance(writing, arn, stage)

    async def succeed(self, arn: str, output: Output = OUTPUT) -> None:
        async with self.feed.write(self.database) as writing:
            await self.records.succeed(writing, arn, output)

    async def fail(self, arn: str, error: str) -> None:
        async with self.feed.write(self.database) as writing:
            await self.records.fail(writing, arn, error)

    async def one(self, owner: str, arn: str) -> Execution:
        (found,) = await self.records.by_arn(owner, [arn])
        assert found is not None
        return found

    async def started_at(self, arns: list[str], moment: datetime) -> None:
        async with self.database.write() as connection:
            await connection.execute(update(executions).where(executions.c.arn.in_(arns)).values(started_at=moment))


@pytest.fixture
def written(database: Database) -> Written:
    """Records on either database."""
    return Written(database)


@contextmanager
def told(feed: ChangeFeed[Execution], owner: str) -> Iterator[list[Change[Execution]]]:
    """Collect, at the end, what was told to an owner."""
    changes: list[Change[Execution]] = []
    with feed.watch(owner) as mailbox:
        yield changes
        changes.extend(mailbox._unread.values())


async def test_a_new_execution_is_running_and_told(written: Written, principal: Principal) -> None:
    """It stands at the first stage, is told to its owner, and is read back as it was told."""
    with told(written.feed, principal.id) as changes:
        execution = await written.insert(principal)
    assert (execution.status, execution.stage, execution.progress) == (ExecutionStatus.RUNNING, Stage.INGEST, 0.0)
    assert execution.arn.startswith("arn:aws:states:local:000000000000:execution:CloudSigmaPipeline:")
    assert [change.state for change in changes] == [execution]
    assert await written.one(principal.id, execution.arn) == execution


async def test_what_was_asked_is_kept(written: Written, database: Database) -> None:
    """The request and who made it come back for the workflow, also after a restart."""
    caller = new_principal("free")
    execution = await written.insert(caller)
    principal, request = await ExecutionRecords(database).task(execution.arn)
    assert request == REQUEST
    assert (principal.id, principal.tenant, principal.tier) == (caller.id, caller.tenant, "free")


async def test_stages_move_the_progress(written: Written, principal: Principal) -> None:
    """Every stage is told, and progress grows from 0 and stays below 1 until the end."""
    execution = await written.insert(principal)
    seen = []
    for stage in Stage:
        with told(written.feed, principal.id) as changes:
            await written.advance(execution.arn, stage)
        seen.append(changes[0].state)
    assert [state.stage for state in seen] == list(Stage)
    progress = [state.progress or 0.0 for state in seen]
    assert progress == sorted(set(progress))
    assert (progress[0], progress[-1] < 1) == (0.0, True)


async def test_success_keeps_output_and_figures(written: Written, principal: Principal) -> None:
    """The output is there when the terminal state is told, and the figures are the output's."""
    execution = await written.insert(principal)
    assert await written.records.outputs(principal.id, [execution.arn]) == [None]
    await written.succeed(execution.arn)
    ended = await written.one(principal.id, execution.arn)
    assert (ended.status, ended.progress, ended.finished) == (ExecutionStatus.SUCCEEDED, 1.0, True)
    assert (ended.rules_generated, ended.ttps_extracted, ended.processing_time_ms) == (2, 3, 1200)
    assert ended.stopped_at is not None
    assert ended.stopped_at >= ended.started_at
    assert await written.records.outputs(principal.id, [execution.arn, "arn:unknown"]) == [OUTPUT, None]


async def test_an_execution_that_has_ended_changes_no_more(written: Written, principal: Principal) -> None:
    """Whatever comes after the end is neither written nor told, and a second output is no error."""
    failed, succeeded = await written.insert(principal), await written.insert(principal)
    await written.fail(failed.arn, "PipelineTimeout: Too long")
    await written.succeed(succeeded.arn)
    before = await written.records.by_arn(principal.id, [failed.arn, succeeded.arn])
    with told(written.feed, principal.id) as changes:
        for arn in (failed.arn, succeeded.arn):
            await written.advance(arn, Stage.EXTRACT)
            await written.succeed(arn, Output())
            await written.fail(arn, "PipelineFailed: Again")
    assert changes == []
    assert await written.records.by_arn(principal.id, [failed.arn, succeeded.arn]) == before
    assert await written.records.outputs(principal.id, [failed.arn, succeeded.arn]) == [None, OUTPUT]


async def test_nobody_reads_anothers_executions(written: Written, principal: Principal) -> None:
    """By name, in lists, as changes and as outputs, only one's own are given."""
    other = new_principal()
    mine, theirs = await written.insert(principal), await written.insert(other)
    await written.succeed(theirs.arn)
    records = written.records
    assert await records.by_arn(principal.id, [theirs.arn, mine.arn, theirs.arn]) == [None, mine, None]
    assert await records.outputs(principal.id, [theirs.arn]) == [None]
    assert await records.changed_since(principal.id, 0, theirs.arn) == []
    assert [change.key for change in await records.changed_since(principal.id, 0)] == [mine.arn]
    assert [change.key for change in await records.recent(principal.id, 50)] == [mine.arn]
    page = await records.page(principal.id, Window(50), None)
    assert ([execution.arn for execution in page.nodes], page.total_count) == ([mine.arn], 1)
    assert (await records.owner(theirs.arn), await records.owner("arn:unknown")) == (other.id, None)


@pytest.mark.parametrize("arn", ["", "\x00", "\ud800", "arn:" + "x" * 10_000, "' OR 1=1 --"])
async def test_no_name_breaks_the_store(written: Written, principal: Principal, arn: str) -> None:
    """Whatever a caller hands in as an ARN, it is simply not there."""
    records = written.records
    assert await records.by_arn(principal.id, [arn]) == [None]
    assert await records.outputs(principal.id, [arn]) == [None]
    assert await records.changed_since(principal.id, 0, arn) == []
    assert await records.owner(arn) is None


async def test_changes_after_a_version_come_in_their_order(written: Written, principal: Principal) -> None:
    """Each execution comes once, in its present state, by the version of its last change."""
    first, second, third = [await written.insert(principal) for _ in range(3)]
    known = (await written.records.changed_since(principal.id, 0))[-1].version
    await written.advance(third.arn, Stage.CLASSIFY)
    await written.advance(first.arn, Stage.CLASSIFY)
    await written.succeed(third.arn)
    changes = await written.records.changed_since(principal.id, known)
    assert [change.key for change in changes] == [first.arn, third.arn]
    assert changes[1].state.finished
    assert changes[0].version < changes[1].version
    everything = await written.records.changed_since(principal.id, 0)
    assert [change.key for change in everything] == [second.arn, first.arn, third.arn]
    assert await written.records.changed_since(principal.id, everything[-1].version) == []


async def test_the_most_recent_are_the_last_started(written: Written, principal: Principal) -> None:
    """The newest by start are given, in the order of their last change."""
    arns = [(await written.insert(principal)).arn for _ in range(4)]
    now = datetime.now(UTC)
    for minutes, arn in enumerate(arns):
        await written.started_at([arn], now - timedelta(minutes=minutes))
    await written.advance(arns[0], Stage.CLASSIFY)
    assert [change.key for change in await written.records.recent(principal.id, 2)] == [arns[1], arns[0]]


async def test_running_names_what_has_not_ended(written: Written, principal: Principal) -> None:
    """Only executions without a terminal state are named."""
    running, failed, succeeded = [(await written.insert(principal)).arn for _ in range(3)]
    await written.fail(failed, "PipelineFailed: No")
    await written.succeed(succeeded)
    assert await written.records.running() == [running]


async def every_page(written: Written, owner: str, first: int, status: ExecutionStatus | None = None) -> list[str]:
    found: list[str] = []
    after = None
    while True:
        page: Page[Execution] = await written.records.page(owner, Window(first, after), status)
        found += [execution.arn for execution in page.nodes]
        assert page.has_previous_page is (after is not None)
        if not page.has_next_page:
            return found
        after = page.positions[-1]


async def test_pages_hold_where_executions_started_at_the_same_moment(written: Written, principal: Principal) -> None:
    """Every execution is on exactly one page, newest first, whatever the size of pages."""
    arns = [(await written.insert(principal)).arn for _ in range(7)]
    moment = datetime(2026, 1, 1, 12, 0, 0, 999999, tzinfo=UTC)
    await written.started_at(arns[:5], moment)
    await written.started_at(arns[5:], moment + timedelta(microseconds=1))
    expected = sorted(arns[5:], reverse=True) + sorted(arns[:5], reverse=True)
    for first in (1, 2, 3, 7, 100):
        assert await every_page(written, principal.id, first) == expected


async def test_a_page_holds_while_executions_come_in(written: Written, principal: Principal) -> None:
    """What is started between two pages moves nothing on the next."""
    oldest, middle, newest = [(await written.insert(principal)).arn for _ in range(3)]
    first = await written.records.page(principal.id, Window(1), None)
    await written.insert(principal)
    second = await written.records.page(principal.id, Window(2, first.positions[0]), None)
    assert [execution.arn for execution in first.nodes] == [newest]
    assert [execution.arn for execution in second.nodes] == [middle, oldest]
    assert (second.has_next_page, second.total_count) == (False, 4)


async def test_a_page_of_one_status(written: Written, principal: Principal) -> None:
    """Rows, cursors and the count are all of the status that was asked for."""
    arns = [(await written.insert(principal)).arn for _ in range(4)]
    await written.succeed(arns[0])
    await written.succeed(arns[2])
    assert await every_page(written, principal.id, 1, ExecutionStatus.SUCCEEDED) == [arns[2], arns[0]]
    page = await written.records.page(principal.id, Window(1), ExecutionStatus.SUCCEEDED)
    assert page.total_count == 2


async def test_an_empty_page_says_what_follows(written: Written, principal: Principal) -> None:
    """None asked for is none given, and whether there would be more is still said."""
    assert (await written.records.page(principal.id, Window(0), None)).has_next_page is False
    await written.insert(principal)
    page = await written.records.page(principal.id, Window(0), None)
    assert (list(page.nodes), page.has_next_page, page.total_count) == ([], True, 1)


async def test_names_are_never_used_twice() -> None:
    """ARNs are random and of the documented shape."""
    arns = {new_arn() for _ in range(100)}
    assert len(arns) == 100
    assert all(len(arn) <= 200 for arn in arns)


async def test_the_largest_change_fits_into_a_notification(postgres: Database) -> None:
    """The longest names and an endless error of the most expensive characters reach another process."""
    written = Written(postgres)
    feed = PostgresChangeFeed(postgres.dsn, "trigraph_largest", Execution)
    await feed.start()
    written.feed = feed
    owner = "🦠" * 128
    principal = Principal(id=owner, name=owner, tenant=owner, tier="enterprise", key="k" * 64)
    execution = await written.insert(principal)
    with feed.watch(owner, execution.arn) as mailbox:
        await written.fail(execution.arn, "PipelineFailed: " + "\x01" * 100_000)
        async with asyncio.timeout(WAIT_SECONDS):
            async for change in mailbox:
                if change.state.finished:
                    break
    await feed.close()
    assert change.state == await written.one(owner, execution.arn)
    assert len(change.state.error or "") == MAX_ERROR_CHARACTERS
    assert change.state.error_code == "PipelineFailed"
    assert len(msgspec.json.encode(change)) < 8000
