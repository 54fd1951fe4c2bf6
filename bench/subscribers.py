"""Whether all subscribers on running executions see them end, how soon, and what that costs gateway and upstream.

    python bench/subscribers.py [SUBSCRIBERS] [EXECUTIONS]

1,000 on 50 unless told otherwise. Runs once over the local adapter and once over REST, where a proxy that counts stands
before the served CloudSigma.
"""

from __future__ import annotations

import asyncio
import bisect
import json
import os
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
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

from bench.processes import running_script
from tests.faults.proxy import FaultProxy, faulty
from tests.graph_client import GraphClient, listening
from tests.running import RunningServer, start_server

REPORT_SECONDS = 12
MINUTE = 60.0
REPORT = "The malware used rundll32.exe (T1218.011) and PowerShell (T1059.001) and beaconed to 45.155.205.233. " * 20
GENERATE = "mutation($url: String!) { generateRules(input: {url: $url}) { ... on Execution { arn } } }"
STATUS = "subscription($arn: String!) { executionStatus(arn: $arn) { execution { status rulesGenerated stoppedAt } } }"
FIRST_POLL, GROWTH, LONGEST_POLL = 2.0, 1.5, 10.0
"""How a client is told to poll CloudSigma: seconds, how they grow, and at most."""

Begin = Callable[[str], Awaitable[str]]


class Ended(msgspec.Struct, frozen=True):
    """How a subscription went: the last status, how many events came, and how long after the end the last one came."""

    status: str
    events: int
    late_seconds: float


class Figures(msgspec.Struct, frozen=True):
    """What a run cost."""

    seconds: float
    ended: list[Ended]
    memory_mb: float
    cpu_seconds: float


async def slow_report(request: Request) -> Response:
    """Give a report after a while, so that executions run long enough to be watched; each its own."""
    await asyncio.sleep(REPORT_SECONDS)
    return PlainTextResponse(f"{request.path_params['number']}. {REPORT}")


async def follow(address: str, arn: str) -> Ended:
    """Subscribe on a socket of its own, to the end."""
    events = 0
    told = {"status": "", "stoppedAt": None}
    protocol = Subprotocol("graphql-transport-ws")
    url = address.replace("http", "ws", 1) + "/graphql"
    late = 0.0
    async with connect(url, subprotocols=[protocol], proxy=None, open_timeout=120) as socket:
        await socket.send('{"type": "connection_init"}')
        await socket.recv()
        payload = {"query": STATUS, "variables": {"arn": arn}}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "ping":
                await socket.send('{"type": "pong"}')
                continue
            if message["type"] != "next":
                break
            if message["payload"].get("errors"):
                return Ended(message["payload"]["errors"][0]["extensions"]["code"], events, late)
            told = message["payload"]["data"]["executionStatus"]["execution"]
            events += 1
            if told["stoppedAt"] is not None:
                late = time.time() - datetime.fromisoformat(told["stoppedAt"]).timestamp()
    return Ended(str(told["status"]), events, late)


def memory_mb(process: int) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_seconds(process: int) -> float:
    """Processor time of a process, user and system, without its children."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busiest_minute(arrivals: Sequence[float]) -> int:
    """Count the calls of the minute that had the most."""
    return max((bisect.bisect_left(arrivals, at + MINUTE) - place for place, at in enumerate(arrivals)), default=0)


def documented_polls(seconds: float) -> int:
    """Count how often one client asks that polls as it is told to."""
    polls, wait, at = 0, FIRST_POLL, FIRST_POLL
    while at <= seconds:
        polls += 1
        wait = min(wait * GROWTH, LONGEST_POLL)
        at += wait
    return polls


def begin_through(server: RunningServer) -> Begin:
    """Begin executions in the graph."""

    async def begin(report: str) -> str:
        return str((await GraphClient(server.address).execute(GENERATE, url=report))["generateRules"]["arn"])

    return begin


def begin_at(client: httpx.AsyncClient) -> Begin:
    """Begin executions at the service itself: a gateway stays within its five a minute."""

    async def begin(report: str) -> str:
        answer = await client.post("/v1/generate", json={"inputType": "url", "url": report})
        return str(answer.raise_for_status().json()["data"]["executionArn"])

    return begin


async def measure(server: RunningServer, begin: Begin, reports: Sequence[str], subscribers: int) -> Figures:
    """Begin executions, subscribe, and wait for all to end."""
    process = server.process.pid
    cpu, began = cpu_seconds(process), time.perf_counter()
    arns = [await begin(report) for report in reports]
    ended = await asyncio.gather(*(follow(server.address, arns[number % len(arns)]) for number in range(subscribers)))
    return Figures(time.perf_counter() - began, list(ended), memory_mb(process), cpu_seconds(process) - cpu)


def show(name: str, executions: int, before_mb: float, figures: Figures) -> None:
    """Print the figures of a run."""
    ended = figures.ended
    told = Counter(each.status for each in ended)
    late = sorted(each.late_seconds for each in ended)
    print(f"{name}: {len(ended)} subscribers on {executions} executions, of whom saw {dict(told)}")
    print(f"  {sum(each.events for each in ended)} events in {figures.seconds:.1f} s")
    print(f"  the end was told after {late[len(late) // 2]:.2f} s (median), {late[-1]:.2f} s (last)")
    print(
        f"  memory {before_mb:.0f} MB before, {figures.memory_mb:.0f} MB after; processor {figures.cpu_seconds:.1f} s"
    )


def show_upstream(proxy: FaultProxy, figures: Figures) -> None:
    """Print what the upstream was asked."""
    for path, count in sorted(proxy.asked.items()):
        print(f"  upstream {path}: {count} calls, {count * MINUTE / figures.seconds:.1f} a minute")
    polls = len(figures.ended) * documented_polls(figures.seconds) * MINUTE / figures.seconds
    print(f"  in the busiest minute {busiest_minute(proxy.arrivals)} calls; {polls:.0f} a minute by clients that poll")


async def run_local(environment: dict[str, str], reports: Sequence[str], subscribers: int) -> None:
    """Measure a gateway with the local adapter."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**environment, "TRIGRAPH_DATA_DIR": folder}
        with start_server(environment=environment) as server:
            await asyncio.sleep(10)
            before = memory_mb(server.process.pid)
            figures = await measure(server, begin_through(server), reports, subscribers)
            show("local", len(reports), before, figures)


async def run_rest(environment: dict[str, str], reports: Sequence[str], subscribers: int) -> None:
    """Measure a gateway over REST to a served CloudSigma that has no limits."""
    token = f"csk_live_{secrets.token_hex(16)}"
    async with AsyncExitStack() as stack:
        folders = [stack.enter_context(tempfile.TemporaryDirectory()) for _ in range(2)]
        served = {**environment, "TRIGRAPH_DATA_DIR": folders[0], "TRIGRAPH_API_KEYS": token}
        service, _ = stack.enter_context(running_script(Path(__file__).with_name("unlimited_cloudsigma.py"), served))
        proxy = await stack.enter_async_context(faulty(service))
        over = {
            "TRIGRAPH_CLOUDSIGMA": proxy.address,
            "TRIGRAPH_CLOUDSIGMA_TOKEN": token,
            "TRIGRAPH_DATA_DIR": folders[1],
        }
        server = stack.enter_context(start_server(environment=over))
        headers = {"Authorization": f"Bearer {token}"}
        client = httpx.AsyncClient(base_url=service, headers=headers, timeout=MINUTE, trust_env=False)
        await stack.enter_async_context(client)
        await asyncio.sleep(10)
        before = memory_mb(server.process.pid)
        figures = await measure(server, begin_at(client), reports, subscribers)
        show("rest", len(reports), before, figures)
        show_upstream(proxy, figures)


async def main(subscribers: int, executions: int) -> None:
    """Measure local, then REST."""
    routes = [Route("/{number:int}.txt", slow_report)]
    async with listening(Starlette(routes=routes)) as source:
        environment = {"TRIGRAPH_FETCH_ALLOWED": source.removeprefix("http://")}
        reports = [f"{source}/{number}.txt" for number in range(executions)]
        await run_local(environment, reports, subscribers)
        await run_rest(environment, reports, subscribers)


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    asyncio.run(main(given[0] if given else 1000, given[1] if given[1:] else 50))
