"""The policy engine: holds a completed scan against rules on its score, findings, phases and package."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from types import MappingProxyType

from adapters.errors import InvalidInput
from adapters.packages import canonical_package_of
from adapters.sigil.models import PhaseName, Policy, PolicyResult, PolicyViolation, Scan, Severity
from adapters.sigil.versions import BadRange, in_range

_SEVERITIES = tuple(Severity)
_SEPARATORS = re.compile(r"[-_.]+")
_PATTERN = re.compile(
    r"(?:(?P<ecosystem>npm|pypi):)?(?P<name>@?[^@=<>~!:\s]+)\s*(?:@(?P<range>.+)|(?P<specifier>[=<>~!].+))?", re.DOTALL
)

NAMED: Mapping[str, Policy] = MappingProxyType(
    {
        "default": Policy(name="default", max_score=24),
        "strict": Policy(name="strict", max_score=9, max_severity=Severity.LOW, require_phases=tuple(PhaseName)),
        "permissive": Policy(name="permissive", max_score=49),
    }
)
"""The policies that can be named. A known threat breaks each; `default` fails high risk (25 points) or worse."""


def policy_named(name: str) -> Policy:
    """Give a named policy; raises InvalidInput."""
    if name not in NAMED:
        message = f"There is no policy {name[:100]!r}: choose from {', '.join(NAMED)}, or give one whole"
        raise InvalidInput("validation_error", message, "policy")
    return NAMED[name]


def evaluate(policy: Policy, scan: Scan) -> PolicyResult:
    """Hold a completed scan against a policy; raises InvalidInput for a pattern that can't be read."""
    violations = tuple(_violations(policy, scan))
    return PolicyResult(
        policy=policy.name,
        passed=not violations,
        result="fail" if violations else "pass",
        violations=violations,
        evaluated_at=datetime.now(UTC).replace(microsecond=0),
    )


def _violations(policy: Policy, scan: Scan) -> Iterator[PolicyViolation]:
    yield from _on_threats(scan)
    yield from _on_score(policy, scan)
    yield from _on_severity(policy, scan)
    yield from _on_packages(policy, scan)
    yield from _on_phases(policy, scan)


def _on_threats(scan: Scan) -> Iterator[PolicyViolation]:
    for threat in scan.known_threats:
        message = f"The package is known to be malicious: {threat}"
        yield PolicyViolation(rule="known_threat", message=message, severity=Severity.CRITICAL, actual=threat)


def _on_score(policy: Policy, scan: Scan) -> Iterator[PolicyViolation]:
    if policy.max_score is not None and (scan.score or 0) > policy.max_score:
        yield PolicyViolation(
            rule="max_score",
            message=f"The score is {scan.score} ({scan.verdict}): at most {policy.max_score} is allowed",
            severity=Severity.HIGH,
            actual=str(scan.score),
            expected=str(policy.max_score),
        )


def _on_severity(policy: Policy, scan: Scan) -> Iterator[PolicyViolation]:
    if policy.max_severity is None:
        return
    most = _SEVERITIES.index(policy.max_severity)
    for phase in scan.phases.values():
        for finding in phase.findings:
            if _SEVERITIES.index(finding.severity) > most:
                yield PolicyViolation(
                    rule="max_severity",
                    message=f"{finding.rule} in {finding.file} is {finding.severity}: {finding.description}",
                    severity=finding.severity,
                    actual=finding.severity.value,
                    expected=policy.max_severity.value,
                )


def _on_packages(policy: Policy, scan: Scan) -> Iterator[PolicyViolation]:
    shown = scan.target
    for pattern in policy.blocked_packages:
        if _matches(pattern, scan, "blocked_packages", with_prereleases=True):
            message = f"{shown} is blocked by {pattern!r}"
            yield PolicyViolation(rule="blocked_packages", message=message, severity=Severity.HIGH, actual=shown)
    allowed = policy.allowed_packages
    if allowed and not any(_matches(pattern, scan, "allowed_packages") for pattern in allowed):
        message = f"{shown} is none of the allowed packages"
        expected = ", ".join(allowed)
        yield PolicyViolation(
            rule="allowed_packages", message=message, severity=Severity.HIGH, actual=shown, expected=expected
        )


def _on_phases(policy: Policy, scan: Scan) -> Iterator[PolicyViolation]:
    for name, limit in policy.phase_limits.items():
        score = scan.phases[name].score if name in scan.phases else 0
        if score > limit:
            message = f"The phase {name} scores {score}: at most {limit} is allowed"
            rule = f"phase_limits.{name}"
            yield PolicyViolation(
                rule=rule, message=message, severity=Severity.MEDIUM, actual=str(score), expected=str(limit)
            )
    for name in policy.require_phases:
        if name not in scan.phases:
            message = f"The phase {name} was not run"
            yield PolicyViolation(rule="require_phases", message=message, severity=Severity.HIGH, expected=name.value)


def _matches(pattern: str, scan: Scan, field: str, *, with_prereleases: bool = False) -> bool:
    """Say whether a pattern such as `lodash`, `npm:@scope/*` or `pypi:requests>=2,<3` names the scanned package.

    A name of PyPI is the same however it is spelled. npm's ranges hold few pre-releases: `with_prereleases` they hold
    those of each release that they hold.
    """
    found = _PATTERN.fullmatch(pattern.strip())
    if found is None:
        message = f"{pattern[:100]!r} names no package: write npm:name@range or pypi:name==version, globs allowed"
        raise InvalidInput("validation_error", message, field)
    package = canonical_package_of(scan.target)
    name = _SEPARATORS.sub("-", found["name"]).lower() if package.ecosystem == "pypi" else found["name"]
    if found["ecosystem"] not in (None, package.ecosystem) or not fnmatchcase(package.name, name):
        return False
    expression = found["range"] or found["specifier"] or ""
    version = scan.package_version or ""
    versions = {version, version.partition("-")[0]} if with_prereleases and package.ecosystem == "npm" else {version}
    try:
        return not expression or any(in_range(package.ecosystem, each, expression) for each in versions)
    except BadRange as error:
        raise InvalidInput("validation_error", f"{pattern[:100]!r}: {error}", field) from None
