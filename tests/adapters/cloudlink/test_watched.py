"""Watching over REST: one poll a kind, and at once what webhooks and own changes tell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, TypeVar, cast

import msgspec
import pytest

from adapters.cloudlink.account import Action, ActionStatus, CloudScan
from adapters.cloudlink.decoding import regression_of
from adapters.cloudlink.models import BudgetAlert, RegressionStatus
from adapters.cloudlink.rest import RestCloudLink
from adapters.cloudlink.watched import PACE
from adapters.cloudlink.webhooks import Event
from adapters.cloudlink.wire import RegressionShape
from adapters.errors import NotFound
from adapters.events.watching import Changing, Observation
from adapters.http.polling import FORGOTTEN_AFTER, Pace
from adapters.principal import LOCAL_PRINCIPAL as LOCAL
from tests.doubles.scripted_cloudlink import ScriptedCloudLink, action, alert, regression, scan
from tests.waiting import until

T = TypeVar("T", bound=Changing)

FAST = Pace(busy=0.01, idle=0.01, trouble=0.02)
SECONDS = 10


@pytest.fixture
def upstream() -> ScriptedCloudLink:
    """An upstream with a row of each kind that is watched."""
    scripted = ScriptedCloudLink()
    scripted.rows |= {"regressions": [regression(1)], "alerts": [alert(1)], "actions": [action(1)], "scans": [scan(1)]}
    return scripted


@pytest.fixture
async def rest(upstream: ScriptedCloudLink) -> AsyncIterator[RestCloudLink]:
    """The adapter, which looks once and then waits to be told."""
    adapter = upstream.adapter()
    yield adapter
    await adapter.close()


def opened(stream: AsyncIterator[Observation[T]]) -> aclosing[AsyncGenerator[Observation[T]]]:
    """Close a stream with the context."""
    return aclosing(cast("AsyncGenerator[Observation[T]]", stream))


async def following(stream: AsyncGenerator[Observation[T]]) -> T:
    """Give the next state that is told."""
    async with asyncio.timeout(SECONDS):
        return (await anext(stream)).state


def told_regression(**fields: Any) -> Event:
    """Write the event of a regression that was pushed."""
    state = regression_of(msgspec.convert(regression(1, **fields), RegressionShape))
    return Event(name="regression.acknowledged", payload=state)


async def test_the_present_state_is_told_then_what_the_poll_sees(upstream: ScriptedCloudLink) -> None:
    """A change upstream, and a new one."""
    adapter = upstream.adapter(pace=FAST)
    async with opened(adapter.watch_regressions(LOCAL)) as stream:
        assert (await following(stream)).status is RegressionStatus.OPEN
        upstream.rows["regressions"] = [regression(1, status="resolved")]
        assert (await following(stream)).status is RegressionStatus.RESOLVED
        upstream.rows["regressions"].insert(0, regression(2))
        assert (await following(stream)).id == "r-2"
    await adapter.close()


async def test_many_watchers_share_one_poll(upstream: ScriptedCloudLink, rest: RestCloudLink) -> None:
    """One list call for all of them."""
    streams = [rest.watch_actions(LOCAL) for _ in range(20)]
    async with asyncio.timeout(SECONDS):
        told = await asyncio.gather(*(anext(stream) for stream in streams))
    assert {observation.state.id for observation in told} == {"x-1"}
    assert upstream.calls["GET /actions"] == 1
    for stream in streams:
        await cast("AsyncGenerator[Observation[Action]]", stream).aclose()


async def test_nobody_is_asked_while_nobody_watches(upstream: ScriptedCloudLink) -> None:
    """The poll ends with the last watcher."""
    adapter = upstream.adapter(pace=FAST)
    async with opened(adapter.watch_budget_alerts(LOCAL)) as stream:
        await following(stream)
    await asyncio.sleep(0.05)
    asked = len(upstream.requests)
    await asyncio.sleep(0.05)
    assert len(upstream.requests) == asked
    await adapter.close()


async def test_what_a_webhook_brings_is_told_at_once(rest: RestCloudLink) -> None:
    """Of each kind, with the state before it."""
    async with opened(rest.watch_regressions(LOCAL)) as stream:
        await following(stream)
        await rest.receive(told_regression(status="acknowledged"))
        async with asyncio.timeout(SECONDS):
            change = await anext(stream)
        assert change.state.status is RegressionStatus.ACKNOWLEDGED
        assert change.previous is not None
        assert change.previous.status is RegressionStatus.OPEN
    async with opened(rest.watch_actions(LOCAL)) as actions:
        await following(actions)
        state = msgspec.convert(action(1, "PENDING", moved=5), Action)
        await rest.receive(Event(name="action.approved", payload=state))
        assert (await following(actions)).status is ActionStatus.PENDING
    async with opened(rest.watch_budget_alerts(LOCAL)) as alerts:
        await following(alerts)
        await rest.receive(Event(name="budget.threshold", payload=msgspec.convert(alert(2), BudgetAlert)))
        assert (await following(alerts)).id == "a-2"
    async with opened(rest.watch_scans(LOCAL)) as scans:
        await following(scans)
        await rest.receive(Event(name="scan.finished", payload=msgspec.convert(scan(1, "finished"), CloudScan)))
        assert (await following(scans)).finished


@pytest.mark.parametrize("name", ["regression.resolved", "action.completed", "scan.finished", "budget.threshold"])
async def test_an_event_that_says_little_makes_the_list_be_read(
    upstream: ScriptedCloudLink, rest: RestCloudLink, name: str
) -> None:
    """At once, and not what was read before it."""
    watches = {
        "regression": rest.watch_regressions,
        "action": rest.watch_actions,
        "scan": rest.watch_scans,
        "budget": rest.watch_budget_alerts,
    }
    stream = cast("AsyncGenerator[Observation[Any]]", watches[name.partition(".")[0]](LOCAL))
    await following(stream)
    upstream.rows |= {"regressions": [regression(1, status="resolved")], "alerts": [alert(2)]}
    upstream.rows |= {"actions": [action(1, "SUCCESS", moved=1)], "scans": [scan(1, "finished")]}
    await rest.receive(Event(name=name))
    assert (await following(stream)).finished
    await stream.aclose()


async def test_an_event_of_no_kind_is_taken(upstream: ScriptedCloudLink, rest: RestCloudLink) -> None:
    """A ping asks nobody."""
    await rest.receive(Event(name="ping"))
    assert not upstream.requests


async def test_an_older_answer_takes_nothing_back(rest: RestCloudLink) -> None:
    """A list that was read before the webhook came is no news, to those who watch nor to who comes later."""
    async with opened(rest.watch_regressions(LOCAL)) as stream:
        await following(stream)
        await rest.receive(told_regression(status="acknowledged"))
        await rest.receive(told_regression(status="open"))
        assert (await following(stream)).status is RegressionStatus.ACKNOWLEDGED
        async with opened(rest.watch_regressions(LOCAL)) as later:
            assert (await following(later)).status is RegressionStatus.ACKNOWLEDGED


async def test_an_action_goes_back_only_when_it_was_updated_later(rest: RestCloudLink) -> None:
    """A retry after an attempt is news, an attempt that was read earlier is not."""
    steps = [("IN_PROGRESS", 5), ("PENDING", 4), ("PENDING", 5), ("AWAITING_APPROVAL", 9)]
    expected = [ActionStatus.IN_PROGRESS] * 3 + [ActionStatus.AWAITING_APPROVAL]
    async with opened(rest.watch_actions(LOCAL)) as stream:
        await following(stream)
        for (status, moved), known in zip(steps, expected, strict=True):
            state = msgspec.convert(action(1, status, moved=moved), Action)
            await rest.receive(Event(name="action.created", payload=state))
            async with opened(rest.watch_actions(LOCAL)) as later:
                assert (await following(later)).status is known


async def test_own_changes_are_told_at_once(upstream: ScriptedCloudLink, rest: RestCloudLink) -> None:
    """Nobody waits for the poll to see what was done here."""
    upstream.answers["POST /actions/x-1/reject"] = action(1, "FAILED", moved=1) | {"last_error": "rejected"}
    async with opened(rest.watch_actions(LOCAL)) as stream:
        await following(stream)
        await rest.reject_action(LOCAL, "x-1")
        state = await following(stream)
        assert (state.status, state.last_error) == (ActionStatus.FAILED, "rejected")


async def test_a_scan_is_watched_to_its_end(upstream: ScriptedCloudLink) -> None:
    """The stream ends with the terminal state; of an unknown one it says so."""
    adapter = upstream.adapter(pace=FAST)
    states = []
    async with asyncio.timeout(SECONDS):
        async for change in adapter.watch_scans(LOCAL, scan_id="s-1"):
            states.append(change.state.status.value)
            upstream.rows["scans"] = [scan(1, "finished")]
    assert states == ["running", "finished"]
    with pytest.raises(NotFound):
        await anext(adapter.watch_scans(LOCAL, scan_id="s-9"))
    await adapter.close()


async def test_a_scan_that_many_came_after_is_watched_on(upstream: ScriptedCloudLink) -> None:
    """It is no longer among those that each look reads, and not forgotten for that."""
    adapter = upstream.adapter(pace=FAST)
    async with opened(adapter.watch_scans(LOCAL, scan_id="s-1")) as stream:
        await following(stream)
        upstream.rows["scans"] = [scan(number) for number in range(100, 1, -1)] + [scan(1)]
        looks = upstream.calls["GET /scans"]
        await until(lambda: upstream.calls["GET /scans"] > looks + 3 * FORGOTTEN_AFTER)
        upstream.rows["scans"][-1] = scan(1, "finished")
        assert (await following(stream)).finished
    await adapter.close()


async def test_a_scan_that_is_listed_no_more_is_not_watched_for_ever(upstream: ScriptedCloudLink) -> None:
    """Who watches it is told so."""
    adapter = upstream.adapter(pace=FAST)
    async with opened(adapter.watch_scans(LOCAL, scan_id="s-1")) as stream:
        await following(stream)
        upstream.rows["scans"] = [scan(2)]
        with pytest.raises(NotFound, match="There is no 's-1' any more"):
            await following(stream)
    await adapter.close()


async def test_a_cursor_misses_nothing(rest: RestCloudLink) -> None:
    """Who comes back is told what came in between."""
    async with opened(rest.watch_regressions(LOCAL)) as stream:
        cursor = (await anext(stream)).cursor
    await rest.receive(told_regression(status="resolved"))
    async with opened(rest.watch_regressions(LOCAL, cursor)) as again:
        assert (await following(again)).status is RegressionStatus.RESOLVED


def test_all_polls_together_stay_within_half_of_the_limit() -> None:
    """Four kinds at their quickest, of 60 requests a minute."""
    assert 4 * 60 / PACE.busy <= 30
    assert PACE.idle >= PACE.busy
