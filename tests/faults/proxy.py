"""A reverse proxy on loopback that stands before a service and goes wrong as a test, or a bench, names."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

import httpx

RETRY_AFTER_SECONDS = 30
"""What a 429 asks for, unless told otherwise."""
DRIP_SECONDS = 0.5
ELSEWHERE = "127.0.0.2"
"""Another host, as far as anybody who reads the address can tell."""


class Fault(StrEnum):
    """What goes wrong, by its name in `docs/faults.md`."""

    RESET = "reset"
    LOST_ANSWER = "lost answer"
    HANG = "hang"
    LATENCY = "latency"
    SLOW_BODY = "slow body"
    RATE_LIMITED = "429"
    SERVER_ERROR = "500"
    BAD_GATEWAY = "503"
    REDIRECT = "redirect"
    TRUNCATED = "truncated"
    INVALID_JSON = "invalid JSON"


PASSED_ON = frozenset({Fault.LOST_ANSWER, Fault.LATENCY, Fault.SLOW_BODY, Fault.TRUNCATED, Fault.INVALID_JSON})
"""The faults with which the service gets the request, and only its answer suffers."""


@dataclass(frozen=True)
class Call:
    """A request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def name(self) -> str:
        """The method and the path, without what is named in it."""
        return f"{self.method} {'/'.join(self.target.partition('?')[0].split('/')[:3])}"


class FaultProxy:
    """Passes requests on over kept connections; `fault` is what is wrong now.

    It concerns requests of `method` only where that is set, and only the next `times` where that is.
    `asked` counts the requests that came and `arrivals` says when, by the monotonic clock; `passed` counts those that
    the service got, `elsewhere` those that followed a redirect; `headers` are those of the newest request.
    """

    def __init__(self, upstream: str) -> None:
        self.fault: Fault | None = None
        self.method: str | None = None
        self.times: int | None = None
        self.retry_after = RETRY_AFTER_SECONDS
        self.asked: Counter[str] = Counter()
        self.arrivals: list[float] = []
        self.passed: Counter[str] = Counter()
        self.elsewhere = 0
        self.headers: Mapping[str, str] = {}
        self.address = ""
        self._client = httpx.AsyncClient(base_url=upstream, timeout=60, trust_env=False)
        self._serving: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._redirected = ""

    async def start(self) -> None:
        """Listen on two free ports: its own, and the one that a redirect leads to."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._other = await asyncio.start_server(self._serve_elsewhere, ELSEWHERE, 0)
        self.address = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self._redirected = f"http://{ELSEWHERE}:{self._other.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Break off whatever is open."""
        self._server.close()
        self._other.close()
        for task, writer in self._serving.items():
            task.cancel()
            writer.transport.abort()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await self._client.aclose()

    async def _serve_elsewhere(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.elsewhere += 1
        writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving[task] = writer
        task.add_done_callback(self._serving.pop)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._answer(await _read(reader), writer):
                await writer.drain()
        writer.transport.abort()

    async def _answer(self, call: Call, writer: asyncio.StreamWriter) -> bool:
        """Answer a call; False where the connection is not to be used again."""
        self.asked[call.name] += 1
        self.arrivals.append(time.monotonic())
        self.headers = call.headers
        fault = self._fault_of(call)
        if fault is not None and fault not in PASSED_ON:
            return await self._refuse(fault, writer)
        answer = await self._pass_on(call)
        return await self._spoil(fault, answer, writer)

    def _fault_of(self, call: Call) -> Fault | None:
        if self.method not in (None, call.method) or self.times == 0:
            return None
        if self.times is not None:
            self.times -= 1
        return self.fault

    async def _pass_on(self, call: Call) -> httpx.Response:
        self.passed[call.name] += 1
        hop = ("host", "connection", "content-length", "accept-encoding")
        headers = {name: value for name, value in call.headers.items() if name not in hop}
        return await self._client.request(call.method, call.target, headers=headers, content=call.body)

    async def _refuse(self, fault: Fault, writer: asyncio.StreamWriter) -> bool:
        match fault:
            case Fault.RESET:
                _reset(writer)
                return False
            case Fault.HANG:
                await asyncio.Event().wait()
            case Fault.RATE_LIMITED:
                writer.write(_written(429, b"slow down", {"Retry-After": str(self.retry_after)}))
            case Fault.REDIRECT:
                writer.write(_written(302, b"", {"Location": f"{self._redirected}/v1/elsewhere"}))
            case Fault.SERVER_ERROR | Fault.BAD_GATEWAY:
                writer.write(_written(int(fault), b"<h1>Sorry: stack trace of the service</h1>", {}))
        return True

    async def _spoil(self, fault: Fault | None, answer: httpx.Response, writer: asyncio.StreamWriter) -> bool:
        body = answer.content
        told = ("content-type", "retry-after", "cache-control")
        headers = {
            name: value for name, value in answer.headers.items() if name in told or name.startswith("x-ratelimit")
        }
        match fault:
            case Fault.LOST_ANSWER:
                _reset(writer)
                return False
            case Fault.LATENCY:
                await asyncio.Event().wait()
            case Fault.TRUNCATED:
                writer.write(_written(answer.status_code, body, headers)[: -(len(body) // 2 + 1)])
                await writer.drain()
                return False
            case Fault.INVALID_JSON:
                writer.write(_written(answer.status_code, body[:-1] + b"\xff", headers))
            case Fault.SLOW_BODY:
                await _drip(_written(answer.status_code, body, headers), len(body), writer)
            case _:
                writer.write(_written(answer.status_code, body, headers))
        return True


@asynccontextmanager
async def faulty(upstream: str) -> AsyncIterator[FaultProxy]:
    """Stand before a service while the context is open."""
    proxy = FaultProxy(upstream)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()


async def _read(reader: asyncio.StreamReader) -> Call:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Call(method, target, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


def _written(status: int, body: bytes, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _drip(written: bytes, size: int, writer: asyncio.StreamWriter) -> None:
    writer.write(written[: len(written) - size])
    for byte in written[len(written) - size :]:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(DRIP_SECONDS)


def _reset(writer: asyncio.StreamWriter) -> None:
    connected: socket.socket = writer.get_extra_info("socket")
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
