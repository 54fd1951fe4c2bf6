"""Scans as SARIF: what its schema asks, and where findings lie."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace
from sarif_kit import validation_errors  # type: ignore[import-untyped] # ships no types

from adapters.confidence import Confidence
from adapters.sigil.models import Finding, Phase, PhaseName, Scan, ScanError, ScanStatus, Severity
from gateway.commands.sarif import sarif_of

FINDING = Finding(
    rule="install-downloads-and-runs",
    severity=Severity.CRITICAL,
    confidence=Confidence.HIGH,
    file="lib/set up.js",
    line=7,
    snippet="exec(`curl ${host}`)",
    description="Installing fetches a program and runs it at once.",
)


def scan(*findings: Finding, **given: Any) -> Scan:
    fields: dict[str, Any] = {
        "target": "npm:@box/evil@6.6.6",
        "ecosystem": "npm",
        "package_name": "@box/evil",
        "package_version": "6.6.6",
        "phases": {PhaseName.INSTALL_HOOKS: Phase(score=50, findings=findings)},
        **given,
    }
    return Scan(id="scan_1", status=ScanStatus.COMPLETED, created_at=datetime(2099, 1, 1, tzinfo=UTC), **fields)


def run_of(*scans: Scan) -> Any:
    """Give the one run of a document that its schema accepts."""
    document = json.loads(sarif_of(scans))
    assert validation_errors(document) == []
    (run,) = document["runs"]
    return run


def test_no_findings_are_a_whole_document() -> None:
    """Nobody takes an empty list of results for a scan that failed."""
    run = run_of(scan())
    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_a_finding_has_its_rule_place_and_snippet() -> None:
    """The path is a URL below the package's name."""
    run = run_of(scan(FINDING))
    (result,) = run["results"]
    (location,) = result["locations"]
    assert (result["ruleId"], result["level"]) == ("install-downloads-and-runs", "error")
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "npm/%40box/evil%406.6.6/lib/set%20up.js"},
        "region": {"startLine": 7, "snippet": {"text": "exec(`curl ${host}`)"}},
    }
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["properties"] == {
        "tags": ["security", "supply-chain", "install_hooks"],
        "security-severity": "9.5",
    }


@pytest.mark.parametrize(
    ("target", "uri"),
    [
        ("file:.", "lib/set%20up.js"),
        ("file:vendor/evil", "vendor/evil/lib/set%20up.js"),
        ("file:./evil-6.6.6.tgz", "evil-6.6.6.tgz/lib/set%20up.js"),
        ("file:/srv/evil", "/srv/evil/lib/set%20up.js"),
    ],
)
def test_files_of_a_path_lie_below_it(target: str, uri: str) -> None:
    """So that a code host finds them in the repository that was scanned."""
    (result,) = run_of(scan(FINDING, target=target, ecosystem="file"))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_a_finding_without_a_line_has_no_region() -> None:
    """SARIF knows no line 0."""
    (result,) = run_of(scan(replace(FINDING, line=None)))["results"]
    assert "region" not in result["locations"][0]["physicalLocation"]


def test_a_rule_is_told_once_with_its_gravest_severity() -> None:
    """However often it is found, and in whichever order; each result has its own level."""
    mild = replace(FINDING, severity=Severity.LOW, file="test.js")
    run = run_of(scan(FINDING, mild))
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["properties"]["security-severity"] == "9.5"
    assert [result["level"] for result in run["results"]] == ["error", "note"]


def test_fingerprints_outlive_a_shifted_line_and_a_new_version() -> None:
    """A code host tells by them which finding it has shown before; another file is another finding."""
    moved = scan(replace(FINDING, line=9), package_version="6.6.7", target="npm:@box/evil@6.6.7")
    elsewhere = scan(replace(FINDING, file="b.js"))
    prints = [run_of(each)["results"][0]["partialFingerprints"] for each in (scan(FINDING), moved, elsewhere)]
    assert prints[0] == prints[1] != prints[2]


def test_a_known_threat_is_a_result() -> None:
    """It is one even where no phase finds anything."""
    (result,) = run_of(scan(known_threats=("MAL-2099-1",)))["results"]
    assert (result["ruleId"], result["level"]) == ("known-threat", "error")
    assert result["message"]["text"] == "@box/evil@6.6.6: The package is known to be malicious: MAL-2099-1"


def test_a_scan_that_failed_is_told() -> None:
    """The others' results are there; text in brackets is no link."""
    failed = scan(phases={}, error=ScanError(code="not_found", message="no [package](https://evil.invalid)"))
    run = run_of(failed, scan(FINDING))
    assert len(run["results"]) == 1
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    (told,) = invocation["toolExecutionNotifications"]
    assert told["message"]["text"] == r"npm:@box/evil@6.6.6: no \[package\](https://evil.invalid)"


def test_names_that_no_encoding_takes_are_written_all_the_same() -> None:
    """An archive's path may hold half a character."""
    (result,) = run_of(scan(replace(FINDING, file="a\ud800\x00.js", snippet="\x1b[2J\u202e")))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith("a%3F%00.js")
