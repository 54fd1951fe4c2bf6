"""What the benchmark over the dependencies scans, and how it counts."""

from __future__ import annotations

import json

from adapters.confidence import Confidence
from adapters.sigil.models import Finding, Severity, Verdict
from bench.dependencies import locked_targets, npm_targets, pypi_targets, table
from bench.timed_scan import TimedScan


def test_each_package_of_npms_lock_is_scanned_once_per_version() -> None:
    """By its own name, scopes and copies within others included; links and the project itself left out."""
    packages = {
        "": {"name": "console", "version": "0.1.0"},
        "node_modules/@a/b": {"version": "1.0.0"},
        "node_modules/c": {"version": "2.0.0"},
        "node_modules/@a/b/node_modules/c": {"version": "3.0.0"},
        "node_modules/d/node_modules/c": {"version": "2.0.0"},
        "node_modules/alias": {"name": "real", "version": "1.2.3"},
        "node_modules/here": {"link": True, "resolved": "packages/here"},
    }
    expected = ["npm:@a/b@1.0.0", "npm:c@2.0.0", "npm:c@3.0.0", "npm:real@1.2.3"]
    assert npm_targets(json.dumps({"packages": packages}).encode()) == expected


def test_each_pin_of_the_python_lock_is_scanned() -> None:
    """Those for other platforms, too; comments and options are none."""
    lock = "# made by uv\n-i https://x.invalid\nanyio==4.1 # via y\ncolorama==0.4.6 ; sys_platform == 'win32'\n\n"
    assert pypi_targets(lock) == ["pypi:anyio==4.1", "pypi:colorama==0.4.6"]


def test_the_locks_hold_well_over_150_packages() -> None:
    """As the benign set must."""
    assert len(locked_targets()) > 150


def test_the_table_counts_verdicts_and_tells_why_one_is_flagged() -> None:
    """Medians are those of the scans that were done."""
    finding = Finding(
        rule="download-and-run",
        severity=Severity.CRITICAL,
        confidence=Confidence.HIGH,
        file="a.js",
        line=3,
        description="It runs.",
        weight=25.0,
    )
    scans = [
        TimedScan(target="npm:a", seconds=1.0, size=1_000_000, score=0, verdict=Verdict.CLEAN),
        TimedScan(target="npm:b", seconds=3.0, size=9, score=25, verdict=Verdict.HIGH_RISK, findings=(finding,)),
        TimedScan(target="npm:c", seconds=0.0, error="It is not there"),
    ]
    told = "\n".join(table(scans))
    assert "packages        3, 1 could not be scanned\n  npm:c: It is not there" in told
    assert "flagged            1  50.0% at HIGH_RISK or worse" in told
    assert "  25 npm:b\n       +25 critical/high download-and-run a.js:3" in told
    assert "median 2.00, p95 3.00" in told
    assert "median 1.00 of 1 packages" in told
