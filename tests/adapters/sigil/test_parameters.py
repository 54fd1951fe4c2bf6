from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.errors import InvalidInput
from adapters.sigil.models import Severity, Verdict
from adapters.sigil.parameters import numbers, scan_filter, threat_filter, waiting_seconds
from adapters.sigil.port import ScanFilter, ThreatFilter


def test_what_is_not_given_has_its_default() -> None:
    """The first page of twenty, without a filter, and ten seconds of waiting."""
    assert numbers({}) == (1, 20)
    assert waiting_seconds({}) == 10
    assert scan_filter({}) == ScanFilter()
    assert threat_filter({}) == ThreatFilter()


def test_what_is_given_is_read() -> None:
    """Times in any zone, also where the plus sign of one came as a space."""
    given = {"verdict": "high_risk", "target": "box", "from": "2026-01-01T00:00:00Z", "to": "2026-01-01T01:00:00 01:00"}
    midnight = datetime(2026, 1, 1, tzinfo=UTC)
    assert scan_filter(given) == ScanFilter(verdict=Verdict.HIGH_RISK, target="box", since=midnight, until=midnight)
    threats = threat_filter({"search": "box", "severity": "critical", "ecosystem": "npm"})
    assert threats == ThreatFilter(search="box", severity=Severity.CRITICAL, ecosystem="npm")
    assert numbers({"page": "7", "per_page": "100"}) == (7, 100)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page", "0"),
        ("page", "-1"),
        ("page", "9" * 5000),
        ("page", "²"),
        ("per_page", "101"),
        ("per_page", ""),
        ("per_page", "ten"),
    ],
)
def test_a_number_out_of_bounds_is_refused(name: str, value: str) -> None:
    """The refusal names the parameter."""
    with pytest.raises(InvalidInput, match=name) as refused:
        numbers({name: value})
    assert refused.value.field == name
    assert len(refused.value.message) < 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("verdict", "HIGH"),
        ("verdict", ""),
        ("from", "yesterday"),
        ("from", "2026-01-01T00:00:00"),
        ("to", "9999-12-31T23:59:59-23:00"),
    ],
)
def test_a_filter_that_means_nothing_is_refused(name: str, value: str) -> None:
    """A time without a zone is none, as is one that no calendar has."""
    with pytest.raises(InvalidInput, match=name) as refused:
        scan_filter({name: value})
    assert refused.value.field == name


@pytest.mark.parametrize(("name", "value"), [("severity", "grave"), ("ecosystem", "gem")])
def test_a_threat_filter_that_means_nothing_is_refused(name: str, value: str) -> None:
    """The refusal names the parameter."""
    with pytest.raises(InvalidInput, match=name):
        threat_filter({name: value})
