"""The change feeds of what CloudLink pushes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from adapters.cloudlink.account import Action, CloudScan
from adapters.cloudlink.models import BudgetAlert, Regression
from adapters.events.feed import ChangeFeed, InProcessChangeFeed
from adapters.events.postgres import PostgresChangeFeed
from adapters.store.database import Database

T = TypeVar("T")

COUNTER = "cloudlink"
"""Numbers the changes of everything in CloudLink's store; who has drawn a number writes alone until it commits."""


@dataclass(frozen=True, kw_only=True)
class Feeds:
    """One feed for each kind of thing that changes."""

    regressions: ChangeFeed[Regression]
    alerts: ChangeFeed[BudgetAlert]
    scans: ChangeFeed[CloudScan]
    actions: ChangeFeed[Action]

    async def start(self) -> None:
        """Begin to pass changes on."""
        for feed in (self.regressions, self.alerts, self.scans, self.actions):
            await feed.start()

    async def close(self) -> None:
        """Stop passing changes on."""
        for feed in (self.regressions, self.alerts, self.scans, self.actions):
            await feed.close()


def open_feeds(database: Database) -> Feeds:
    """Make the feeds: within this process, or through PostgreSQL where that is the store."""
    return Feeds(
        regressions=_feed(database, "regressions", Regression),
        alerts=_feed(database, "budget_alerts", BudgetAlert),
        scans=_feed(database, "cloud_scans", CloudScan),
        actions=_feed(database, "actions", Action),
    )


def _feed(database: Database, what: str, state: type[T]) -> ChangeFeed[T]:
    if database.is_postgres:
        return PostgresChangeFeed(database.dsn, f"trigraph_cloudlink_{what}", state)
    return InProcessChangeFeed()
