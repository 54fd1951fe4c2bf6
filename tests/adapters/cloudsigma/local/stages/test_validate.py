from __future__ import annotations

import socket
from pathlib import Path

import pytest
from sigma.data import mitre_attack, mitre_d3fend
from sigma.validators.sigmahq.data import data_taxonomy, data_windows_eventid

from adapters.cloudsigma.local.attack.knowledge import AttackKnowledge, load_knowledge
from adapters.cloudsigma.local.material import RuleSet
from adapters.cloudsigma.local.sigma_rule import LogSource, SigmaRule, Value, to_model
from adapters.cloudsigma.local.stages.validate import validate
from adapters.cloudsigma.models import DetectionGap, Notice, Platform, Rule, RuleKind


@pytest.fixture(scope="module")
def knowledge() -> AttackKnowledge:
    return load_knowledge()


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Refuse every connection and hide what an earlier download may have cached."""

    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError("a connection was opened")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    for module in (mitre_attack, mitre_d3fend, data_taxonomy, data_windows_eventid):
        module.set_cache_dir(str(tmp_path))


def rule(
    title: str = "Encoded PowerShell Command",
    *,
    technique_id: str = "T1059.001",
    selection: dict[str, Value] | None = None,
    condition: str = "selection",
    tags: tuple[str, ...] = ("attack.execution", "attack.t1059.001"),
) -> Rule:
    written = SigmaRule(
        title=title,
        description="PowerShell was started with an encoded command.",
        logsource=LogSource(product="windows", category="process_creation"),
        selections={"selection": selection or {"CommandLine|contains": " -enc "}},
        condition=condition,
        date="2026-01-01",
        tags=tags,
        watermark=True,
    )
    return to_model(written, kind=RuleKind.BEHAVIORAL, platform=Platform.WINDOWS_SYSMON, technique_id=technique_id)


@pytest.mark.usefixtures("offline")
def test_a_sound_rule_stays_and_no_connection_is_opened(knowledge: AttackKnowledge) -> None:
    """A valid rule passes untouched and unremarked, with every socket closed and every cache empty."""
    given = RuleSet(rules=(rule(),), notices=(Notice(code="Earlier", message="Said before."),))
    assert validate(given, knowledge) == given


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (Rule(id="1", title="No YAML", sigma="title: [", technique_id="T1059.001"), "does not parse"),
        (Rule(id="1", title="A List", sigma="- a\n- b\n", technique_id="T1059.001"), "does not parse"),
        (Rule(id="1", title="Empty", sigma="", technique_id="T1059.001"), "does not parse"),
        (rule("Unknown Name in Condition", condition="selection and missing"), "does not parse"),
        (rule("Condition Without End", condition="selection and"), "does not parse"),
        (rule("Selection Never Used", condition="1 of other_*"), "Rule"),
        (rule("Hash Without Its Kind", selection={"Hashes|contains": "d2ef590c0310838490561a205469713d"}), "Hash"),
        (rule("Value Given Twice", selection={"CommandLine|contains": ["a b", "A B"]}), "duplicate"),
        (rule("Lookahead", selection={"CommandLine|re": "(?=a)b"}), "regular expression"),
    ],
)
def test_a_broken_rule_is_dropped_with_a_notice_and_a_gap(
    broken: Rule, reason: str, knowledge: AttackKnowledge
) -> None:
    """What does not parse or has a finding of high severity is not emitted; it is told, and its technique is a gap."""
    checked = validate(RuleSet(rules=(broken,)), knowledge)
    (notice,) = (notice for notice in checked.notices if notice.severity == "warning")
    (gap,) = checked.gaps
    assert checked.rules == ()
    assert (notice.code, notice.technique_id) == ("InvalidRule", "T1059.001")
    assert broken.title in notice.message
    assert reason in notice.message
    assert (gap.technique_id, gap.name) == ("T1059.001", "PowerShell")


@pytest.mark.usefixtures("offline")
def test_no_gap_while_another_rule_serves_the_technique(knowledge: AttackKnowledge) -> None:
    """A dropped rule leaves no gap when its technique has a valid rule, or was known to be a gap before."""
    broken = rule("Condition Without End", condition="selection and")
    known = DetectionGap(technique_id="T1105", reason="Nothing observable.")
    elsewhere = rule("Other", technique_id="T1105", condition="(")
    checked = validate(RuleSet(rules=(broken, rule(), elsewhere), gaps=(known,)), knowledge)
    assert checked.rules == (rule(),)
    assert checked.gaps == (known,)


@pytest.mark.usefixtures("offline")
def test_of_rules_that_collide_the_first_one_stays(knowledge: AttackKnowledge) -> None:
    """Two rules with one title or id are one too many: the later is dropped."""
    other = rule(selection={"CommandLine|contains": " -ec "})
    checked = validate(RuleSet(rules=(rule(), other)), knowledge)
    assert checked.rules == (rule(),)
    assert [notice.code for notice in checked.notices] == ["InvalidRule"]
    assert checked.gaps == ()


@pytest.mark.usefixtures("offline")
def test_lesser_findings_are_one_notice_a_kind(knowledge: AttackKnowledge) -> None:
    """Findings of medium severity keep the rules and are counted, as with tags that ATT&CK does not know."""
    odd = [rule(f"Rule {name}", tags=("attack.execution", "attack.t9999")) for name in ("One", "Two", "Three")]
    checked = validate(RuleSet(rules=tuple(odd)), knowledge)
    assert checked.rules == tuple(odd)
    assert [(notice.severity, notice.message) for notice in checked.notices] == [
        ("info", "Invalid MITRE ATT&CK tagging (3 times).")
    ]
