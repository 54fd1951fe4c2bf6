"""Regressions over REST."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from adapters.cloudlink.decoding import detection_of, regression_of, regressions_of
from adapters.cloudlink.exchange import Exchange, in_order, segment
from adapters.cloudlink.keyset import newest_first, no_page, regression_position, rows_to_ask
from adapters.cloudlink.models import Detection, Regression
from adapters.cloudlink.port import RegressionFilter
from adapters.cloudlink.watched import Watched, is_regression_news
from adapters.cloudlink.wire import MOST_ROWS, DetectionShape, RegressionShape
from adapters.events.watching import Observation
from adapters.http.polling import Pace
from adapters.paging import Page, Window, page_of
from adapters.principal import Principal

WATCHED = 200
OF_A_SERVICE = 100


class RestRegressions:
    """The part of the port that is about regressions."""

    def __init__(self, exchange: Exchange, pace: Pace) -> None:
        self._exchange = exchange
        self.watched_regressions: Watched[Regression] = Watched(
            exchange.tenant, pace, self._watched_regression_rows, regression_position, is_regression_news
        )

    async def detect_regressions(self, principal: Principal) -> Detection:
        """POST /regression/run."""
        self._exchange.admit(principal)
        shape = await self._exchange.write("POST", "/regression/run", DetectionShape)
        found = detection_of(shape, "/regression/run")
        await self.watched_regressions.observe(*found.regressions)
        return found

    async def regressions(self, principal: Principal, window: Window, wanted: RegressionFilter) -> Page[Regression]:
        """GET /regressions, of which at most the newest 2,000 are read; the service is looked for here."""
        if not self._exchange.serves(principal):
            return no_page(window)
        asked = rows_to_ask(window) if wanted.service is None else MOST_ROWS
        listed = await self._newest_regressions(asked, wanted.status)
        rows = [row for row in listed if wanted.service in (None, row.service)]
        is_whole = len(listed) < asked
        return page_of(rows, regression_position, window, total=len(rows) if is_whole else None)

    async def regressions_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Regression | None]:
        """GET /regressions: those among the newest 2,000."""
        return in_order(ids, await self._all_regressions(principal), lambda regression: regression.id)

    async def regressions_of_deploys(self, principal: Principal, deploy_ids: Sequence[str]) -> list[list[Regression]]:
        """GET /regressions: those among the newest 2,000."""
        rows = await self._all_regressions(principal)
        return [[row for row in rows if row.deploy_id == deploy_id] for deploy_id in deploy_ids]

    async def regressions_of_services(self, principal: Principal, services: Sequence[str]) -> list[list[Regression]]:
        """GET /regressions: those among the newest 2,000."""
        rows = await self._all_regressions(principal)
        return [[row for row in rows if row.service == service][:OF_A_SERVICE] for service in services]

    async def acknowledge_regression(self, principal: Principal, regression_id: str) -> Regression:
        """POST /regressions/:id/acknowledge."""
        return await self._move_regression(principal, regression_id, "acknowledge")

    async def resolve_regression(self, principal: Principal, regression_id: str) -> Regression:
        """POST /regressions/:id/resolve."""
        return await self._move_regression(principal, regression_id, "resolve")

    def watch_regressions(
        self, principal: Principal, after: str | None = None
    ) -> AsyncIterator[Observation[Regression]]:
        """Watch what the shared poll observes and what webhooks push."""
        return self.watched_regressions.watch(principal.tenant, after)

    async def _move_regression(self, principal: Principal, regression_id: str, where: str) -> Regression:
        self._exchange.admit(principal)
        path = f"/regressions/{segment(regression_id)}/{where}"
        moved = regression_of(await self._exchange.write("POST", path, RegressionShape), path)
        await self.watched_regressions.observe(moved)
        return moved

    async def _all_regressions(self, principal: Principal) -> list[Regression]:
        if not self._exchange.serves(principal):
            return []
        return newest_first(await self._newest_regressions(MOST_ROWS), regression_position)

    async def _newest_regressions(self, limit: int, status: str | None = None) -> list[Regression]:
        rows = await self._exchange.read("/regressions", list[RegressionShape], status=status, limit=limit)
        return regressions_of(rows)

    async def _watched_regression_rows(self) -> list[Regression]:
        return await self._newest_regressions(WATCHED)
