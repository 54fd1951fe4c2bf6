"""The trained technique model, and its file in the cache."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from adapters.cloudsigma.local.attack.knowledge import AttackKnowledge
from adapters.cloudsigma.local.attack.model import TechniqueModel, load_model
from adapters.cloudsigma.local.attack.records import Entry, Link, Records

TEACH = (
    ("T8001", "It paints walls green", "It paints a fence green", "It paints doors"),
    ("T8002", "It sings loud songs", "It sings a song", "It sings hymns"),
)


@pytest.fixture
def small() -> AttackKnowledge:
    """An ATT&CK of two techniques."""
    singer = Entry(stix_id="malware--1", external_id="S1", name="Pest", description="Pest is a family of pests.")
    entries, links = [singer], []
    for technique_id, *examples in TEACH:
        stix_id = f"attack-pattern--{technique_id}"
        entries.append(Entry(stix_id=stix_id, external_id=technique_id, name=f"Name of {technique_id}"))
        links += [
            Link(relationship_type="uses", source_ref="malware--1", target_ref=stix_id, description=example)
            for example in examples
        ]
    return AttackKnowledge(Records(version="test", entries=tuple(entries), links=tuple(links)))


def told(model: TechniqueModel, sentence: str) -> str:
    return model.technique_ids[int(model.predict([sentence])[0].argmax())]


@pytest.mark.parametrize(
    ("sentence", "technique_id"),
    [
        ("The implant checks whether the keyboard layout is Russian and exits.", "T1614.001"),
        ("The group compressed stolen documents with WinRAR before sending them.", "T1560.001"),
        ("It lists running processes with the tasklist command.", "T1057"),
    ],
)
def test_model_knows_what_sentences_show(model: TechniqueModel, sentence: str, technique_id: str) -> None:
    """The technique a sentence describes is the likeliest."""
    assert told(model, sentence) == technique_id


def test_prediction_has_a_row_a_sentence(model: TechniqueModel) -> None:
    """Probabilities come as one row a sentence and one column a technique, also for no sentence at all."""
    likely = model.predict(["It sends data.", "It waits."])
    assert likely.shape == (2, len(model.technique_ids))
    assert likely.min() >= 0
    assert likely.sum(axis=1).max() <= 1.0001
    assert model.predict([]).shape == (0, len(model.technique_ids))


def test_stored_model_predicts_the_same(small: AttackKnowledge, tmp_path: Path) -> None:
    """The second load reads the file of the first, and says exactly the same."""
    sentences = ["It paints", "It sings", "Pest is a pest"]
    trained = load_model(tmp_path / "new", small)
    [file] = (tmp_path / "new").iterdir()
    written = file.stat().st_mtime_ns
    stored = load_model(tmp_path / "new", small)
    assert file.stat().st_mtime_ns == written
    assert np.array_equal(trained.predict(sentences), stored.predict(sentences))
    assert [told(stored, sentence) for sentence in sentences[:2]] == ["T8001", "T8002"]


@pytest.mark.parametrize("damage", [b"", b"no archive", None])
def test_damaged_file_is_replaced(small: AttackKnowledge, tmp_path: Path, damage: bytes | None) -> None:
    """A file that can't be read, or was cut short, is trained and written anew."""
    load_model(tmp_path, small)
    [file] = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    load_model(tmp_path, small)
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    assert file.stat().st_size == len(whole)


def test_other_knowledge_has_another_file(small: AttackKnowledge, tmp_path: Path) -> None:
    """A model is never read for a version of ATT&CK that it was not trained on."""
    load_model(tmp_path, small)
    small.version = "newer"
    load_model(tmp_path, small)
    assert len(list(tmp_path.iterdir())) == 2
