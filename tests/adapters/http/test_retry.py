"""Only what may be repeated is repeated, only when that may help, and not for ever."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from adapters.http.retry import ATTEMPTS, LONGEST_WAIT_SECONDS, RetryTransport, retry_after_seconds

Turn = httpx.Response | Exception


class Scripted:
    """A transport that takes its turns from a list, and notes the waits between them."""

    def __init__(self, *turns: Turn) -> None:
        self.turns: Sequence[Turn] = turns
        self.calls = 0
        self.waits: list[float] = []
        self.transport = RetryTransport(httpx.MockTransport(self._answer), self._sleep)

    async def send(self, method: str = "GET") -> httpx.Response:
        return await self.transport.handle_async_request(httpx.Request(method, "http://upstream/v1/usage"))

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def _answer(self, _request: httpx.Request) -> httpx.Response:
        turn = self.turns[min(self.calls, len(self.turns) - 1)]
        self.calls += 1
        if isinstance(turn, Exception):
            raise turn
        return turn


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_passing_error_is_tried_again(status: int) -> None:
    """The second answer is the one that counts."""
    script = Scripted(httpx.Response(status), httpx.Response(200))
    assert (await script.send()).status_code == 200
    assert script.calls == 2


@pytest.mark.parametrize(
    "trouble", [httpx.ConnectError, httpx.ConnectTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError]
)
async def test_a_broken_connection_is_tried_again(trouble: type[httpx.TransportError]) -> None:
    """Whatever broke on the way, the call may be repeated."""
    script = Scripted(trouble("broken"), httpx.Response(200))
    assert (await script.send()).status_code == 200
    assert script.calls == 2


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 409, 500])
async def test_an_answer_that_will_not_change_is_given_at_once(status: int) -> None:
    """Neither success, nor refusal, nor a bug of the upstream's is worth a second call."""
    script = Scripted(httpx.Response(status))
    assert (await script.send()).status_code == status
    assert script.calls == 1
    assert script.waits == []


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_what_may_not_be_repeated_is_sent_once(method: str) -> None:
    """A second POST could start a second execution."""
    script = Scripted(httpx.Response(503))
    assert (await script.send(method)).status_code == 503
    broken = Scripted(httpx.ReadError("broken"))
    with pytest.raises(httpx.ReadError):
        await broken.send(method)
    assert (script.calls, broken.calls) == (1, 1)


async def test_it_gives_up_after_three_attempts() -> None:
    """The last answer, or the last trouble, goes to the caller."""
    script = Scripted(httpx.Response(503))
    assert (await script.send()).status_code == 503
    broken = Scripted(httpx.ConnectError("refused"))
    with pytest.raises(httpx.ConnectError):
        await broken.send()
    assert (script.calls, broken.calls) == (ATTEMPTS, ATTEMPTS)


async def test_waits_grow() -> None:
    """Each wait is at least as long as the longest that came before it."""
    script = Scripted(httpx.Response(503))
    await script.send()
    first, second = script.waits
    assert 0.1 <= first <= 0.2 <= second <= 0.4


async def test_it_waits_as_long_as_it_is_told_to() -> None:
    """Retry-After says when to come back."""
    script = Scripted(httpx.Response(429, headers={"Retry-After": "3"}), httpx.Response(200))
    assert (await script.send()).status_code == 200
    assert script.waits == [3]


async def test_a_retry_after_of_nothing_still_waits_a_little() -> None:
    """An upstream that says 0 is not hammered."""
    script = Scripted(httpx.Response(429, headers={"Retry-After": "0"}), httpx.Response(200))
    await script.send()
    assert script.waits[0] >= 0.1


async def test_a_wait_that_is_too_long_is_left_to_the_caller() -> None:
    """The answer comes back at once, with its header."""
    script = Scripted(httpx.Response(429, headers={"Retry-After": str(int(LONGEST_WAIT_SECONDS) + 1)}))
    answer = await script.send()
    assert answer.headers["Retry-After"] == "6"
    assert (script.calls, script.waits) == (1, [])


class NeverRead(httpx.AsyncByteStream):
    """A body that only notes that it was closed."""

    closed = False

    async def aclose(self) -> None:
        self.closed = True


async def test_an_answer_that_is_not_used_is_closed() -> None:
    """Its connection goes back to the pool."""
    body = NeverRead()
    await Scripted(httpx.Response(503, stream=body), httpx.Response(200)).send()
    assert body.closed


async def test_closing_closes_what_it_wraps() -> None:
    """The connections below are let go."""

    class Inner(httpx.AsyncBaseTransport):
        closed = False

        async def aclose(self) -> None:
            self.closed = True

    inner = Inner()
    await RetryTransport(inner).aclose()
    assert inner.closed


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0), ("17", 17), ("", None), ("soon", None), ("-5", None), ("1.5", None), ("9" * 30, None)],
)
def test_retry_after_as_a_number_of_seconds(value: str, seconds: int | None) -> None:
    """Nonsense says nothing."""
    assert retry_after_seconds(httpx.Headers({"Retry-After": value})) == seconds


@pytest.mark.parametrize("zone", ["GMT", "-0000", "+0200"])
def test_retry_after_as_a_date(zone: str) -> None:
    """The other form that HTTP has, in any zone."""
    assert retry_after_seconds(httpx.Headers({"Retry-After": f"Wed, 01 Jan 2020 00:00:00 {zone}"})) == 0
    later = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)
    seconds = retry_after_seconds(httpx.Headers({"Retry-After": later}))
    assert seconds is not None
    assert 7000 < seconds <= 7200


@pytest.mark.parametrize("form", ["%a %b %d %H:%M:%S %Y", "%A, %d-%b-%y %H:%M:%S GMT", "%a, %d %b %Y %H:%M:%S -0000"])
def test_retry_after_as_a_date_is_in_utc(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever zone this machine is in, also in the old forms that HTTP still has."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        later = datetime.now(UTC) + timedelta(hours=2)
        seconds = retry_after_seconds(httpx.Headers({"Retry-After": later.strftime(form)}))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert seconds is not None
    assert 7000 < seconds <= 7200


def test_a_retry_after_at_the_end_of_time_says_nothing() -> None:
    """So many seconds fit no answer of ours."""
    assert retry_after_seconds(httpx.Headers({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"})) is None


def test_no_retry_after_is_none() -> None:
    """A missing header says nothing."""
    assert retry_after_seconds(httpx.Headers()) is None
