"""Known threats in the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.packages import PackageName
from adapters.paging import Window
from adapters.sigil.local.threats import ThreatRecords
from adapters.sigil.models import Severity, Threat
from adapters.sigil.port import ThreatFilter
from adapters.store.database import Database

START = datetime(2099, 1, 1, tzinfo=UTC)


def threat(number: int, **given: Any) -> Threat:
    fields: dict[str, Any] = {
        "package_name": f"package-{number}",
        "ecosystem": "npm",
        "severity": Severity.CRITICAL,
        "description": "Malicious code",
        "reported_at": START + timedelta(days=number),
        **given,
    }
    return Threat(id=f"MAL-{number}", threat_type="malicious_package", source="osv", **fields)


@pytest.fixture
async def records(database: Database) -> ThreatRecords:
    return ThreatRecords(database)


async def test_threats_are_listed_newest_first_in_pages(records: ThreatRecords) -> None:
    """The pages together are the list."""
    await records.replace([threat(number) for number in range(5)])
    first = await records.page(Window(3), ThreatFilter())
    second = await records.page(Window(3, first.positions[-1]), ThreatFilter())
    assert [found.id for found in [*first.nodes, *second.nodes]] == [f"MAL-{number}" for number in (4, 3, 2, 1, 0)]
    assert (first.has_next_page, second.has_next_page, first.total_count) == (True, False, 5)


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (ThreatFilter(search="PACKAGE-1"), ["MAL-1"]),
        (ThreatFilter(search="mal-2"), ["MAL-2"]),
        (ThreatFilter(search="clipboard"), ["MAL-3"]),
        (ThreatFilter(search="100%"), []),
        (ThreatFilter(severity=Severity.HIGH), ["MAL-2"]),
        (ThreatFilter(ecosystem="pypi"), ["MAL-3"]),
    ],
)
async def test_threats_are_searched_and_filtered(records: ThreatRecords, wanted: ThreatFilter, ids: list[str]) -> None:
    """By part of id, name or description, by severity, by ecosystem; wildcards are plain text."""
    await records.replace(
        [
            threat(1),
            threat(2, severity=Severity.HIGH),
            threat(3, ecosystem="pypi", description="Replaces addresses on the clipboard"),
        ]
    )
    assert [found.id for found in (await records.page(Window(10), wanted)).nodes] == ids


@pytest.mark.parametrize("text", ["\x00", "\ud800", "x" * 10_000, "' OR 1=1 --", "%"])
async def test_no_text_breaks_the_store(records: ThreatRecords, text: str) -> None:
    """Whatever a caller hands in as an id, a package or to search for, it is simply not there."""
    await records.replace([threat(1)])
    assert await records.by_id([text]) == [None]
    assert await records.of_packages([PackageName("npm", text)]) == [[]]
    assert await records.of_indicators([text]) == [[]]
    assert (await records.page(Window(5), ThreatFilter(search=text))).nodes == []


async def test_importing_again_replaces_and_withdrawn_ones_go(records: ThreatRecords) -> None:
    """The store holds what was said last."""
    await records.replace([threat(1), threat(2)])
    await records.replace([threat(1, description="Said better")], withdrawn=["MAL-2"])
    known, gone = await records.by_id(["MAL-1", "MAL-2"])
    assert known is not None
    assert known.description == "Said better"
    assert gone is None


async def test_packages_are_looked_up_all_at_once(records: ThreatRecords) -> None:
    """In the order asked, an empty list where nothing is known."""
    await records.replace([threat(1), threat(2, package_name="package-1"), threat(3)])
    found = await records.of_packages(
        [PackageName("npm", "package-3"), PackageName("pypi", "package-1"), PackageName("npm", "package-1")]
    )
    assert [[known.id for known in package] for package in found] == [["MAL-3"], [], ["MAL-1", "MAL-2"]]


async def test_indicators_are_looked_up_all_at_once(records: ThreatRecords) -> None:
    """In the order asked, in whatever form, the newest threat first; one that was said otherwise since is forgotten."""
    await records.replace([threat(1, indicators=("evil[.]example", "EVIL.example", "hxxp://a.example/x"))])
    await records.replace([threat(2, indicators=("evil.example",)), threat(3, indicators=("gone.example",))])
    await records.replace([threat(3)])
    found = await records.of_indicators(["http://A.example/x", "none.example", "Evil.example", "gone.example"])
    assert [[known.id for known in threats] for threats in found] == [["MAL-1"], [], ["MAL-2", "MAL-1"], []]
    assert await records.of_indicators([]) == []


async def test_of_an_indicator_the_newest_threats_are_told(records: ThreatRecords) -> None:
    """At most twenty."""
    await records.replace([threat(number, indicators=("evil.example",)) for number in range(25)])
    (found,) = await records.of_indicators(["evil.example"])
    assert [known.id for known in found] == [f"MAL-{number}" for number in range(24, 4, -1)]
