"""What is left of a limit."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest

from adapters.http.bucket import Bucket, RateLimited
from adapters.http.deadline import operation_deadline
from adapters.http.traits import CallKind
from adapters.http.turnstile import QueueLength
from tests.doubles.held_wire import Clock, settled

MINUTE = 60.0


def bucket(calls: int, seconds: float = MINUTE, clock: Clock | None = None) -> Bucket:
    return Bucket(calls, seconds, QueueLength("Sigil", "rate_limit"), clock or time.monotonic)


async def use(of: Bucket, calls: int, kind: CallKind = CallKind.QUERY) -> None:
    for _ in range(calls):
        with operation_deadline(0):
            await of.enter(kind)
        of.leave(was_sent=True)


def answer(status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def test_so_many_calls_within_any_window() -> None:
    """A call leaves the window as long after its answer as the window is."""
    clock = Clock()
    limited = bucket(5, MINUTE, clock)
    await use(limited, 3)
    clock.now += 30
    await use(limited, 2)
    assert limited.left() == 0
    clock.now += 29
    with pytest.raises(RateLimited) as caught:
        await use(limited, 1)
    assert caught.value.retry_after_seconds == pytest.approx(1)
    clock.now += 1
    assert limited.left() == 3
    await use(limited, 3)
    with pytest.raises(RateLimited) as caught:
        await use(limited, 1)
    assert caught.value.retry_after_seconds == pytest.approx(30)


async def test_a_call_counts_while_it_is_under_way() -> None:
    """It may arrive up to its answer, so its window begins then."""
    clock = Clock()
    limited = bucket(1, MINUTE, clock)
    await limited.enter(CallKind.QUERY)
    clock.now += 59
    limited.leave(was_sent=True)
    clock.now += 59
    assert limited.left() == 0
    clock.now += 1
    assert limited.left() == 1


async def test_a_call_that_was_never_sent_does_not_count() -> None:
    """An upstream that is down does not use up its limit."""
    limited = bucket(1)
    await limited.enter(CallKind.QUERY)
    limited.leave(was_sent=False)
    assert limited.left() == 1


async def test_polls_leave_a_fifth_to_queries() -> None:
    """They wait sooner; a limit of one is everybody's."""
    limited = bucket(10, MINUTE, Clock())
    await use(limited, 8, CallKind.POLL)
    with pytest.raises(RateLimited):
        await use(limited, 1, CallKind.POLL)
    await use(limited, 2)
    await use(bucket(1), 1, CallKind.POLL)


async def test_calls_wait_for_their_turn() -> None:
    """Queries first, and each as soon as the window allows."""
    limited = bucket(2, 0.05)
    entered: list[str] = []

    async def call(name: str, kind: CallKind) -> None:
        await limited.enter(kind)
        entered.append(name)
        limited.leave(was_sent=True)

    await use(limited, 2)
    calls = [
        asyncio.create_task(call(name, kind))
        for name, kind in (("poll", CallKind.POLL), ("query", CallKind.QUERY), ("later", CallKind.QUERY))
    ]
    await settled()
    assert entered == []
    async with asyncio.timeout(5):
        await asyncio.gather(*calls)
    assert entered == ["query", "later", "poll"]


async def test_those_ahead_are_reckoned_with() -> None:
    """Who comes late in a long queue is told at once that it takes too long."""
    limited = bucket(2, MINUTE, Clock())
    await use(limited, 2)
    waits = []
    waiting = []
    for _ in range(6):
        waits.append(limited.seconds_until(CallKind.QUERY))
        waiting.append(asyncio.create_task(limited.enter(CallKind.QUERY)))
        await settled()
    assert waits == [60, 60, 120, 120, 180, 180]
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    limited.close()


async def test_the_upstreams_own_limit_is_taken_over() -> None:
    """Higher or lower than what is documented."""
    limited = bucket(5, MINUTE, Clock())
    await use(limited, 5)
    limited.learn(answer(x_ratelimit_limit="20", x_ratelimit_remaining="15", x_ratelimit_reset="60"))
    assert limited.left() == 15
    limited.learn(answer(x_ratelimit_limit="6", x_ratelimit_remaining="1", x_ratelimit_reset="60"))
    assert limited.left() == 1


async def test_what_others_use_of_the_token_counts_until_the_reset() -> None:
    """The upstream says how much less is left than we know of."""
    clock = Clock()
    limited = bucket(60, MINUTE, clock)
    await use(limited, 1)
    reset = str(int(time.time()) + 20)
    limited.learn(answer(x_ratelimit_limit="60", x_ratelimit_remaining="9", x_ratelimit_reset=reset))
    assert limited.left() == 9
    clock.now += 21
    assert limited.left() == 59


@pytest.mark.parametrize(
    "headers",
    [
        {"x_ratelimit_limit": "5000", "x_ratelimit_remaining": "4999", "x_ratelimit_reset": "3600"},
        {"x_ratelimit_limit": "many"},
        {"x_ratelimit_limit": "9" * 30, "x_ratelimit_remaining": "-1"},
        {"x_ratelimit_remaining": "3"},
        {},
    ],
)
async def test_limits_of_another_window_and_nonsense_are_left_alone(headers: dict[str, str]) -> None:
    """An hour's limit is none of a minute's."""
    limited = bucket(60, MINUTE, Clock())
    await use(limited, 1)
    limited.learn(answer(200, **headers))
    assert limited.left() == 59


async def test_a_429_closes_it_for_as_long_as_it_says() -> None:
    """Whatever we have counted."""
    clock = Clock()
    limited = bucket(60, MINUTE, clock)
    limited.learn(answer(429, retry_after="7"))
    assert limited.left() == 0
    with pytest.raises(RateLimited) as caught:
        await use(limited, 1)
    assert caught.value.retry_after_seconds == pytest.approx(7)
    clock.now += 7
    assert limited.left() == 60


async def test_after_a_429_calls_go_on_when_they_may() -> None:
    """They wait if they have the time."""
    limited = bucket(60, 0.05)
    limited.learn(answer(429, retry_after="1"))
    with operation_deadline(30):
        await limited.enter(CallKind.QUERY)
    assert limited.left() == 59


async def test_a_call_that_hangs_does_not_hold_up_the_others() -> None:
    """The next goes when the next place is free, whatever became of those before it."""
    limited = bucket(2, 0.05)
    entered: list[int] = []

    async def hang(number: int) -> None:
        await limited.enter(CallKind.QUERY)
        entered.append(number)

    await use(limited, 1)
    await asyncio.sleep(0.02)
    await use(limited, 1)
    calls = [asyncio.create_task(hang(number)) for number in range(2)]
    async with asyncio.timeout(5):
        await asyncio.gather(*calls)
    assert entered == [0, 1]


async def test_after_a_429_calls_go_on_though_others_leave_the_window_later() -> None:
    """What closes it for a second does not hold anybody up for the minute that the call before counts."""
    limited = bucket(60)
    await use(limited, 1)
    limited.learn(answer(429, retry_after="1"))
    with operation_deadline(30):
        await limited.enter(CallKind.QUERY)
    assert limited.left() == 58
    limited.close()


async def test_who_waits_goes_on_when_what_others_use_leaves_the_window() -> None:
    """Also where that was learnt while it waited already."""
    limited = bucket(2)
    await use(limited, 1)
    await limited.enter(CallKind.QUERY)
    with operation_deadline(100):
        waiting = asyncio.create_task(limited.enter(CallKind.QUERY))
    await settled()
    limited.learn(answer(x_ratelimit_limit="3", x_ratelimit_remaining="0", x_ratelimit_reset="1"))
    async with asyncio.timeout(30):
        await waiting
    limited.close()


async def test_a_429_about_what_was_asked_for_does_not_keep_other_calls_back() -> None:
    """A month's scans may be used up for weeks: what is read meanwhile has its own limit."""
    clock = Clock()
    limited = bucket(60, MINUTE, clock)
    limited.learn(answer(429, retry_after="86400"))
    assert limited.left() == 0
    clock.now += 1
    assert limited.left() == 60
