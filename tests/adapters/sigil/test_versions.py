"""Version ranges, and which versions a threat concerns."""

from __future__ import annotations

import pytest

from adapters.sigil.models import Severity, Threat
from adapters.sigil.versions import BadRange, concerns, in_range


@pytest.mark.parametrize(
    ("ecosystem", "version", "expression", "expected"),
    [
        ("npm", "4.18.2", "^4.0.0", True),
        ("npm", "5.0.0", "^4.0.0", False),
        ("npm", "3.3.6", ">=3.3.6 <4", True),
        ("npm", "1.2.3", "1.2.3", True),
        ("npm", "1.2.3", "*", True),
        ("npm", "not-semver", "not-semver", True),
        ("pypi", "2.32.3", ">=2,<3", True),
        ("pypi", "2.32.3", "2.32.3", True),
        ("pypi", "2.32.3", "==2.31.*", False),
        ("pypi", "1.0a1", ">=0.9", True),
        ("pypi", "2.0", "", True),
    ],
)
def test_ranges_are_read_as_the_ecosystem_reads_them(
    ecosystem: str, version: str, expression: str, expected: bool
) -> None:
    """Npm's ranges and Python's specifiers."""
    assert in_range(ecosystem, version, expression) is expected


@pytest.mark.parametrize(("ecosystem", "expression"), [("npm", ">>1"), ("pypi", ">>1"), ("pypi", "^1")])
def test_what_is_no_range_is_said(ecosystem: str, expression: str) -> None:
    """The error names the expression."""
    with pytest.raises(BadRange, match=r"'.{2,3}' is no version"):
        in_range(ecosystem, "1.0.0", expression)


@pytest.mark.parametrize(
    ("versions", "version", "expected"),
    [
        ((), "1.0.0", True),
        ((), None, True),
        (("1.0.0",), "1.0.0", True),
        (("1.0.0",), "1.0.1", False),
        (("1.0.0",), None, False),
        ((">=2.0.0 <2.1.0",), "2.0.5", True),
        ((">=2.0.0 <2.1.0", "3.0.0"), "3.0.0", True),
        ((">=2.0.0 <2.1.0",), "2.1.0", False),
        ((">=2.0.0 <2.1.0",), "2.1.0-beta.1", True),
        ((">=2.0.0 <2.1.0",), "2.0.5-beta.1", True),
        (("1.2",), "1.2.3", False),
    ],
)
def test_a_threat_concerns_the_versions_it_lists_or_all(
    versions: tuple[str, ...], version: str | None, expected: bool
) -> None:
    """None listed means all of them; what lies between two versions does, pre-release or not."""
    assert concerns(threat("npm", versions), version) is expected


@pytest.mark.parametrize(
    ("listed", "version", "expected"),
    [("1.0", "1.0.0", True), ("1.0.0-beta1", "1.0.0b1", True), ("1.0", "1.0.1", False), ("odd", "1.0", False)],
)
def test_a_python_version_is_the_same_however_it_is_spelled(listed: str, version: str, expected: bool) -> None:
    """A report lists versions as somebody wrote them."""
    assert concerns(threat("pypi", (listed,)), version) is expected


def threat(ecosystem: str, versions: tuple[str, ...]) -> Threat:
    return Threat(
        id="MAL-1",
        package_name="left",
        ecosystem=ecosystem,
        threat_type="malicious_package",
        severity=Severity.CRITICAL,
        description="",
        source="osv",
        versions=versions,
    )
