"""Known threats, as every adapter of Sigil tells of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.packages import PackageName
from adapters.paging import Window
from adapters.principal import Principal
from adapters.sigil.local.threats import ThreatRecords
from adapters.sigil.models import Severity, Threat
from adapters.sigil.port import Sigil, ThreatFilter
from adapters.store.database import Database, sqlite_url
from gateway.assembly import Assembly
from tests.contract.scanning import scanned


@pytest.fixture
async def known_threats(adapter_name: str, sigil: Sigil, assembly: Assembly, served_sigil_data: Path) -> None:  # noqa: ARG001 - the server has made its store
    """Three known threats, in the store that the adapter reads, whichever it is."""
    database = assembly.database if adapter_name == "local" else Database(sqlite_url(served_sigil_data))
    known = [
        Threat(
            id=f"MAL-contract-{number}",
            package_name=name,
            ecosystem=ecosystem,
            threat_type="malware",
            severity=Severity.CRITICAL,
            description=f"The package {name} is known from the contract's tests.",
            source="tests",
            versions=("1.0.0",),
            indicators=("contract[.]example", f"hxxps://contract-{number}[.]example/a"),
            reported_at=datetime(2026, 1, number, tzinfo=UTC),
        )
        for number, ecosystem, name in ((1, "npm", "known-box"), (2, "pypi", "known-box"), (3, "pypi", "known-basket"))
    ]
    await ThreatRecords(database).replace({threat.id: [threat] for threat in known})
    if database is not assembly.database:
        await database.close()


@pytest.mark.usefixtures("known_threats")
async def test_known_threats_are_listed_found_and_met(sigil: Sigil, principal: Principal) -> None:
    """By page both ways, filter, id and package; a scan of a known-bad version says so and breaks every policy."""
    everything = await sigil.threats(principal, Window(2), ThreatFilter(search="contract-"))
    assert [threat.id for threat in everything.nodes] == ["MAL-contract-3", "MAL-contract-2"]
    rest = await sigil.threats(principal, Window(2, everything.positions[-1]), ThreatFilter(search="contract-"))
    assert [threat.id for threat in rest.nodes] == ["MAL-contract-1"]
    assert not rest.has_next_page
    oldest = await sigil.threats(principal, Window(last=2), ThreatFilter(search="contract-"))
    assert ([threat.id for threat in oldest.nodes], oldest.has_previous_page) == (
        ["MAL-contract-2", "MAL-contract-1"],
        True,
    )
    window = Window(last=2, before=oldest.positions[0])
    newer = await sigil.threats(principal, window, ThreatFilter(search="contract-"))
    assert ([threat.id for threat in newer.nodes], newer.has_next_page) == (["MAL-contract-3"], True)
    grave = await sigil.threats(
        principal, Window(5), ThreatFilter(severity=Severity.CRITICAL, ecosystem="npm", search="the contract's")
    )
    assert [threat.id for threat in grave.nodes] == ["MAL-contract-1"]
    first, none = await sigil.threats_by_id(principal, ["MAL-contract-1", "MAL-contract"])
    assert none is None
    assert first is not None
    assert first.versions == ("1.0.0",)
    wanted = [PackageName("npm", "none"), PackageName("npm", "known-box")]
    assert await sigil.threats_of_packages(principal, wanted) == [[], [first]]
    values = ["https://contract-1.example/a", "none.example", "Contract.example"]
    named = await sigil.threats_of_indicators(principal, values)
    assert [[threat.id[-1] for threat in threats] for threats in named] == [["1"], [], ["3", "2", "1"]]
    met = await scanned(sigil, principal, "npm:known-box@1.0.0")
    assert met.known_threats == ("MAL-contract-1",)
    assert met.policy_result is not None
    assert not met.policy_result.passed
    assert (await scanned(sigil, principal, "npm:known-box@1.0.1")).known_threats == ()
