"""How many rows are read of lists that know a limit only."""

from __future__ import annotations

from datetime import UTC, datetime

from adapters.cloudlink.keyset import no_page, rows_to_ask, total_of
from adapters.paging import Page, Position, Window

CURSOR = Position(datetime(2026, 1, 1, tzinfo=UTC), "id")


def test_the_newest_rows_are_asked_for_with_one_more() -> None:
    """So that it is known whether more follow; what is in front of a cursor is among the newest too."""
    assert rows_to_ask(Window(50)) == 51
    assert rows_to_ask(Window(50, last=60)) == 61
    assert rows_to_ask(Window(50, before=CURSOR)) == 51
    assert rows_to_ask(Window(5000)) == 2000


def test_all_rows_are_asked_for_where_any_may_be_wanted() -> None:
    """Behind a cursor, and from the end."""
    assert rows_to_ask(Window(50, CURSOR)) == rows_to_ask(Window(last=5)) == 2000


def test_rows_are_counted_where_they_are_all() -> None:
    """A full answer may have left some out."""
    assert (total_of([1, 2], 3), total_of([1, 2], 2)) == (2, None)


def test_a_list_without_rows_has_an_empty_page() -> None:
    """From either end."""
    for window in (Window(5, CURSOR), Window(last=5)):
        page: Page[object] = no_page(window)
        assert (page.nodes, page.total_count, page.has_next_page, page.has_previous_page) == ([], 0, False, False)
