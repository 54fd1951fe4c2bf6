"""The behavioural rules: what they hold, that they never vary, and that pySigma and the backends take them."""

from __future__ import annotations

from collections import Counter

import pytest
import yaml

from adapters.cloudsigma.local.attack.knowledge import load_knowledge
from adapters.cloudsigma.local.detections.catalogue import load_catalogue
from adapters.cloudsigma.local.material import Candidate, Observables, RuleSet, Selection, TechniqueFinding
from adapters.cloudsigma.local.stages.convert import convert
from adapters.cloudsigma.local.stages.generate import generate
from adapters.cloudsigma.local.stages.validate import validate
from adapters.cloudsigma.models import DetectionGap, Notice, Platform, RuleKind, Siem, Ttp

RICH = Observables(
    processes=("evil-loader.exe", "cmd.exe"),
    commands=("nltest /domain_trusts /all_trusts", r"cmd /c start C:\p\evil.exe"),
    paths=(r"%APPDATA%\Foo\bar*.dll", r"C:\ProgramData\Foo\bar.dll", "/tmp/.x/kins", r"C:\Users\joe\Foo\it's?.hta"),
    registry_keys=(r"HKCU\Software\Classes\CLSID\{ab}\InprocServer32",),
    api_calls=("VirtualAllocEx", "iam:CreateAccessKey", "ConsoleLogin"),
)


def candidate(technique_id: str, platform: Platform, observables: Observables | None = None) -> Candidate:
    technique = load_knowledge().technique(technique_id)
    assert technique is not None
    ttp = Ttp(technique_id=technique_id, name=technique.name, tactic=technique.tactics[0])
    found = TechniqueFinding(ttp=ttp, score=0.9, observables=observables or Observables())
    return Candidate(finding=found, platform=platform, tactics=technique.tactics)


def generated(*candidates: Candidate, watermark: bool = False) -> RuleSet:
    return generate(Selection(candidates=candidates), load_catalogue(), watermark=watermark)


@pytest.fixture(scope="module")
def all_rules() -> RuleSet:
    """Return every rule that the catalogue can give, with a report that names something of each kind."""
    return generated(
        *(
            candidate(technique_id, entry.platform, RICH)
            for entry in load_catalogue().entries
            for technique_id in (entry.technique_id, *entry.also)
        )
    )


def test_rule_holds_the_documented_fields() -> None:
    """A rule says its technique in reference, tags and model, and its log source and level from the catalogue."""
    (rule,) = generated(candidate("T1053.005", Platform.WINDOWS_SYSMON)).rules
    document = yaml.safe_load(rule.sigma)
    assert (rule.kind, rule.platform, rule.technique_id) == (RuleKind.BEHAVIORAL, Platform.WINDOWS_SYSMON, "T1053.005")
    assert (document["id"], document["title"], document["level"]) == (rule.id, rule.title, rule.level)
    assert document["references"] == ["https://attack.mitre.org/techniques/T1053/005"]
    tactics = ["attack.execution", "attack.persistence", "attack.privilege-escalation"]
    assert document["tags"] == [*tactics, "attack.t1053.005"]
    assert document["logsource"] == {"product": "windows", "category": "process_creation"}
    assert document["status"] == "experimental"
    assert str(document["date"]) == "2026-11-22"
    assert "_cloudsigma" not in document


def test_free_tier_is_marked() -> None:
    """With the watermark asked for, each rule carries it and keeps its id."""
    (plain,) = generated(candidate("T1055", Platform.WINDOWS_SYSMON)).rules
    (marked,) = generated(candidate("T1055", Platform.WINDOWS_SYSMON), watermark=True).rules
    assert yaml.safe_load(marked.sigma)["_cloudsigma"] == {"watermark": True}
    assert marked.id == plain.id


def test_same_selection_gives_the_same_rules() -> None:
    """The rules are the same byte for byte on every run."""
    asked = [candidate("T1105", platform, RICH) for platform in (Platform.WINDOWS_SYSMON, Platform.LINUX_AUDITD)]
    assert generated(*asked) == generated(*asked)


def test_report_makes_the_rule_specific() -> None:
    """What the report names is looked for besides the generic pattern, and the description says so."""
    (generic,) = generated(candidate("T1105", Platform.WINDOWS_SYSMON)).rules
    (specific,) = generated(candidate("T1105", Platform.WINDOWS_SYSMON, RICH)).rules
    document = yaml.safe_load(specific.sigma)
    assert document["detection"]["reported_processes"] == {"Image|endswith": [r"\evil-loader.exe"]}
    assert document["detection"]["condition"].endswith(" or 1 of reported_*")
    assert r"what the report names: nltest /domain_trusts /all_trusts" in document["description"]
    assert specific.id != generic.id


def test_parent_detection_is_told() -> None:
    """A rule that is its parent's says so in its title and description, and a notice names the platform."""
    result = generated(candidate("T1055.004", Platform.WINDOWS_SYSMON))
    (rule,) = result.rules
    assert rule.title.endswith("(Asynchronous Procedure Call)")
    assert "Written for T1055, of which T1055.004 is a part." in rule.sigma
    assert "attack.t1055.004" in rule.sigma
    assert [notice.code for notice in result.notices] == ["ParentTechniqueDetection"]
    assert "windows-sysmon" in result.notices[0].message


def test_what_filter_found_is_handed_on() -> None:
    """Gaps and notices of the stage before stay, ahead of this stage's own."""
    gap, notice = DetectionGap(technique_id="T1", reason="none"), Notice(code="Some", message="thing")
    result = generate(Selection(gaps=(gap,), notices=(notice,)), load_catalogue(), watermark=False)
    assert (result.rules, result.gaps, result.notices) == ((), (gap,), (notice,))


def test_ids_and_titles_differ(all_rules: RuleSet) -> None:
    """No two rules of the whole catalogue share an id or a title, and no title is longer than 110 characters."""
    for names in ([rule.id for rule in all_rules.rules], [rule.title for rule in all_rules.rules]):
        assert [name for name, times in Counter(names).items() if times > 1] == []
    assert max(len(rule.title) for rule in all_rules.rules) <= 110


def test_validators_find_nothing_wrong(all_rules: RuleSet) -> None:
    """No rule of the whole catalogue is left out, and validators remark nothing but the links to ATT&CK we keep."""
    checked = validate(RuleSet(rules=all_rules.rules), load_knowledge())
    assert [rule.title for rule in all_rules.rules if rule not in checked.rules] == []
    remarks = [notice.message for notice in checked.notices if "MITRE link" not in notice.message]
    replaced = [remark for remark in remarks if remark.startswith("Invalid MITRE ATT&CK tagging (1 times)")]
    assert remarks == replaced  # T1574.002, which ATT&CK 18 merged into T1574.001


def test_every_rule_converts(all_rules: RuleSet) -> None:
    """Each generic pattern, with what a report adds, has a query for Splunk, Sentinel, Elasticsearch and OpenSearch."""
    own = {entry.title for entry in load_catalogue().entries}
    rules = RuleSet(rules=tuple(rule for rule in all_rules.rules if rule.title in own))
    siems = (Siem.SPLUNK, Siem.SENTINEL, Siem.ELASTICSEARCH, Siem.OPENSEARCH)
    converted = convert(rules, siems)
    assert len(converted.rules) == len(own)
    assert [rule.title for rule in converted.rules if len(rule.queries) < len(siems)] == []
