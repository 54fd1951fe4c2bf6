"""How every adapter of CloudLink tells of changes, as `adapters/cloudlink/port.py` promises."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar, cast

import pytest

from adapters.cloudlink.models import NewBudget, Regression, RegressionStatus
from adapters.cloudlink.port import CloudLink
from adapters.errors import InvalidInput, NotFound
from adapters.events.watching import Changing, Observation
from adapters.principal import Principal
from tests.adapters.cloudlink.costs import hourly
from tests.contract.test_cloudlink import UNKNOWN, deployed, detected
from tests.running import new_principal

T = TypeVar("T", bound=Changing)

SECONDS = 60
QUIET_SECONDS = 0.5


def opened(stream: AsyncIterator[Observation[T]]) -> AsyncGenerator[Observation[T]]:
    return cast("AsyncGenerator[Observation[T]]", stream)


async def following(stream: AsyncGenerator[Observation[T]]) -> Observation[T]:
    async with asyncio.timeout(SECONDS):
        return await anext(stream)


async def test_a_regression_is_told_as_it_moves(cloudlink: CloudLink, principal: Principal) -> None:
    """Its present state first, then each change with the state before it."""
    regression = await detected(cloudlink, principal)
    stream = opened(cloudlink.watch_regressions(principal))
    first = await following(stream)
    assert (first.state, first.previous) == (regression, None)
    await cloudlink.acknowledge_regression(principal, regression.id)
    second = await following(stream)
    assert second.state.status is RegressionStatus.ACKNOWLEDGED
    assert second.previous is not None
    assert second.previous.status is RegressionStatus.OPEN
    await cloudlink.resolve_regression(principal, regression.id)
    assert (await following(stream)).state.status is RegressionStatus.RESOLVED
    await stream.aclose()


async def test_a_new_regression_reaches_those_who_wait(cloudlink: CloudLink, principal: Principal) -> None:
    """All of them."""
    await deployed(cloudlink, principal)
    streams = [opened(cloudlink.watch_regressions(principal)) for _ in range(3)]
    waiting = [asyncio.create_task(following(stream)) for stream in streams]
    await asyncio.sleep(QUIET_SECONDS)
    (regression,) = (await cloudlink.detect_regressions(principal)).regressions
    told = await asyncio.gather(*waiting)
    assert {change.state.id for change in told} == {regression.id}
    for stream in streams:
        await stream.aclose()


async def test_a_cursor_misses_nothing_and_repeats_nothing(cloudlink: CloudLink, principal: Principal) -> None:
    """Who comes back is told what has changed meanwhile."""
    regression = await detected(cloudlink, principal)
    stream = opened(cloudlink.watch_regressions(principal))
    cursor = (await following(stream)).cursor
    await stream.aclose()
    await cloudlink.resolve_regression(principal, regression.id)
    again: AsyncGenerator[Observation[Regression]] = opened(cloudlink.watch_regressions(principal, cursor))
    assert (await following(again)).state.status is RegressionStatus.RESOLVED
    await again.aclose()
    with pytest.raises(InvalidInput):
        await following(opened(cloudlink.watch_regressions(principal, "no cursor")))


async def test_an_alert_is_told_once(cloudlink: CloudLink, principal: Principal) -> None:
    """To who watches when the spend crosses the threshold."""
    budget = await cloudlink.create_budget(principal, NewBudget(name="all", monthly_limit_usd=100))
    stream = opened(cloudlink.watch_budget_alerts(principal))
    waiting = asyncio.create_task(following(stream))
    await asyncio.sleep(QUIET_SECONDS)
    await cloudlink.ingest_costs(principal, hourly("Amazon EC2", [60.0]))
    await cloudlink.check_budgets(principal)
    alert = (await waiting).state
    assert (alert.budget_id, alert.threshold_pct) == (budget.id, 50)
    await cloudlink.check_budgets(principal)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(stream), QUIET_SECONDS)


async def test_another_tenant_is_told_nothing(cloudlink: CloudLink, principal: Principal) -> None:
    """Neither the present state nor a change."""
    regression = await detected(cloudlink, principal)
    stream = opened(cloudlink.watch_regressions(new_principal()))
    waiting = asyncio.create_task(following(stream))
    await asyncio.sleep(QUIET_SECONDS)
    await cloudlink.resolve_regression(principal, regression.id)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(waiting, QUIET_SECONDS)


async def test_a_scan_that_there_is_not_is_not_watched(cloudlink: CloudLink, principal: Principal) -> None:
    """It says so at once."""
    with pytest.raises(NotFound):
        await following(opened(cloudlink.watch_scans(principal, scan_id=UNKNOWN)))
