"""Learning from ATT&CK's own sentences which technique a sentence of a report shows.

The learner is complement naive Bayes (Rennie and others, 2003) over the words, word pairs and cues of a sentence: on
these few sentences for so many techniques it did as well as logistic regression, in seconds instead of minutes.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from adapters.cloudsigma.local.attack.cues import CueMatcher
from adapters.cloudsigma.local.attack.features import Features
from adapters.cloudsigma.local.attack.knowledge import AttackKnowledge

NOTHING = ""
"""The class of sentences that show no technique; learned from what ATT&CK says of who somebody is."""

SMOOTHING = 1.0


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """What was learned: `weights` is features by classes, `offsets` one number a class, both relative."""

    vocabulary: tuple[str, ...]
    rarity: np.ndarray
    classes: tuple[str, ...]
    weights: sparse.csr_matrix
    offsets: np.ndarray


def learn(knowledge: AttackKnowledge, cues: CueMatcher) -> Learned:
    """Learn from the procedure examples, names and descriptions of all techniques; takes seconds."""
    texts, labels = zip(*_sentences(knowledge), strict=True)
    vectorizer = TfidfVectorizer(**Features.OPTIONS, min_df=2, max_features=20_000).fit(texts)
    vocabulary = tuple(str(word) for word in vectorizer.get_feature_names_out())
    classes = (NOTHING, *(technique.technique_id for technique in knowledge.techniques))
    features = Features(vocabulary, vectorizer.idf_, classes, cues)
    place = {label: at for at, label in enumerate(classes)}
    rows = np.array([place[label] for label in labels])
    belongs = sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, np.arange(len(rows)))))
    counts = sparse.csr_matrix(belongs @ features.of(texts))
    weights, offsets = _complement_weights(counts)
    return Learned(vocabulary=vocabulary, rarity=vectorizer.idf_, classes=classes, weights=weights, offsets=offsets)


def _complement_weights(counts: sparse.csr_matrix) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Return how much less likely each feature is outside each class than everywhere, as sparse logarithms.

    What all classes have in common is left out: it changes no comparison between them, and the rest is mostly zeros.
    """
    everywhere = np.asarray(counts.sum(axis=0)).ravel() + SMOOTHING
    weights = counts.copy()
    weights.data = -np.log1p(-counts.data / everywhere[counts.indices])
    offsets = np.log(everywhere.sum() - np.asarray(counts.sum(axis=1)).ravel())
    return sparse.csr_matrix(weights.T.astype(np.float32)), offsets.astype(np.float32)


def _sentences(knowledge: AttackKnowledge) -> Iterator[tuple[str, str]]:
    names = {actor.actor_id: actor.names for actor in knowledge.actors}
    for example in knowledge.procedure_examples:
        yield _anonymous(example.sentence, names.get(example.actor_id, ())), example.technique_id
    for technique in knowledge.techniques:
        yield technique.name, technique.technique_id
        yield technique.description, technique.technique_id
    for actor in knowledge.actors:
        if actor.description:
            yield _anonymous(actor.description, actor.names), NOTHING


def _anonymous(sentence: str, names: tuple[str, ...]) -> str:
    """Leave the name out: that somebody is known for a technique must not make every mention of them show it."""
    for name in sorted(names, key=len, reverse=True):
        sentence = sentence.replace(name, "it")
    return sentence
