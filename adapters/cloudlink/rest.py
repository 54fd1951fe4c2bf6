"""CloudLink's port over its REST API."""

from __future__ import annotations

import time

import httpx

from adapters.cloudlink.account import Action, CloudScan
from adapters.cloudlink.decoding import SERVICE
from adapters.cloudlink.exchange import SCAN_SECONDS, Exchange
from adapters.cloudlink.models import BudgetAlert, Regression
from adapters.cloudlink.rest_accounts import RestAccounts
from adapters.cloudlink.rest_actions import RestActions, RestScans
from adapters.cloudlink.rest_budgets import RestBudgets
from adapters.cloudlink.rest_costs import RestCosts
from adapters.cloudlink.rest_regressions import RestRegressions
from adapters.cloudlink.upstream import POLICY
from adapters.cloudlink.watched import PACE
from adapters.cloudlink.webhooks import Event
from adapters.context import AdapterContext
from adapters.errors import AdapterError
from adapters.health import Health, ServiceHealth
from adapters.http.polling import Pace
from adapters.http.stack import open_stack
from adapters.http.tokens import OWNER, PerToken, as_tenant
from adapters.http.upstream import Upstream

HEALTH_SECONDS = 30.0
"""How long an answer about the health is good for: asking counts against the upstream's 60 requests a minute."""


class RestCloudLink(RestCosts, RestRegressions, RestBudgets, RestScans, RestActions, RestAccounts):
    """Speaks the documented wire; see `port.CloudLink` for what each method promises.

    The account behind the token belongs to one tenant: for every other, reads find nothing and writes are refused.
    """

    def __init__(self, exchange: Exchange, pace: Pace = PACE) -> None:
        RestCosts.__init__(self, exchange)
        RestRegressions.__init__(self, exchange, pace)
        RestBudgets.__init__(self, exchange, pace)
        RestScans.__init__(self, exchange, pace)
        RestActions.__init__(self, exchange, pace)
        RestAccounts.__init__(self, exchange)
        self._health: tuple[float, ServiceHealth] | None = None

    async def start(self) -> None:
        """Nothing to begin: the polls run while somebody watches."""

    async def close(self) -> None:
        """Stop polling and close the connections."""
        for watched in (self.watched_regressions, self.watched_alerts, self.watched_scans, self.watched_actions):
            await watched.close()
        await self._deploys.close()
        await self._exchange.close()

    async def health(self) -> ServiceHealth:
        """Ask for a short list, at most every 30 seconds."""
        if self._health is None or time.monotonic() - self._health[0] > HEALTH_SECONDS:
            self._health = (time.monotonic(), await self._look_at_health())
        return self._exchange.with_standing(self._health[1])

    async def receive(self, event: Event) -> None:
        """Tell watchers of what a webhook has brought, or look what it was that changed."""
        self._exchange.forget()
        match event.payload:
            case Regression():
                await self.watched_regressions.observe(event.payload)
            case Action():
                await self.watched_actions.observe(event.payload)
            case CloudScan():
                await self.watched_scans.observe(event.payload)
            case BudgetAlert():
                await self.watched_alerts.observe(event.payload)
            case None:
                self._look(event.name)

    def _look(self, name: str) -> None:
        match name.partition(".")[0]:
            case "regression":
                self.watched_regressions.look()
            case "action":
                self.watched_actions.look()
            case "scan":
                self.watched_scans.look()
            case "budget":
                self.watched_alerts.look()

    async def _look_at_health(self) -> ServiceHealth:
        adapter = f"rest {self._exchange.base_url}"
        began = time.monotonic()
        try:
            answer = await self._exchange.probe()
        except AdapterError as error:
            message = f"{error.message}: check TRIGRAPH_CLOUDLINK"
            return ServiceHealth(adapter=adapter, health=Health.DOWN, message=message)
        latency_ms = round((time.monotonic() - began) * 1000, 1)
        if answer.status != httpx.codes.OK:
            message = f"Asked for its webhooks it answered HTTP {answer.status}: check TRIGRAPH_CLOUDLINK and its token"
            return ServiceHealth(adapter=adapter, health=Health.DEGRADED, message=message, latency_ms=latency_ms)
        left = answer.headers.get("x-ratelimit-remaining", "")
        remaining = int(left) if left.isdecimal() else None
        return ServiceHealth(adapter=adapter, health=Health.UP, latency_ms=latency_ms, rate_limit_remaining=remaining)


def build(context: AdapterContext) -> RestCloudLink | PerToken:
    """Build the adapter from its context: the entry point `cloudlink-rest`."""
    stack = open_stack(POLICY.with_limit(context.calls_per_minute))

    def over(token: str | None, tenant: str, *, is_lent: bool) -> RestCloudLink:
        upstream = Upstream(SERVICE, context.location, token, stack, is_lent=is_lent)
        patient = Upstream(SERVICE, context.location, token, stack, SCAN_SECONDS, is_lent=is_lent)
        return RestCloudLink(Exchange(upstream, patient, tenant))

    shared = over(context.token, context.cloudlink.tenant, is_lent=False)
    if not context.takes_tokens:
        return shared
    return PerToken("cloudlink", shared, lambda token: over(token, OWNER, is_lent=True), as_tenant, context.tokens)
