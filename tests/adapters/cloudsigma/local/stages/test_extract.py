"""Which techniques a report shows, which indicators it names, and what of them a log would show."""

from __future__ import annotations

import msgspec

from adapters.cloudsigma.local.attack.knowledge import AttackKnowledge
from adapters.cloudsigma.local.attack.model import TechniqueModel
from adapters.cloudsigma.local.material import Extraction, Report
from adapters.cloudsigma.local.stages.extract import LONGEST_EVIDENCE, extract
from adapters.confidence import Confidence

REPORT = """\
The loader is a DLL that the lure starts with rundll32.exe.
It decrypts its strings with a hardcoded XOR key and injects the payload into a suspended svchost.exe by process
hollowing, calling NtUnmapViewOfSection and WriteProcessMemory.

For persistence it runs schtasks /create /tn Updater /tr C:\\Users\\Public\\loader.exe /sc onlogon.
The backdoor sends HTTP POST requests to its C2 server at update.badsite[.]com and downloads additional modules.
"""


def extracted(text: str, knowledge: AttackKnowledge, model: TechniqueModel) -> Extraction:
    return extract(Report(text=text), knowledge, model)


def test_report_gives_its_techniques(knowledge: AttackKnowledge, model: TechniqueModel) -> None:
    """The behaviours a report describes are found, by falling score, each with name, tactic and sentence."""
    techniques = extracted(REPORT, knowledge, model).techniques
    found = {each.ttp.technique_id: each.ttp for each in techniques}
    assert {"T1218.011", "T1140", "T1055.012", "T1053.005", "T1071.001", "T1105"} <= set(found)
    assert [each.score for each in techniques] == sorted((each.score for each in techniques), reverse=True)
    task = found["T1053.005"]
    assert (task.name, task.tactic) == ("Scheduled Task", "execution")
    assert task.evidence is not None
    assert task.evidence.startswith("For persistence it runs schtasks")


def test_observables_are_of_the_technique(knowledge: AttackKnowledge, model: TechniqueModel) -> None:
    """A technique carries what its own sentences name, and nothing of the others'."""
    techniques = extracted(REPORT, knowledge, model).techniques
    task = next(each for each in techniques if each.ttp.technique_id == "T1053.005").observables
    assert any("schtasks" in command for command in task.commands)
    assert "rundll32.exe" not in task.processes


def test_indicators_are_of_the_whole_report(knowledge: AttackKnowledge, model: TechniqueModel) -> None:
    """Indicators come along, defanged ones too."""
    assert "update.badsite.com" in {ioc.value for ioc in extracted(REPORT, knowledge, model).iocs}


def test_confidence_follows_the_score(knowledge: AttackKnowledge, model: TechniqueModel) -> None:
    """A written id is of high confidence, a single sentence among many is not."""
    text = "\n".join(
        ["Mapped to T1190.", "It deletes the dropped files.", *(f"Line {number}." for number in range(100))]
    )
    bands = {each.ttp.technique_id: each.ttp.confidence for each in extracted(text, knowledge, model).techniques}
    assert bands["T1190"] is Confidence.HIGH
    assert bands["T1070.004"] is not Confidence.HIGH


def test_evidence_is_bounded(knowledge: AttackKnowledge, model: TechniqueModel) -> None:
    """A very long line is cut when it is told as evidence."""
    [finding] = extracted(f"T1190 {'x ' * 500}", knowledge, model).techniques
    assert finding.ttp.evidence is not None
    assert len(finding.ttp.evidence) == LONGEST_EVIDENCE


def test_no_threat_gives_nothing(knowledge: AttackKnowledge, model: TechniqueModel) -> None:
    """A recipe has neither techniques nor indicators."""
    assert extracted("Fold in the flour. Bake for an hour. Serve warm.", knowledge, model) == Extraction()


def test_same_text_gives_the_same(knowledge: AttackKnowledge, model: TechniqueModel) -> None:
    """Extraction has no chance in it, and survives being stored as JSON."""
    first = extracted(REPORT, knowledge, model)
    assert extracted(REPORT, knowledge, model) == first
    assert msgspec.json.decode(msgspec.json.encode(first), type=Extraction) == first
