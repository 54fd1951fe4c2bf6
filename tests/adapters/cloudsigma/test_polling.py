"""One poll for all who watch an upstream: few calls, nothing missed, and none when nobody watches."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from adapters.cloudsigma.models import Execution, ExecutionStatus
from adapters.cloudsigma.validation import validated
from adapters.http import polling as module
from adapters.http.polling import Pace
from adapters.principal import LOCAL_PRINCIPAL as LOCAL
from adapters.store.database import Database
from tests.adapters.cloudsigma.polled import FAST, NEVER, at_call, polled, told, watching
from tests.doubles.scripted_upstream import ScriptedUpstream
from tests.running import new_principal

TEXT = validated(text="Boil the pasta.")


async def test_500_watchers_cost_one_list_call_a_round_and_one_status_call_for_their_output(
    upstream: ScriptedUpstream, store: Database
) -> None:
    """Calls go by rounds of the poll, not by watchers."""
    async with polled(upstream, store, NEVER) as adapter, AsyncExitStack() as stack:
        arn = upstream.run("arn:1")
        streams = [await stack.enter_async_context(watching(adapter, arn)) for _ in range(500)]
        for first in await asyncio.gather(*(anext(stream) for stream in streams)):
            assert first.state.status is ExecutionStatus.RUNNING
        assert upstream.calls == {"executions": 1}
        upstream.succeed(arn)
        await adapter._poll._refresh()
        for last in await asyncio.gather(*(anext(stream) for stream in streams)):
            assert last.state.status is ExecutionStatus.SUCCEEDED
        outputs = await asyncio.gather(*(adapter.outputs_by_arn(LOCAL, [arn]) for _ in streams))
        assert [output.metadata.rules_generated for (output,) in outputs if output] == [5] * 500
        assert upstream.calls == {"executions": 2, "status": 1}


async def test_500_watchers_all_see_the_end_while_the_poll_goes_on(upstream: ScriptedUpstream, store: Database) -> None:
    """The execution ends at the twentieth look, and nobody looked on his own."""
    async with polled(upstream, store, FAST) as adapter:
        arn = upstream.run("arn:1")
        upstream.before = at_call(20, "executions", lambda: upstream.succeed(arn))
        seen = await asyncio.gather(*(told(adapter, arn) for _ in range(500)))
        assert {statuses[-1] for statuses in seen} == {ExecutionStatus.SUCCEEDED}
        assert upstream.calls["executions"] <= 100
        assert upstream.calls["status"] == 0


async def test_what_is_not_in_the_list_is_asked_for_singly(upstream: ScriptedUpstream, store: Database) -> None:
    """The list ends after fifty; an older execution is watched all the same, with one call a round for all."""
    async with polled(upstream, store, FAST) as adapter:
        arn = (await adapter.generate(LOCAL, TEXT)).arn
        upstream.unlisted.add(arn)
        upstream.before = at_call(5, "status", lambda: upstream.succeed(arn))
        seen = await asyncio.gather(*(told(adapter, arn) for _ in range(50)))
        assert {tuple(statuses) for statuses in seen} == {(ExecutionStatus.RUNNING, ExecutionStatus.SUCCEEDED)}
        assert upstream.calls["status"] == 5


async def test_who_watches_all_is_told_the_end_of_what_fell_off_the_list(
    upstream: ScriptedUpstream, store: Database
) -> None:
    """Fifty others may have begun while it was running."""
    async with polled(upstream, store, FAST) as adapter, watching(adapter) as everything:
        arn = upstream.run("arn:1")
        await anext(everything)
        upstream.unlisted.add(arn)
        upstream.succeed(arn)
        assert (await anext(everything)).state.finished
        assert upstream.calls["status"] == 1


async def test_nothing_is_polled_when_nobody_watches(upstream: ScriptedUpstream, store: Database) -> None:
    """The task ends with its last watcher, and a new watcher starts a new one."""
    async with polled(upstream, store, Pace(busy=0.01, idle=3600, trouble=3600)) as adapter:
        arn = upstream.run("arn:1")
        assert polling_tasks() == []
        for _ in range(2):
            async with watching(adapter, arn) as one, watching(adapter) as other:
                await asyncio.gather(anext(one), anext(other))
                (task,) = polling_tasks()
            await task
            assert polling_tasks() == []
        calls = upstream.calls.copy()
        for _ in range(5):
            await asyncio.sleep(FAST.busy)
        assert upstream.calls == calls


async def test_closing_ends_the_poll(upstream: ScriptedUpstream, store: Database) -> None:
    """Also while somebody watches."""
    async with polled(upstream, store, NEVER) as adapter, watching(adapter, upstream.run("arn:1")) as stream:
        await anext(stream)
        assert len(polling_tasks()) == 1
        await adapter.close()
        assert polling_tasks() == []


def polling_tasks() -> list[asyncio.Task[object]]:
    return [task for task in asyncio.all_tasks() if task.get_name() == "cloudsigma-poll"]


async def test_another_principals_executions_are_not_told(upstream: ScriptedUpstream, store: Database) -> None:
    """The upstream lists them all under one token; each principal is told of its own."""
    ann, bob = new_principal(), new_principal()
    async with polled(upstream, store, FAST) as adapter:
        hers = (await adapter.generate(ann, TEXT)).arn
        his = (await adapter.generate(bob, TEXT)).arn
        upstream.run("arn:of-nobody-here")
        async with watching(adapter, principal=bob) as stream:
            assert (await anext(stream)).state.arn == his
            upstream.succeed(hers)
            assert (await told(adapter, hers, ann))[-1] is ExecutionStatus.SUCCEEDED
            upstream.succeed(his)
            assert [(await anext(stream)).state.arn] == [his]


async def test_a_restart_with_an_old_cursor_tells_everything_that_came_since(
    upstream: ScriptedUpstream, store: Database
) -> None:
    """What ended while the gateway was down is told, to who watches one and to who watches all."""
    async with polled(upstream, store, FAST) as before:
        arn = (await before.generate(LOCAL, TEXT)).arn
        async with watching(before, arn) as stream:
            cursor = (await anext(stream)).cursor
    upstream.succeed(arn)
    later = upstream.run("arn:later")
    async with polled(upstream, store, FAST) as after:
        assert await told(after, arn, after=cursor) == [ExecutionStatus.SUCCEEDED]
        async with watching(after, after=cursor) as everything:
            seen = [(await anext(everything)).state for _ in range(2)]
        assert {execution.arn: execution.finished for execution in seen} == {arn: True, later: False}


async def test_an_idle_poll_wakes_up_when_something_begins(upstream: ScriptedUpstream, store: Database) -> None:
    """While nothing runs it looks rarely; an execution that starts here makes it look soon."""
    async with polled(upstream, store, Pace(busy=0.01, idle=3600, trouble=3600)) as adapter:
        upstream.succeed(upstream.run("arn:old"))
        async with watching(adapter) as everything:
            assert (await anext(everything)).state.finished
            arn = (await adapter.generate(LOCAL, TEXT)).arn
            assert (await anext(everything)).state.arn == arn
            upstream.succeed(arn)
            assert (await anext(everything)).state.finished


async def test_the_pace_follows_what_is_going_on(upstream: ScriptedUpstream, store: Database) -> None:
    """Less than two seconds while something runs, ten otherwise, and up to thirty while there is trouble."""
    adapter = upstream.adapter(store)
    poll = adapter._poll
    assert poll._seconds_until_next(0) == 10
    arn = upstream.run("arn:1")
    await poll._refresh()
    assert poll._seconds_until_next(0) == 1.8
    assert [poll._seconds_until_next(trouble) for trouble in (1, 2, 3, 4, 10_000)] == [3.6, 7.2, 14.4, 28.8, 30]
    del upstream.executions[arn]
    await poll._refresh()
    await poll._refresh_unlisted()
    assert poll._seconds_until_next(0) == 10
    await adapter.close()


def running(arn: str, progress: float | None) -> Execution:
    return Execution(arn=arn, status=ExecutionStatus.RUNNING, started_at=datetime.now(UTC), progress=progress)


async def test_a_late_answer_takes_nobody_back(upstream: ScriptedUpstream, store: Database) -> None:
    """Neither to an earlier stage, nor from the end to running; the same state is told once."""
    adapter = upstream.adapter(store)
    states = [running("arn:1", progress) for progress in (None, 0.4, 0.4, 0.2, None)]
    for state in states:
        await adapter._poll.observe([state])
    with adapter._feed.watch(LOCAL.id):
        (change,) = await adapter._poll.changed_since(LOCAL.id, 0, "arn:1")
    assert change.state.progress == 0.4
    ended = Execution(arn="arn:1", status=ExecutionStatus.FAILED, started_at=states[0].started_at)
    for state in (ended, states[1]):
        await adapter._poll.observe([state])
    assert adapter._poll.has_ended("arn:1")
    await adapter.close()


async def test_an_execution_that_was_listed_before_its_owner_was_noted_reaches_its_owner(
    upstream: ScriptedUpstream, store: Database
) -> None:
    """The upstream lists it at once, the note follows a moment later."""
    ann = new_principal()
    adapter = upstream.adapter(store)
    upstream.run("arn:1")
    await adapter._poll._refresh()
    await adapter._ownership.record("arn:1", ann.id)
    await adapter._poll._refresh()
    assert [change.key for change in await adapter._poll.changed_since(ann.id, 0)] == ["arn:1"]
    assert await adapter._poll.changed_since(LOCAL.id, 0) == []
    await adapter.close()


async def test_what_is_neither_listed_nor_watched_is_forgotten_in_the_end(
    upstream: ScriptedUpstream, store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded."""
    monkeypatch.setattr(module, "REMEMBERED", 3)
    adapter = upstream.adapter(store)
    for number in range(10):
        await adapter._poll.observe([running(f"arn:{number}", 0.1)])
    assert list(adapter._poll._observed) == ["arn:7", "arn:8", "arn:9"]
    await adapter.close()
