"""ATT&CK as the pipeline asks for it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from adapters.cloudsigma.local.attack.knowledge import AttackKnowledge, load_knowledge, plain


def test_technique_carries_what_attack_says(knowledge: AttackKnowledge) -> None:
    """A technique is found by its id, in either case, with tactics in the order of the kill chain."""
    technique = knowledge.technique("t1055.012")
    assert technique is not None
    assert (technique.technique_id, technique.name) == ("T1055.012", "Process Hollowing")
    assert technique.tactics == ("privilege-escalation", "defense-evasion")
    assert technique.platforms == ("Windows",)
    assert technique.url == "https://attack.mitre.org/techniques/T1055/012"
    assert technique.is_subtechnique


def test_revoked_id_leads_to_its_successor(knowledge: AttackKnowledge) -> None:
    """An id that ATT&CK has replaced gives the technique that took its place."""
    technique = knowledge.technique("T1193")
    assert technique is not None
    assert technique.technique_id == "T1566.001"


@pytest.mark.parametrize("technique_id", ["T9999", "T1026", ""])
def test_unknown_or_withdrawn_id_gives_nothing(knowledge: AttackKnowledge, technique_id: str) -> None:
    """There is no technique for an id that never was, or was withdrawn without a successor."""
    assert knowledge.technique(technique_id) is None


def test_techniques_are_those_in_force(knowledge: AttackKnowledge) -> None:
    """The list has hundreds of techniques, none twice, none that was replaced."""
    ids = [technique.technique_id for technique in knowledge.techniques]
    assert len(ids) == len(set(ids)) > 600
    assert "T1193" not in ids


def test_actors_know_their_techniques(knowledge: AttackKnowledge) -> None:
    """A software is found with its names and what it uses."""
    mimikatz = next(actor for actor in knowledge.actors if "Mimikatz" in actor.names)
    assert mimikatz.kind == "tool"
    assert "T1003.001" in mimikatz.technique_ids
    assert knowledge.usage["T1003.001"] > 20


def test_procedure_examples_are_plain_sentences(knowledge: AttackKnowledge) -> None:
    """Thousands of examples, each of a technique in force, none with Markdown or citations."""
    examples = knowledge.procedure_examples
    assert len(examples) > 10_000
    assert not [example for example in examples if "(Citation" in example.sentence or "](http" in example.sentence]
    assert {example.technique_id for example in examples} <= {each.technique_id for each in knowledge.techniques}


def test_markdown_becomes_plain_text() -> None:
    """Links keep their text; citations, code marks and the mark of a cut end go."""
    cut = "[Cobalt Strike](https://attack.mitre.org/software/S0154) runs <code>cmd</code>.(Citation: A 2020)(Citat..."
    assert plain("Uses `net` and **more**.(Citation: B)") == "Uses net and more."
    assert plain(cut) == "Cobalt Strike runs cmd."


def test_bundle_takes_the_place_of_the_package(tmp_path: Path) -> None:
    """A STIX 2.1 bundle is read with its version, techniques, successors and examples."""
    file = tmp_path / "enterprise-attack.json"
    file.write_bytes(msgspec.json.encode({"type": "bundle", "id": "bundle--1", "objects": _objects()}))
    knowledge = load_knowledge(file)
    new = knowledge.technique("T8001")
    assert new is not None
    assert (new.technique_id, new.tactics) == ("T8002", ("execution", "impact"))
    assert [(e.sentence, e.technique_id, e.actor_id) for e in knowledge.procedure_examples] == [
        ("Pest rings all bells.", "T8002", "S8000")
    ]
    assert knowledge.version == "99.1"


def test_no_bundle_is_told(tmp_path: Path) -> None:
    """A missing file and a file of something else are errors of their own kinds."""
    with pytest.raises(OSError, match="absent"):
        load_knowledge(tmp_path / "absent.json")
    other = tmp_path / "other.json"
    other.write_text('{"objects": 3}')
    with pytest.raises(msgspec.ValidationError):
        load_knowledge(other)


def _objects() -> list[dict[str, object]]:
    phases = [{"kill_chain_name": "mitre-attack", "phase_name": name} for name in ("impact", "execution")]
    link: dict[str, object] = {"type": "relationship", "id": "relationship--1"}
    return [
        {"type": "x-mitre-collection", "id": "x-mitre-collection--1", "x_mitre_version": "99.1"},
        _named("attack-pattern--1", "T8001", revoked=True),
        _named("attack-pattern--2", "T8002", kill_chain_phases=phases),
        _named("malware--1", "S8000", name="Pest"),
        link
        | {"relationship_type": "revoked-by", "source_ref": "attack-pattern--1", "target_ref": "attack-pattern--2"},
        link
        | {
            "relationship_type": "uses",
            "source_ref": "malware--1",
            "target_ref": "attack-pattern--2",
            "description": "[Pest](https://attack.mitre.org/software/S8000) rings all bells.(Citation: Bell 2026)",
        },
    ]


def _named(stix_id: str, external_id: str, **more: object) -> dict[str, object]:
    references = [{"source_name": "mitre-attack", "external_id": external_id}]
    return {"type": stix_id.partition("--")[0], "id": stix_id, "external_references": references, **more}
