"""What goes out to a service, and what becomes of every way in which it may not answer."""

from __future__ import annotations

import asyncio
import gzip
import logging
import traceback
import tracemalloc
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from adapters.errors import AdapterError, DeadlineExceeded, InvalidPayload, Unreachable
from adapters.http import upstream as module
from adapters.http.upstream import Upstream

TOKEN = "csk_live_00112233445566778899aabbccddeeff"
Answering = Callable[[httpx.Request], httpx.Response]


def upstream(answering: Answering, token: str | None = TOKEN, deadline_seconds: float = 15) -> Upstream:
    return Upstream("CloudSigma", "https://upstream.example/", token, httpx.MockTransport(answering), deadline_seconds)


def stream_of(*chunks: bytes, broken: Exception | None = None) -> Answering:
    class Body(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for chunk in chunks:
                yield chunk
            if broken is not None:
                raise broken

    return lambda _: httpx.Response(200, stream=Body())


def raising(error: Exception) -> Answering:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise error

    return answer


async def test_a_request_carries_the_token_and_asks_for_json() -> None:
    """Path and parameters are put behind the base URL, with or without its slash."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=b"{}", headers={"X-Answer": "yes"})

    answered = await upstream(answer).send("GET", "/v1/executions", params={"limit": "50"})
    (request,) = seen
    assert str(request.url) == "https://upstream.example/v1/executions?limit=50"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["accept"] == "application/json"
    assert "content-type" not in request.headers
    assert (answered.status, answered.body, answered.headers["x-answer"]) == (200, b"{}", "yes")


async def test_a_body_is_sent_as_json() -> None:
    """POST says what it brings."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    await upstream(answer).send("POST", "/v1/generate", body=b'{"inputType":"text"}')
    assert seen[0].headers["content-type"] == "application/json"
    assert seen[0].content == b'{"inputType":"text"}'


async def test_without_a_token_none_is_sent() -> None:
    """There is no empty Authorization header."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    await upstream(answer, token=None).send("GET", "/v1/health")
    assert "authorization" not in seen[0].headers


async def test_a_token_from_a_file_loses_its_line_end() -> None:
    """A secret that was read with its line end works all the same."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    await upstream(answer, token=f"{TOKEN}\n").send("GET", "/v1/usage")
    assert seen[0].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 409, 429])
async def test_an_answer_below_500_is_given_as_it_is(status: int) -> None:
    """What it means is for the service's own decoder to say."""
    answer = await upstream(lambda _: httpx.Response(status, content=b"told")).send("GET", "/v1/usage")
    assert (answer.status, answer.body) == (status, b"told")


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_server_error_is_unreachable(status: int) -> None:
    """The sentence names the service, the call and the status."""
    with pytest.raises(Unreachable) as caught:
        await upstream(lambda _: httpx.Response(status)).send("GET", "/v1/usage")
    assert caught.value.message == f"CloudSigma answered GET /v1/usage with HTTP {status}"
    assert (caught.value.code, caught.value.service) == ("unreachable", "CloudSigma")


async def test_a_gateway_timeout_is_a_timeout() -> None:
    """504 says that the service itself ran out of time."""
    with pytest.raises(DeadlineExceeded) as caught:
        await upstream(lambda _: httpx.Response(504)).send("POST", "/v1/generate", body=b"{}")
    assert caught.value.code == "timeout"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    """The token goes nowhere else."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(status, headers={"Location": "https://elsewhere.example/v1/usage"})

    with pytest.raises(Unreachable, match=f"HTTP {status}"):
        await upstream(answer).send("GET", "/v1/usage")
    assert asked == ["upstream.example"]


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError, httpx.PoolTimeout])
async def test_a_broken_connection_is_unreachable(error: type[httpx.TransportError]) -> None:
    """The sentence names the service and the kind of trouble."""
    with pytest.raises(Unreachable, match=f"CloudSigma could not be reached: {error.__name__} on GET /v1/usage"):
        await upstream(raising(error("trouble"))).send("GET", "/v1/usage")


@pytest.mark.parametrize("base", ["ftp://upstream.example", "nowhere", "http://\N{SNOWMAN}.example"])
async def test_an_address_that_can_not_be_is_unreachable(base: str) -> None:
    """A wrong setting is told as what it is, not as an internal error."""
    async with httpx.AsyncHTTPTransport(trust_env=False) as transport:
        with pytest.raises(Unreachable, match="CloudSigma could not be reached"):
            await Upstream("CloudSigma", base, TOKEN, transport).send("GET", "/v1/usage")


async def test_a_body_that_breaks_off_is_unreachable() -> None:
    """Half an answer is none."""
    with pytest.raises(Unreachable, match="ReadError"):
        await upstream(stream_of(b'{"success":', broken=httpx.ReadError("gone"))).send("GET", "/v1/usage")


async def test_a_service_that_does_not_answer_exceeds_the_deadline() -> None:
    """The sentence says how long was waited."""

    async def answer(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    slow = Upstream("CloudSigma", "http://upstream", TOKEN, httpx.MockTransport(answer), deadline_seconds=0.02)
    with pytest.raises(DeadlineExceeded, match=r"did not answer GET /v1/usage within 0\.02 s") as caught:
        await slow.send("GET", "/v1/usage")
    assert caught.value.code == "timeout"


async def test_a_body_that_does_not_end_exceeds_the_deadline() -> None:
    """The deadline covers the whole answer, and the stream is closed."""
    closed = asyncio.Event()

    class Dripping(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"{"
            await asyncio.Event().wait()

        async def aclose(self) -> None:
            closed.set()

    slow = upstream(lambda _: httpx.Response(200, stream=Dripping()), deadline_seconds=0.02)
    with pytest.raises(DeadlineExceeded):
        await slow.send("GET", "/v1/usage")
    assert closed.is_set()


async def test_an_answer_that_is_too_large_is_refused_before_it_is_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Memory is bounded, also for what unpacks to more than it seemed."""
    monkeypatch.setattr(module, "ANSWER_BYTES", 1000)
    with pytest.raises(InvalidPayload, match="answered /v1/usage with more than 1000 bytes"):
        await upstream(stream_of(b"x" * 600, b"x" * 600, broken=AssertionError("read on"))).send("GET", "/v1/usage")
    packed = httpx.Response(200, content=gzip.compress(b"x" * 5000), headers={"Content-Encoding": "gzip"})
    with pytest.raises(InvalidPayload):
        await upstream(lambda _: packed).send("GET", "/v1/usage")


async def test_what_unpacks_to_a_thousand_times_as_much_is_not_unpacked_whole() -> None:
    """Reading stops behind the limit."""
    packed = httpx.ByteStream(gzip.compress(bytes(100_000_000)))
    tracemalloc.start()
    try:
        with pytest.raises(InvalidPayload, match="with more than"):
            await upstream(packed_answer("gzip", packed)).send("GET", "/v1/usage")
        assert tracemalloc.get_traced_memory()[1] < 70_000_000
    finally:
        tracemalloc.stop()


async def test_what_is_packed_several_times_over_is_refused() -> None:
    """Each layer would unpack to a thousand times as much."""
    packed = httpx.ByteStream(gzip.compress(gzip.compress(b"{}")))
    with pytest.raises(InvalidPayload, match="answered /v1/usage with what is packed several times over"):
        await upstream(packed_answer("gzip, gzip", packed)).send("GET", "/v1/usage")


def packed_answer(coding: str, body: httpx.ByteStream) -> Answering:
    return lambda _: httpx.Response(200, headers={"Content-Encoding": coding}, stream=body)


@pytest.mark.parametrize("token", [f"{TOKEN}\nX-Other: 1", f"{TOKEN}\x00", f"{TOKEN}\N{SNOWMAN}"])
async def test_a_token_that_can_not_be_sent_is_said_without_showing_it(
    token: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The libraries' own errors quote the header; none of that gets out."""
    caplog.set_level(logging.DEBUG)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, httpx.AsyncHTTPTransport(trust_env=False) as transport:
        with pytest.raises(Unreachable, match="its token holds characters") as caught:
            await Upstream("CloudSigma", address, token, transport).send("GET", "/v1/usage")
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    assert TOKEN not in caplog.text


async def test_no_error_shows_the_token(caplog: pytest.LogCaptureFixture) -> None:
    """Neither message, nor representation, nor traceback, nor log."""
    caplog.set_level(logging.DEBUG)
    failing: list[Answering] = [
        raising(httpx.ConnectError("refused")),
        lambda _: httpx.Response(500),
        lambda _: httpx.Response(302, headers={"Location": "https://elsewhere.example"}),
        stream_of(b"x", broken=httpx.ReadError("gone")),
    ]
    for answering in failing:
        service = upstream(answering)
        with pytest.raises(AdapterError) as caught:
            await service.send("GET", "/v1/usage")
        told = [repr(service), repr(caught.value), *traceback.format_exception(caught.value), caplog.text]
        assert all(TOKEN not in text for text in told)


async def test_closing_closes_the_transport() -> None:
    """No connection is left open."""

    class Inner(httpx.AsyncBaseTransport):
        closed = False

        async def aclose(self) -> None:
            self.closed = True

    inner = Inner()
    await Upstream("CloudSigma", "http://upstream", None, inner).close()
    assert inner.closed
