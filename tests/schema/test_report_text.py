"""The reports that are written of what is known of packages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.confidence import Confidence
from adapters.sigil.models import Finding, Phase, PhaseName, Scan, ScanStatus, Severity, Threat, Verdict
from resolvers.report_text import Passage, defanged, on_scan, on_threat, report_of

JUDGED = (
    "Threat intelligence on the npm evil-box package version 6.6.6: a scan for supply chain compromise came to "
    "critical risk, with a score of 70."
)


def found(severity: Severity, snippet: str = "run()") -> Finding:
    return Finding(
        rule="rule",
        severity=severity,
        confidence=Confidence.HIGH,
        file="setup.js",
        description=f"A {severity.value} thing.",
        line=3,
        snippet=snippet,
    )


def scan_with(*findings: Finding) -> Scan:
    return Scan(
        id="scan",
        status=ScanStatus.COMPLETED,
        target="npm:evil-box@6.6.6",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        package_version="6.6.6",
        score=70,
        verdict=Verdict.CRITICAL_RISK,
        phases={PhaseName.INSTALL_HOOKS: Phase(findings=findings)},
    )


@pytest.mark.parametrize(
    ("indicator", "written"),
    [
        ("evil.example", "evil[.]example"),
        ("45.155.205.233", "45[.]155[.]205[.]233"),
        ("https://evil.example:8443/a.js?b=c.d", "hxxps://evil[.]example:8443/a.js?b=c.d"),
        ("evil[.]example", "evil[.]example"),
        ("9f86d081884c7d659a2feaa0c55ad015", "9f86d081884c7d659a2feaa0c55ad015"),
        ("/tmp/a.sh", "/tmp/a.sh"),
        ("C:\\a.exe", "C:\\a.exe"),
        ("2001:db8::1", "2001:db8::1"),
        ("", ""),
    ],
)
def test_indicators_are_defanged(indicator: str, written: str) -> None:
    """Hosts are, whether alone or in a URL; what has none stays as it is."""
    assert defanged(indicator) == written


def test_a_scan_is_told_gravest_finding_first() -> None:
    """With the place and the code of each, and what is said twice once."""
    grave, slight = found(Severity.CRITICAL, "a()\nb()"), found(Severity.INFO)
    text = report_of(on_scan(scan_with(slight, grave, grave), "npm evil-box"))
    assert text.splitlines() == [
        JUDGED,
        "",
        "A critical thing. (code that runs at installation, severity critical, in `setup.js` line 3)",
        "",
        "    a()",
        "    b()",
        "",
        "A info thing. (code that runs at installation, severity info, in `setup.js` line 3)",
        "",
        "    run()",
    ]


def test_a_report_that_is_too_long_keeps_what_matters_most() -> None:
    """Indicators and grave findings stay, in their order; what is slight goes."""
    threat = Threat(
        id="MAL-1",
        package_name="evil-box",
        ecosystem="npm",
        threat_type="malicious_package",
        severity=Severity.CRITICAL,
        description="x" * 10_000,
        source="tests",
        indicators=("evil.example",),
    )
    findings = [found(Severity.LOW, f"low{number}() {'x' * 490}") for number in range(500)]
    findings += [found(Severity.CRITICAL, "grave()"), found(Severity.INFO, "slight()")]
    text = report_of([*on_threat(threat), *on_scan(scan_with(*findings), "npm evil-box")])
    assert 49_000 < len(text) <= 50_000
    assert text.index("evil[.]example") < text.index("grave()") < text.index("low0()")
    assert "slight()" not in text
    assert "low499()" not in text


def test_the_lightest_passages_go_first() -> None:
    """Of equally light ones the last; the limit counts what stands between them."""
    passages = [Passage(1, "aaa"), Passage(0, "bbb"), Passage(1, "ccc"), Passage(2, "ddd")]
    assert report_of(passages, most=15) == "aaa\n\nccc\n\nddd"
    assert report_of(passages, most=10) == "aaa\n\nddd"
    assert report_of(passages, most=2) == ""
