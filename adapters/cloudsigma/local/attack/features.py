"""A sentence as numbers: its words and word pairs by rarity, and its cues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from adapters.cloudsigma.local.attack.cues import CueMatcher

CUE_WEIGHT = 0.3
"""What a cue counts beside the words of a sentence, whose squares add up to one."""


class Features:
    """Turns sentences into a sparse matrix, a row a sentence: first the vocabulary, then the classes' cues."""

    OPTIONS: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {
            "ngram_range": (1, 2),
            "sublinear_tf": True,
            "strip_accents": "unicode",
            "token_pattern": r"[A-Za-z][A-Za-z0-9_]+|\d+",
            "dtype": np.float32,
        }
    )

    def __init__(self, vocabulary: Sequence[str], rarity: np.ndarray, classes: Sequence[str], cues: CueMatcher) -> None:
        self._vectorizer = TfidfVectorizer(**self.OPTIONS, vocabulary=vocabulary)
        self._vectorizer.idf_ = rarity
        self._place = {label: at for at, label in enumerate(classes)}
        self._cues = cues

    def of(self, sentences: Sequence[str]) -> sparse.csr_matrix:
        """Return one row for each sentence."""
        found = [
            (row, self._place[technique_id], CUE_WEIGHT * min(worth, 1.0))
            for row, sentence in enumerate(sentences)
            for technique_id, worth in self._cues.match(sentence).items()
            if technique_id in self._place
        ]
        rows, columns, values = zip(*found, strict=True) if found else ((), (), ())
        cues = sparse.csr_matrix(
            (np.array(values, np.float32), (np.array(rows, int), np.array(columns, int))),
            shape=(len(sentences), len(self._place)),
        )
        return sparse.csr_matrix(sparse.hstack([self._vectorizer.transform(sentences), cues]))
