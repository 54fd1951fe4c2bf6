"""What observers are told of calls to upstreams."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from adapters.errors import Unreachable
from adapters.http.observing import Call, Observer, breaker_changed, limit_left, observed_by, retried, waiting
from adapters.http.request_id import current_request_id
from adapters.http.upstream import Upstream


class Recorder(Observer):
    """Keeps everything, and adds a header."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.errors: list[BaseException] = []
        self.told: list[tuple[object, ...]] = []

    @contextmanager
    def calling(self, call: Call) -> Iterator[None]:
        self.calls.append(call)
        call.headers["traceparent"] = "00-1-2-01"
        try:
            yield
        except BaseException as error:
            self.errors.append(error)
            raise

    def retried(self, service: str) -> None:
        self.told.append(("retried", service))

    def breaker_changed(self, service: str, state: str) -> None:
        self.told.append((service, state))

    def limit_left(self, service: str, bucket: str, calls: int) -> None:
        self.told.append((service, bucket, calls))

    def waiting(self, service: str, queue: str, calls: int) -> None:
        self.told.append((service, queue, calls))


def _upstream(sent: list[httpx.Request], status: int = 200) -> Upstream:
    async def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(status, json={})

    return Upstream("CloudSigma", "http://upstream", "csk_live_x", httpx.MockTransport(answer))


async def test_a_call_is_surrounded_and_carries_what_observers_add() -> None:
    """They see what is asked for and what came back."""
    sent: list[httpx.Request] = []
    recorder = Recorder()
    with observed_by(recorder):
        await _upstream(sent, 404).send("GET", "/v1/status/x")
    (call,) = recorder.calls
    assert (call.service, call.method, call.path, call.status) == ("CloudSigma", "GET", "/v1/status/x", 404)
    assert sent[0].headers["traceparent"] == "00-1-2-01"


async def test_an_observer_sees_how_a_call_failed() -> None:
    """What is raised passes through it, with the status where there was one."""
    recorder = Recorder()
    with observed_by(recorder), pytest.raises(Unreachable) as raised:
        await _upstream([], 500).send("GET", "/v1/usage")
    assert recorder.errors == [raised.value]
    assert recorder.calls[0].status == 500


async def test_nobody_is_told_after_the_end() -> None:
    """An observer that has gone costs nothing and sees nothing."""
    sent: list[httpx.Request] = []
    recorder = Recorder()
    with observed_by(recorder):
        pass
    await _upstream(sent).send("GET", "/v1/usage")
    assert recorder.calls == []
    assert "traceparent" not in sent[0].headers


async def test_the_requests_id_goes_upstream() -> None:
    """And none where nobody asked."""
    sent: list[httpx.Request] = []
    await _upstream(sent).send("GET", "/v1/usage")
    token = current_request_id.set("r-1")
    try:
        await _upstream(sent).send("POST", "/v1/generate", body=b"{}")
    finally:
        current_request_id.reset(token)
    assert [request.headers.get("x-request-id") for request in sent] == [None, "r-1"]


def test_everybody_is_told_everything() -> None:
    """All observers, of all that the transports tell."""
    one, other = Recorder(), Recorder()
    with observed_by(one), observed_by(other):
        retried("Sigil")
        breaker_changed("Sigil", "open")
        limit_left("Sigil", "scans", 3)
        waiting("Sigil", "concurrency", 2)
    expected = [("retried", "Sigil"), ("Sigil", "open"), ("Sigil", "scans", 3), ("Sigil", "concurrency", 2)]
    assert one.told == other.told == expected


def test_an_observer_hears_only_what_it_asks_for() -> None:
    """All others do nothing."""
    with observed_by(Observer()):
        retried("Sigil")
        breaker_changed("Sigil", "open")
        limit_left("Sigil", "scans", 3)
        waiting("Sigil", "concurrency", 2)
