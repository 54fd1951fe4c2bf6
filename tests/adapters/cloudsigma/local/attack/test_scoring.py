"""From what single sentences show to what a whole report shows."""

from __future__ import annotations

import pytest

from adapters.cloudsigma.local.attack.knowledge import AttackKnowledge
from adapters.cloudsigma.local.attack.model import TechniqueModel
from adapters.cloudsigma.local.attack.scoring import LEAST_USAGE, NAMED, THRESHOLD, sight

RECIPE = (
    "Preheat the oven to 180 degrees.",
    "Cream the butter with the sugar, then add the eggs one at a time.",
    "Download the printable recipe card.",
    "Remove the cake from the tin and store it in a cool place.",
)


def scores(sentences: tuple[str, ...], knowledge: AttackKnowledge, model: TechniqueModel) -> dict[str, float]:
    return {sighting.technique_id: sighting.score for sighting in sight(sentences, knowledge, model)}


@pytest.mark.parametrize(
    ("text", "technique_id"),
    [
        ("Mapped to T1059.001.", "T1059.001"),
        ("Seehttps://attack.mitre.org/techniques/T1003/001/", "T1003.001"),
        ("Ingress Tool TransferT1112 - Modify Registry", "T1112"),
        ("The older T1193 applies.", "T1566.001"),
    ],
)
def test_written_ids_are_told(text: str, technique_id: str, knowledge: AttackKnowledge, model: TechniqueModel) -> None:
    """Ids in the text count as certain, in links, glued to words, and brought up to date."""
    assert scores((text,), knowledge, model)[technique_id] >= NAMED


def test_other_numbers_are_no_ids(knowledge: AttackKnowledge, model: TechniqueModel) -> None:
    """What only looks like an id, or is unknown, is left alone."""
    assert scores(("Part AT1059 and T10591 and T9999.",), knowledge, model) == {}


def test_more_evidence_scores_higher(knowledge: AttackKnowledge, model: TechniqueModel) -> None:
    """A technique that several sentences show scores above one that a single sentence shows."""
    once = ("It injects shellcode into a remote process.",)
    often = (*once, "WriteProcessMemory fills the buffer.", "The payload is injected into svchost.exe.")
    assert scores(often, knowledge, model)["T1055"] > scores(once, knowledge, model)["T1055"] > THRESHOLD


def test_rare_technique_is_told_when_plainly_shown(knowledge: AttackKnowledge, model: TechniqueModel) -> None:
    """That few are known to use it does not silence an unmistakable sentence."""
    assert knowledge.usage["T1558.003"] < LEAST_USAGE
    padded = ("The intruders used Kerberoasting.", *(f"Sentence number {number} says little." for number in range(100)))
    assert "T1558.003" in scores(padded, knowledge, model)


def test_short_text_needs_less(knowledge: AttackKnowledge, model: TechniqueModel) -> None:
    """The same sentence weighs more in a short text than in a long one."""
    shown = "The malware deletes itself from disk."
    padded = (shown, *(f"Sentence number {number} says little." for number in range(100)))
    assert scores((shown,), knowledge, model)["T1070.004"] > scores(padded, knowledge, model)["T1070.004"]


def test_being_known_for_it_strengthens(knowledge: AttackKnowledge, model: TechniqueModel) -> None:
    """What a named software is known to use needs less; a name alone shows nothing."""
    shown = "Run keys in the registry keep it alive after a reboot."
    named = (shown, "QakBot arrived first.", "QakBot was seen again.")
    unnamed = (shown, "Something arrived first.", "Something was seen again.")
    with_name, without = scores(named, knowledge, model), scores(unnamed, knowledge, model)
    assert with_name["T1547.001"] > without["T1547.001"]
    assert set(with_name) == set(without)


def test_whole_sentence_is_the_first_evidence(knowledge: AttackKnowledge, model: TechniqueModel) -> None:
    """A sentence that tells what happened comes before a heading and before a row of a table."""
    sentence = "The intruders created a scheduled task that starts the loader at every logon."
    [sighting] = (
        each
        for each in sight(("Scheduled Task T1053.005", "Scheduled tasks", sentence), knowledge, model)
        if each.technique_id == "T1053.005"
    )
    assert sighting.sentences[0] == sentence
    assert len(sighting.sentences) == 3


def test_recipe_shows_nothing(knowledge: AttackKnowledge, model: TechniqueModel) -> None:
    """Text that is no threat report has no techniques."""
    assert scores(RECIPE, knowledge, model) == {}


def test_peaceful_text_shows_little(knowledge: AttackKnowledge, model: TechniqueModel) -> None:
    """Where nothing speaks of an attack, everyday words of administration are not taken for one."""
    notes = ("The API returns JSON over HTTPS.", "Delete old log files before you upgrade.")
    assert scores(notes, knowledge, model) == {}
    assert "T1071.001" in scores((*notes, "The malware calls it."), knowledge, model)


def test_no_sentences_show_nothing(knowledge: AttackKnowledge, model: TechniqueModel) -> None:
    """An empty report has no techniques."""
    assert sight((), knowledge, model) == ()
