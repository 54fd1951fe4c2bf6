from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from adapters.cloudlink.local.budget_input import checked_budget, checked_change
from adapters.cloudlink.models import BudgetChange, BudgetScope, NewBudget
from adapters.errors import InvalidInput

GOOD = NewBudget(name="All", monthly_limit_usd=100.0)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "1 to 256"),
        ("name", "  ", "1 to 256"),
        ("name", "x" * 257, "1 to 256"),
        ("name", "a\x00b", "1 to 256"),
        ("name", "a\ud800b", "1 to 256"),
        ("monthly_limit_usd", 0.0, "from 0.01"),
        ("monthly_limit_usd", 5e-324, "from 0.01"),
        ("monthly_limit_usd", -5.0, "-5.0"),
        ("monthly_limit_usd", math.inf, "inf"),
        ("monthly_limit_usd", math.nan, "nan"),
        ("monthly_limit_usd", 1e13, "to 1000000000000"),
        ("alert_thresholds", (), "1 to 20"),
        ("alert_thresholds", (0, 50), r"\[0, 50\]"),
        ("alert_thresholds", (50, 1001), "1001"),
        ("alert_thresholds", tuple(range(1, 22)), "1 to 20"),
    ],
)
def test_what_no_budget_can_have_is_refused(field: str, value: Any, said: str) -> None:
    """The refusal names the field, the value and what is taken, when a budget is set and when it is changed."""
    with pytest.raises(InvalidInput, match=said) as refusal:
        checked_budget(msgspec.structs.replace(GOOD, **{field: value}))
    assert (refusal.value.code, refusal.value.field) == ("validation_error", field)
    with pytest.raises(InvalidInput, match=said) as refusal:
        checked_change(BudgetChange(**{field: value}))
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"scope": BudgetScope.SERVICE}, "service"),
        ({"scope": BudgetScope.SERVICE, "service": ""}, "service"),
        ({"service": "Amazon EC2"}, "service"),
        ({"action_on_breach": "stop"}, "action_on_breach"),
    ],
)
def test_what_does_not_go_together_is_refused(fields: dict[str, Any], field: str) -> None:
    """A service is named where the scope is a service, and only there; all that can be done is to alert."""
    with pytest.raises(InvalidInput) as refusal:
        checked_budget(msgspec.structs.replace(GOOD, **fields))
    assert refusal.value.field == field


def test_thresholds_are_put_in_order() -> None:
    """Each is kept once, lowest first, when a budget is set and when it is changed."""
    assert checked_budget(msgspec.structs.replace(GOOD, alert_thresholds=(100, 1, 100))).alert_thresholds == (1, 100)
    assert checked_change(BudgetChange(alert_thresholds=(1000, 80))).alert_thresholds == (80, 1000)
    assert checked_change(BudgetChange(name="New")) == BudgetChange(name="New")
