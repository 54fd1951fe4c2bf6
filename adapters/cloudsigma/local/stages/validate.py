"""Keep only rules that pySigma can read and that neither its validators nor SigmaHQ's find wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec
import yaml
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule
from sigma.validators.base import SigmaValidationIssue, SigmaValidationIssueSeverity

from adapters.cloudsigma.local.attack.knowledge import AttackKnowledge
from adapters.cloudsigma.local.material import RuleSet
from adapters.cloudsigma.local.rule_validators import build_validator
from adapters.cloudsigma.models import DetectionGap, Notice, Rule

_UNREADABLE = (SigmaError, yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError)
"""All that pySigma raises for text that is no rule; the builtin ones come from YAML of an unexpected shape."""


class _Finding(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Something wrong with the rule at `position`."""

    position: int
    reason: str


def validate(rules: RuleSet, knowledge: AttackKnowledge) -> RuleSet:
    """Drop rules that do not parse or have a finding of high severity; each becomes a notice.

    A technique that is left without a rule becomes a gap. Findings of medium severity become one notice a kind,
    those of low severity are matters of style and are not told. Opens no connection.
    """
    parsed, wrong = _parse(rules.rules)
    remarks, findings = _inspect(parsed, knowledge)
    wrong |= {finding.position: finding.reason for finding in reversed(findings)}
    kept = tuple(rule for position, rule in enumerate(rules.rules) if position not in wrong)
    dropped = [(rules.rules[position], wrong[position]) for position in sorted(wrong)]
    return RuleSet(
        rules=kept,
        gaps=(*rules.gaps, *_gaps(kept, dropped, rules.gaps, knowledge)),
        notices=(*rules.notices, *(_dropped(rule, reason) for rule, reason in dropped), *_remarked(remarks)),
    )


def _parse(rules: tuple[Rule, ...]) -> tuple[dict[int, SigmaRule], dict[int, str]]:
    """Return what could be read, and why the rest could not, by position."""
    parsed: dict[int, SigmaRule] = {}
    wrong: dict[int, str] = {}
    for position, rule in enumerate(rules):
        try:
            parsed[position] = _read(rule.sigma)
        except _UNREADABLE as error:
            wrong[position] = f"it does not parse ({' '.join(str(error).split())[:200]})"
    return parsed, wrong


def _read(text: str) -> SigmaRule:
    rule = SigmaRule.from_yaml(text)
    for condition in rule.detection.parsed_condition:
        condition.parse()
    return rule


def _inspect(parsed: dict[int, SigmaRule], knowledge: AttackKnowledge) -> tuple[Counter[str], list[_Finding]]:
    """Return the kinds of medium findings with their number, and the high ones in order."""
    positions = {id(rule): position for position, rule in parsed.items()}
    remarks: Counter[str] = Counter()
    findings: list[_Finding] = []
    for issue in _issues(parsed, knowledge):
        if issue.severity is SigmaValidationIssueSeverity.MEDIUM:
            remarks[issue.description] += len(issue.rules)
        elif issue.severity is SigmaValidationIssueSeverity.HIGH:
            affected = issue.rules[1:] or issue.rules  # of rules that collide the first one stays
            findings += [_Finding(position=positions[id(rule)], reason=_reason(issue)) for rule in affected]
    return remarks, sorted(findings)


def _issues(parsed: dict[int, SigmaRule], knowledge: AttackKnowledge) -> Iterator[SigmaValidationIssue]:
    validator = build_validator(knowledge)
    for rule in parsed.values():
        yield from validator.validate_rule(rule)
    yield from validator.finalize()


def _reason(issue: SigmaValidationIssue) -> str:
    details = {name: value for name, value in vars(issue).items() if isinstance(value, str | int)}
    said = ", ".join(f"{name} {value}" for name, value in sorted(details.items()))
    return f"{issue.description.strip().rstrip('.')}{f' ({said})' if said else ''}"[:300]


def _gaps(
    kept: tuple[Rule, ...],
    dropped: list[tuple[Rule, str]],
    known: tuple[DetectionGap, ...],
    knowledge: AttackKnowledge,
) -> Iterator[DetectionGap]:
    served = {rule.technique_id for rule in kept} | {gap.technique_id for gap in known if gap.platform is None}
    lost = {rule.technique_id: rule for rule, _ in dropped if rule.technique_id and rule.technique_id not in served}
    for technique_id in lost:
        technique = knowledge.technique(technique_id)
        yield DetectionGap(
            technique_id=technique_id,
            name=technique.name if technique else "",
            reason="No rule that was written for it is valid.",
        )


def _dropped(rule: Rule, reason: str) -> Notice:
    return Notice(
        code="InvalidRule",
        severity="warning",
        message=f"The rule “{rule.title}” was left out: {reason}.",
        technique_id=rule.technique_id,
    )


def _remarked(remarks: Counter[str]) -> Iterator[Notice]:
    for description, number in sorted(remarks.items()):
        yield Notice(code="ValidatorRemark", message=f"{description.strip().rstrip('.')} ({number} times).")
