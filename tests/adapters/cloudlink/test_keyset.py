"""Pages by keyset over lists that know a limit only."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from adapters.cloudlink.keyset import deploy_position, no_page, page_of, rows_to_ask
from adapters.cloudlink.models import Deploy
from adapters.errors import InvalidInput
from tests.doubles.scripted_cloudlink import deploy

ROWS = [msgspec.convert(deploy(number), Deploy) for number in (3, 1, 2)]


def test_rows_are_sorted_and_cut() -> None:
    """Newest first, whatever order they came in."""
    page = page_of(ROWS, deploy_position, 2, None, is_whole=True)
    assert [row.id for row in page.nodes] == ["d-3", "d-2"]
    assert (page.has_next_page, page.has_previous_page, page.total_count) == (True, False, 3)
    last = page_of(ROWS, deploy_position, 2, page.cursors[-1], is_whole=False)
    assert [row.id for row in last.nodes] == ["d-1"]
    assert (last.has_next_page, last.has_previous_page, last.total_count) == (False, True, None)


def test_rows_of_the_same_moment_are_each_on_one_page() -> None:
    """Their ids put them in an order."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [Deploy(id=name, service="a", environment="b", deployed_at=now) for name in ("x", "z", "y")]
    first = page_of(rows, deploy_position, 2, None, is_whole=True)
    rest = page_of(rows, deploy_position, 2, first.cursors[-1], is_whole=True)
    assert [row.id for row in (*first.nodes, *rest.nodes)] == ["z", "y", "x"]


def test_a_first_page_asks_for_one_more_than_it_has() -> None:
    """A later one for all that may hold it; none for more than are read at most."""
    assert (rows_to_ask(50, None), rows_to_ask(50, "cursor"), rows_to_ask(5000, None)) == (51, 2000, 2000)


def test_a_wrong_cursor_is_refused_of_an_empty_list_too() -> None:
    """As of any other."""
    assert no_page(None).total_count == 0
    with pytest.raises(InvalidInput):
        no_page("no cursor")
