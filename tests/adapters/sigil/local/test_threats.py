"""Known threats in the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from adapters.packages import PackageName
from adapters.paging import Window
from adapters.sigil.local.osv import read_report
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


def said(*threats: Threat) -> dict[str, list[Threat]]:
    """Have each threat said by a report of its own."""
    return {known.id: [known] for known in threats}


def reported(report_id: str, *packages: str) -> dict[str, list[Threat]]:
    """Read what a report says that names these packages."""
    affected = [{"package": {"ecosystem": "npm", "name": name}} for name in packages]
    iocs = {"domains": [f"{report_id}.example"]}
    report = {"id": report_id, "affected": affected, "database_specific": {"iocs": iocs}}
    return {report_id: read_report(report_id, msgspec.json.encode(report)).threats()}


@pytest.fixture
async def records(database: Database) -> ThreatRecords:
    return ThreatRecords(database)


async def test_threats_are_listed_newest_first_in_pages(records: ThreatRecords) -> None:
    """The pages together are the list."""
    await records.replace(said(*(threat(number) for number in range(5))))
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
        said(
            threat(1),
            threat(2, severity=Severity.HIGH),
            threat(3, ecosystem="pypi", description="Replaces addresses on the clipboard"),
        )
    )
    assert [found.id for found in (await records.page(Window(10), wanted)).nodes] == ids


@pytest.mark.parametrize("text", ["\x00", "\ud800", "x" * 10_000, "' OR 1=1 --", "%"])
async def test_no_text_breaks_the_store(records: ThreatRecords, text: str) -> None:
    """Whatever a caller hands in as an id, a package or to search for, it is simply not there."""
    await records.replace(said(threat(1)))
    assert await records.by_id([text]) == [None]
    assert await records.of_packages([PackageName("npm", text)]) == [[]]
    assert await records.of_indicators([text]) == [[]]
    assert (await records.page(Window(5), ThreatFilter(search=text))).nodes == []


async def test_importing_again_replaces_and_withdrawn_ones_go(records: ThreatRecords) -> None:
    """The store holds what was said last."""
    await records.replace(said(threat(1), threat(2)))
    await records.replace({**said(threat(1, description="Said better")), "MAL-2": []})
    known, gone = await records.by_id(["MAL-1", "MAL-2"])
    assert known is not None
    assert known.description == "Said better"
    assert gone is None


@pytest.mark.parametrize("later", [("lid",), ("lid", "bag"), ("box", "bag", "jar"), ()])
@pytest.mark.parametrize("first", [("box",), ("box", "lid")])
async def test_what_a_report_names_no_longer_is_forgotten(
    records: ThreatRecords, first: tuple[str, ...], later: tuple[str, ...]
) -> None:
    """Whether it names one package or several, or none any more; what others say of them stays."""
    await records.replace({**reported("MAL-10", "box", "lid"), **reported("MAL-2", "box"), **reported("MAL-1", *first)})
    await records.replace(reported("MAL-1", *later))
    names = ("box", "lid", "bag", "jar")
    found = await records.of_packages([PackageName("npm", name) for name in names])
    known = {name: {threat.id for threat in threats} for name, threats in zip(names, found, strict=True)}
    others = {"box": {"MAL-10:npm:box", "MAL-2"}, "lid": {"MAL-10:npm:lid"}}
    own = {name: {f"MAL-1:npm:{name}" if later[1:] else "MAL-1"} for name in later}
    assert known == {name: others.get(name, set()) | own.get(name, set()) for name in names}
    (named,) = await records.of_indicators(["mal-1.example"])
    assert {threat.package_name for threat in named} == set(later)


async def test_packages_are_looked_up_all_at_once(records: ThreatRecords) -> None:
    """In the order asked, an empty list where nothing is known."""
    await records.replace(said(threat(1), threat(2, package_name="package-1"), threat(3)))
    found = await records.of_packages(
        [PackageName("npm", "package-3"), PackageName("pypi", "package-1"), PackageName("npm", "package-1")]
    )
    assert [[known.id for known in package] for package in found] == [["MAL-3"], [], ["MAL-1", "MAL-2"]]


async def test_indicators_are_looked_up_all_at_once(records: ThreatRecords) -> None:
    """In the order asked, in whatever form, the newest threat first; one that was said otherwise since is forgotten."""
    await records.replace(said(threat(1, indicators=("evil[.]example", "EVIL.example", "hxxp://a.example/x"))))
    await records.replace(said(threat(2, indicators=("evil.example",)), threat(3, indicators=("gone.example",))))
    await records.replace(said(threat(3)))
    found = await records.of_indicators(["http://A.example/x", "none.example", "Evil.example", "gone.example"])
    assert [[known.id for known in threats] for threats in found] == [["MAL-1"], [], ["MAL-2", "MAL-1"], []]
    assert await records.of_indicators([]) == []


async def test_of_an_indicator_the_newest_threats_are_told(records: ThreatRecords) -> None:
    """At most twenty."""
    await records.replace(said(*(threat(number, indicators=("evil.example",)) for number in range(25))))
    (found,) = await records.of_indicators(["evil.example"])
    assert [known.id for known in found] == [f"MAL-{number}" for number in range(24, 4, -1)]
