"""Watching an upstream that is away, or says what nobody can read: nobody is left behind, and nobody queues up."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import httpx
import pytest

from adapters.cloudsigma.models import ExecutionStatus
from adapters.errors import InvalidPayload, NotFound, Unreachable
from adapters.http import polling as module
from adapters.http.polling import FORGOTTEN_AFTER
from adapters.store.database import Database
from tests.adapters.cloudsigma.polled import FAST, NEVER, at_call, failing, polled, told, watching
from tests.doubles.scripted_upstream import ScriptedUpstream, answer_of, error_answer
from tests.waiting import until


async def test_one_that_can_not_be_read_does_not_hold_up_the_others(
    upstream: ScriptedUpstream, store: Database
) -> None:
    """Each is asked for by itself."""
    async with polled(upstream, store, FAST) as adapter:
        broken, good = upstream.run("arn:broken"), upstream.run("arn:good")
        async with watching(adapter, broken) as stream:
            await anext(stream)
            upstream.unlisted |= {broken, good}
            upstream.executions[broken]["status"] = "ABORTED"
            upstream.before = at_call(5, "status", lambda: upstream.succeed(good))
            assert (await told(adapter, good))[-1] is ExecutionStatus.SUCCEEDED


@pytest.mark.parametrize("status", [401, 429, 500, 503])
async def test_an_outage_in_the_middle_does_not_end_watchers(
    upstream: ScriptedUpstream, store: Database, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """They see the terminal state once the upstream is back; the log says what was the matter."""
    async with polled(upstream, store, FAST) as adapter:
        arn = upstream.run("arn:1")
        upstream.before = failing(range(3, 6), lambda: httpx.Response(status), lambda: upstream.succeed(arn))
        assert await told(adapter, arn) == [ExecutionStatus.RUNNING, ExecutionStatus.SUCCEEDED]
    warnings = [record.message for record in caplog.records if record.name == module.__name__]
    assert len(warnings) == 3
    assert warnings[0].startswith("Watching CloudSigma is interrupted, trying again: ")


async def test_the_log_names_nothing_that_is_watched(
    upstream: ScriptedUpstream, store: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Its key is a variable of who watches it."""
    async with polled(upstream, store, FAST) as adapter:
        arn = upstream.run("arn:geheim")
        refused = 0

        async def before(endpoint: str) -> httpx.Response | None:
            nonlocal refused
            if endpoint != "status":
                return None
            refused += 1
            if refused < 4:
                return httpx.Response(500)
            upstream.succeed(arn)
            return None

        async with watching(adapter, arn) as stream:
            await anext(stream)
            upstream.unlisted.add(arn)
            upstream.before = before
            assert (await anext(stream)).state.status is ExecutionStatus.SUCCEEDED
    warnings = [record.message for record in caplog.records if record.name == module.__name__]
    assert warnings
    assert all("PipelineFailed" in warning and "geheim" not in warning for warning in warnings)


async def test_what_nobody_expected_does_not_end_watchers_either(
    upstream: ScriptedUpstream, store: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """The poll goes on, and the log has the traceback."""

    def stumble() -> httpx.Response:
        raise ZeroDivisionError

    async with polled(upstream, store, FAST) as adapter:
        arn = upstream.run("arn:1")
        upstream.before = failing(range(2, 4), stumble, lambda: upstream.succeed(arn))
        assert (await told(adapter, arn))[-1] is ExecutionStatus.SUCCEEDED
    assert "ZeroDivisionError" in caplog.text


async def test_who_comes_during_an_outage_is_told_at_once_and_at_the_cost_of_one_call(
    upstream: ScriptedUpstream, store: Database
) -> None:
    """Hundreds who come back together do not queue up before a closed door."""
    async with polled(upstream, store, NEVER) as adapter:
        upstream.before = failing(range(1, 1000), lambda: httpx.Response(503), lambda: None)
        met = await asyncio.gather(*(told(adapter, "arn:1") for _ in range(200)), return_exceptions=True)
        assert {type(error) for error in met} == {Unreachable}
        assert upstream.calls == {"executions": 1}


async def test_a_list_of_unknown_shape_leaves_watching_one_execution_possible(
    upstream: ScriptedUpstream, store: Database
) -> None:
    """Only the status is documented field by field; who watches all is told that the list can't be read."""
    async with polled(upstream, store, FAST) as adapter:
        arn = upstream.run("arn:1")
        odd = answer_of([{"arn": arn, "state": "running"}]).content
        upstream.before = failing(range(1, 1000), lambda: httpx.Response(200, content=odd), lambda: None)
        async with watching(adapter, arn) as stream:
            assert (await anext(stream)).state.status is ExecutionStatus.RUNNING
            upstream.succeed(arn)
            assert (await anext(stream)).state.status is ExecutionStatus.SUCCEEDED
        async with watching(adapter) as everything:
            with pytest.raises(InvalidPayload, match="/v1/executions"):
                await anext(everything)


async def test_what_the_upstream_forgets_is_not_watched_for_ever(upstream: ScriptedUpstream, store: Database) -> None:
    """Who watches it is told that it is no more, who watches all is told the rest, and nobody asks for it again."""
    async with polled(upstream, store, FAST) as adapter, AsyncExitStack() as stack:
        everything = await stack.enter_async_context(watching(adapter))
        arn, other = upstream.run("arn:1"), upstream.run("arn:2")
        not_reading, *streams = [await stack.enter_async_context(watching(adapter, arn)) for _ in range(20)]
        await asyncio.gather(*map(anext, [everything, not_reading, *streams]))
        await anext(everything)
        del upstream.executions[arn]
        met = await asyncio.gather(*map(anext, streams), return_exceptions=True)
        assert {str(error) for error in met} == {"NotFound: There is no 'arn:1' any more"}
        looks = upstream.calls["executions"]
        await until(lambda: upstream.calls["executions"] > looks + FORGOTTEN_AFTER)
        assert upstream.calls["status"] == FORGOTTEN_AFTER
        upstream.succeed(other)
        assert (await anext(everything)).state.arn == other
        with pytest.raises(NotFound, match="'arn:1' any more"):
            await anext(not_reading)


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_only_an_upstream_that_says_so_again_and_again_has_forgotten(
    upstream: ScriptedUpstream, store: Database, status: int
) -> None:
    """Looks that fail in between begin the row anew, and one that fails says nothing of what is watched."""
    async with polled(upstream, store, FAST) as adapter:
        arn = upstream.run("arn:1")
        unknown = [error_answer(404, "NotFound")] * (FORGOTTEN_AFTER - 1)
        answers = [*unknown, error_answer(status, "PipelineFailed"), *unknown]

        async def before(endpoint: str) -> httpx.Response | None:
            if endpoint != "status":
                return None
            if answers:
                return answers.pop()
            upstream.succeed(arn)
            return None

        async with watching(adapter, arn) as stream:
            await anext(stream)
            upstream.unlisted.add(arn)
            upstream.before = before
            assert (await anext(stream)).state.status is ExecutionStatus.SUCCEEDED
        assert not answers


async def test_what_was_forgotten_and_is_there_again_can_be_watched_anew(
    upstream: ScriptedUpstream, store: Database
) -> None:
    """To its end, though others still have to hear that it was away."""
    async with polled(upstream, store, FAST) as adapter:
        arn = upstream.run("arn:1")
        async with watching(adapter, arn) as not_reading:
            await anext(not_reading)
            kept = upstream.executions.pop(arn)
            await until(lambda: upstream.calls["status"] == FORGOTTEN_AFTER)
            upstream.executions[arn] = kept
            upstream.unlisted.add(arn)
            async with watching(adapter, arn) as anew:
                assert (await anext(anew)).state.status is ExecutionStatus.RUNNING
                upstream.succeed(arn)
                assert (await anext(anew)).state.status is ExecutionStatus.SUCCEEDED
