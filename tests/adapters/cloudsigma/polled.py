"""REST over a scripted upstream, polled at a pace of the test's choice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import cast

import httpx

from adapters.cloudsigma.models import Execution, ExecutionStatus
from adapters.cloudsigma.rest import RestCloudSigma
from adapters.events.watching import Observation
from adapters.http.polling import Pace
from adapters.principal import LOCAL_PRINCIPAL as LOCAL
from adapters.principal import Principal
from adapters.store.database import Database
from tests.doubles.scripted_upstream import ScriptedUpstream

FAST = Pace(busy=0.01, idle=0.01, trouble=0.02)
NEVER = Pace(busy=3600, idle=3600, trouble=3600)
SECONDS = 30


@asynccontextmanager
async def polled(upstream: ScriptedUpstream, store: Database, pace: Pace) -> AsyncIterator[RestCloudSigma]:
    """The adapter at a pace of the test's choice, closed in the end, and within a time that a hang would exceed."""
    adapter = upstream.adapter(store, pace)
    async with asyncio.timeout(SECONDS):
        try:
            yield adapter
        finally:
            await adapter.close()


def watching(
    adapter: RestCloudSigma, arn: str | None = None, principal: Principal = LOCAL, after: str | None = None
) -> aclosing[AsyncGenerator[Observation[Execution]]]:
    """Watch, and close the stream with the context."""
    return aclosing(cast("AsyncGenerator[Observation[Execution]]", adapter.watch(principal, after, arn)))


async def told(
    adapter: RestCloudSigma, arn: str, principal: Principal = LOCAL, after: str | None = None
) -> list[ExecutionStatus]:
    """Watch an execution to its end."""
    async with watching(adapter, arn, principal, after) as changes:
        return [change.state.status async for change in changes]


def at_call(number: int, endpoint: str, act: Callable[[], object]) -> Callable[[str], Awaitable[None]]:
    """Do something to the upstream when an endpoint is asked for the so-manieth time."""
    calls: Counter[str] = Counter()

    async def before(asked: str) -> None:
        calls[asked] += 1
        if asked == endpoint and calls[asked] == number:
            act()

    return before


def failing(
    numbers: range, response: Callable[[], httpx.Response], then: Callable[[], object]
) -> Callable[[str], Awaitable[httpx.Response | None]]:
    """Answer these list calls otherwise, and do something at the first one after them."""
    calls = 0

    async def before(endpoint: str) -> httpx.Response | None:
        nonlocal calls
        calls += endpoint == "executions"
        if endpoint == "executions" and calls in numbers:
            return response()
        if calls == numbers.stop:
            then()
        return None

    return before
