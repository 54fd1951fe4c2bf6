from __future__ import annotations

import base64
import random
from datetime import UTC, datetime, timedelta, timezone

import pytest

from adapters.errors import InvalidInput
from adapters.paging import MAX_PAGE_SIZE, Page, Position, cursor_of, page_of, page_size, position_of
from tests.relay_specification import ROWS, every_window, specified

MOMENT = datetime(2026, 2, 3, 4, 5, 6, 789012, tzinfo=UTC)


def written(content: str) -> str:
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


@pytest.mark.parametrize("key", ["", "a", "ab", "abc", "arn:aws:states:é😀/+?"])
def test_a_cursor_leads_back_to_its_position(key: str) -> None:
    """Positions of any length and characters survive the way to the client and back, in a URL too."""
    position = Position(MOMENT, key)
    cursor = cursor_of(position)
    assert position_of(cursor) == position
    assert set(cursor) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def test_a_cursor_of_another_zone_names_the_same_moment() -> None:
    """Positions are read as UTC, whatever zone they were written in."""
    there = MOMENT.astimezone(timezone(timedelta(hours=9)))
    assert position_of(cursor_of(Position(there, "a"))) == Position(MOMENT, "a")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "not a cursor",
        "ключ",
        "\ud800",
        "A" * 100_000,
        cursor_of(Position(MOMENT, "a"))[:-2],
        written("[]"),
        written('["2026-02-03T04:05:06Z"]'),
        written('["2026-02-03T04:05:06Z", 7]'),
        written('["2026-02-03T04:05:06", "no zone"]'),
        written('["0001-01-01T00:00:00+14:00", "before all time"]'),
        written('["9999-12-31T23:59:59-14:00", "after all time"]'),
        written('["2026-02-03T04:05:06Z", "\\u0000"]'),
    ],
)
def test_anything_else_is_refused_as_input(cursor: str) -> None:
    """What is no cursor of ours is the caller's mistake in `after`, never an internal error, and is shown short."""
    with pytest.raises(InvalidInput, match="is not a cursor") as refused:
        position_of(cursor)
    assert refused.value.field == "after"
    assert len(refused.value.message) < 1000


@pytest.mark.parametrize(("asked", "given"), [(None, 50), (0, 0), (1, 1), (MAX_PAGE_SIZE, MAX_PAGE_SIZE)])
def test_the_size_of_a_page(asked: int | None, given: int) -> None:
    """Fifty rows unless asked otherwise, and what is asked for within the limit."""
    assert page_size(asked) == given


@pytest.mark.parametrize("asked", [-1, MAX_PAGE_SIZE + 1])
def test_a_size_out_of_bounds_is_refused(asked: int) -> None:
    """The message names the value and the bounds."""
    with pytest.raises(InvalidInput, match=f"first is {asked}: ask for 0 to 100 rows"):
        page_size(asked)


def test_a_page_tells_what_lies_around_it() -> None:
    """Edges pair rows with their cursors, and the page's ends are those of its first and last row."""
    positions = [Position(MOMENT, "b"), Position(MOMENT, "a")]
    page = Page(nodes=["b", "a"], positions=positions, has_next_page=True, total_count=9)
    assert [(edge.node, position_of(edge.cursor)) for edge in page.edges] == list(zip("ba", positions, strict=True))
    ends = (page.page_info.start_cursor, page.page_info.end_cursor)
    assert ends == (cursor_of(positions[0]), cursor_of(positions[1]))
    assert (page.page_info.has_next_page, page.page_info.has_previous_page) == (True, False)


def test_an_empty_page_has_no_ends() -> None:
    """Without rows there are no cursors to go on from."""
    page: Page[str] = Page(nodes=[], positions=[], has_next_page=False)
    assert page.edges == []
    assert (page.page_info.start_cursor, page.page_info.end_cursor) == (None, None)


def test_a_page_is_what_the_specification_says() -> None:
    """From rows in any order: see `specified`; a cursor need not be that of a row that is still there."""
    rows = random.Random(1).sample(ROWS, len(ROWS))
    for window in every_window():
        assert page_of(rows, lambda row: row, window, total=len(rows)) == specified(ROWS, window), window
