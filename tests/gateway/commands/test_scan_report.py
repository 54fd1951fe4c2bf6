"""The report of scans: readable, and harmless whatever a package holds."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace
from rich.console import Console

from adapters.confidence import Confidence
from adapters.sigil.models import (
    Finding,
    Phase,
    PhaseName,
    PolicyResult,
    PolicyViolation,
    Scan,
    ScanError,
    ScanStatus,
    Severity,
    Verdict,
)
from gateway.commands.harmless import harmless
from gateway.commands.scan_progress import shown_progress
from gateway.commands.scan_report import MOST_FINDINGS, report_text

FINDING = Finding(
    rule="download-and-run",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    file="index.js",
    line=3,
    snippet="first\nsecond",
    description="It runs.",
    weight=9.0,
)


def scan(*findings: Finding, **given: Any) -> Scan:
    fields: dict[str, Any] = {
        "target": "npm:box@1.0.0",
        "package_name": "box",
        "package_version": "1.0.0",
        "score": 9,
        "verdict": Verdict.LOW_RISK,
        "phases": {PhaseName.CODE_PATTERNS: Phase(score=9, findings=findings)},
        "policy_result": PolicyResult(policy="default", passed=True, result="pass"),
        **given,
    }
    return Scan(id="scan_1", status=ScanStatus.COMPLETED, created_at=datetime(2099, 1, 1, tzinfo=UTC), **fields)


def test_a_finding_is_told_with_its_code() -> None:
    """Rule, place and weight on a line, then a sentence, then the code."""
    lines = report_text([scan(FINDING)]).splitlines()
    assert [line.rstrip() for line in lines if line.strip()] == [
        "npm:box@1.0.0  LOW_RISK with 9 points, passes the policy default",
        "  code_patterns 9",
        "  high  download-and-run  index.js:3  code_patterns +9, medium confidence",
        "    It runs.",
        "    │ first",
        "    │ second",
    ]


def test_the_weightiest_findings_come_first_and_the_rest_is_counted() -> None:
    """A package with a thousand findings does not bury the one that matters."""
    many = [replace(FINDING, rule=f"rule-{number}", weight=float(number)) for number in range(50)]
    told = report_text([scan(*many)])
    assert told.index("rule-49") < told.index("rule-48")
    assert told.count("It runs.") == MOST_FINDINGS
    assert "and 30 more of less weight" in told


def test_the_worst_scan_comes_last() -> None:
    """Where the eye is when the command ends; those that failed are not overlooked."""
    failed = scan(target="npm:lost", error=ScanError(code="not_found", message="It is not there"))
    worst = scan(target="npm:worst@1.0.0", score=90)
    told = report_text([failed, worst, scan(score=0)])
    assert told.index("npm:box") < told.index("npm:worst") < told.index("npm:lost")
    assert "could not be scanned: It is not there" in told


def test_why_the_policy_fails_is_told() -> None:
    """With the rule and its sentence."""
    violation = PolicyViolation(rule="blocked_packages", message="npm:box is blocked by 'b*'")
    result = PolicyResult(policy="ours", passed=False, result="fail", violations=(violation,))
    told = report_text([scan(policy_result=result)])
    assert "fails the policy ours" in told
    assert "blocked_packages  npm:box is blocked by 'b*'" in told


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b]0;title\x07", r"\x1b[2J\x1b]0;title\x07"),
        ("a\rb\x08c\x9b31m", r"a\rb\x08c\x9b31m"),
        ("safe\u202egpj.exe\u2066", r"safe\u202egpj.exe\u2066"),
        ("zero\u200bwidth\u2028", r"zero\u200bwidth\u2028"),
        ("tag\U000e0041 \ud800", r"tag\U000e0041 \ud800"),
        ("tab\tand\nline", "tab    and\nline"),
        ("Grüße, 漢字 [red]", "Grüße, 漢字 [red]"),
    ],
)
def test_what_could_steer_a_terminal_is_spelled_out(text: str, shown: str) -> None:
    """Escape sequences, text that runs backwards and what can't be seen; letters of all scripts stay."""
    assert harmless(text) == shown


@pytest.mark.parametrize("field", ["file", "snippet", "rule", "target", "package_name", "error", "threat", "message"])
def test_no_text_of_a_package_reaches_the_terminal_as_it_is(field: str) -> None:
    """Neither control characters nor markup, wherever they come from."""
    evil = "\x1b[31m\u202e[bold]x[/bold]"
    places: dict[str, dict[str, Any]] = {
        "target": {"target": evil},
        "package_name": {"package_name": evil, "target": "file:x"},
        "error": {"error": ScanError(code="x", message=evil)},
        "threat": {"known_threats": (evil,)},
        "message": {
            "policy_result": PolicyResult(
                policy="x", passed=False, result="fail", violations=(PolicyViolation(rule="x", message=evil),)
            )
        },
    }
    finding = replace(FINDING, **{field: evil}) if field in {"file", "snippet", "rule"} else FINDING
    told = report_text([scan(finding, **places.get(field, {}))])
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert r"\x1b[31m\u202e[bold]x[/bold]" in told


def test_a_terminal_shows_each_step() -> None:
    """The step that runs is named; a scan that has ended becomes a line."""
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=120)
    with shown_progress(console) as progress:
        told = progress.begin("npm:box@1.0.0")
        told("fetch")
        progress.refresh()
        told("analyse")
        told("obfuscation")
        progress.refresh()
        progress.end("npm:box@1.0.0", scan())
    shown = written.getvalue()
    assert shown.index("analyse") < shown.index("install_hooks") < shown.index("LOW_RISK")


def test_no_terminal_shows_a_line_for_each_scan() -> None:
    """A log holds no bars."""
    written = io.StringIO()
    with shown_progress(Console(file=written, force_terminal=False, width=40)) as progress:
        for step in ("fetch", "analyse"):
            progress.begin(f"npm:{step}")(step)
        for step in ("fetch", "analyse"):
            progress.end(f"npm:{step}", scan(duration_ms=1234))
    line = "npm:box@1.0.0  LOW_RISK with 9 points, passes the policy default  1.2 s"
    assert written.getvalue().splitlines() == [line, line]
