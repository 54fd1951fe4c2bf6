"""Sigil's lists over REST: numbered pages upstream, pages by keyset here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from adapters.http.upstream import Upstream
from adapters.paging import Page, Position, cursor_of, position_of
from adapters.sigil.decoding import decode, scan_of
from adapters.sigil.models import Scan, Threat
from adapters.sigil.port import ScanFilter, ThreatFilter
from adapters.sigil.wire import Numbered, ScanShape

T = TypeVar("T")

PER_PAGE = 100
MOST_PAGES = 20
WATCHED = 50
"""How many of the newest scans one look of the poll covers."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Lists:
    """Reads the upstream's lists, page after page, each page as soon as it is wanted."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def scans(self, wanted: Mapping[str, str]) -> AsyncIterator[list[Scan]]:
        """Yield pages of scans, newest first."""
        async for page in self._pages("/v1/scans", ScanShape, wanted):
            yield list(map(scan_of, page))

    def threats(self, wanted: Mapping[str, str]) -> AsyncIterator[list[Threat]]:
        """Yield pages of threats, newest first."""
        return self._pages("/v1/threats", Threat, wanted)

    async def newest_scans(self) -> list[Scan]:
        """Give the newest scans."""
        return list(map(scan_of, (await self._page("/v1/scans", ScanShape, {}, 1, WATCHED)).items))

    async def first_threats(self, wanted: Mapping[str, str]) -> list[Threat]:
        """Give the newest hundred threats of those wanted."""
        return (await self._page("/v1/threats", Threat, wanted, 1, PER_PAGE)).items

    async def _pages(self, path: str, shape: type[T], wanted: Mapping[str, str]) -> AsyncIterator[list[T]]:
        for number in range(1, MOST_PAGES + 1):
            page = await self._page(path, shape, wanted, number, PER_PAGE)
            yield page.items
            if number * PER_PAGE >= page.total or not page.items:
                return

    async def _page(
        self, path: str, shape: type[T], wanted: Mapping[str, str], number: int, per_page: int
    ) -> Numbered[T]:
        params = {**wanted, "page": str(number), "per_page": str(per_page)}
        answer = await self._upstream.send("GET", path, params=params)
        return decode(answer, Numbered[shape], path)  # type: ignore[valid-type] # a type at run time


async def page_of(
    pages: AsyncIterator[list[T]], position: Callable[[T], Position], first: int, after: str | None
) -> Page[T]:
    """Take the rows after a cursor; the total is told where it was counted: all was read from the beginning."""
    start = position_of(after) if after is not None else None
    rows: list[T] = []
    is_whole = True
    async for page in pages:
        rows += (row for row in page if start is None or position(row) < start)
        if len(rows) > first:
            is_whole = False
            break
    return Page(
        nodes=rows[:first],
        cursors=[cursor_of(position(row)) for row in rows[:first]],
        has_next_page=len(rows) > first,
        has_previous_page=after is not None,
        total_count=len(rows) if is_whole and after is None else None,
    )


def scan_parameters(wanted: ScanFilter, after: str | None) -> dict[str, str]:
    """Write a filter as the upstream takes it; what is newer than the cursor is not asked for."""
    until = wanted.until
    if after is not None:
        at = position_of(after).at
        until = at if until is None else min(at, until)
    moments = {"from": wanted.since, "to": until}
    texts = {"verdict": wanted.verdict and wanted.verdict.value, "target": wanted.target}
    texts |= {name: moment.astimezone(UTC).isoformat() for name, moment in moments.items() if moment is not None}
    return {name: text for name, text in texts.items() if text}


def threat_parameters(wanted: ThreatFilter) -> dict[str, str]:
    """Write a filter as the upstream takes it."""
    texts = {
        "search": wanted.search,
        "severity": wanted.severity and wanted.severity.value,
        "ecosystem": wanted.ecosystem,
    }
    return {name: text for name, text in texts.items() if text}


def scan_position(scan: Scan) -> Position:
    """Say where a scan stands in its list."""
    return Position(scan.created_at, scan.id)


def threat_position(threat: Threat) -> Position:
    """Say where a threat stands in its list."""
    return Position(threat.reported_at or EPOCH, threat.id)
