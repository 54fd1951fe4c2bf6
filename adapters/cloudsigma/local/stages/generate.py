"""Stage generate: a behavioural Sigma rule for every technique and platform that was selected."""

from __future__ import annotations

from adapters.cloudsigma.local.detections.catalogue import Catalogue, Detection
from adapters.cloudsigma.local.material import Candidate, RuleSet, Selection
from adapters.cloudsigma.local.refinement import refined
from adapters.cloudsigma.local.sigma_rule import SigmaRule, to_model
from adapters.cloudsigma.models import Notice, Rule, RuleKind, Ttp

_TECHNIQUE_URL = "https://attack.mitre.org/techniques/"
_LONGEST_TITLE = 110
_MOST_NAMED = 6


def generate(selection: Selection, catalogue: Catalogue, *, watermark: bool) -> RuleSet:
    """Write the candidates' rules in their order; the same selection gives the same rules byte for byte."""
    found = [
        (candidate, detection)
        for candidate in selection.candidates
        if (detection := catalogue.find(candidate.finding.ttp.technique_id, candidate.platform))
    ]
    rules = tuple(_rule(candidate, detection, watermark=watermark) for candidate, detection in found)
    notices = _notices_of_parents(found)
    return RuleSet(rules=rules, gaps=selection.gaps, notices=(*selection.notices, *notices))


def _rule(candidate: Candidate, detection: Detection, *, watermark: bool) -> Rule:
    ttp = candidate.finding.ttp
    specific = refined(detection, candidate.finding.observables)
    sigma_rule = SigmaRule(
        title=_title(detection, ttp),
        description=_description(detection, ttp, specific.named),
        references=(_TECHNIQUE_URL + ttp.technique_id.replace(".", "/"),),
        date=detection.date.isoformat(),
        tags=_tags(candidate),
        logsource=detection.logsource,
        selections=specific.selections,
        condition=specific.condition,
        falsepositives=detection.falsepositives,
        level=detection.level,
        watermark=watermark,
    )
    return to_model(sigma_rule, kind=RuleKind.BEHAVIORAL, platform=candidate.platform, technique_id=ttp.technique_id)


def _title(detection: Detection, ttp: Ttp) -> str:
    """Name the technique where it is not the detection's own, as two rules of a report may not share a title."""
    if ttp.technique_id == detection.technique_id:
        return detection.title
    title = f"{detection.title} ({ttp.name or ttp.technique_id})"
    return title if len(title) <= _LONGEST_TITLE else f"{detection.title} ({ttp.technique_id})"


def _description(detection: Detection, ttp: Ttp, named: tuple[str, ...]) -> str:
    sentences = [detection.description]
    if not detection.is_for(ttp.technique_id):
        sentences.append(f"Written for {detection.technique_id}, of which {ttp.technique_id} is a part.")
    if named:
        listed = ", ".join(named[:_MOST_NAMED]) + (" and others" if len(named) > _MOST_NAMED else "")
        sentences.append(f"Also looks for what the report names: {listed}.")
    return " ".join(sentences)


def _tags(candidate: Candidate) -> tuple[str, ...]:
    ttp = candidate.finding.ttp
    tactics = candidate.tactics or tuple(filter(None, (ttp.tactic,)))
    names = [*(tactic.strip().lower().replace(" ", "-") for tactic in tactics), ttp.technique_id.lower()]
    return tuple(f"attack.{name}" for name in names)


def _notices_of_parents(found: list[tuple[Candidate, Detection]]) -> list[Notice]:
    """One notice a technique that got its parent's detection."""
    platforms: dict[str, list[str]] = {}
    for candidate, detection in found:
        technique_id = candidate.finding.ttp.technique_id
        if not detection.is_for(technique_id):
            platforms.setdefault(technique_id, []).append(candidate.platform)
    return [
        Notice(
            code="ParentTechniqueDetection",
            message=f"{technique_id} has no detection of its own on {', '.join(names)}: its parent's is used.",
            technique_id=technique_id,
        )
        for technique_id, names in platforms.items()
    ]
