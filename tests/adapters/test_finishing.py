"""Work that outlives its caller."""

from __future__ import annotations

import asyncio
import gc

import pytest

from adapters.errors import Conflict
from adapters.finishing import finished
from tests.waiting import until


async def test_the_caller_gets_what_the_work_gives() -> None:
    """Or the error that it raises."""

    async def give(number: int) -> int:
        if number < 0:
            raise Conflict("conflict", "negative")
        return number

    assert await finished(give(3)) == 3
    with pytest.raises(Conflict):
        await finished(give(-3))


@pytest.mark.parametrize("fails", [True, False])
async def test_work_goes_on_when_the_caller_has_left(fails: bool, caplog: pytest.LogCaptureFixture) -> None:
    """If it fails then, that is told once, as a warning without the message, which may quote what the caller sent."""
    began, go_on, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        await go_on.wait()
        ended.set()
        if fails:
            raise Conflict("conflict", "too late")

    caller = asyncio.create_task(finished(work()))
    await began.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()
    await ended.wait()
    await until(lambda: not fails or bool(caplog.records))
    gc.collect()
    told = [record.getMessage() for record in caplog.records]
    assert told == (["What was begun for a caller who has left has failed: Conflict"] if fails else [])
