"""Pages by keyset over the upstream's lists, which know a limit only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from adapters.cloudlink.account import Action, AuditEvent, CloudScan
from adapters.cloudlink.models import BudgetAlert, Deploy, Regression
from adapters.cloudlink.wire import MOST_ROWS
from adapters.paging import Page, Position, Window, page_of

T = TypeVar("T")

NOTHING_KNOWN = datetime(1970, 1, 1, tzinfo=UTC)


def rows_to_ask(window: Window) -> int:
    """Say how many of the newest rows a page needs: one more than it looks at, or all, of which it may need any."""
    is_newest = window.is_forward and window.after is None
    return min(window.most + 1, MOST_ROWS) if is_newest else MOST_ROWS


def total_of(rows: Sequence[object], asked: int) -> int | None:
    """Count the rows where they are all that there are: fewer than were asked for."""
    return len(rows) if len(rows) < asked else None


def no_page(window: Window) -> Page[T]:
    """Give the page of a list without a row."""
    return page_of([], _nowhere, window, total=0)


def newest_first(rows: Sequence[T], position: Callable[[T], Position]) -> list[T]:
    """Sort rows."""
    return sorted(rows, key=position, reverse=True)


def deploy_position(deploy: Deploy) -> Position:
    """Say where a deploy stands in its list."""
    return Position(deploy.deployed_at, deploy.id)


def regression_position(regression: Regression) -> Position:
    """Say where a regression stands in its list."""
    return Position(regression.detected_at, regression.id)


def alert_position(alert: BudgetAlert) -> Position:
    """Say where an alert stands in its list."""
    return Position(alert.triggered_at, alert.id)


def scan_position(scan: CloudScan) -> Position:
    """Say where a scan stands in its list."""
    return Position(scan.started_at, scan.id)


def action_position(action: Action) -> Position:
    """Say where an action stands in its list."""
    return Position(action.created_at, action.id)


def audit_position(event: AuditEvent) -> Position:
    """Say where an event stands in the audit trail."""
    return Position(event.at, event.id)


def _nowhere(_row: object) -> Position:
    return Position(NOTHING_KNOWN, "")
