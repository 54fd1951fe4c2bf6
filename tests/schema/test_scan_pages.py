"""Pages of scans of both kinds, which two services list each on its own."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.cloudlink.account import CloudScan, CloudScanStatus
from adapters.paging import Page, Position, Window, cursor_of, position_of
from adapters.sigil.models import Scan, ScanStatus
from tests.paging_walk import hold_while_rows_come_in
from tests.relay_specification import specified
from tests.schema.conftest import DoubledGraph

PAGE = """
query($first: Int, $after: String, $last: Int, $before: String) {
  scans(first: $first, after: $after, last: $last, before: $before) {
    totalCount edges { cursor node { id } } nodes { __typename id }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
KINDS = "CPPCCCP"
MINUTES = (5, 4, 3, 3, 3, 2, 1)
"""Of the scans in the order of the list; of the same moment, packages come first, and of a kind the greater ids."""


class BothKinds:
    """Adds scans of either kind, and reads pages of them as the ports give pages of one."""

    def __init__(self, graph: DoubledGraph) -> None:
        self._graph = graph
        self._client = graph.client
        self._numbers = itertools.count(10)

    def begin(self, kind: str, minutes: int, number: int) -> None:
        """Have a scan of a kind."""
        tenant, at = self._graph.principal.tenant, BEGAN + timedelta(minutes=minutes)
        if kind == "P":
            scan = Scan(id=f"scan_{number:02}", status=ScanStatus.RUNNING, target="npm:a", created_at=at)
            self._graph.sigil.tell(tenant, scan)
            return
        cloud_scan = CloudScan(id=f"{number:02}", status=CloudScanStatus.RUNNING, started_at=at)
        self._graph.cloudlink.kept_scans.tell(tenant, cloud_scan)

    async def begin_new(self) -> None:
        """Have a newer scan, of each kind in turn."""
        number = next(self._numbers)
        self.begin("CP"[number % 2], number, number)

    async def page(self, window: Window) -> Page[Position]:
        """Ask for a window; what is None is not sent."""
        answer = await self._client.execute(PAGE, **arguments(window))
        found = answer["scans"]
        cursors = [edge["cursor"] for edge in found["edges"]]
        assert [edge["node"]["id"] for edge in found["edges"]] == [node["id"] for node in found["nodes"]]
        around = found["pageInfo"]
        assert [around["startCursor"], around["endCursor"]] == ([cursors[0], cursors[-1]] if cursors else [None, None])
        positions = [position_of(cursor) for cursor in cursors]
        return Page(
            nodes=positions,
            positions=positions,
            has_next_page=around["hasNextPage"],
            has_previous_page=around["hasPreviousPage"],
            total_count=found["totalCount"],
        )


def arguments(window: Window) -> dict[str, Any]:
    """Write a window as the arguments of a connection."""
    cursors = {"after": window.after, "before": window.before}
    numbers = {"first": window.first, "last": window.last}
    given = {name: position and cursor_of(position) for name, position in cursors.items()} | numbers
    return {name: value for name, value in given.items() if value is not None}


@pytest.fixture
async def both(doubled: DoubledGraph) -> BothKinds:
    """Seven scans, three of them of the same moment."""
    scans = BothKinds(doubled)
    for number, (kind, minutes) in enumerate(zip(KINDS, MINUTES, strict=True)):
        scans.begin(kind, minutes, len(KINDS) - number)
    return scans


async def test_a_page_of_both_kinds_is_what_the_specification_says(both: BothKinds) -> None:
    """Both ways: see `specified`; without `first`, its default does not cut off what is asked for from the end."""
    rows = (await both.page(Window(100))).positions
    assert [row.key.partition(":")[0][0].upper() for row in rows] == list(KINDS)
    assert [(row.at - BEGAN) // timedelta(minutes=1) for row in rows] == list(MINUTES)
    sizes, cursors = (None, 2, 8), (None, rows[3], rows[4])
    for given in itertools.product(sizes, cursors, sizes, cursors):
        window = Window(*given)
        if window.first is not None or window.last is not None:
            assert await both.page(window) == specified(rows, window), window


async def test_pages_of_both_kinds_hold_while_scans_begin(both: BothKinds) -> None:
    """Of either kind, forward and back."""
    await hold_while_rows_come_in(both.page, both.begin_new)


@pytest.mark.parametrize("field", ["after", "before"])
async def test_a_cursor_of_another_list_is_refused(doubled: DoubledGraph, field: str) -> None:
    """It names no kind."""
    for cursor in ("nonsense", cursor_of(Position(BEGAN, "scan_01")), cursor_of(Position(BEGAN, ":"))):
        answer = await doubled.client.post(PAGE, **{field: cursor})
        assert answer["errors"][0]["extensions"] == {"code": "INVALID_INPUT", "field": field}


async def test_the_end_of_the_calendar_is_a_place_too(both: BothKinds) -> None:
    """A forged cursor is as good as any other."""
    last = Position(datetime.max.replace(tzinfo=UTC), "package:x")
    assert len((await both.page(Window(9, last))).nodes) == len(KINDS)
    assert (await both.page(Window(9, before=last))).nodes == []
