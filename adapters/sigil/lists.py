"""Sigil's lists over REST: numbered pages upstream, pages by keyset here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from adapters.http.upstream import Upstream
from adapters.paging import Around, Page, Position, Window, cut
from adapters.sigil.decoding import decode, scan_of
from adapters.sigil.models import Scan, Threat
from adapters.sigil.port import ScanFilter, ThreatFilter
from adapters.sigil.wire import Numbered, ScanShape

T = TypeVar("T")

PER_PAGE = 100
MOST_PAGES = 20
MEANWHILE = 10
"""How many rows may come in between two calls without a page being asked for again."""
WATCHED = 50
"""How many of the newest scans one look of the poll covers."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Lists:
    """Reads the upstream's lists, page after page, each page as soon as it is wanted."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def scans(self, wanted: Mapping[str, str], *, is_forward: bool = True) -> AsyncIterator[list[Scan]]:
        """Yield pages of scans, newest first, or oldest first if it is not forward."""
        async for page in self._pages("/v1/scans", ScanShape, wanted, is_forward=is_forward):
            yield list(map(scan_of, page))

    def threats(self, wanted: Mapping[str, str], *, is_forward: bool = True) -> AsyncIterator[list[Threat]]:
        """Yield pages of threats, newest first, or oldest first if it is not forward."""
        return self._pages("/v1/threats", Threat, wanted, is_forward=is_forward)

    async def newest_scans(self) -> list[Scan]:
        """Give the newest scans."""
        return list(map(scan_of, (await self._page("/v1/scans", ScanShape, {}, 1, WATCHED)).items))

    async def first_threats(self, wanted: Mapping[str, str]) -> list[Threat]:
        """Give the newest hundred threats of those wanted."""
        return (await self._page("/v1/threats", Threat, wanted, 1, PER_PAGE)).items

    def _pages(
        self, path: str, shape: type[T], wanted: Mapping[str, str], *, is_forward: bool
    ) -> AsyncIterator[list[T]]:
        read = self._from_the_first if is_forward else self._from_the_last
        return read(path, shape, wanted)

    async def _from_the_first(self, path: str, shape: type[T], wanted: Mapping[str, str]) -> AsyncIterator[list[T]]:
        for number in range(1, MOST_PAGES + 1):
            page = await self._page(path, shape, wanted, number, PER_PAGE)
            yield page.items
            if number * PER_PAGE >= page.total or not page.items:
                return

    async def _from_the_last(self, path: str, shape: type[T], wanted: Mapping[str, str]) -> AsyncIterator[list[T]]:
        """Yield pages from the end, from where rows are counted: those that come in push others on to later pages."""
        done = total = 0
        for _ in range(MOST_PAGES):
            index = max(total - done - 1, 0)
            per_page = _per_page_to(index)
            page = await self._page(path, shape, wanted, index // per_page + 1, per_page)
            newer, total = index // per_page * per_page, page.total
            if total - newer - len(page.items) > done:
                continue
            yield page.items[::-1]
            done = total - newer
            if not newer:
                return

    async def _page(
        self, path: str, shape: type[T], wanted: Mapping[str, str], number: int, per_page: int
    ) -> Numbered[T]:
        params = {**wanted, "page": str(number), "per_page": str(per_page)}
        answer = await self._upstream.send("GET", path, params=params)
        return decode(answer, Numbered[shape], path)  # type: ignore[valid-type] # a type at run time


def _per_page_to(index: int) -> int:
    """Choose pages of which one has the row at `index` near its end, with room for rows that come in meanwhile."""
    sizes = (size for size in range(PER_PAGE // 2, PER_PAGE + 1) if index % size + MEANWHILE < size)
    return max(sizes, key=lambda size: (index % size, size))


async def page_of(
    pages: AsyncIterator[list[T]], position: Callable[[T], Position], window: Window, *, is_forward: bool
) -> Page[T]:
    """Take a window out of rows as they are read; the total is told where all were read from an end of the list.

    A row that newer ones push on to the next page is taken once.
    """
    rows: dict[Position, T] = {}
    is_whole, is_behind = True, False
    async for page in pages:
        for row in page:
            is_behind = is_behind or window.has_behind(position(row))
            if window.holds(position(row)):
                rows[position(row)] = row
        if len(rows) > window.most if is_forward is window.is_forward else is_behind:
            is_whole = False
            break
    is_all = is_whole and window.after is None and window.before is None
    around = Around(is_behind, len(rows) if is_all else None)
    return cut([rows[place] for place in sorted(rows, reverse=window.is_forward)], position, window, around)


def scan_parameters(wanted: ScanFilter, window: Window) -> dict[str, str]:
    """Write a filter as the upstream takes it; what lies outside the window's cursors is not asked for."""
    since, until = wanted.since, wanted.until
    if window.after is not None:
        until = window.after.at if until is None else min(window.after.at, until)
    if window.before is not None:
        since = window.before.at if since is None else max(window.before.at, since)
    moments = {"from": since, "to": until}
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
