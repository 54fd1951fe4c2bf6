"""What a watcher is told, and in which order, whatever lies below."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

import pytest

from adapters.cloudsigma.models import Execution, ExecutionStatus, Stage
from adapters.cloudsigma.validation import validated
from adapters.errors import InvalidInput, NotFound
from adapters.events import feed
from adapters.events.watching import PRESENT_STATE_SIZE, Observation
from adapters.principal import LOCAL_PRINCIPAL as LOCAL
from adapters.principal import Principal
from tests.doubles.memory_cloudsigma import MemoryCloudSigma, finished_output
from tests.running import new_principal
from tests.waiting import until

TEXT = validated(text="Boil the pasta.")
RUNNING, SUCCEEDED, FAILED = ExecutionStatus.RUNNING, ExecutionStatus.SUCCEEDED, ExecutionStatus.FAILED


@pytest.fixture
def cloudsigma() -> MemoryCloudSigma:
    """An adapter whose executions the test moves on."""
    return MemoryCloudSigma()


def watching(
    cloudsigma: MemoryCloudSigma, arn: str | None = None, after: str | None = None, principal: Principal = LOCAL
) -> aclosing[AsyncGenerator[Observation[Execution]]]:
    return aclosing(cast("AsyncGenerator[Observation[Execution]]", cloudsigma.watch(principal, after, arn)))


async def begun(cloudsigma: MemoryCloudSigma, principal: Principal = LOCAL) -> str:
    return (await cloudsigma.generate(principal, TEXT)).arn


async def test_one_execution_is_told_from_its_present_state_to_its_end(cloudsigma: MemoryCloudSigma) -> None:
    """Each change once, with what this watcher was told before and a rising cursor; then the stream ends."""
    arn = await begun(cloudsigma)
    async with watching(cloudsigma, arn) as stream:
        changes = [await anext(stream)]
        cloudsigma.advance(arn, Stage.EXTRACT)
        changes.append(await anext(stream))
        cloudsigma.finish(arn, finished_output())
        changes.append(await anext(stream))
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
    assert [(change.state.status, change.state.stage) for change in changes] == [
        (RUNNING, Stage.INGEST),
        (RUNNING, Stage.EXTRACT),
        (SUCCEEDED, Stage.EXTRACT),
    ]
    assert [(change.previous and change.previous.status) for change in changes] == [None, RUNNING, RUNNING]
    cursors = [int(change.cursor) for change in changes]
    assert cursors == sorted(set(cursors))


async def test_one_that_has_ended_is_told_once(cloudsigma: MemoryCloudSigma) -> None:
    """The terminal state is its present state."""
    arn = await begun(cloudsigma)
    cloudsigma.finish(arn)
    async with watching(cloudsigma, arn) as stream:
        (change,) = [change async for change in stream]
    assert (change.state.status, (change.previous and change.previous.status)) == (FAILED, None)


async def test_after_a_cursor_only_what_came_later_is_told(cloudsigma: MemoryCloudSigma) -> None:
    """Nothing twice, nothing missed, and nothing at all where the end was seen."""
    arn = await begun(cloudsigma)
    async with watching(cloudsigma, arn) as stream:
        cursor = (await anext(stream)).cursor
    async with watching(cloudsigma, arn, cursor) as stream:
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        assert not waiting.done()
        cloudsigma.finish(arn)
        last = await waiting
        assert last.state.status is FAILED
    async with watching(cloudsigma, arn, cursor) as stream:
        assert [change.cursor async for change in stream] == [last.cursor]
    async with watching(cloudsigma, arn, last.cursor) as stream:
        assert [change async for change in stream] == []


@pytest.mark.parametrize("cursor", ["", "abc", "-1", "1.5", "9" * 19, "W10", " 1"])
async def test_a_cursor_that_is_none_is_refused(cloudsigma: MemoryCloudSigma, cursor: str) -> None:
    """The sentence says where to get one."""
    async with watching(cloudsigma, after=cursor) as stream:
        with pytest.raises(InvalidInput, match="use one as an event gave it") as caught:
            await anext(stream)
    assert caught.value.field == "after"


async def test_an_unknown_execution_and_somebody_elses_are_not_found(cloudsigma: MemoryCloudSigma) -> None:
    """With a cursor or without."""
    arn = await begun(cloudsigma, new_principal())
    for unknown in ("arn:none", arn):
        for after in (None, "0", "99"):
            async with watching(cloudsigma, unknown, after) as stream:
                with pytest.raises(NotFound):
                    await anext(stream)
    assert cloudsigma.watchers == 0


async def test_watching_all_tells_the_newest_fifty_and_then_every_change(cloudsigma: MemoryCloudSigma) -> None:
    """Oldest change first, and only one's own."""
    arns = [await begun(cloudsigma) for _ in range(PRESENT_STATE_SIZE + 2)]
    async with watching(cloudsigma) as stream:
        present = [(await anext(stream)).state.arn for _ in range(PRESENT_STATE_SIZE)]
        assert present == arns[2:]
        await begun(cloudsigma, new_principal())
        cloudsigma.finish(arns[0])
        change = await anext(stream)
        assert (change.state.arn, change.state.status, change.previous) == (arns[0], FAILED, None)
        cloudsigma.finish(arns[5])
        change = await anext(stream)
        assert (change.state.arn, (change.previous and change.previous.status)) == (arns[5], RUNNING)


async def test_a_slow_reader_gets_the_latest_state_of_each(cloudsigma: MemoryCloudSigma) -> None:
    """What was not read in time is replaced; the end is always told."""
    arns = [await begun(cloudsigma) for _ in range(2)]
    async with watching(cloudsigma) as stream:
        for _ in arns:
            await anext(stream)
        for stage in list(Stage)[1:]:
            cloudsigma.advance(arns[0], stage)
        cloudsigma.advance(arns[1], Stage.EXTRACT)
        cloudsigma.finish(arns[0])
        seen = [(await anext(stream)).state for _ in arns]
    assert [(execution.arn, execution.status) for execution in seen] == [(arns[1], RUNNING), (arns[0], FAILED)]


async def test_a_reader_for_whom_too_much_has_changed_reads_the_present_state_again(
    cloudsigma: MemoryCloudSigma, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mailbox that overflowed costs nothing but the states in between."""
    monkeypatch.setattr(feed, "MAILBOX_SIZE", 3)
    arns = [await begun(cloudsigma) for _ in range(10)]
    async with watching(cloudsigma) as stream:
        for _ in arns:
            await anext(stream)
        for arn in arns:
            cloudsigma.advance(arn, Stage.EXTRACT)
            cloudsigma.finish(arn)
        seen = [(await anext(stream)) for _ in arns]
    assert {change.state.arn: change.state.status for change in seen} == dict.fromkeys(arns, FAILED)
    assert {(change.previous and change.previous.status) for change in seen} == {RUNNING}


async def test_no_mailbox_is_left_when_a_stream_ends_or_is_left(cloudsigma: MemoryCloudSigma) -> None:
    """Whoever goes, and however, is no longer written to."""
    arn = await begun(cloudsigma)
    async with watching(cloudsigma, arn) as one, watching(cloudsigma) as other:
        await asyncio.gather(anext(one), anext(other))
        assert cloudsigma.watchers == 2
    assert cloudsigma.watchers == 0
    async with watching(cloudsigma, arn) as stream:
        await anext(stream)
        cloudsigma.finish(arn)
        assert [change.state.finished async for change in stream] == [True]
        assert cloudsigma.watchers == 0


async def test_a_change_between_reading_and_listening_is_told_once(cloudsigma: MemoryCloudSigma) -> None:
    """The mailbox is open before the present state is read."""
    arn = await begun(cloudsigma)
    present = cloudsigma.changed_since

    async def changed_since(owner: str, version: int, arn: str | None = None) -> list[feed.Change[object]]:
        found = await present(owner, version, arn)
        assert arn is not None
        if not found[0].state.finished:
            cloudsigma.finish(arn)
        return cast("list[feed.Change[object]]", found)

    cloudsigma.changed_since = changed_since  # type: ignore[method-assign, assignment] # something happens meanwhile
    async with watching(cloudsigma, arn) as stream:
        seen = [change.state.status async for change in stream]
    assert seen == [RUNNING, FAILED]


async def test_all_are_told_the_end_before_any_of_them_is_cleared_away(cloudsigma: MemoryCloudSigma) -> None:
    """Who comes last does not wait for what the others leave behind."""
    arn = await begun(cloudsigma)
    happened: list[str] = []

    async def follow() -> None:
        async with watching(cloudsigma, arn) as stream:
            async for change in stream:
                happened.append(change.state.status.value)  # noqa: PERF401 - each as it comes
        happened.append("cleared away")

    following = [asyncio.create_task(follow()) for _ in range(3)]
    await until(lambda: len(happened) == 3)
    cloudsigma.finish(arn)
    await asyncio.gather(*following)
    assert happened == ["RUNNING"] * 3 + ["FAILED"] * 3 + ["cleared away"] * 3
