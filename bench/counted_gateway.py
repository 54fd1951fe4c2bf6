"""The gateway in a process of its own that tells what it holds: memory, tasks, sockets, files.

    python bench/counted_gateway.py

serves it, and writes the number of its tasks at every SIGUSR1.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.processes import running_script
from tests.graph_client import GraphClient


@dataclass(frozen=True)
class Gateway:
    """The gateway in a process of its own, which tells how many tasks it has."""

    process: subprocess.Popen[str]
    client: GraphClient

    async def figures(self) -> str:
        """Say what it holds now."""
        return await asyncio.to_thread(self._figures)

    def _figures(self) -> str:
        pid = self.process.pid
        self.process.send_signal(signal.SIGUSR1)
        assert self.process.stdout is not None  # noqa: S101 - it is a pipe
        tasks = self.process.stdout.readline().strip()
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        opened = [_link(path) for path in Path(f"/proc/{pid}/fd").iterdir()]
        sockets = sum(link.startswith("socket:") for link in opened)
        files = len(opened) - sockets
        stored = sum(".sqlite3" in link for link in opened)
        memory = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
        held = f"memory {memory:6.1f} MB  tasks {tasks:>4}  sockets {sockets:>4}"
        return f"{held}  files {files:>4}, {stored} of them the store's"


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


async def serve_counted() -> None:
    """Serve the gateway, and tell the number of tasks at a signal."""
    from gateway.configuration.settings import read_settings
    from gateway.serving import serve_gateway

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, lambda: print(len(asyncio.all_tasks(loop)), flush=True))
    await serve_gateway(read_settings(port=0))


@contextmanager
def running_gateway(environment: dict[str, str], log: Path) -> Iterator[Gateway]:
    """Run the gateway until the context ends; what it logs goes to `log`."""
    with running_script(Path(__file__), environment, log) as (address, process):
        yield Gateway(process, GraphClient(address))


if __name__ == "__main__":
    asyncio.run(serve_counted())
