"""The trained technique model, and its file in the cache."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zlib
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from scipy import sparse

from adapters.cloudsigma.local.attack.cues import CUE_FILE, load_cues
from adapters.cloudsigma.local.attack.features import Features
from adapters.cloudsigma.local.attack.knowledge import AttackKnowledge
from adapters.cloudsigma.local.attack.training import NOTHING, Learned, learn

REVISION = 1
"""Raised when training changes, so that files of an older training are not read."""

SHARPNESS = 14.0
"""Factor on the learner's logarithms before they become probabilities: of itself it never commits."""


class TechniqueModel:
    """Says how likely a sentence shows each technique."""

    def __init__(self, learned: Learned) -> None:
        self._learned = learned
        self._features = Features(learned.vocabulary, learned.rarity, learned.classes, load_cues())
        self._shown = [at for at, label in enumerate(learned.classes) if label != NOTHING]
        self.technique_ids = tuple(learned.classes[at] for at in self._shown)

    def predict(self, sentences: Sequence[str]) -> np.ndarray:
        """Return probabilities between 0 and 1: a row a sentence, a column for each of `technique_ids`."""
        if not sentences:
            return np.zeros((0, len(self._shown)), np.float32)
        features = self._features.of(sentences)
        mass = np.asarray(features.sum(axis=1))
        scores = SHARPNESS * ((features @ self._learned.weights).toarray() + mass * self._learned.offsets)
        likely = np.exp(scores - scores.max(axis=1, keepdims=True))
        likely /= likely.sum(axis=1, keepdims=True)
        return np.asarray(likely[:, self._shown], np.float32)


def load_model(cache: Path, knowledge: AttackKnowledge) -> TechniqueModel:
    """Load the model for `knowledge` from the folder `cache`; train and store it there first when it is missing.

    A damaged file is replaced. Raises OSError when the folder can't be written.
    """
    file = cache / f"techniques-{_key(knowledge)}.npz"
    try:
        return TechniqueModel(_read(file))
    except (FileNotFoundError, BadZipFile, KeyError, ValueError, EOFError, zlib.error):
        learned = learn(knowledge, load_cues())
        cache.mkdir(parents=True, exist_ok=True)
        _write(file, learned)
        return TechniqueModel(learned)


def _key(knowledge: AttackKnowledge) -> str:
    libraries = [metadata.version(name) for name in ("scikit-learn", "scipy", "numpy")]
    described = " ".join([str(REVISION), knowledge.version, *libraries, CUE_FILE.read_text(encoding="utf-8")])
    return hashlib.sha256(described.encode()).hexdigest()[:16]


def _write(file: Path, learned: Learned) -> None:
    """Write beside and rename, so that a reader never sees half a file; plain arrays, nothing that could run."""
    with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".part", delete=False) as part:
        np.savez_compressed(
            part,
            vocabulary=np.frombuffer("\n".join(learned.vocabulary).encode(), np.uint8),
            classes=np.frombuffer("\n".join(learned.classes).encode(), np.uint8),
            rarity=learned.rarity,
            data=learned.weights.data,
            indices=learned.weights.indices,
            indptr=learned.weights.indptr,
            offsets=learned.offsets,
        )
    os.replace(part.name, file)  # noqa: PTH105 - the name is what the temporary file hands out


def _read(file: Path) -> Learned:
    with file.open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
        vocabulary, classes = (tuple(stored[name].tobytes().decode().split("\n")) for name in ("vocabulary", "classes"))
        weights = (stored["data"], stored["indices"], stored["indptr"])
        return Learned(
            vocabulary=vocabulary,
            rarity=stored["rarity"],
            classes=classes,
            weights=sparse.csr_matrix(weights, shape=(len(vocabulary) + len(classes), len(classes))),
            offsets=stored["offsets"],
        )
