"""An answer that is read once can be given often."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.http import recorded
from adapters.http.recorded import record


class Chunks(httpx.AsyncByteStream):
    def __init__(self, *chunks: bytes, broken: Exception | None = None) -> None:
        self.chunks = chunks
        self.broken = broken
        self.given = 0
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            self.given += 1
            yield chunk
        if self.broken:
            raise self.broken

    async def aclose(self) -> None:
        self.closed = True


async def read(response: httpx.Response) -> bytes:
    return b"".join([chunk async for chunk in response.aiter_bytes()])


async def test_each_gets_the_whole_answer() -> None:
    """Status, headers and body, as often as they are asked for."""
    answer = await record(httpx.Response(203, headers={"X-Left": "5"}, stream=Chunks(b"ab", b"cd")))
    for _ in range(2):
        response = answer.response()
        assert (response.status_code, response.headers["x-left"], await read(response)) == (203, "5", b"abcd")


async def test_a_packed_body_is_unpacked_by_whoever_reads_it() -> None:
    """The limits of the reader hold for what it unpacks to."""
    packed = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Chunks(gzip.compress(b"plain")))
    assert await read((await record(packed)).response()) == b"plain"


async def test_a_body_that_was_given_whole_is_recorded_too() -> None:
    """As the answers of mock transports are."""
    assert await read((await record(httpx.Response(200, content=b"plain"))).response()) == b"plain"


async def test_what_was_recorded_is_not_read_again() -> None:
    """Recording an answer's copy gives the answer."""
    answer = await record(httpx.Response(200, content=b"plain"))
    assert await record(answer.response()) is answer


async def test_reading_stops_behind_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection is let go, and the reader sees that it is too much."""
    monkeypatch.setattr(recorded, "ANSWER_BYTES", 3)
    body = Chunks(b"ab", b"cd", b"ef")
    assert len((await record(httpx.Response(200, stream=body))).body) == 4
    assert (body.given, body.closed) == (2, True)


async def test_a_body_that_breaks_off_is_trouble() -> None:
    """Half an answer is none, and is closed."""
    body = Chunks(b"ab", broken=httpx.ReadError("gone"))
    with pytest.raises(httpx.ReadError):
        await record(httpx.Response(200, stream=body))
    assert body.closed
