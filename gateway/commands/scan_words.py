"""How scans are put into words on a terminal."""

from __future__ import annotations

from rich.text import Text

from adapters.sigil.models import Scan, Severity, Verdict
from gateway.commands.harmless import harmless

VERDICT_STYLES = {
    Verdict.CLEAN: "green",
    Verdict.LOW_RISK: "green",
    Verdict.MEDIUM_RISK: "yellow",
    Verdict.HIGH_RISK: "bold red",
    Verdict.CRITICAL_RISK: "bold red",
}
SEVERITY_STYLES = {
    Severity.INFO: "dim",
    Severity.LOW: "cyan",
    Severity.MEDIUM: "yellow",
    Severity.HIGH: "red",
    Severity.CRITICAL: "bold red",
}


def verdict_text(scan: Scan) -> Text:
    """Say in a few words what came of a scan."""
    if scan.error is not None:
        return Text(f"could not be scanned: {harmless(scan.error.message)}", "red")
    if scan.verdict is None or scan.policy_result is None:
        return Text(scan.status.value)
    passed = scan.policy_result.passed
    return Text.assemble(
        (scan.verdict.upper(), VERDICT_STYLES[scan.verdict]),
        f" with {scan.score} points, ",
        ("passes" if passed else "fails", "green" if passed else "bold red"),
        f" the policy {harmless(scan.policy_result.policy)}",
    )
