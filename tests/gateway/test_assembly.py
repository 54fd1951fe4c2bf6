"""The parts of a gateway: built from settings, started in order, closed whatever happens."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from adapters.cloudsigma.local.adapter import LocalCloudSigma
from adapters.cloudsigma.rest import RestCloudSigma
from adapters.history.facts import scan_fact
from adapters.history.recorder import Recorder
from adapters.history.recording import Recorded
from adapters.store import history
from adapters.store.database import Database, sqlite_url
from gateway.assembly import StoreUnreachable, assemble, reach_store
from gateway.configuration.settings import Settings, SettingsError
from tests.doubles.memory_cloudsigma import MemoryCloudSigma, memory_assembly
from tests.doubles.memory_sigil import MemorySigil
from tests.running import new_principal


class Counting(MemoryCloudSigma):
    """Counts how often it was started and closed, and fails to start when it is told to."""

    def __init__(self, fault: Exception | None = None) -> None:
        super().__init__()
        self.fault = fault
        self.events: list[str] = []

    async def start(self) -> None:
        self.events.append("start")
        if self.fault is not None:
            raise self.fault

    async def close(self) -> None:
        self.events.append("close")


async def test_parts_are_started_and_closed_once(tmp_path: Path) -> None:
    """After start the tables are there; close ends each part, and a second close does nothing."""
    cloudsigma = Counting()
    assembly = memory_assembly(cloudsigma, tmp_path)
    await assembly.start()
    assert (tmp_path / "trigraph.sqlite3").stat().st_size > 0
    await assembly.close()
    await assembly.close()
    assert cloudsigma.events == ["start", "close"]


async def test_what_had_started_is_closed_when_a_part_fails(tmp_path: Path) -> None:
    """The error is the part's own, and nothing is left open."""
    cloudsigma = Counting(OSError("no engine"))
    assembly = memory_assembly(cloudsigma, tmp_path)
    with pytest.raises(OSError, match="no engine"):
        await assembly.start()
    assert cloudsigma.events == ["start", "close"]
    await assembly.close()
    assert cloudsigma.events == ["start", "close"]


@pytest.mark.parametrize(
    ("location", "kind"),
    [("", LocalCloudSigma), ("http://127.0.0.1:1", RestCloudSigma), ("cloudsigma-local", LocalCloudSigma)],
)
async def test_one_setting_chooses_the_adapter(location: str, kind: type, tmp_path: Path) -> None:
    """Nothing is local, a URL is REST, a name is an entry point; nothing connects yet."""
    assembly = assemble(Settings(data_dir=tmp_path, cloudsigma=location))
    cloudsigma = assembly.services.cloudsigma
    assert isinstance(vars(cloudsigma).get("_port", cloudsigma), kind)
    await assembly.services.cloudsigma.close()
    await assembly.database.close()


async def test_what_a_chosen_adapter_answers_is_recorded(tmp_path: Path) -> None:
    """An embedded one is not in need of it; the setting says how long the history is kept."""
    settings = Settings(data_dir=tmp_path, sigil="http://127.0.0.1:1", cloudlink="http://127.0.0.1:1", history_days=7)
    assembly = assemble(settings)
    services = assembly.services
    assert [isinstance(port, Recorded) for port in services.by_name().values()] == [False, True, True]
    assert assembly.recorder is not None
    kept = int(time.time()) // 3600 - assembly.recorder._retention.first_hour()
    assert 7 * 24 <= kept < 8 * 24
    for port in services.by_name().values():
        await port.close()
    await assembly.database.close()


async def test_what_the_adapters_answer_at_last_is_in_the_history(tmp_path: Path) -> None:
    """The recorder is closed after them, and writes before the store is closed."""
    assembly = memory_assembly(MemoryCloudSigma(), tmp_path)
    recorder = Recorder(assembly.database, days=36_500)

    class Last(MemorySigil):
        async def close(self) -> None:
            ann = new_principal()
            scan = await self.submit(ann, "npm:left-pad")
            recorder.see(ann.tenant, [scan], scan_fact)

    parts = replace(assembly, services=replace(assembly.services, sigil=Last()), recorder=recorder)
    await parts.start()
    await parts.close()
    reopened = Database(sqlite_url(tmp_path))
    async with reopened.read() as connection:
        assert (await connection.execute(select(history.scans.c.status))).scalars().all() == ["running"]
    await reopened.close()


def test_an_adapter_that_nobody_offers_is_a_wrong_setting(tmp_path: Path) -> None:
    """The sentence names the setting, its value and the choice."""
    with pytest.raises(SettingsError, match=r"TRIGRAPH_CLOUDSIGMA is 'nobodys'.*cloudsigma-local, cloudsigma-rest"):
        assemble(Settings(data_dir=tmp_path, cloudsigma="nobodys"))


async def test_a_store_is_reached_or_named(tmp_path: Path) -> None:
    """A file that is no database is told by its path, with what to do about it."""
    assembly = memory_assembly(MemoryCloudSigma(), tmp_path)
    await reach_store(assembly.database)
    await assembly.database.close()
    (tmp_path / "trigraph.sqlite3").write_text("no database " * 100)
    with pytest.raises(StoreUnreachable, match=r"trigraph\.sqlite3 \(DatabaseError\): move that file away"):
        await reach_store(assembly.database)
    await assembly.database.close()
