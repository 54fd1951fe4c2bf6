"""The score: what findings add up to."""

from __future__ import annotations

import pytest

from adapters.confidence import Confidence
from adapters.sigil.local.score import judge, verdict_of
from adapters.sigil.models import Finding, PhaseName, Severity, Verdict


def seen(
    rule: str = "some-rule",
    severity: Severity = Severity.HIGH,
    confidence: Confidence = Confidence.HIGH,
    file: str = "index.js",
    line: int | None = 1,
) -> Finding:
    return Finding(rule=rule, severity=severity, confidence=confidence, file=file, line=line, description="Something.")


def test_nothing_found_is_clean() -> None:
    """Without findings all six phases are there, in the order of the wire, and the score is 0."""
    phases, score, verdict = judge({})

    assert (list(phases), score, verdict) == (list(PhaseName), 0, Verdict.CLEAN)


def test_information_adds_nothing() -> None:
    """A finding that only informs leaves a package clean."""
    phases, score, verdict = judge({PhaseName.INSTALL_HOOKS: [seen(severity=Severity.INFO)]})

    assert (score, verdict) == (0, Verdict.CLEAN)
    assert len(phases[PhaseName.INSTALL_HOOKS].findings) == 1


@pytest.mark.parametrize(
    ("phase", "severity", "weight"),
    [
        (PhaseName.INSTALL_HOOKS, Severity.CRITICAL, 50),
        (PhaseName.INSTALL_HOOKS, Severity.LOW, 10),
        (PhaseName.CODE_PATTERNS, Severity.HIGH, 15),
        (PhaseName.NETWORK_EXFIL, Severity.MEDIUM, 6),
        (PhaseName.CREDENTIALS, Severity.HIGH, 6),
        (PhaseName.OBFUSCATION, Severity.CRITICAL, 25),
        (PhaseName.PROVENANCE, Severity.LOW, 1),
        (PhaseName.PROVENANCE, Severity.HIGH, 6),
    ],
)
def test_a_sure_finding_weighs_its_phase_times_its_points(phase: PhaseName, severity: Severity, weight: float) -> None:
    """The phase's weight times the severity's points is what a sure finding adds, in the finding, phase and total."""
    phases, score, _ = judge({phase: [seen(severity=severity)]})

    assert (score, phases[phase].score, phases[phase].findings[0].weight) == (weight, weight, weight)


@pytest.mark.parametrize("phase", list(PhaseName))
def test_one_sure_critical_finding_is_enough(phase: PhaseName) -> None:
    """A critical finding of high confidence makes a package HIGH_RISK by itself, whatever the phase."""
    _, score, _ = judge({phase: [seen(severity=Severity.CRITICAL)]})

    assert score >= 25


def test_doubt_lowers_the_weight() -> None:
    """The less sure a finding, the less it adds."""
    scores = [judge({PhaseName.CODE_PATTERNS: [seen(confidence=each)]})[1] for each in Confidence]

    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 3


def test_a_place_counts_once() -> None:
    """Several phases that see the same line count it once, where it weighs most, and still list it."""
    phases, score, _ = judge(
        {
            PhaseName.INSTALL_HOOKS: [seen("install-sends", Severity.CRITICAL)],
            PhaseName.NETWORK_EXFIL: [seen("data-leaves", Severity.CRITICAL)],
            PhaseName.CREDENTIALS: [seen("secret-leaves", Severity.CRITICAL)],
        }
    )

    assert score == 50
    assert phases[PhaseName.NETWORK_EXFIL].findings[0].weight == 0


def test_findings_without_a_line_are_no_shared_place() -> None:
    """Two things that concern a package as a whole both count."""
    _, score, _ = judge({PhaseName.PROVENANCE: [seen("one", line=None), seen("two", line=None)]})

    assert score == 12


def test_a_rule_counts_once_per_file() -> None:
    """The same rule on more lines of a file adds nothing."""
    _, score, _ = judge({PhaseName.CODE_PATTERNS: [seen(line=each) for each in range(1, 9)]})

    assert score == 15


def test_a_rules_share_is_capped() -> None:
    """A rule that matches a thousand files adds at most twice what it adds for one."""
    _, score, _ = judge({PhaseName.CODE_PATTERNS: [seen(file=f"{each}.js") for each in range(1000)]})

    assert score == 30


def test_many_weak_hints_stay_below_high_risk() -> None:
    """Hundreds of hints of low severity or low confidence never make a package HIGH_RISK."""
    hints = {
        phase: [
            seen(f"{phase}-{severity}-{confidence}-{each}", severity, confidence, file=f"{phase}{severity}{each}.js")
            for each in range(50)
            for severity, confidence in (
                (Severity.LOW, Confidence.HIGH),
                (Severity.MEDIUM, Confidence.HIGH),
                (Severity.CRITICAL, Confidence.LOW),
            )
        ]
        for phase in PhaseName
    }

    _, score, verdict = judge(hints)

    assert 10 <= score < 25
    assert verdict is Verdict.MEDIUM_RISK


def test_anything_that_counts_shows() -> None:
    """A weight that rounds to nothing still takes a phase out of 0."""
    phases, score, verdict = judge(
        {PhaseName.CREDENTIALS: [seen(severity=Severity.LOW, confidence=Confidence.LOW)]},
    )

    assert (phases[PhaseName.CREDENTIALS].score, score, verdict) == (1, 1, Verdict.LOW_RISK)


@pytest.mark.parametrize(
    ("score", "verdict"),
    [
        (0, Verdict.CLEAN),
        (1, Verdict.LOW_RISK),
        (9, Verdict.LOW_RISK),
        (10, Verdict.MEDIUM_RISK),
        (24, Verdict.MEDIUM_RISK),
        (25, Verdict.HIGH_RISK),
        (49, Verdict.HIGH_RISK),
        (50, Verdict.CRITICAL_RISK),
    ],
)
def test_bands(score: int, verdict: Verdict) -> None:
    """The bands are those of the contract."""
    assert verdict_of(score) is verdict
