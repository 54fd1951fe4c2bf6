"""The parts of a gateway: built from settings, started in order, closed whatever happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.cloudsigma.local.adapter import LocalCloudSigma
from adapters.cloudsigma.rest import RestCloudSigma
from gateway.assembly import StoreUnreachable, assemble, reach_store
from gateway.settings import Settings, SettingsError
from tests.doubles.memory_cloudsigma import MemoryCloudSigma, memory_assembly


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
    assert isinstance(assembly.services.cloudsigma, kind)
    await assembly.services.cloudsigma.close()
    await assembly.database.close()


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
