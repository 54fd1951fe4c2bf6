"""How a phase says what it sees: rules over facts and flows, weighed by when the code runs and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from adapters.confidence import Confidence
from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.phases.reach import Moment
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.local.phases.standing import Standing
from adapters.sigil.models import Finding, Severity

SNIPPET = 500
_SEVERITIES = (Severity.INFO, Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)
_LISTENED = (
    Behaviour.READS_INPUT,
    Behaviour.REPLACES_GLOBAL,
    Behaviour.REPLACES_METHOD,
    Behaviour.READS_CLIPBOARD,
    Behaviour.TAKES_REQUEST,
)
_CONFIDENCES = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)


@dataclass(frozen=True)
class Judgement:
    """How grave something is, and how sure that is."""

    severity: Severity
    confidence: Confidence

    def damped(self, standing: Standing, moment: Moment) -> Judgement:
        """Lower it for a file that hardly anybody runs, or whose names say little."""
        if moment is Moment.INSTALL or standing is Standing.CODE:
            return self
        confidence = _CONFIDENCES[max(_CONFIDENCES.index(self.confidence) - 1, 0)]
        if standing is Standing.BUNDLE:
            return Judgement(self.severity, confidence)
        lower = _SEVERITIES[max(_SEVERITIES.index(self.severity) - 1, min(1, _SEVERITIES.index(self.severity)))]
        return Judgement(lower, Confidence.LOW)


CERTAIN = Judgement(Severity.CRITICAL, Confidence.HIGH)
GRAVE = Judgement(Severity.CRITICAL, Confidence.MEDIUM)
BAD = Judgement(Severity.HIGH, Confidence.HIGH)
SUSPICIOUS = Judgement(Severity.HIGH, Confidence.MEDIUM)
DOUBTFUL = Judgement(Severity.MEDIUM, Confidence.MEDIUM)
WEAK = Judgement(Severity.MEDIUM, Confidence.LOW)
HINT = Judgement(Severity.LOW, Confidence.LOW)
NOTE = Judgement(Severity.INFO, Confidence.LOW)


@dataclass(frozen=True)
class Rule:
    """A stable name in kebab-case, and one sentence about what it finds."""

    name: str
    description: str


Judge = Callable[[Scanned, str, Moment], Judgement | None]


@dataclass(frozen=True)
class FlowRule:
    """Finds data on its way from some behaviours to others; `judge` has the last word, None means no finding."""

    rule: Rule
    sources: frozenset[Behaviour]
    sinks: frozenset[Behaviour]
    judge: Callable[[Scanned, str, Flow, Moment], Judgement | None]

    def findings(self, scanned: Scanned) -> Iterator[Finding]:
        """Find what the rule is about in a package."""
        for path, flow in scanned.each_flow():
            if flow.source.behaviour in self.sources and flow.sink.behaviour in self.sinks:
                moment = flow_moment(scanned, path, flow)
                judgement = self.judge(scanned, path, flow, moment)
                if judgement is not None:
                    damped = judgement.damped(scanned.standing(path), moment)
                    yield finding(self.rule, damped, path, flow.sink.line, flow_snippet(flow))


@dataclass(frozen=True)
class FactRule:
    """Finds single behaviours; `judge` has the last word, None means no finding."""

    rule: Rule
    behaviours: tuple[Behaviour, ...]
    judge: Callable[[Scanned, str, Fact, Moment], Judgement | None]

    def findings(self, scanned: Scanned) -> Iterator[Finding]:
        """Find what the rule is about in a package."""
        for path, fact in scanned.each_fact(*self.behaviours):
            moment = scanned.moment(path, fact)
            judgement = self.judge(scanned, path, fact, moment)
            if judgement is not None:
                damped = judgement.damped(scanned.standing(path), moment)
                yield finding(self.rule, damped, path, fact.line, fact.snippet)


@dataclass(frozen=True)
class HitRule:
    """Finds matches of a signature; `judge` has the last word, None means no finding."""

    rule: Rule
    signature: str
    judge: Judge

    def findings(self, scanned: Scanned) -> Iterator[Finding]:
        """Find what the rule is about in a package."""
        for path, hit in scanned.each_hit(self.signature):
            moment = scanned.moment(path)
            judgement = self.judge(scanned, path, moment)
            if judgement is not None:
                damped = judgement.damped(scanned.standing(path), moment)
                yield finding(self.rule, damped, path, hit.line, hit.snippet)


def by_moment(
    install: Judgement | None, load: Judgement | None, call: Judgement | None
) -> Mapping[Moment, Judgement | None]:
    """Judgements by when the code runs."""
    return {Moment.INSTALL: install, Moment.LOAD: load, Moment.CALL: call}


def flow_moment(scanned: Scanned, path: str, flow: Flow) -> Moment:
    """Tell when a flow happens: when its sink does, or when somebody starts to listen for what flows."""
    listens = flow.source.behaviour in _LISTENED
    return scanned.moment(path, flow.source if listens and flow.source.at_load else flow.sink, called=True)


def flow_snippet(flow: Flow) -> str:
    """Show a flow's sink, and the source before it where that is another line."""
    if flow.source.line == flow.sink.line:
        return flow.sink.snippet
    return f"{flow.source.snippet[: SNIPPET // 2]}\n…\n{flow.sink.snippet}"


def finding(rule: Rule, judgement: Judgement, path: str, line: int | None, snippet: str | None) -> Finding:
    """Make a finding of a rule at a place."""
    return Finding(
        rule=rule.name,
        severity=judgement.severity,
        confidence=judgement.confidence,
        file=path,
        line=line,
        snippet=snippet[:SNIPPET] if snippet else None,
        description=rule.description,
    )


def found(scanned: Scanned, rules: tuple[FlowRule | FactRule | HitRule, ...]) -> tuple[Finding, ...]:
    """Apply rules to a package: the gravest finding of each at a place, in the order of files and lines."""
    best: dict[tuple[str, str, int | None], Finding] = {}
    for rule in rules:
        for each in rule.findings(scanned):
            key = (each.file, each.rule, each.line)
            if key not in best or rank(each) > rank(best[key]):
                best[key] = each
    return tuple(sorted(best.values(), key=lambda each: (each.file, each.line or 0, each.rule)))


def rank(each: Finding) -> tuple[int, int]:
    """How a finding compares: by severity, then by confidence."""
    return (_SEVERITIES.index(each.severity), _CONFIDENCES.index(each.confidence))
