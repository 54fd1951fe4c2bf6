"""The kill test: a server is ended by SIGKILL in the middle of a scan, and started again on the same data."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.events.feed import InProcessChangeFeed
from adapters.keys import digest_of, holder_of
from adapters.sigil.callers import PLAN
from adapters.sigil.local.adapter import ENGINE
from adapters.sigil.local.asking import asked
from adapters.sigil.local.records import ScanRecords, Task
from adapters.sigil.models import PhaseName
from adapters.store.database import Database, sqlite_url
from tests.package_registry import CLEAN, THIEF, PackageRegistry
from tests.running import RunningServer, start_server
from tests.waiting import until

KEY = "sk_live_0123456789abcdef"
STEPS = ["fetch", "reuse", "analyse", *PhaseName]


@dataclass
class SigilServer:
    """The served Sigil on one folder of data, which can be killed and started again."""

    data: Path
    registry: PackageRegistry

    @contextmanager
    def running(self) -> Iterator[RunningServer]:
        environment = {
            "TRIGRAPH_DATA_DIR": str(self.data),
            "TRIGRAPH_WORKERS": "1",
            "TRIGRAPH_NPM_REGISTRY": self.registry.npm,
        }
        with start_server("sigil", environment=environment, log=self.data.parent / "log") as server:
            yield server

    def steps(self) -> dict[str, int]:
        """Name the steps that durable work has recorded, in their order, with when each began."""
        query = "SELECT function_name, started_at_epoch_ms FROM operation_outputs ORDER BY function_id"
        with closing(sqlite3.connect(self.data / "workflows.sqlite3")) as workflows:
            return dict(workflows.execute(query))


@pytest.fixture
def sigil_server(tmp_path: Path, package_registry: PackageRegistry) -> SigilServer:
    """A server that fetches from the tests' registry."""
    (tmp_path / "data").mkdir()
    return SigilServer(tmp_path / "data", package_registry)


async def submit(server: RunningServer, target: str, wait: int = 0) -> dict[str, Any]:
    """Ask for a scan, and wait so many seconds for its end."""
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {KEY}"}, timeout=30) as client:
        answer = await client.post(f"{server.address}/v1/scans?wait={wait}", json={"target": target})
    assert answer.status_code in (201, 202), answer.text
    scan: dict[str, Any] = answer.json()
    return scan


async def result(server: RunningServer, target: str) -> dict[str, Any]:
    """Wait for the end of the scan that is there."""
    scan: dict[str, Any] = {"status": "running"}
    while scan["status"] not in ("completed", "failed"):
        scan = await submit(server, target, 10)
    return scan


async def kill_when(server: RunningServer, condition: Callable[[], bool]) -> None:
    """End a server at once when something has happened."""
    await until(condition)
    server.process.kill()
    server.process.wait()


async def test_a_scan_goes_on_after_the_download_when_the_server_was_killed(
    sigil_server: SigilServer, package_registry: PackageRegistry
) -> None:
    """What was downloaded is not downloaded again, and the result is that of an uninterrupted scan."""
    modules = {f"lib/{number}.js": THIEF.replace("collector", f"c{number}") * 4 for number in range(200)}
    for name in ("large-box", "killed-box"):
        package_registry.publish(name, "1.0.0", CLEAN | modules, scripts={"postinstall": "node lib/0.js"})
    with sigil_server.running() as server:
        uninterrupted = await result(server, "npm:large-box@1.0.0")
    (sigil_server.data / "workflows.sqlite3").unlink()
    with sigil_server.running() as server:
        begun = await submit(server, "npm:killed-box@1.0.0")
        await kill_when(server, lambda: "reuse" in sigil_server.steps())
    before = sigil_server.steps()
    assert list(before)[:2] == ["fetch", "reuse"]
    assert len(before) < len(STEPS), "the scan was over before it could be interrupted"
    with sigil_server.running() as server:
        resumed = await result(server, "npm:killed-box@1.0.0")
    after = sigil_server.steps()
    assert resumed["id"] == begun["id"]
    assert list(after) == STEPS
    assert {name: after[name] for name in before} == before
    assert package_registry.downloads("killed-box") == 1
    assert (resumed["score"], resumed["phases"]) == (uninterrupted["score"], uninterrupted["phases"])


async def test_a_download_that_was_interrupted_is_done_again(
    sigil_server: SigilServer, package_registry: PackageRegistry
) -> None:
    """Killed while it reads an archive that does not come, the server asks for it again and then goes on."""
    let_go = asyncio.Event()
    package_registry.publish_held("held-box", "1.0.0", let_go)
    with sigil_server.running() as server:
        begun = await submit(server, "npm:held-box@1.0.0")
        await kill_when(server, lambda: package_registry.downloads("held-box") == 1)
    assert sigil_server.steps() == {}
    let_go.set()
    with sigil_server.running() as server:
        resumed = await result(server, "npm:held-box@1.0.0")
    assert (resumed["id"], resumed["status"], resumed["verdict"]) == (begun["id"], "completed", "clean")
    assert package_registry.downloads("held-box") == 2


async def test_a_scan_that_was_recorded_but_not_begun_is_begun(sigil_server: SigilServer) -> None:
    """A crash between the record and the beginning of its work leaves nothing that runs for ever."""
    database = Database(sqlite_url(sigil_server.data))
    await database.migrate()
    package, _, text = asked("npm:clean-box@1.0.0")
    async with InProcessChangeFeed[Any]().write(database) as writing:
        task = Task(target=text, policy="default")
        records = ScanRecords(database, ENGINE)
        scan = await records.insert(writing, holder_of(digest_of(KEY), PLAN), package, task)
    await database.close()
    with sigil_server.running() as server:
        ended = await result(server, "npm:clean-box@1.0.0")
    assert (ended["id"], ended["status"]) == (scan.id, "completed")
