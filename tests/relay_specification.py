"""The pagination algorithm of the Relay Cursor Connections specification, word by word, to hold lists against."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime

from adapters.paging import Page, Position, Window

MOMENTS = [datetime(2026, 1, day, tzinfo=UTC) for day in (3, 2, 2, 2, 1)]
ROWS = [Position(moment, key) for moment, key in zip(MOMENTS, "aecbf", strict=True)]
"""In the order of the list, three of the same moment."""
GONE = Position(MOMENTS[1], "d")
"""Where a row stood that is not there any more."""


def every_window() -> list[Window]:
    """Combine the four arguments, from nothing to all."""
    sizes = (None, 0, 2, len(ROWS))
    cursors = (None, ROWS[0], ROWS[2], GONE)
    return [
        Window(*given) for given in itertools.product(sizes, cursors, sizes, cursors) if {given[0], given[2]} != {None}
    ]


def specified(rows: Sequence[Position], window: Window) -> Page[Position]:
    """Give the page that the specification wants of rows in their order; what it leaves open is looked up."""
    between = apply_cursors_to_edges(rows, window)
    edges = list(between)
    if window.first is not None and len(edges) > window.first:
        edges = edges[: window.first]
    if window.last is not None and len(edges) > window.last:
        edges = edges[len(edges) - window.last :]
    return Page(
        nodes=edges,
        positions=edges,
        has_previous_page=has_previous_page(rows, window, between),
        has_next_page=has_next_page(rows, window, between),
        total_count=len(rows),
    )


def apply_cursors_to_edges(rows: Sequence[Position], window: Window) -> list[Position]:
    """Leave out what does not lie between the cursors."""
    after, before = window.after, window.before
    return [row for row in rows if (after is None or row < after) and (before is None or row > before)]


def has_previous_page(rows: Sequence[Position], window: Window, between: Sequence[Position]) -> bool:
    """Say whether there are more than `last`, or else any prior to `after`."""
    if window.last is not None:
        return len(between) > window.last
    return window.after is not None and any(row >= window.after for row in rows)


def has_next_page(rows: Sequence[Position], window: Window, between: Sequence[Position]) -> bool:
    """Say whether there are more than `first`, or else any following `before`."""
    if window.first is not None:
        return len(between) > window.first
    return window.before is not None and any(row <= window.before for row in rows)
