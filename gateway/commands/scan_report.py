"""Scans as a report for people: verdict, phases, the lines that offend, known threats, what the policy says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from adapters.sigil.models import Finding, PhaseName, Scan
from gateway.commands.harmless import harmless
from gateway.commands.output import UNCUT
from gateway.commands.scan_words import SEVERITY_STYLES, verdict_text

MOST_FINDINGS = 20
MOST_LINES = 6


def print_report(scans: Sequence[Scan], console: Console) -> None:
    """Print scans, the worst last, where the eye is."""
    for scan in sorted(scans, key=lambda scan: (scan.error is not None, scan.score or 0)):
        for part in _parts(scan):
            console.print(part, highlight=False)
        console.print()


def report_text(scans: Sequence[Scan]) -> str:
    """Write the report as plain text."""
    written = StringIO()
    print_report(scans, Console(file=written, width=UNCUT, color_system=None, force_terminal=False))
    return written.getvalue()


def _parts(scan: Scan) -> Iterator[RenderableType]:
    yield Text.assemble((_title(scan), "bold"), "  ", verdict_text(scan))
    if scan.error is not None:
        return
    yield Padding(
        Text(" · ".join(f"{name} {phase.score}" for name, phase in scan.phases.items()), "dim"),
        (0, 0, 0, 2),
        expand=False,
    )
    for threat in scan.known_threats:
        yield Text.assemble("  ", ("KNOWN THREAT", "bold red"), f"  {harmless(threat)}")
    yield from _findings(scan)
    if scan.policy_result is not None:
        for violation in scan.policy_result.violations:
            yield Text.assemble("  ", (violation.rule, "red"), f"  {harmless(violation.message)}")


def _title(scan: Scan) -> str:
    version = scan.package_version or ""
    return harmless(scan.target if version in scan.target else f"{scan.target} ({scan.package_name} {version})")


def _findings(scan: Scan) -> Iterator[RenderableType]:
    found = [(name, finding) for name, phase in scan.phases.items() for finding in phase.findings]
    telling = [each for each in found if each[1].weight > 0]
    telling.sort(key=lambda each: each[1].weight, reverse=True)
    for name, finding in telling[:MOST_FINDINGS]:
        yield from _finding(name, finding)
    left = len(found) - len(telling[:MOST_FINDINGS])
    if left:
        yield Text(f"  and {left} more of less weight: --json has them", "dim")


def _finding(name: PhaseName, finding: Finding) -> Iterator[RenderableType]:
    line = f":{finding.line}" if finding.line else ""
    yield Text.assemble(
        "  ",
        (finding.severity.value, SEVERITY_STYLES[finding.severity]),
        (f"  {harmless(finding.rule)}", "bold"),
        f"  {harmless(finding.file)}{line}",
        (f"  {name} +{finding.weight:g}, {finding.confidence} confidence", "dim"),
    )
    yield Padding(Text(harmless(finding.description)), (0, 0, 0, 4), expand=False)
    if finding.snippet:
        yield Padding(_code(finding.snippet.splitlines()), (0, 0, 0, 4), expand=False)


def _code(lines: Iterable[str]) -> Text:
    shown = [harmless(line) for line in lines if line.strip()]
    left = ["…"] if len(shown) > MOST_LINES else []
    return Text("\n".join(f"│ {line}" for line in [*shown[:MOST_LINES], *left]), "magenta", overflow="fold")
