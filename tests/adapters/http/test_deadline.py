"""How much time is left, for all that an operation does."""

from __future__ import annotations

import asyncio
import math

from adapters.http.deadline import operation_deadline, remaining


def test_without_a_deadline_there_is_no_end() -> None:
    """What runs in the background has all the time."""
    assert remaining() == math.inf


def test_the_earlier_deadline_holds() -> None:
    """A call may have less time than the operation, never more; behind the context all is as before."""
    with operation_deadline(100):
        with operation_deadline(10):
            assert 9 < remaining() <= 10
        with operation_deadline(1000):
            assert 99 < remaining() <= 100
        assert 99 < remaining() <= 100
    assert remaining() == math.inf


def test_what_is_over_is_nothing() -> None:
    """Time left is never negative."""
    with operation_deadline(-5):
        assert remaining() == 0


async def test_a_task_of_the_operation_has_its_deadline() -> None:
    """It is told to everything that the operation begins."""

    async def look() -> float:
        return remaining()

    with operation_deadline(10):
        task = asyncio.create_task(look())
    assert 9 < await task <= 10
