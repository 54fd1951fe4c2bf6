"""Scans of accounts, and the actions that they propose, over REST."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from adapters.cloudlink.account import Action, ActionStatus, CloudScan, CloudScans
from adapters.cloudlink.exchange import Exchange, in_order, segment
from adapters.cloudlink.keyset import action_position, newest_first, no_page, rows_to_ask, scan_position, total_of
from adapters.cloudlink.watched import Watched, is_action_news, is_scan_news
from adapters.cloudlink.wire import MOST_ROWS, Items
from adapters.events.watching import Observation
from adapters.http.polling import Pace
from adapters.paging import Page, Window, page_of
from adapters.principal import Principal

WATCHED = 50
MOST_ACTIONS = 500


class RestScans:
    """The part of the port that is about scans."""

    def __init__(self, exchange: Exchange, pace: Pace) -> None:
        self._exchange = exchange
        self.watched_scans: Watched[CloudScan] = Watched(
            exchange.tenant,
            pace,
            lambda: self._newest_scans(WATCHED),
            scan_position,
            is_scan_news,
            all_known=lambda: self._newest_scans(MOST_ROWS),
        )

    async def start_scan(self, principal: Principal) -> CloudScans:
        """POST /scan, whose answer may take two minutes; where it has no scans, they are looked up in the list."""
        self._exchange.admit(principal)
        begun = await self._exchange.write_patiently("/scan", CloudScans, {"wait": "0"})
        scans = list(begun.scans)
        if not scans and begun.credentials_scanned > 0:
            scans = await self._newest_scans(min(begun.credentials_scanned, MOST_ROWS))
        await self.watched_scans.observe(*scans)
        return CloudScans(
            events_found=begun.events_found, credentials_scanned=begun.credentials_scanned, scans=tuple(scans)
        )

    async def scans(self, principal: Principal, window: Window) -> Page[CloudScan]:
        """GET /scans, of which at most the newest 2,000 are read."""
        if not self._exchange.serves(principal):
            return no_page(window)
        asked = rows_to_ask(window)
        rows = await self._newest_scans(asked)
        return page_of(rows, scan_position, window, total_of(rows, asked))

    async def scans_by_id(self, principal: Principal, ids: Sequence[str]) -> list[CloudScan | None]:
        """GET /scans: those among the newest 2,000."""
        rows = await self._newest_scans(MOST_ROWS) if self._exchange.serves(principal) else []
        return in_order(ids, rows, lambda scan: scan.id)

    def watch_scans(
        self, principal: Principal, after: str | None = None, scan_id: str | None = None
    ) -> AsyncIterator[Observation[CloudScan]]:
        """Watch what the shared poll observes and what webhooks push."""
        return self.watched_scans.watch(principal.tenant, after, scan_id)

    async def _newest_scans(self, limit: int) -> list[CloudScan]:
        return (await self._exchange.read("/scans", Items[CloudScan], limit=limit)).items


class RestActions:
    """The part of the port that is about actions."""

    def __init__(self, exchange: Exchange, pace: Pace) -> None:
        self._exchange = exchange
        self.watched_actions: Watched[Action] = Watched(
            exchange.tenant, pace, self._listed_actions, action_position, is_action_news
        )

    async def actions(self, principal: Principal, status: ActionStatus | None) -> list[Action]:
        """GET /actions."""
        if not self._exchange.serves(principal):
            return []
        return newest_first(await self._listed_actions(status), action_position)[:MOST_ACTIONS]

    async def actions_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Action | None]:
        """GET /actions."""
        return in_order(ids, await self.actions(principal, None), lambda action: action.id)

    async def approve_action(self, principal: Principal, action_id: str) -> Action:
        """POST /actions/:id/approve."""
        return await self._move_action(principal, action_id, "approve")

    async def reject_action(self, principal: Principal, action_id: str) -> Action:
        """POST /actions/:id/reject."""
        return await self._move_action(principal, action_id, "reject")

    def watch_actions(self, principal: Principal, after: str | None = None) -> AsyncIterator[Observation[Action]]:
        """Watch what the shared poll observes and what webhooks push."""
        return self.watched_actions.watch(principal.tenant, after)

    async def _move_action(self, principal: Principal, action_id: str, where: str) -> Action:
        self._exchange.admit(principal)
        moved = await self._exchange.write("POST", f"/actions/{segment(action_id)}/{where}", Action)
        await self.watched_actions.observe(moved)
        return moved

    async def _listed_actions(self, status: ActionStatus | None = None) -> list[Action]:
        return (await self._exchange.read("/actions", Items[Action], status=status)).items
