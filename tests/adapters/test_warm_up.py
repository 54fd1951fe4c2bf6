"""Loading an engine in the background: what health says of it, and that it is tried again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters.health import Health
from adapters.local_health import local_health
from adapters.store.database import Database, sqlite_url
from adapters.warm_up import WarmUp
from adapters.workers import WorkerDied
from tests.waiting import until


class Engine:
    """An engine that fails to load as often as it is told, and then waits to be let go."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.let_go = asyncio.Event()
        self.loaded = 0

    async def load(self) -> None:
        """Load."""
        if self.failures:
            self.failures -= 1
            raise WorkerDied("The process that ran warm ended")
        await self.let_go.wait()
        self.loaded += 1


async def test_an_engine_that_could_not_be_loaded_is_loaded_when_it_can_be(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """While it can't, health is degraded and says why; afterwards it is up, and nothing more is loaded."""
    database, engine = Database(sqlite_url(tmp_path)), Engine(failures=2)
    warm_up = WarmUp("Sigil", engine.load, retry_seconds=0.01)
    assert (await local_health(database, warm_up)).health is Health.UP
    warm_up.begin()
    await until(lambda: engine.failures == 0)
    health = await local_health(database, warm_up)
    assert health.health is Health.DEGRADED
    assert health.message == "The engine could not be loaded, and is tried again: The process that ran warm ended"
    engine.let_go.set()
    await until(lambda: engine.loaded == 1)
    assert (await local_health(database, warm_up)).health is Health.UP
    assert [record.getMessage() for record in caplog.records if record.name == "adapters.warm_up"] == [
        f"The engine of Sigil could not be loaded, trying again in {wait} s: The process that ran warm ended"
        for wait in ("0.01", "0.02")
    ]
    assert caplog.text.count("Traceback") == 1
    await warm_up.close()
    await database.close()


async def test_closing_ends_what_still_loads() -> None:
    """An engine that never comes up does not keep its adapter from closing."""
    engine = Engine(failures=0)
    warm_up = WarmUp("Sigil", engine.load)
    await warm_up.close()
    warm_up.begin()
    await asyncio.sleep(0)
    await warm_up.close()
    engine.let_go.set()
    await asyncio.sleep(0)
    assert engine.loaded == 0
