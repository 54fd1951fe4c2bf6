"""CPU of one call over each wire that httpx requests can go over, side by side in one run.

    pip install httpx-aiohttp pyreqwest    # what is not installed is left out
    python bench/wire.py [CALLS]

A server in a process of its own answers 1 kB over connections that are kept; eight calls are under way at once. In each
of seven rounds every wire has its turn; the figures are medians of the rounds. `process` is all threads of this
process, `loop` the thread of the event loop alone. Behind them: the connections that stay open after 50 calls were
given up, as they must not.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module

import httpx

from adapters.http.rate_limit import Limit
from adapters.http.stack import Stack, UpstreamPolicy
from adapters.http.wire import WireTransport

CALLS = 400
ROUNDS = 7
AT_ONCE = 8
GIVEN_UP = 50
HEADERS = {"Accept": "application/json", "User-Agent": "trigraph", "Authorization": "Bearer csk_live_0"}
SERVER = r"""
import asyncio

ROWS = b",".join([b'{"scan_id": "s-1", "status": "running"}'] * 25)
BODY = b'{"items": [' + ROWS + b"]}"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY


class Serving(asyncio.Protocol):
    held = 0
    is_held = False

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, error):
        Serving.held -= self.is_held

    def data_received(self, data):
        if b"GET /hold" in data:
            self.is_held = True
            Serving.held += 1
        elif b"GET /held" in data:
            count = b"%d" % Serving.held
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(count), count))
        else:
            self.transport.write(ANSWER * data.count(b"\r\n\r\n"))


async def main():
    server = await asyncio.get_running_loop().create_server(Serving, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
"""


@dataclass
class Wire:
    """A way to call, and what its rounds took in milliseconds a call: all threads, and the loop's alone."""

    name: str
    call: Callable[[str], Awaitable[int]]
    close: Callable[[], Awaitable[None]]
    process: list[float] = field(default_factory=list)
    loop: list[float] = field(default_factory=list)
    left_open: int = 0


def by_transport(name: str, transport: httpx.AsyncBaseTransport) -> Wire:
    """Call a transport with a request, as the adapters do."""

    async def call(url: str) -> int:
        response = await transport.handle_async_request(httpx.Request("GET", url, headers=HEADERS))
        try:
            return sum([len(chunk) async for chunk in response.aiter_bytes()])
        finally:
            await response.aclose()

    return Wire(name, call, transport.aclose)


def by_client(name: str, transport: httpx.AsyncBaseTransport) -> Wire:
    """Call through httpx's client."""
    client = httpx.AsyncClient(transport=transport, trust_env=False)

    async def call(url: str) -> int:
        return len((await client.get(url, headers=HEADERS)).content)

    return Wire(name, call, client.aclose)


def optional(module: str, name: str) -> Iterator[httpx.AsyncBaseTransport]:
    """Make two transports of a library, if it is installed."""
    try:
        make = getattr(import_module(module), name)
    except ImportError:
        print(f"left out, as it is not installed: {module}")
        return
    yield make()
    yield make()


def wires() -> list[Wire]:
    """Give everything that is compared, the slowest first."""
    limits = httpx.Limits(max_connections=100)
    every = [
        by_client("httpx's client on its own transport", httpx.AsyncHTTPTransport(limits=limits)),
        by_transport("httpx's own transport", httpx.AsyncHTTPTransport(limits=limits)),
    ]
    libraries = {"httpx-aiohttp": ("httpx_aiohttp", "AiohttpTransport")}
    libraries["pyreqwest"] = ("pyreqwest.compatibility.httpx", "HttpxTransport")
    for library, place in libraries.items():
        for make, transport in zip((by_client, by_transport), optional(*place), strict=False):
            every.append(make(f"{library}, {'client' if make is by_client else 'transport'}", transport))
    policy = UpstreamPolicy(service="bench", limits=(Limit("all", 1_000_000, 1.0),))
    every.append(by_transport("the whole stack on adapters/http/wire.py", Stack(policy, WireTransport(100))))
    every.append(by_transport("adapters/http/wire.py", WireTransport(100)))
    return every


async def measure(wire: Wire, url: str, calls: int) -> None:
    """Have a wire make its calls of one round."""
    numbers = iter(range(calls))

    async def work() -> None:
        for number in numbers:
            # Each asks for something else, so that the stack has nothing to share.
            if await wire.call(f"{url}?page={number}") < 900:  # noqa: PLR2004 - the answer's size
                raise RuntimeError(f"{wire.name} gave half an answer")

    process, loop = time.process_time(), time.thread_time()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    wire.process.append((time.process_time() - process) / calls * 1000)
    wire.loop.append((time.thread_time() - loop) / calls * 1000)


async def give_up(wire: Wire, url: str) -> None:
    """Count the connections that are open a second after calls were given up."""

    async def hold(number: int) -> None:
        await wire.call(f"{url}/hold?{number}")

    calls = [asyncio.create_task(hold(number)) for number in range(GIVEN_UP)]
    await asyncio.sleep(1)
    for call in calls:
        call.cancel()
    await asyncio.wait(calls)
    await asyncio.sleep(1)
    async with httpx.AsyncClient(trust_env=False) as client:
        held = int((await client.get(f"{url}/held")).text)
    wire.left_open = held


@contextmanager
def served() -> Iterator[str]:
    """Run the server and give its address."""
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE)  # noqa: S603 - ours
    assert server.stdout is not None  # noqa: S101 - a pipe was asked for
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


async def main(calls: int) -> None:
    """Measure all in turn, and print."""
    compared = wires()
    with served() as url:
        for _ in range(ROUNDS):
            for wire in compared:
                await measure(wire, f"{url}/v1/scans", calls)
        before = 0
        for wire in compared:
            await give_up(wire, url)
            wire.left_open, before = wire.left_open - before, wire.left_open
            await wire.close()
    slowest = statistics.median(compared[0].process)
    for wire in compared:
        process, loop = statistics.median(wire.process), statistics.median(wire.loop)
        figures = f"process {process:5.3f} ms  loop {loop:5.3f} ms  {slowest / process:4.1f} times as fast"
        print(f"{wire.name:<42} {figures}  left open {wire.left_open}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else CALLS))
