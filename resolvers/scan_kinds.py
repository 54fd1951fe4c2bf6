"""Scans of both kinds, packages and cloud accounts, as one list and one stream."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Annotated, NamedTuple

import msgspec
import strawberry
from strawberry import argument

from adapters.cloudlink.account import CloudScan
from adapters.errors import InvalidInput
from adapters.events.watching import Observation
from adapters.paging import Around, Page, Position, Window, cursor_of, cut, not_a_cursor
from adapters.sigil.models import Scan, ScanStatus
from adapters.sigil.port import ScanFilter
from resolvers.cloud_accounts import SCAN_STATUS
from resolvers.context import Info
from resolvers.cursor import Cursor
from resolvers.window import After, Before, First, Last, window_of

AnyScan = Scan | CloudScan

PAGE_SIZE = 20
OF_KIND = ":"
"""Stands between the kind and the id in the key of a scan's position."""
LAST_MOMENT = datetime.max.replace(tzinfo=UTC) - timedelta.resolution


class ScanKind(StrEnum):
    """What a scan looks at."""

    PACKAGE = "package"
    CLOUD = "cloud"


class Places(msgspec.Struct, frozen=True):
    """How far the stream of each service was read, as cursors of its own; None is not at all."""

    package: str | None = None
    cloud: str | None = None

    def moved(self, kind: ScanKind, cursor: str) -> Places:
        """Give the places after reading on in one."""
        return msgspec.structs.replace(self, **{kind.value: cursor})


class Row(NamedTuple):
    """A scan, and where it stands among those of every kind."""

    position: Position
    scan: AnyScan


Kind = Annotated[ScanKind | None, argument(description="Only scans of this kind.")]
AfterEvent = Annotated[Cursor | None, argument(description="The cursor of the last event seen.")]


async def scans(
    info: Info,
    first: First = PAGE_SIZE,
    after: After = None,
    last: Last = None,
    before: Before = None,
    kind: Kind = None,
) -> Page[AnyScan]:
    """List the tenant's scans of every kind, newest first."""
    window = window_of(info, PAGE_SIZE, first=first, after=after, last=last, before=before)
    _check_places(window)
    kinds = [kind] if kind is not None else list(ScanKind)
    pages = await asyncio.gather(*(_page(info, wanted, _window_on(wanted, window)) for wanted in kinds))
    rows = sorted(chain.from_iterable(map(_rows, kinds, pages)), key=itemgetter(0), reverse=window.is_forward)
    counts = [page.total_count for page in pages if page.total_count is not None]
    around = Around(
        any(page.has_previous_page if window.is_forward else page.has_next_page for page in pages),
        sum(counts) if len(counts) == len(pages) else None,
    )
    page = cut(rows[: window.most + 1], attrgetter("position"), window, around)
    return Page[AnyScan](**msgspec.structs.asdict(page) | {"nodes": [row.scan for row in page.nodes]})


async def scan_status(
    info: Info,
    scan_id: Annotated[str, argument(description="The scan's own id.")],
    after: AfterEvent = None,
) -> AsyncIterator[Observation[Scan] | Observation[CloudScan]]:
    """Push a scan's state and every change of it, up to its terminal state."""
    services, principal = info.context.services, info.context.principal
    # Only CloudLink's ids are UUIDs, so nothing else is looked up there.
    is_cloud = _is_uuid(scan_id) and await info.context.loaders.cloud_scan_by_id.load(scan_id) is not None
    watch = services.cloudlink.watch_scans if is_cloud else services.sigil.watch
    async for change in watch(principal, after, scan_id):
        info.context.renew_loaders()
        yield change


async def scan_updates(
    info: Info, after: AfterEvent = None, kind: Kind = None
) -> AsyncIterator[Observation[Scan] | Observation[CloudScan]]:
    """Push the states of the tenant's newest scans and every change of any."""
    places = _places_in(after)
    services, principal = info.context.services, info.context.principal
    streams: dict[ScanKind, AsyncIterator[Observation[Scan]] | AsyncIterator[Observation[CloudScan]]] = {}
    if kind is not ScanKind.CLOUD:
        streams[ScanKind.PACKAGE] = services.sigil.watch(principal, places.package)
    if kind is not ScanKind.PACKAGE:
        streams[ScanKind.CLOUD] = services.cloudlink.watch_scans(principal, places.cloud)
    async with aclosing(_together(streams)) as changes:
        async for told, change in changes:
            places = places.moved(told, change.cursor)
            info.context.renew_loaders()
            yield msgspec.structs.replace(change, cursor=f"{places.package or ''}-{places.cloud or ''}")


def previous_scan_status(
    root: strawberry.Parent[Observation[Scan] | Observation[CloudScan]],
) -> ScanStatus | None:
    """Give the status that this stream told before."""
    if root.previous is None:
        return None
    return SCAN_STATUS[root.previous.status] if isinstance(root.previous, CloudScan) else root.previous.status


async def _page(info: Info, kind: ScanKind, window: Window) -> Page[Scan] | Page[CloudScan]:
    services, principal = info.context.services, info.context.principal
    if kind is ScanKind.CLOUD:
        return await services.cloudlink.scans(principal, window)
    return await services.sigil.scans(principal, window, ScanFilter())


def _rows(kind: ScanKind, page: Page[Scan] | Page[CloudScan]) -> list[Row]:
    scans: Sequence[AnyScan] = page.nodes
    return [
        Row(Position(position.at, f"{kind.value}{OF_KIND}{position.key}"), scan)
        for scan, position in zip(scans, page.positions, strict=True)
    ]


def _window_on(kind: ScanKind, window: Window) -> Window:
    """Give the window on the scans of one kind: each may fill the page, and tell that there are more."""
    after, before = (place and _place_among(kind, place) for place in (window.after, window.before))
    wanted = window.most + 1
    if window.is_forward:
        return Window(first=wanted, after=after, before=before, counted=window.counted)
    return Window(last=wanted, after=after, before=before, counted=window.counted)


def _place_among(kind: ScanKind, position: Position) -> Position:
    """Say where a scan of any kind stands among those of one, where at the same moment the kinds are apart."""
    own, _, key = position.key.partition(OF_KIND)
    if own == kind.value:
        return Position(position.at, key)
    if own < kind.value:
        return Position(position.at, "")
    return Position(min(position.at, LAST_MOMENT) + timedelta.resolution, "")


def _check_places(window: Window) -> None:
    """Refuse the cursors of other lists; raises InvalidInput."""
    for field, position in (("after", window.after), ("before", window.before)):
        if position is not None and position.key.partition(OF_KIND)[0] not in set(ScanKind):
            raise not_a_cursor(cursor_of(position), field)


async def _together(
    streams: Mapping[ScanKind, AsyncIterator[Observation[Scan]] | AsyncIterator[Observation[CloudScan]]],
) -> AsyncGenerator[tuple[ScanKind, Observation[Scan] | Observation[CloudScan]], None]:
    """Yield what any stream tells, as it comes; each is asked for one change at a time."""

    async def next_of(kind: ScanKind) -> Observation[Scan] | Observation[CloudScan] | None:
        return await anext(streams[kind], None)

    waiting = {asyncio.create_task(next_of(kind)): kind for kind in streams}
    try:
        while waiting:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                kind, change = waiting[task], task.result()
                del waiting[task]
                if change is not None:
                    yield kind, change
                    waiting[asyncio.create_task(next_of(kind))] = kind
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


def _places_in(after: Cursor | None) -> Places:
    """Read the cursor of an event back; raises InvalidInput for what is none."""
    package, dash, cloud = (after or "-").partition("-")
    if not dash:
        raise InvalidInput("ValidationError", f"{after!r:.80} is not a cursor: use one as an event gave it", "after")
    return Places(package or None, cloud or None)


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
