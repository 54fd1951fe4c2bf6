"""From findings to points and a verdict: what each adds, what a phase comes to, and what the sum means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from adapters.confidence import Confidence
from adapters.sigil.models import Finding, Phase, PhaseName, Severity, Verdict

HIGH_RISK = 25
_BANDS = ((50, Verdict.CRITICAL_RISK), (HIGH_RISK, Verdict.HIGH_RISK), (10, Verdict.MEDIUM_RISK), (1, Verdict.LOW_RISK))
_PHASES = {
    PhaseName.INSTALL_HOOKS: 10,
    PhaseName.CODE_PATTERNS: 5,
    PhaseName.NETWORK_EXFIL: 3,
    PhaseName.CREDENTIALS: 2,
    PhaseName.OBFUSCATION: 5,
}
_PROVENANCE = {Severity.INFO: 1, Severity.LOW: 1, Severity.MEDIUM: 1, Severity.HIGH: 2, Severity.CRITICAL: 3}
_POINTS = {Severity.INFO: 0, Severity.LOW: 1, Severity.MEDIUM: 2, Severity.HIGH: 3, Severity.CRITICAL: 5}
_SURENESS = {Confidence.HIGH: 1.0, Confidence.MEDIUM: 0.6, Confidence.LOW: 0.2}
_AGAIN = 0.5
_WEAK_TOGETHER = 20.0


def judge(findings: Mapping[PhaseName, Sequence[Finding]]) -> tuple[dict[PhaseName, Phase], int, Verdict]:
    """Weigh findings: all six phases with what each finding adds, the total, and what it means.

    A place counts once, in the phase where it weighs most. A rule counts once per file, and each further file half of
    the one before. What is weak or unsure adds up to 20 points at most, so that it never makes a package HIGH_RISK; a
    critical finding of high confidence is enough for that by itself.
    """
    entries = [_Entry(phase, each) for phase in PhaseName for each in findings.get(phase, ())]
    _count_places_once(entries)
    _count_rules_once(entries)
    _bound_the_weak(entries)
    phases = {phase: _phase([entry for entry in entries if entry.phase is phase]) for phase in PhaseName}
    total = sum(phase.score for phase in phases.values())
    return phases, total, verdict_of(total)


def verdict_of(score: int) -> Verdict:
    """Tell what a score means."""
    return next((verdict for least, verdict in _BANDS if score >= least), Verdict.CLEAN)


class _Entry:
    """A finding on its way to its weight."""

    def __init__(self, phase: PhaseName, finding: Finding) -> None:
        self.phase = phase
        self.finding = finding
        self.weight = _nominal(phase, finding)

    @property
    def weak(self) -> bool:
        """Whether it says little by itself."""
        return self.finding.severity in (Severity.LOW, Severity.MEDIUM) or self.finding.confidence is Confidence.LOW


def _nominal(phase: PhaseName, finding: Finding) -> float:
    factor = _PHASES[phase] if phase in _PHASES else _PROVENANCE[finding.severity]
    weight = factor * _POINTS[finding.severity] * _SURENESS[finding.confidence]
    if finding.severity is Severity.CRITICAL and finding.confidence is Confidence.HIGH:
        return max(weight, float(HIGH_RISK))
    return weight


def _groups(entries: Iterable[_Entry], key: str) -> Iterable[list[_Entry]]:
    groups: dict[tuple[object, ...], list[_Entry]] = defaultdict(list)
    for entry in entries:
        each = entry.finding
        place = (each.file, each.line) if key == "place" else (each.rule, each.file) if key == "file" else (each.rule,)
        groups[place].append(entry)
    for group in groups.values():
        group.sort(key=lambda entry: entry.weight, reverse=True)
    return groups.values()


def _count_places_once(entries: Sequence[_Entry]) -> None:
    for group in _groups((entry for entry in entries if entry.finding.line is not None), "place"):
        for entry in group[1:]:
            entry.weight = 0.0


def _count_rules_once(entries: Sequence[_Entry]) -> None:
    for group in _groups(entries, "file"):
        for entry in group[1:]:
            entry.weight = 0.0
    for group in _groups(entries, "rule"):
        for place, entry in enumerate(entry for entry in group if entry.weight):
            entry.weight *= _AGAIN**place


def _bound_the_weak(entries: Sequence[_Entry]) -> None:
    weak = [entry for entry in entries if entry.weak]
    together = sum(entry.weight for entry in weak)
    if together > _WEAK_TOGETHER:
        for entry in weak:
            entry.weight *= _WEAK_TOGETHER / together


def _phase(entries: Sequence[_Entry]) -> Phase:
    weighed = [msgspec.structs.replace(entry.finding, weight=round(entry.weight, 2)) for entry in entries]
    score = sum(each.weight for each in weighed)
    return Phase(score=max(round(score), 1) if score > 0 else 0, findings=tuple(weighed))
