"""Reads that many want at once."""

from __future__ import annotations

import asyncio

import pytest

from adapters.cloudlink.shared_reads import SharedReads
from adapters.errors import DeadlineExceeded
from adapters.http.deadline import operation_deadline, remaining


class Source:
    """Counts how often it is read; `let_go` ends the reads, `error` is raised by them."""

    def __init__(self) -> None:
        self.count = 0
        self.let_go = asyncio.Event()
        self.error: Exception | None = None

    async def read(self) -> int:
        """Wait, and give the number of the read."""
        self.count += 1
        number = self.count
        await self.let_go.wait()
        if self.error is not None:
            raise self.error
        return number


@pytest.fixture
def source() -> Source:
    """A source whose reads wait."""
    return Source()


async def test_all_who_wait_share_one_read(source: Source) -> None:
    """One who leaves takes nothing from the others; other keys are read by themselves."""
    shared = SharedReads()
    readers = [asyncio.create_task(shared.get("a", source.read)) for _ in range(3)]
    await asyncio.sleep(0)
    readers[0].cancel()
    source.let_go.set()
    assert await asyncio.gather(*readers[1:]) == [1, 1]
    assert await shared.get("a", source.read) == 1
    assert await shared.get("b", source.read) == 2
    await shared.close()


async def test_what_is_old_is_read_anew(source: Source) -> None:
    """After as many seconds as it is good for."""
    shared = SharedReads(good_seconds=0)
    source.let_go.set()
    assert await shared.get("a", source.read) == 1
    await asyncio.sleep(0.01)
    assert await shared.get("a", source.read) == 2


async def test_an_error_reaches_all_and_is_not_kept(source: Source) -> None:
    """The next one reads anew."""
    shared = SharedReads()
    source.error = ValueError("no")
    readers = [asyncio.create_task(shared.get("a", source.read)) for _ in range(2)]
    source.let_go.set()
    assert [type(told) for told in await asyncio.gather(*readers, return_exceptions=True)] == [ValueError, ValueError]
    source.error = None
    assert await shared.get("a", source.read) == 2


async def test_what_began_before_a_write_is_not_given_after_it(source: Source) -> None:
    """Though those who waited for it get it."""
    shared = SharedReads()
    before = asyncio.create_task(shared.get("a", source.read))
    await asyncio.sleep(0)
    shared.forget()
    after = asyncio.create_task(shared.get("a", source.read))
    source.let_go.set()
    assert (await before, await after) == (1, 2)
    assert await shared.get("a", source.read) == 2


async def test_who_has_more_time_than_the_one_who_began_reads_again() -> None:
    """Nobody's answer hangs on another's deadline."""
    shared, reads = SharedReads(), 0

    async def read() -> int:
        nonlocal reads
        reads += 1
        await asyncio.sleep(min(remaining(), 0.02))
        if not remaining():
            raise DeadlineExceeded("timeout", "late", "CloudLink")
        return reads

    with operation_deadline(0.01):
        hasty = asyncio.create_task(shared.get("a", read))
    await asyncio.sleep(0)
    with operation_deadline(60):
        patient = asyncio.create_task(shared.get("a", read))
    with pytest.raises(DeadlineExceeded):
        await hasty
    assert await patient == 2
    await shared.close()


async def test_closing_breaks_off_what_is_read(source: Source) -> None:
    """Nobody waits for ever."""
    shared = SharedReads()
    reader = asyncio.create_task(shared.get("a", source.read))
    await asyncio.sleep(0)
    await shared.close()
    with pytest.raises(asyncio.CancelledError):
        await reader
