"""The text of reports on what is known of packages and their deploys, as passages that CloudSigma reads well."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from textwrap import indent

import msgspec

from adapters.cloudlink.models import Deploy, Regression
from adapters.cloudsigma.validation import MAX_TEXT_CHARACTERS
from adapters.sigil.models import Finding, PhaseName, Scan, Severity, Threat

LONGEST_PARAGRAPH = 4_000
"""Characters of a description; the rest is left out."""
LONGEST_WORD = 500
"""Characters of a name, a path or an indicator."""
MOST_INDICATORS = 100
_PHASES = {
    PhaseName.INSTALL_HOOKS: "code that runs at installation",
    PhaseName.CODE_PATTERNS: "malicious code",
    PhaseName.NETWORK_EXFIL: "exfiltration",
    PhaseName.CREDENTIALS: "credential access",
    PhaseName.OBFUSCATION: "obfuscated code",
    PhaseName.PROVENANCE: "origin of the package",
}
_BETWEEN = "\n\n"
_SEVERITIES = tuple(Severity)
_ABOVE_FINDINGS = len(_SEVERITIES)
_HEADING = _ABOVE_FINDINGS + 1
_HOSTS = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE)


class Passage(msgspec.Struct, frozen=True):
    """A piece of a report; the heavier, the longer it stays where all is too much."""

    weight: int
    text: str


def report_of(passages: Iterable[Passage], most: int = MAX_TEXT_CHARACTERS) -> str:
    """Join distinct passages in their order; of too many, the lightest are left out, and of these the last."""
    distinct = list({passage.text: passage for passage in passages}.values())
    by_weight = sorted(range(len(distinct)), key=lambda place: -distinct[place].weight)
    kept, length = set[int](), 0
    for place in by_weight:
        length += len(distinct[place].text) + len(_BETWEEN)
        if length > most + len(_BETWEEN):
            break
        kept.add(place)
    return _BETWEEN.join(distinct[place].text for place in sorted(kept))


def on_scan(scan: Scan, package: str) -> Iterator[Passage]:
    """Tell of a scan, and what it found, gravest first."""
    version = f" version {scan.package_version}" if scan.package_version else ""
    judged = scan.verdict.value.replace("_", " ") if scan.verdict is not None else "no verdict"
    subject = _short(f"the {package} package{version}")
    opening = f"Threat intelligence on {subject}: a scan for supply chain compromise came to {judged}"
    yield Passage(_HEADING, f"{opening}, with a score of {scan.score or 0}.")
    found = [(phase, finding) for phase in PhaseName if phase in scan.phases for finding in scan.phases[phase].findings]
    for phase, finding in sorted(found, key=lambda one: -_SEVERITIES.index(one[1].severity)):
        yield Passage(_SEVERITIES.index(finding.severity), _finding(phase, finding))


def on_threat(threat: Threat) -> Iterator[Passage]:
    """Tell of a known threat, and of its indicators, defanged, as they are known to be ones."""
    kind = threat.threat_type.replace("_", " ")
    versions = f" in versions {', '.join(threat.versions)}" if threat.versions else ""
    named = _short(f"{threat.ecosystem} package {threat.package_name}{versions}")
    yield Passage(_HEADING, f"Known threat {_short(threat.id)}: {kind} of severity {threat.severity.value}, {named}.")
    yield Passage(_ABOVE_FINDINGS, threat.description[:LONGEST_PARAGRAPH])
    for indicator in threat.indicators[:MOST_INDICATORS]:
        yield Passage(_HEADING, f"Indicator of compromise: {_short(defanged(indicator))}")


def on_deploys(deploys: Iterable[Deploy]) -> Iterator[Passage]:
    """Tell where a package was deployed to."""
    for deploy in deploys:
        yield Passage(_ABOVE_FINDINGS, f"It was shipped by {_deploy(deploy)}.")


def on_regression(regression: Regression, deploy: Deploy) -> Iterator[Passage]:
    """Tell of a rise of cost and the deploy that caused it."""
    rise = f"from {regression.baseline_usd_per_hour:.2f} to {regression.post_deploy_usd_per_hour:.2f} USD an hour"
    yield Passage(
        _HEADING,
        f"The cost of {_short(regression.service)} rose by {regression.change_pct:.0f} percent, {rise}, "
        f"after {_deploy(deploy)}. This report tells what is known of the packages that it shipped.",
    )


def defanged(indicator: str) -> str:
    """Write an address, a domain or a URL so that nobody takes it for a link; anything else stays as it is."""
    scheme, separator, rest = indicator.rpartition("://")
    host = re.split(r"[/?#:]", rest, maxsplit=1)[0]
    if not _HOSTS.fullmatch(host) or (not separator and host != rest):
        return indicator
    harmless = re.sub("^http", "hxxp", scheme, flags=re.IGNORECASE)
    return f"{harmless}{separator}{host.replace('.', '[.]')}{rest[len(host) :]}"


def _finding(phase: PhaseName, finding: Finding) -> str:
    line = f" line {finding.line}" if finding.line else ""
    kind = f"{_PHASES[phase]}, severity {finding.severity.value}"
    told = f"{_short(finding.description)} ({kind}, in `{_short(finding.file)}`{line})"
    return f"{told}\n\n{indent(_short(finding.snippet), '    ')}" if finding.snippet else told


def _deploy(deploy: Deploy) -> str:
    version = f" {deploy.version}" if deploy.version else ""
    at = f"{deploy.deployed_at:%Y-%m-%d %H:%M} UTC"
    return f"the deploy{_short(version)} of {_short(deploy.service)} to {_short(deploy.environment)} on {at}"


def _short(text: str) -> str:
    return text[:LONGEST_WORD]
