"""When an upstream is left alone, and how it comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from adapters.http.breaker import LEAST_CALLS, OPEN_SECONDS, Breaker, BreakerState, BreakerTransport, CircuitOpen
from adapters.http.deadline import OutOfTime, operation_deadline
from adapters.http.observing import Observer, observed_by
from adapters.http.turnstile import Crowded
from tests.doubles.held_wire import Clock, HeldWire, request_of, settled

Answering = Callable[[httpx.Request], httpx.Response | Exception]


class Circuit:
    """A breaker over a wire, and the clock it goes by."""

    def __init__(self, answer: Answering | None = None) -> None:
        self.clock = Clock()
        self.wire = HeldWire(answer)
        self.breaker = Breaker("CloudSigma", self.clock)
        self.transport = BreakerTransport(self.wire, self.breaker)

    async def send(self, count: int = 1) -> None:
        for _ in range(count):
            try:
                response = await self.transport.handle_async_request(request_of())
            except httpx.TransportError as error:
                if isinstance(error, CircuitOpen):
                    raise
            else:
                await response.aclose()

    def state(self) -> BreakerState:
        return self.breaker.state

    async def opened(self) -> Circuit:
        await self.send(LEAST_CALLS)
        assert self.breaker.state is BreakerState.OPEN
        return self


def failing(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(500)


@pytest.mark.parametrize(
    "answer",
    [
        failing,
        lambda _: httpx.Response(503),
        lambda _: httpx.ConnectError("refused"),
        lambda _: httpx.ReadError("reset"),
        lambda _: httpx.RemoteProtocolError("nonsense"),
        lambda _: httpx.ConnectTimeout("slow"),
    ],
)
async def test_twenty_failures_open_it(answer: Answering) -> None:
    """From then on nothing is sent, and it is said for how long."""
    circuit = await Circuit(answer).opened()
    with pytest.raises(CircuitOpen) as caught:
        await circuit.send()
    assert caught.value.retry_after_seconds == OPEN_SECONDS
    assert len(circuit.wire.requests) == LEAST_CALLS


async def test_half_of_the_calls_must_fail() -> None:
    """One in three is borne."""
    numbers = iter(range(10_000))
    circuit = Circuit(lambda _: httpx.Response(500 if next(numbers) % 3 == 0 else 200))
    await circuit.send(100)
    assert circuit.state() is BreakerState.CLOSED
    halves = iter(range(10_000))
    circuit = Circuit(lambda _: httpx.Response(500 if next(halves) % 2 == 0 else 200))
    await circuit.send(LEAST_CALLS)
    assert circuit.state() is BreakerState.OPEN


@pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 409, 429])
async def test_what_an_upstream_says_below_500_is_no_failure(status: int) -> None:
    """It answers."""
    circuit = Circuit(lambda _: httpx.Response(status))
    await circuit.send(50)
    assert circuit.state() is BreakerState.CLOSED


@pytest.mark.parametrize("error", [Crowded("full"), OutOfTime("late")])
async def test_what_was_never_sent_says_nothing(error: Exception) -> None:
    """The queues below are ours."""
    circuit = Circuit(lambda _: error)
    await circuit.send(50)
    assert circuit.state() is BreakerState.CLOSED


async def test_old_failures_are_forgotten() -> None:
    """What ended more than ten seconds ago does not count."""
    circuit = Circuit(failing)
    await circuit.send(LEAST_CALLS - 1)
    circuit.clock.now += 10
    await circuit.send(LEAST_CALLS - 1)
    assert circuit.state() is BreakerState.CLOSED
    await circuit.send(1)
    assert circuit.state() is BreakerState.OPEN


async def test_one_probe_closes_it_again() -> None:
    """Until that is answered, no other call goes through."""
    circuit = await Circuit(failing).opened()
    circuit.clock.now += OPEN_SECONDS
    assert circuit.state() is BreakerState.HALF_OPEN
    circuit.wire.answer = lambda _: httpx.Response(200)
    circuit.wire.hold()
    probe = asyncio.create_task(circuit.send())
    await settled()
    with pytest.raises(CircuitOpen):
        await circuit.send()
    circuit.wire.release()
    await probe
    assert circuit.state() is BreakerState.CLOSED
    await circuit.send(LEAST_CALLS)
    assert len(circuit.wire.requests) == 2 * LEAST_CALLS + 1


async def test_a_probe_that_fails_opens_it_again() -> None:
    """For another five seconds."""
    circuit = await Circuit(failing).opened()
    circuit.clock.now += OPEN_SECONDS
    await circuit.send()
    assert circuit.state() is BreakerState.OPEN
    circuit.clock.now += OPEN_SECONDS
    assert circuit.state() is BreakerState.HALF_OPEN


async def test_a_probe_that_is_given_up_decides_nothing() -> None:
    """The next call is the probe."""
    circuit = await Circuit(failing).opened()
    circuit.clock.now += OPEN_SECONDS
    circuit.wire.hold()
    probe = asyncio.create_task(circuit.send())
    await settled()
    probe.cancel()
    await asyncio.wait([probe])
    circuit.wire.release()
    circuit.wire.answer = lambda _: httpx.Response(200)
    await circuit.send()
    assert circuit.state() is BreakerState.CLOSED


async def test_a_call_that_outlasts_its_deadline_is_a_failure_and_one_that_is_given_up_is_none() -> None:
    """Callers may leave as they like; an upstream that lets them wait too long is in trouble."""
    for seconds, state in ((100, BreakerState.CLOSED), (0, BreakerState.OPEN)):
        circuit = Circuit()
        circuit.wire.hold()
        with operation_deadline(seconds):
            calls = [asyncio.create_task(circuit.send()) for _ in range(LEAST_CALLS)]
        await settled()
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)
        assert circuit.state() is state


async def test_a_body_that_breaks_off_is_a_failure() -> None:
    """The call ends with its body."""

    class Broken(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"{"
            raise httpx.ReadError("gone")

    circuit = Circuit(lambda _: httpx.Response(200, stream=Broken()))
    for _ in range(LEAST_CALLS):
        response = await circuit.transport.handle_async_request(request_of())
        with pytest.raises(httpx.ReadError):
            await response.aread()
        await response.aclose()
    assert circuit.state() is BreakerState.OPEN


async def test_observers_are_told_of_each_change() -> None:
    """Open, tried, closed."""
    told: list[tuple[str, str]] = []

    class Noting(Observer):
        def breaker_changed(self, service: str, state: str) -> None:
            told.append((service, state))

    with observed_by(Noting()):
        circuit = await Circuit(failing).opened()
        circuit.clock.now += OPEN_SECONDS
        circuit.wire.answer = lambda _: httpx.Response(200)
        await circuit.send()
    assert told == [("CloudSigma", "open"), ("CloudSigma", "half_open"), ("CloudSigma", "closed")]
