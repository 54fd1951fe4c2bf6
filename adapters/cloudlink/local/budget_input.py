"""What a budget may be: each refusal names the field, the value and what would be taken."""

from __future__ import annotations

import msgspec

from adapters.cloudlink.local.storable import UNSTORABLE
from adapters.cloudlink.models import BudgetChange, BudgetScope, NewBudget
from adapters.errors import InvalidInput

LONGEST_NAME = 256
LEAST_USD = 0.01
MOST_USD = 1e12
MOST_THRESHOLDS = 20
HIGHEST_THRESHOLD = 1000


def checked_budget(wanted: NewBudget) -> NewBudget:
    """Check a budget that is asked for, and put its thresholds in order; raises InvalidInput."""
    _check_name("name", wanted.name)
    _check_limit(wanted.monthly_limit_usd)
    if wanted.action_on_breach != "alert":
        message = f"action_on_breach is {wanted.action_on_breach[:40]!r}: give alert, which is all that there is"
        raise InvalidInput("validation_error", message, "action_on_breach")
    if wanted.scope is BudgetScope.SERVICE:
        if wanted.service is None:
            message = "service is missing: name the service, or set scope to total"
            raise InvalidInput("validation_error", message, "service")
        _check_name("service", wanted.service)
    elif wanted.service is not None:
        message = f"service is {wanted.service[:40]!r}: leave it out, or set scope to service"
        raise InvalidInput("validation_error", message, "service")
    return msgspec.structs.replace(wanted, alert_thresholds=_in_order(wanted.alert_thresholds))


def checked_change(change: BudgetChange) -> BudgetChange:
    """Check what is to change of a budget, and put its thresholds in order; raises InvalidInput."""
    if change.name is not None:
        _check_name("name", change.name)
    if change.monthly_limit_usd is not None:
        _check_limit(change.monthly_limit_usd)
    if change.alert_thresholds is None:
        return change
    return msgspec.structs.replace(change, alert_thresholds=_in_order(change.alert_thresholds))


def _check_name(field: str, name: str) -> None:
    if not name.strip() or len(name) > LONGEST_NAME or UNSTORABLE.search(name):
        message = f"{field} is {name[:40]!r}: give a name of 1 to {LONGEST_NAME} characters"
        raise InvalidInput("validation_error", message, field)


def _check_limit(limit: float) -> None:
    if not LEAST_USD <= limit <= MOST_USD:
        message = f"monthly_limit_usd is {limit}: give an amount of USD from {LEAST_USD} to {MOST_USD:.0f}"
        raise InvalidInput("validation_error", message, "monthly_limit_usd")


def _in_order(thresholds: tuple[int, ...]) -> tuple[int, ...]:
    distinct = sorted(set(thresholds))
    if not 1 <= len(distinct) <= MOST_THRESHOLDS or distinct[0] < 1 or distinct[-1] > HIGHEST_THRESHOLD:
        shown = ", ".join(map(str, distinct[: MOST_THRESHOLDS + 1]))
        message = (
            f"alert_thresholds are [{shown}]: give 1 to {MOST_THRESHOLDS} percentages from 1 to {HIGHEST_THRESHOLD}"
        )
        raise InvalidInput("validation_error", message, "alert_thresholds")
    return tuple(distinct)
