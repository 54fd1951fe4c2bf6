"""SECURITY.md tells the truth: each attack in its table is tried by a test, and each setting is one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from gateway.configuration.safety_settings import SafetySettings
from gateway.configuration.settings import Settings

TESTS = Path(__file__).parent
ROWS = re.findall(
    r"^\| [^|]+ \| [^|]+ \| ([^|]*) ?\| `([\w/]+\.py)::(\w+)` \|$",
    (TESTS.parent / "SECURITY.md").read_text(),
    re.MULTILINE,
)
LIMITS = {name for name in SafetySettings.model_fields if name != "tell_cost"}


@pytest.mark.parametrize(("setting", "file", "test"), ROWS, ids=lambda part: str(part).strip("` "))
def test_an_attack_is_tried_by_the_test_that_is_named(setting: str, file: str, test: str) -> None:
    """The test is there, and so is the setting where one is named."""
    names = {node.name for node in ast.walk(ast.parse((TESTS / file).read_text())) if hasattr(node, "name")}
    assert test in names
    if setting.strip():
        assert setting.strip("` ").lower() in Settings.model_fields


def test_every_limit_has_an_attack_that_it_stops() -> None:
    """Every row is read, and a limit that is added wants a row."""
    table = (TESTS.parent / "SECURITY.md").read_text().partition("|---|---|---|---|\n")[2].partition("\n\n")[0]
    assert len(ROWS) == len(table.splitlines())
    assert {setting.strip("` ").lower() for setting, _, _ in ROWS} >= LIMITS
