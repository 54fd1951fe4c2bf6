"""Stage 3: which techniques the report shows, which indicators it names, and what of them a log would show."""

from __future__ import annotations

from adapters.cloudsigma.local.attack.knowledge import AttackKnowledge
from adapters.cloudsigma.local.attack.model import TechniqueModel
from adapters.cloudsigma.local.attack.scoring import Sighting, sight
from adapters.cloudsigma.local.indicators import indicators
from adapters.cloudsigma.local.material import Extraction, Report, TechniqueFinding
from adapters.cloudsigma.local.observables import observables
from adapters.cloudsigma.local.sentences import sentences
from adapters.cloudsigma.models import Ttp
from adapters.confidence import Confidence

HIGH, MEDIUM = 0.6, 0.3
"""The least scores of these confidences."""

LONGEST_EVIDENCE = 500
"""Characters of the sentence that is told as evidence."""


def extract(report: Report, knowledge: AttackKnowledge, model: TechniqueModel) -> Extraction:
    """Return the techniques by falling score, each with its best sentence, and the indicators in their order."""
    sightings = sight(sentences(report.text), knowledge, model)
    return Extraction(
        techniques=tuple(_finding(sighting, knowledge) for sighting in sightings),
        iocs=indicators(report.text),
    )


def _finding(sighting: Sighting, knowledge: AttackKnowledge) -> TechniqueFinding:
    technique = knowledge.technique(sighting.technique_id)
    ttp = Ttp(
        technique_id=sighting.technique_id,
        name=technique.name if technique else "",
        tactic=technique.tactics[0] if technique and technique.tactics else "",
        confidence=_confidence(sighting.score),
        evidence=_shortened(sighting.sentences[0]),
    )
    return TechniqueFinding(ttp=ttp, score=sighting.score, observables=observables(sighting.sentences))


def _confidence(score: float) -> Confidence:
    if score >= HIGH:
        return Confidence.HIGH
    return Confidence.MEDIUM if score >= MEDIUM else Confidence.LOW


def _shortened(sentence: str) -> str:
    return sentence if len(sentence) <= LONGEST_EVIDENCE else sentence[: LONGEST_EVIDENCE - 1].rstrip() + "…"
