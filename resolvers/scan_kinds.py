"""Scans of both kinds, packages and cloud accounts, as one list and one stream."""

from __future__ import annotations

import asyncio
import base64
import heapq
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from enum import StrEnum
from typing import Annotated, NamedTuple

import msgspec
import strawberry
from strawberry import argument

from adapters.cloudlink.account import CloudScan
from adapters.errors import InvalidInput
from adapters.events.watching import Observation
from adapters.paging import Page, page_size
from adapters.sigil.models import Scan, ScanStatus
from adapters.sigil.port import ScanFilter
from resolvers.cloud_accounts import SCAN_STATUS
from resolvers.context import Info
from resolvers.cursor import Cursor

AnyScan = Scan | CloudScan


class ScanKind(StrEnum):
    """What a scan looks at."""

    PACKAGE = "package"
    CLOUD = "cloud"


class Places(msgspec.Struct, frozen=True):
    """How far the list or the stream of each service was read, as cursors of its own; None is not at all."""

    package: str | None = None
    cloud: str | None = None

    def moved(self, kind: ScanKind, cursor: str) -> Places:
        """Give the places after reading on in one."""
        return msgspec.structs.replace(self, **{kind.value: cursor})


class Row(NamedTuple):
    """A scan of a page: when it began, and where it stands in the list of its kind."""

    began: datetime
    kind: ScanKind
    scan: AnyScan
    cursor: str


Kind = Annotated[ScanKind | None, argument(description="Only scans of this kind.")]
After = Annotated[Cursor | None, argument(description="The cursor of the last event seen.")]


async def scans(
    info: Info,
    first: Annotated[int | None, argument(description="How many, 0 to 100.")] = 20,
    after: Annotated[str | None, argument(description="The endCursor of the page before.")] = None,
    kind: Kind = None,
) -> Page[AnyScan]:
    """List the tenant's scans of every kind, newest first."""
    size = page_size(first, 20)
    places = _places_of(after)
    kinds = [kind] if kind is not None else list(ScanKind)
    pages = await asyncio.gather(*(_page(info, wanted, size, places) for wanted in kinds))
    rows = list(heapq.merge(*map(_rows, kinds, pages), key=lambda row: row.began, reverse=True))
    cursors = []
    for row in rows[:size]:
        places = places.moved(row.kind, row.cursor)
        cursors.append(_cursor_of(places))
    counts = [page.total_count for page in pages if page.total_count is not None]
    return Page(
        nodes=[row.scan for row in rows[:size]],
        cursors=cursors,
        has_next_page=len(rows) > size or any(page.has_next_page for page in pages),
        has_previous_page=after is not None,
        total_count=sum(counts) if len(counts) == len(pages) else None,
    )


async def scan_status(
    info: Info,
    scan_id: Annotated[str, argument(description="The scan's own id.")],
    after: After = None,
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
    info: Info, after: After = None, kind: Kind = None
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


async def _page(info: Info, kind: ScanKind, first: int, places: Places) -> Page[Scan] | Page[CloudScan]:
    services, principal = info.context.services, info.context.principal
    if kind is ScanKind.CLOUD:
        return await services.cloudlink.scans(principal, first, places.cloud)
    return await services.sigil.scans(principal, first, places.package, ScanFilter())


def _rows(kind: ScanKind, page: Page[Scan] | Page[CloudScan]) -> list[Row]:
    scans: Sequence[AnyScan] = page.nodes
    return [
        Row(scan.started_at if isinstance(scan, CloudScan) else scan.created_at, kind, scan, cursor)
        for scan, cursor in zip(scans, page.cursors, strict=True)
    ]


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


def _cursor_of(places: Places) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(places)).decode().rstrip("=")


def _places_of(after: str | None) -> Places:
    """Read the cursor of a page back; raises InvalidInput for what is none."""
    if after is None:
        return Places()
    padded = after + "=" * (-len(after) % 4)
    try:
        return msgspec.json.decode(base64.b64decode(padded, altchars=b"-_", validate=True), type=Places)
    except (ValueError, msgspec.MsgspecError):
        cure = "use an endCursor as it was given"
        raise InvalidInput("ValidationError", f"{after[:80]!r} is not a cursor: {cure}", "after") from None


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
