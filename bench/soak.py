"""Ten minutes of queries, mutations and subscriptions over REST, while the services go wrong and right again.

    python bench/soak.py [MINUTES]

Prints the gateway's memory, tasks, sockets and files before, in the middle and after, every code that clients saw, and
whether every subscriber's last state is the service's own.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from websockets.exceptions import WebSocketException

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.counted_gateway import Gateway, running_gateway
from tests.adapters.conftest import Loopback
from tests.faults.proxy import Fault, FaultProxy, faulty
from tests.graph_client import GraphClient
from tests.package_registry import PackageRegistry, publish_examples
from tests.running import start_server

MINUTES = 10.0
WARM_SECONDS = 30
CALM_SECONDS = 60
"""How long at the end nothing goes wrong, so that whatever runs can end."""
FAULT_SECONDS = (4, 12)
SERVICES = ("cloudsigma", "sigil", "cloudlink")
FOLLOWERS = 5
EXPECTED = frozenset(
    {
        "SERVICE_UNREACHABLE",
        "SERVICE_TIMEOUT",
        "SERVICE_INVALID_PAYLOAD",
        "LIMIT_EXCEEDED",
        "DEADLINE_EXCEEDED",
        "LimitExceeded",
    }
)
"""What clients may be told while something is wrong."""
QUERIES = (
    "{ viewer { usage { tier } plan { plan } } }",
    "{ executions(first: 20) { nodes { arn status rulesGenerated } } }",
    "{ packageScans(first: 20) { nodes { scanId: id status } } }",
    "{ deploys(first: 50) { nodes { deployId version service { name } } } }",
    "{ services { service health breaker rateLimitRemaining } }",
    "{ regressions { nodes { changePct deploy { version } } } }",
)
GENERATE = """mutation($text: String!) {
  begun: generateRules(input: {text: $text}) { __typename ... on Execution { key: arn } }
}"""
SCAN = """mutation {
  begun: submitScan(input: {target: "npm:clean-box@1.0.0", force: true}) {
    __typename ... on PackageScan { key: scanId }
  }
}"""
DEPLOY = """mutation($text: String!) {
  begun: recordDeploy(input: {service: "Amazon EC2", version: $text}) { __typename }
}"""
EXECUTION = """subscription($key: String!, $after: Cursor) {
  event: executionStatus(arn: $key, after: $after) { cursor thing: execution { status } }
}"""
PACKAGE = """subscription($key: String!, $after: Cursor) {
  event: scanStatus(scanId: $key, after: $after) { cursor thing: scan { status } }
}"""


@dataclass
class Seen:
    """What the clients saw: answers by their code, `OK` for those without one, and each follower's last state."""

    codes: Counter[str] = field(default_factory=Counter)
    last: dict[tuple[str, int], str] = field(default_factory=dict)
    begun: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0


async def post(seen: Seen, client: GraphClient, query: str, **variables: Any) -> dict[str, Any]:
    """Send an operation, and note what came of it."""
    began = time.monotonic()
    answer = await client.post(query, **variables)
    seen.slowest = max(seen.slowest, time.monotonic() - began)
    codes = [error["extensions"]["code"] for error in answer.get("errors", ())]
    begun = (answer.get("data") or {}).get("begun") or {}
    seen.codes.update(codes or [begun.get("__typename", "OK")])
    return begun


async def every(seconds: float, act: Callable[[], Awaitable[object]]) -> None:
    """Do something again and again, until this is cancelled."""
    while True:
        await act()
        await asyncio.sleep(seconds)


async def follow(seen: Seen, client: GraphClient, query: str, key: str, number: int) -> None:
    """Follow a thing to its end as a front end does: a stream that ends with an error is taken up where it was."""
    after: str | None = None
    while seen.last.get((key, number)) not in {"SUCCEEDED", "COMPLETED", "FAILED"}:
        try:
            async for payload in client.subscribe(query, key=key, after=after):
                if "errors" in payload:
                    seen.codes.update(error["extensions"]["code"] for error in payload["errors"])
                    break
                event = payload["data"]["event"]
                after = event["cursor"]
                seen.last[key, number] = event["thing"]["status"]
        except (AssertionError, WebSocketException, OSError) as error:
            seen.codes[f"stream {type(error).__name__}"] += 1
        await asyncio.sleep(0.5)


class Load:
    """What clients do, all at once."""

    def __init__(self, client: GraphClient, seen: Seen) -> None:
        self._client = client
        self._seen = seen
        self._numbers = itertools.count()
        self._queries = itertools.cycle(QUERIES)
        self.following: list[asyncio.Task[None]] = []

    async def ask(self) -> None:
        """Ask the next query."""
        await post(self._seen, self._client, next(self._queries))

    async def deploy(self) -> None:
        """Record a deploy."""
        version = f"1.0.{next(self._numbers)}"
        begun = await post(self._seen, self._client, DEPLOY, text=version)
        self._seen.begun["deploys"] += begun.get("__typename") == "Deploy"

    async def generate(self) -> None:
        """Generate rules, and follow the execution."""
        text = f"Report {next(self._numbers)}: the malware ran rundll32.exe (T1218.011) and PowerShell (T1059.001)."
        await self._follow(await post(self._seen, self._client, GENERATE, text=text), EXECUTION, "executions")

    async def scan(self) -> None:
        """Scan a package, and follow the scan."""
        await self._follow(await post(self._seen, self._client, SCAN), PACKAGE, "scans")

    async def _follow(self, begun: dict[str, Any], query: str, kind: str) -> None:
        if "key" not in begun:
            return
        self._seen.begun[kind] += 1
        self.following += [
            asyncio.create_task(follow(self._seen, self._client, query, begun["key"], number))
            for number in range(FOLLOWERS)
        ]

    def begin(self) -> list[asyncio.Task[None]]:
        """Begin all of it; four clients that ask twice a second, and writes at a pace that the limits allow."""
        paces = [(0.5, self.ask)] * 4 + [(5.0, self.deploy), (15.0, self.generate), (8.0, self.scan)]
        return [asyncio.create_task(every(seconds, act)) for seconds, act in paces]


async def trouble(proxies: dict[str, FaultProxy], told: Counter[str]) -> None:
    """Let one service after another go wrong for some seconds."""
    chosen = random.Random(5)
    while True:
        await asyncio.sleep(chosen.uniform(*FAULT_SECONDS))
        service, fault = chosen.choice(SERVICES), chosen.choice(list(Fault))
        told[fault] += 1
        proxies[service].fault = fault
        await asyncio.sleep(chosen.uniform(*FAULT_SECONDS))
        proxies[service].fault = None


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[dict[str, FaultProxy], dict[str, str], dict[str, str]]]:
    """Serve the three services behind proxies; gives these, the services' own addresses and the tokens."""
    async with AsyncExitStack() as stack:
        loopback = Loopback()
        await loopback.start()
        stack.push_async_callback(loopback.stop)
        registry = PackageRegistry(loopback)
        publish_examples(registry)
        tokens = {
            name: f"{prefix}_live_{secrets.token_hex(16)}"
            for name, prefix in zip(SERVICES, ("csk", "sk", "cl"), strict=True)
        }
        addresses, proxies = {}, {}
        for name in SERVICES:
            environment = {
                "TRIGRAPH_DATA_DIR": str(folder / name),
                "TRIGRAPH_API_KEYS": f"gateway={tokens[name]}",
                "TRIGRAPH_WORKERS": "1",
                "TRIGRAPH_NPM_REGISTRY": registry.npm,
            }
            addresses[name] = stack.enter_context(start_server(name, environment=environment)).address
            proxies[name] = await stack.enter_async_context(faulty(addresses[name]))
        yield proxies, addresses, tokens


async def run(minutes: float, gateway: Gateway, proxies: dict[str, FaultProxy], seen: Seen) -> None:
    """Load the gateway, and print what it holds at the start, in the middle and after."""
    load, told = Load(gateway.client, seen), Counter[str]()
    working = load.begin()
    await asyncio.sleep(WARM_SECONDS)
    print(f"start   {await gateway.figures()}", flush=True)
    troubled = asyncio.create_task(trouble(proxies, told))
    half = (minutes * 60 - WARM_SECONDS - CALM_SECONDS) / 2
    await asyncio.sleep(half)
    print(f"middle  {await gateway.figures()}", flush=True)
    await asyncio.sleep(half)
    troubled.cancel()
    for proxy in proxies.values():
        proxy.fault = None
    await asyncio.sleep(CALM_SECONDS)
    print(f"end     {await gateway.figures()}", flush=True)
    for task in working:
        task.cancel()
    ended = await asyncio.wait(load.following, timeout=CALM_SECONDS)
    await asyncio.gather(*working, return_exceptions=True)
    await asyncio.sleep(WARM_SECONDS)
    print(f"idle    {await gateway.figures()}", flush=True)
    print(f"faults  {dict(told)}; {len(ended[1])} of {len(load.following)} followers still wait")


async def own_states(addresses: dict[str, str], tokens: dict[str, str], keys: set[str]) -> dict[str, str]:
    """Ask the services themselves how the things are."""
    states = {}
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
        for key in keys:
            service, path = (
                ("sigil", f"/v1/scans/{key}") if key.startswith("scan_") else ("cloudsigma", f"/v1/status/{key}")
            )
            headers = {"Authorization": f"Bearer {tokens[service]}"}
            answer = (await client.get(f"{addresses[service]}{path}", headers=headers)).json()
            states[key] = str(answer.get("data", answer)["status"]).upper()
    return states


def judge(seen: Seen, states: dict[str, str], log: str) -> None:
    """Print what the clients saw, and what was not right."""
    wrong = {name: status for name, status in seen.last.items() if status != states[name[0]]}
    print(f"begun   {dict(seen.begun)}")
    print(f"clients {dict(seen.codes)}; the slowest operation took {seen.slowest:.1f} s")
    fine = {"OK", "Execution", "PackageScan", "Deploy", "stream AssertionError"} | EXPECTED
    print(f"unexpected: {dict(seen.codes - Counter({code: seen.codes[code] for code in fine}))}")
    print(f"last states: {len(seen.last) - len(wrong)} of {len(seen.last)} right {wrong or ''}")
    print(f"log: {log.count('Traceback')} tracebacks, {log.count('never retrieved')} exceptions that nobody saw")


async def main(minutes: float) -> None:
    """Serve, load, and judge."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with served(folder) as (proxies, addresses, tokens):
            environment = {"TRIGRAPH_DATA_DIR": str(folder / "gateway"), "TRIGRAPH_OPERATION_SECONDS": "5"}
            environment |= {f"TRIGRAPH_{service.upper()}": proxy.address for service, proxy in proxies.items()}
            environment |= {f"TRIGRAPH_{service.upper()}_TOKEN": token for service, token in tokens.items()}
            seen, log = Seen(), folder / "gateway.log"
            with running_gateway(environment, log) as gateway:
                await run(minutes, gateway, proxies, seen)
            judge(seen, await own_states(addresses, tokens, {key for key, _ in seen.last}), log.read_text())


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if sys.argv[1:] else MINUTES))
