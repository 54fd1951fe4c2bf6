"""The YAML of a rule, its id and its escapes."""

from __future__ import annotations

import uuid

import msgspec
import pytest
import yaml
from sigma.rule import SigmaRule as ParsedRule
from sigma.types import SigmaString

from adapters.cloudsigma.local.sigma_rule import LogSource, SigmaRule, literal, to_model
from adapters.cloudsigma.models import Platform, Rule, RuleKind

RULE = SigmaRule(
    title="Process Started: From a Test",
    description="Something that a test\n made up.",
    logsource=LogSource(product="windows", category="process_creation"),
    selections={"selection": {"Image|endswith": [r"\a.exe", r"\b.exe"], "ProcessId": 42, "CommandLine": None}},
    condition="selection",
    date="2026-11-20",
    references=("https://attack.mitre.org/techniques/T1059",),
    tags=("attack.execution", "attack.t1059"),
    level="high",
)


def written(rule: SigmaRule) -> Rule:
    return to_model(rule, kind=RuleKind.BEHAVIORAL, platform=Platform.WINDOWS_SYSMON, technique_id="T1059")


def test_fields_stand_in_the_usual_order() -> None:
    """The fields come in the order in which SigmaHQ writes them, the id after the title."""
    assert list(yaml.safe_load(written(RULE).sigma)) == [
        *("title", "id", "status", "description", "references", "author", "date"),
        *("tags", "logsource", "detection", "falsepositives", "level"),
    ]


def test_parser_reads_back_what_was_written() -> None:
    """PySigma reads the text without an error and finds title, id, level and values in it."""
    parsed = ParsedRule.from_yaml(written(RULE).sigma)
    assert (parsed.title, str(parsed.id), str(parsed.level)) == (RULE.title, written(RULE).id, "high")
    assert parsed.description == "Something that a test made up."
    assert yaml.safe_load(written(RULE).sigma)["detection"]["selection"]["ProcessId"] == 42


def test_id_follows_the_content() -> None:
    """The same rule has the same name-based id, another condition another one, and the watermark does not matter."""
    marked = msgspec.structs.replace(RULE, watermark=True)
    other = msgspec.structs.replace(RULE, condition="not selection")
    assert uuid.UUID(written(RULE).id).version == 5
    assert written(RULE).id == written(marked).id != written(other).id


def test_watermark_is_written_when_asked_for() -> None:
    """The mark of the free tier stands in the text only when the rule has it."""
    marked = yaml.safe_load(written(msgspec.structs.replace(RULE, watermark=True)).sigma)
    assert marked["_cloudsigma"] == {"watermark": True}
    assert "_cloudsigma" not in yaml.safe_load(written(RULE).sigma)


def test_values_that_look_like_something_else_stay_text() -> None:
    """Numbers, booleans and dates as text are quoted, so that YAML does not turn them into something else."""
    values = ["1", "true", "2026-01-01", "null", "it's", "a: b", "ü"]
    rule = msgspec.structs.replace(RULE, selections={"selection": {"Field": values}})
    assert yaml.safe_load(written(rule).sigma)["detection"]["selection"]["Field"] == values


@pytest.mark.parametrize("text", [r"C:\a\b", r"\\server\share", "a*b?c", r"a\*b", r"a\\*", "\\?\\"])
def test_literal_matches_only_itself(text: str) -> None:
    """An escaped value is one piece of plain text to pySigma: the very text, without wildcards."""
    assert SigmaString(literal(text)).s == [text]


def test_model_carries_the_same_rule() -> None:
    """The answer's shape has the id and the text of the rule, and for what it was written."""
    model = written(RULE)
    assert (model.id, model.level) == (yaml.safe_load(model.sigma)["id"], "high")
    assert (model.platform, model.technique_id) == (Platform.WINDOWS_SYSMON, "T1059")
