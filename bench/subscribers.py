"""Whether all subscribers on one execution see it end, and what that costs the gateway and the upstream.

    python bench/subscribers.py [SUBSCRIBERS]

Runs once over the local adapter and once over REST, where a counting proxy stands before the served CloudSigma.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.graph_client import GraphClient, listening
from tests.running import RunningServer, start_server

REPORT_SECONDS = 15
REPORT = "The malware used rundll32.exe (T1218.011) and PowerShell (T1059.001) and beaconed to 45.155.205.233. " * 20
GENERATE = "mutation($url: String!) { generateRules(input: {url: $url}) { ... on Execution { arn } } }"
STATUS = "subscription($arn: String!) { executionStatus(arn: $arn) { execution { status rulesGenerated } } }"


class Figures(msgspec.Struct, frozen=True):
    """What a run cost."""

    seconds: float
    succeeded: int
    events: int
    memory_mb: float
    cpu_seconds: float
    upstream: dict[str, int]


async def slow_report(_request: Request) -> Response:
    """Give a report after a while, so that the execution runs long enough to be watched."""
    await asyncio.sleep(REPORT_SECONDS)
    return PlainTextResponse(REPORT)


@asynccontextmanager
async def counting_proxy(upstream: str) -> AsyncIterator[tuple[str, Counter[str]]]:
    """Pass requests on and count them by path."""
    calls: Counter[str] = Counter()
    async with httpx.AsyncClient(base_url=upstream, timeout=60, trust_env=False) as client:

        async def forward(request: Request) -> Response:
            calls[f"{request.method} {'/'.join(request.url.path.split('/')[:3])}"] += 1
            headers = {
                name: request.headers[name] for name in ("authorization", "content-type") if name in request.headers
            }
            target = request.scope["raw_path"].decode() + (f"?{request.url.query}" if request.url.query else "")
            answer = await client.request(request.method, target, headers=headers, content=await request.body())
            return Response(answer.content, answer.status_code, {"content-type": "application/json"})

        app = Starlette(routes=[Route("/{path:path}", forward, methods=["GET", "POST", "DELETE"])])
        async with listening(app) as address:
            yield address, calls


async def follow(address: str, arn: str, ready: asyncio.Semaphore) -> tuple[str, int]:
    """Subscribe on a socket of its own; gives the last status and how many events came."""
    status, events = "", 0
    protocol = Subprotocol("graphql-transport-ws")
    url = address.replace("http", "ws", 1) + "/graphql"
    async with connect(url, subprotocols=[protocol], proxy=None, open_timeout=60) as socket:
        await socket.send('{"type": "connection_init"}')
        await socket.recv()
        payload = {"query": STATUS, "variables": {"arn": arn}}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "complete":
                return status, events
            status = message["payload"]["data"]["executionStatus"]["execution"]["status"]
            events += 1
            ready.release()
    return status, events


def memory_mb(process: int) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_seconds(process: int) -> float:
    """Processor time of a process, user and system, without its children."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(server: RunningServer, report: str, subscribers: int, calls: Counter[str]) -> Figures:
    """Start an execution, subscribe, and wait for all to end."""
    process = server.process.pid
    client = GraphClient(server.address)
    calls.clear()
    cpu, began = cpu_seconds(process), time.perf_counter()
    arn = (await client.execute(GENERATE, url=report))["generateRules"]["arn"]
    ready = asyncio.Semaphore(0)
    ended = await asyncio.gather(*(follow(server.address, arn, ready) for _ in range(subscribers)))
    return Figures(
        seconds=time.perf_counter() - began,
        succeeded=sum(status == "SUCCEEDED" for status, _ in ended),
        events=sum(events for _, events in ended),
        memory_mb=memory_mb(process),
        cpu_seconds=cpu_seconds(process) - cpu,
        upstream=dict(calls),
    )


def show(name: str, subscribers: int, before_mb: float, figures: Figures) -> None:
    """Print the figures of a run."""
    minute = 60 / figures.seconds
    print(
        f"{name}: {figures.succeeded} of {subscribers} saw SUCCEEDED, {figures.events} events, {figures.seconds:.1f} s"
    )
    print(
        f"  memory {before_mb:.0f} MB before, {figures.memory_mb:.0f} MB after; processor {figures.cpu_seconds:.1f} s"
    )
    for path, count in sorted(figures.upstream.items()):
        print(f"  upstream {path}: {count} calls, {count * minute:.0f} a minute")


async def run(name: str, environment: dict[str, str], report: str, subscribers: int, calls: Counter[str]) -> None:
    """Measure one gateway."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**environment, "TRIGRAPH_DATA_DIR": folder}
        with start_server(environment=environment) as server:
            await asyncio.sleep(10)
            before = memory_mb(server.process.pid)
            show(name, subscribers, before, await measure(server, report, subscribers, calls))


async def main(subscribers: int) -> None:
    """Measure local, then REST."""
    async with AsyncExitStack() as stack:
        source = await stack.enter_async_context(listening(Starlette(routes=[Route("/report.txt", slow_report)])))
        allowed = {"TRIGRAPH_FETCH_ALLOWED": source.removeprefix("http://")}
        await run("local", allowed, f"{source}/report.txt", subscribers, Counter())
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        served = stack.enter_context(start_server("cloudsigma", environment={**allowed, "TRIGRAPH_DATA_DIR": folder}))
        address, calls = await stack.enter_async_context(counting_proxy(served.address))
        token = f"csk_live_{secrets.token_hex(16)}"
        rest = {"TRIGRAPH_CLOUDSIGMA": address, "TRIGRAPH_CLOUDSIGMA_TOKEN": token}
        await run("rest", rest, f"{source}/report.txt", subscribers, calls)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 500))
