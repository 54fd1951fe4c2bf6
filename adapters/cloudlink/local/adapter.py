"""CloudLink's port as an embedded implementation."""

from __future__ import annotations

from adapters.cloudlink.account import CloudScans
from adapters.cloudlink.local.adapter_accounts import LocalAccounts
from adapters.cloudlink.local.adapter_budgets import LocalBudgets
from adapters.cloudlink.local.adapter_costs import LocalCosts
from adapters.cloudlink.local.engine import Engine, open_engine
from adapters.cloudlink.models import Detection
from adapters.context import AdapterContext
from adapters.errors import LimitExceeded
from adapters.health import ServiceHealth
from adapters.http.serving import AccountRates, Rate
from adapters.local_health import local_health
from adapters.principal import Principal

HEAVY = Rate(5, 5 / 60)
"""Scans and detections of a tenant: so many a minute, as documented."""
RETRY_SECONDS = 12


class LocalCloudLink(LocalCosts, LocalBudgets, LocalAccounts):
    """Watches costs here; see `port.CloudLink` for what each method promises."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._scan_rates = AccountRates()
        self._detection_rates = AccountRates()

    async def start(self) -> None:
        """Begin to tell and to send, and what a crash left."""
        engine = self._engine
        await engine.feeds.start()
        await engine.deliveries.start()
        await engine.scan_work.start()
        await engine.action_work.start()

    async def close(self) -> None:
        """Stop sending and telling."""
        await self._engine.deliveries.close()
        await self._engine.feeds.close()

    async def health(self) -> ServiceHealth:
        """Say whether the store answers."""
        return await local_health(self._engine.database)

    async def start_scan(self, principal: Principal) -> CloudScans:
        """Begin the scans as durable work."""
        _admit(self._scan_rates, principal)
        return await super().start_scan(principal)

    async def detect_regressions(self, principal: Principal) -> Detection:
        """Judge in worker processes."""
        _admit(self._detection_rates, principal)
        return await super().detect_regressions(principal)


def _admit(rates: AccountRates, principal: Principal) -> None:
    if principal.tier is not None and not rates.take(principal.tenant, HEAVY):
        message = f"At most {HEAVY.burst:g} a minute: retry after {RETRY_SECONDS} seconds"
        raise LimitExceeded("rate_limit_exceeded", message, int(HEAVY.burst), RETRY_SECONDS)


def build(context: AdapterContext) -> LocalCloudLink:
    """Build the adapter from its context: the entry point `cloudlink-local`."""
    return LocalCloudLink(open_engine(context))
