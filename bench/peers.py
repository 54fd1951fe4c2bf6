"""Requests a second of this gateway, graphql-yoga, Apollo Server and Mercurius over the same upstream, in one run.

    python bench/peers.py PEERS [SECONDS]

PEERS is a folder that holds the peers, their upstream and `load.sh`, after `npm install`. One server at a time runs on
core 0; the load and the upstream share core 1. This gateway's CloudLink adapter is pointed at the upstream, and so are
the others, which nobody asks: embedded, they would load their engines on the same core meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

PROJECT = Path(__file__).parents[1]
UPSTREAM = "http://127.0.0.1:4100"
SECONDS = 8
CONNECTIONS = 32
START_SECONDS = 60
QUERIES = ("{ regressions { service changePct } }", "{ regressions { service changePct deploy { version } } }")
OWN_QUERIES = (
    "{ regressions { nodes { service { name } changePct } } }",
    "{ regressions { nodes { service { name } changePct deploy { version } } } }",
)
FIGURES = re.compile(r"rps (\d+)\s+p50 (\S+) ms\s+p99 (\S+) ms\s+errors (\d+)\s+upstream calls/request (\S+)")
NAME = "trigraph"


@dataclass(frozen=True)
class Server:
    """How a server is started, where its graph is, and how the two queries read there."""

    name: str
    command: Sequence[str]
    url: str
    queries: Sequence[str] = QUERIES


@dataclass(frozen=True)
class Figures:
    """What the load measured: requests a second, milliseconds, upstream calls a request."""

    rps: int
    p50: float
    p99: float
    errors: int
    upstream: float


def servers(peers: Path) -> list[Server]:
    """List the servers, this gateway first."""
    own = [sys.executable, "-m", "gateway", "serve", "--port", "4005"]
    return [
        Server(NAME, own, "http://127.0.0.1:4005/graphql", OWN_QUERIES),
        Server("graphql-yoga", ["node", str(peers / "yoga.mjs")], "http://127.0.0.1:4001/graphql"),
        Server("Apollo Server", ["node", str(peers / "apollo.mjs")], "http://127.0.0.1:4002/"),
        Server("Mercurius", ["node", str(peers / "mercurius.mjs")], "http://127.0.0.1:4004/graphql"),
    ]


@contextlib.contextmanager
def running(command: Sequence[str], core: int, environment: Mapping[str, str]) -> Iterator[None]:
    """Run a process on a core while the context is open."""
    pinned = ["taskset", "-c", str(core), *command]
    given = {**os.environ, "NODE_ENV": "production", **environment}
    process = subprocess.Popen(pinned, cwd=PROJECT, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - listed above
    try:
        yield
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def rows_of(url: str, query: str) -> int:
    """Ask once, and give how many rows came; 0 while the server is not there."""
    try:
        answer = httpx.post(url, json={"query": query}, timeout=10, trust_env=False).json()
    except httpx.HTTPError:
        return 0
    if "errors" in answer:
        raise RuntimeError(f"{url} answered {answer['errors']}")
    listed = answer["data"]["regressions"]
    return len(listed["nodes"] if isinstance(listed, dict) else listed)


def wait_for(server: Server) -> None:
    """Wait until a server answers with all rows; raises RuntimeError where it does not."""
    ends = time.monotonic() + START_SECONDS
    while rows_of(server.url, server.queries[1]) != 100:  # noqa: PLR2004 - what the upstream has
        if time.monotonic() > ends:
            raise RuntimeError(f"{server.name} does not answer at {server.url}")
        time.sleep(0.5)


def measure(peers: Path, server: Server, query: str, seconds: int) -> Figures:
    """Load a server with a query."""
    command = ["bash", str(peers / "load.sh"), server.url, query, str(CONNECTIONS), str(seconds)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds * 10 + 60)  # noqa: S603 - the peers' own script
    found = FIGURES.search(done.stdout)
    if found is None:
        raise RuntimeError(f"load.sh said {done.stdout!r}")
    rps, p50, p99, errors, upstream = found.groups()
    return Figures(int(rps), float(p50), float(p99), int(errors), float(upstream))


def show(name: str, measured: Mapping[str, Figures]) -> None:
    """Print a query's figures, and how this gateway compares."""
    print(name)
    own = measured[NAME]
    for server, figures in measured.items():
        ratio = "" if server == NAME else f"  {NAME} is {own.rps / max(figures.rps, 1):.2f} times as fast"
        print(
            f"  {server:<14} {figures.rps:6} requests/s  p50 {figures.p50:g} ms  p99 {figures.p99:g} ms"
            f"  errors {figures.errors}  {figures.upstream:.2f} upstream calls a request{ratio}"
        )


def main(peers: Path, seconds: int) -> None:
    """Measure one server after another, and print."""
    measured: dict[str, list[Figures]] = {}
    with TemporaryDirectory() as folder, running(["node", str(peers / "upstream.mjs")], 1, {}):
        own = {
            **{f"TRIGRAPH_{service}": UPSTREAM for service in ("CLOUDLINK", "SIGIL", "CLOUDSIGMA")},
            "TRIGRAPH_CLOUDLINK_TOKEN": "cl_live_0123456789abcdef",
            "TRIGRAPH_DATA_DIR": folder,
        }
        for server in servers(peers):
            with running(server.command, 0, own if server.name == NAME else {}):
                wait_for(server)
                measured[server.name] = [measure(peers, server, query, seconds) for query in server.queries]
    for number, query in enumerate(QUERIES):
        show(query, {name: figures[number] for name, figures in measured.items()})


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(__doc__)
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]) if sys.argv[2:] else SECONDS)
