"""Policies: what passes, what breaks them, and what they say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.confidence import Confidence
from adapters.errors import InvalidInput
from adapters.sigil.local.policy import NAMED, evaluate, policy_named
from adapters.sigil.models import Finding, Phase, PhaseName, Policy, Scan, ScanStatus, Severity, Verdict

FINDING = Finding(
    rule="env-to-webhook",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    file="index.js",
    description="The environment is sent away.",
)


def scan(score: int = 0, target: str = "npm:express@4.18.2", **given: Any) -> Scan:
    findings = (FINDING,) if score else ()
    phases = {name: Phase(score=0) for name in PhaseName}
    phases[PhaseName.NETWORK_EXFIL] = Phase(score=score, findings=findings)
    fields: dict[str, Any] = {"phases": phases, "package_version": target.rpartition("@")[2], **given}
    return Scan(
        id="scan_1",
        status=ScanStatus.COMPLETED,
        target=target,
        created_at=datetime(2026, 2, 19, tzinfo=UTC),
        score=score,
        verdict=Verdict.CLEAN if score == 0 else Verdict.HIGH_RISK,
        **fields,
    )


@pytest.mark.parametrize("name", NAMED)
def test_a_clean_scan_passes_every_named_policy(name: str) -> None:
    """Also the one that wants all phases: a phase without findings was run."""
    result = evaluate(policy_named(name), scan())
    assert result.passed
    assert (result.result, result.violations) == ("pass", ())


@pytest.mark.parametrize(("score", "passed"), [(24, True), (25, False), (60, False)])
def test_the_default_policy_fails_high_risk_or_worse(score: int, passed: bool) -> None:
    """The band begins at 25 points."""
    assert evaluate(policy_named("default"), scan(score)).passed is passed


@pytest.mark.parametrize("name", NAMED)
def test_a_known_threat_breaks_every_policy(name: str) -> None:
    """However clean it looks."""
    result = evaluate(policy_named(name), scan(known_threats=("MAL-2024-1",)))
    (violation,) = result.violations
    assert (violation.rule, violation.severity) == ("known_threat", Severity.CRITICAL)
    assert "MAL-2024-1" in violation.message


@pytest.mark.parametrize(
    ("policy", "broken"),
    [
        (Policy(name="mine", max_score=10), ["max_score"]),
        (Policy(name="mine", max_severity=Severity.MEDIUM), ["max_severity"]),
        (Policy(name="mine", max_severity=Severity.HIGH), []),
        (Policy(name="mine", phase_limits={PhaseName.NETWORK_EXFIL: 5}), ["phase_limits.network_exfil"]),
        (Policy(name="mine", phase_limits={PhaseName.OBFUSCATION: 0}), []),
        (Policy(name="mine", require_phases=(PhaseName.PROVENANCE,)), []),
        (Policy(name="mine", blocked_packages=("express",)), ["blocked_packages"]),
        (Policy(name="mine", blocked_packages=("npm:exp*@^4",)), ["blocked_packages"]),
        (Policy(name="mine", blocked_packages=("npm:express@^5", "pypi:express", "lodash")), []),
        (Policy(name="mine", allowed_packages=("lodash", "npm:express@>=4 <5")), []),
        (Policy(name="mine", allowed_packages=("lodash",)), ["allowed_packages"]),
        (Policy(name="mine", max_score=10, blocked_packages=("*",)), ["max_score", "blocked_packages"]),
    ],
)
def test_each_rule_is_broken_by_what_it_forbids(policy: Policy, broken: list[str]) -> None:
    """Violations name the rule, and pass and fail follow from them."""
    result = evaluate(policy, scan(20))
    assert [violation.rule for violation in result.violations] == broken
    assert result.passed is not bool(broken)
    assert all(violation.message for violation in result.violations)


def test_scoped_packages_and_python_specifiers_are_patterns() -> None:
    """Globs in names, ranges after `@` or as pip writes them."""
    scoped = Policy(name="mine", blocked_packages=("@acme/*",))
    assert not evaluate(scoped, scan(target="npm:@acme/tool@1.0.0")).passed
    python = Policy(name="mine", blocked_packages=("pypi:requests>=2,<3",))
    assert not evaluate(python, scan(target="pypi:requests==2.32.3", package_version="2.32.3")).passed
    assert evaluate(python, scan(target="pypi:requests==3.0", package_version="3.0")).passed


@pytest.mark.parametrize("pattern", ["pypi:Flask_Login", "Flask.Login", "flask_*", "pypi:FLASK-login==0.6"])
def test_a_name_of_pypi_is_the_same_however_it_is_spelled(pattern: str) -> None:
    """Case, dots, dashes and underscores make no other package of it, in a scan's target neither."""
    policy = Policy(name="mine", blocked_packages=(pattern,))
    for target in ("pypi:flask-login==0.6", "pypi:Flask_Login==0.6"):
        assert not evaluate(policy, scan(target=target, package_version="0.6")).passed
    assert evaluate(policy, scan(target="npm:flask-login@0.6.0", package_version="0.6.0")).passed


@pytest.mark.parametrize(("version", "passed"), [("1.5.0-beta.1", False), ("1.0.0-rc.1", False), ("2.0.0-rc.1", True)])
def test_a_pre_release_is_blocked_with_its_release(version: str, passed: bool) -> None:
    """Though npm would not install it for such a range, somebody who asked for the very version got it."""
    blocking = Policy(name="mine", blocked_packages=("npm:left@^1",))
    left = scan(target=f"npm:left@{version}", package_version=version)
    assert evaluate(blocking, left).passed is passed
    assert not evaluate(Policy(name="mine", allowed_packages=("npm:left@^1",)), left).passed


def test_a_phase_that_was_not_run_breaks_a_policy_that_wants_it() -> None:
    """Only its absence does."""
    wanted = Policy(name="mine", require_phases=(PhaseName.OBFUSCATION,))
    result = evaluate(wanted, scan(phases={PhaseName.PROVENANCE: Phase()}))
    assert [violation.rule for violation in result.violations] == ["require_phases"]


@pytest.mark.parametrize("pattern", ["", "npm:", "npm:express@>>4"])
def test_a_pattern_that_can_not_be_read_is_refused(pattern: str) -> None:
    """The error names the field and the cure."""
    with pytest.raises(InvalidInput) as refused:
        evaluate(Policy(name="mine", blocked_packages=(pattern,)), scan())
    assert refused.value.field == "blocked_packages"


def test_an_unknown_name_is_refused_with_the_choice() -> None:
    """The names that exist are told."""
    with pytest.raises(InvalidInput, match="default, strict, permissive"):
        policy_named("nonsense")
