"""From what single sentences show to what a whole report shows."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec
import numpy as np

from adapters.cloudsigma.local.attack.cues import STRONG, SURE, load_cues
from adapters.cloudsigma.local.attack.knowledge import AttackKnowledge
from adapters.cloudsigma.local.attack.model import TechniqueModel

EVIDENCE_WEIGHT = 1.9
USAGE_WEIGHT = 0.7
MODEL_WEIGHT = 0.3
ACTOR_WEIGHT = 0.3
BIAS = -5.9
"""Log-odds that a report shows a technique: of the sum of its evidence, of how many are known to use it, of the model's
best sentence, and of its use by somebody the report names. Set for all techniques alike with an eye on the 40 reports
that `bench/techniques.py` measures, where they lie on a plateau; no technique has a number of its own."""

LEAST_USAGE = 30
"""Users that a technique is taken to have at least: a rare one must still be told when it is plainly shown."""

FEWEST, FEW = 8, 40
"""A text of fewer sentences than FEW is short, down to FEWEST: each of its sentences says more, usage says less."""

HOSTILE = re.compile(
    r"\b(?:adversar|attack|backdoor|botnet|c2\b|c&c|compromis|exploit|hack|implant|infect|inject|intru|loader|malicious"
    r"|malware|payload|phish|ransom|shellcode|steal|stole|threat|trojan|victim|vulnerab|(?:threat )?actors?\b)",
    re.IGNORECASE,
)
"""Words of which a report has at least one; where there is none, only cues that leave no doubt are heard."""

THRESHOLD = 0.25
"""The least score of a technique that is told."""

NAMED = 0.95
"""The least score of a technique whose id stands in the report."""

LIKELY = 0.8
"""The least probability at which the model's word is as good as a strong cue, for techniques that have no cues."""

SHORTEST_NAME = 4
"""Letters; the names of actors below that are words, too."""

_SENTENCE = (50, 400)
"""Characters of what is most probably a whole sentence."""

_ID = re.compile(r"(?<![A-Z0-9])T(\d{4})(?:[./](\d{3}))?(?!\d)")


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """A technique that the report shows with a `score` between 0 and 1; `sentences` show it, the best one first."""

    technique_id: str
    score: float
    sentences: tuple[str, ...]


def sight(sentences: Sequence[str], knowledge: AttackKnowledge, model: TechniqueModel) -> tuple[Sighting, ...]:
    """Return the techniques that `sentences` show together, by falling score."""
    likely = model.predict(sentences)
    named = {technique_id for sentence in sentences for technique_id in _ids(sentence, knowledge)}
    known = _techniques_of_named(sentences, knowledge)
    hostile = bool(named) or any(map(HOSTILE.search, sentences))
    sightings = []
    for technique_id, worth in _evidence(sentences, knowledge, model, likely).items():
        chance = likely[:, model.technique_ids.index(technique_id)]
        score = _score(
            evidence=sum(worth.values()),
            usage=knowledge.usage.get(technique_id, 0),
            chance=float(chance.max()),
            known=technique_id in known,
            length=len(sentences) if hostile else FEW,
        )
        score = score if hostile or max(worth.values()) >= SURE else 0.0
        score = max(score, NAMED) if technique_id in named else score
        if score >= THRESHOLD:
            order = sorted(worth, key=lambda row: (-_telling(sentences[row], worth[row], float(chance[row])), row))
            shown = tuple(sentences[row] for row in order)
            sightings.append(Sighting(technique_id=technique_id, score=round(score, 4), sentences=shown))
    return tuple(sorted(sightings, key=lambda sighting: (-sighting.score, sighting.technique_id)))


def _score(*, evidence: float, usage: int, chance: float, known: bool, length: int) -> float:
    if evidence < STRONG:
        return 0.0
    shortness = FEW / min(max(FEWEST, length), FEW)
    odds = (
        BIAS
        + EVIDENCE_WEIGHT * math.log1p(evidence)
        + USAGE_WEIGHT * math.log1p(max(LEAST_USAGE * shortness, usage))
        + MODEL_WEIGHT * math.log(chance + 0.001)
        + ACTOR_WEIGHT * known
        + math.log(shortness)
    )
    return 1 / (1 + math.exp(-odds))


def _telling(sentence: str, worth: float, chance: float) -> float:
    """Rank a sentence as evidence: whole sentences before headings, captions, table rows and dumps."""
    return min(worth, 2 * STRONG) + chance + (_SENTENCE[0] <= len(sentence) <= _SENTENCE[1])


def _evidence(
    sentences: Sequence[str], knowledge: AttackKnowledge, model: TechniqueModel, likely: np.ndarray
) -> Mapping[str, Mapping[int, float]]:
    """Return for each technique the sentences that show it, by their place, and how much each does."""
    cues, names = load_cues(), _technique_names(sentences, knowledge)
    evidence: defaultdict[str, dict[int, float]] = defaultdict(dict)

    def add(technique_id: str, row: int, worth: float) -> None:
        evidence[technique_id][row] = max(worth, evidence[technique_id].get(row, 0))

    for row, sentence in enumerate(sentences):
        for technique_id, worth in cues.match(sentence).items():
            if knowledge.technique(technique_id):
                add(technique_id, row, worth)
        lowered = sentence.lower()
        for name, technique_id in names.items():
            if name in lowered:
                add(technique_id, row, STRONG)
        for technique_id in _ids(sentence, knowledge):
            add(technique_id, row, SURE)
    for row, column in np.argwhere(likely >= LIKELY).tolist():
        if model.technique_ids[column] not in cues.technique_ids:
            add(model.technique_ids[column], row, STRONG)
    return evidence


def _ids(sentence: str, knowledge: AttackKnowledge) -> Iterator[str]:
    for parent, child in _ID.findall(sentence):
        technique = knowledge.technique(f"T{parent}.{child}" if child else f"T{parent}")
        if technique:
            yield technique.technique_id


def _technique_names(sentences: Sequence[str], knowledge: AttackKnowledge) -> Mapping[str, str]:
    """Return the names of two words or more that occur somewhere, in lower case, with their techniques' ids."""
    text = "\n".join(sentences).lower()
    names = {technique.name.lower(): technique.technique_id for technique in knowledge.techniques}
    return {name: technique_id for name, technique_id in names.items() if " " in name and name in text}


def _techniques_of_named(sentences: Sequence[str], knowledge: AttackKnowledge) -> frozenset[str]:
    """Return what is used by the software and groups that are named more than once; a single mention says little."""
    text = "\n".join(sentences)
    return frozenset(
        technique_id
        for actor in knowledge.actors
        if any(len(name) >= SHORTEST_NAME and not name.islower() and text.count(name) > 1 for name in actor.names)
        for technique_id in actor.technique_ids
    )
