"""A walk over a list's pages, forward and back, while rows come in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from adapters.paging import Page, Window

T = TypeVar("T")

SIZE = 2


async def hold_while_rows_come_in(
    page_of: Callable[[Window], Awaitable[Page[T]]], add: Callable[[], Awaitable[object]]
) -> None:
    """Hold pages against the whole list: a row is added in front before every step, and none is skipped or repeated."""
    known = (await page_of(Window(100))).positions
    assert len(known) > SIZE
    page = await page_of(Window(SIZE))
    seen = [*page.positions]
    while page.has_next_page:
        await add()
        page = await page_of(Window(SIZE, page.positions[-1]))
        assert page.has_previous_page
        seen += page.positions
    assert seen == known
    page = await page_of(Window(last=SIZE))
    back = [*page.positions]
    while page.has_previous_page and len(back) < len(known):
        await add()
        page = await page_of(Window(last=SIZE, before=page.positions[0]))
        assert page.has_next_page
        back = [*page.positions, *back]
    assert back[-len(known) :] == known
    assert set(back[: -len(known)]).isdisjoint(known)
