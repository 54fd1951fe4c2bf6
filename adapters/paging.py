"""Pages of a list, newest first, by keyset: a cursor names the row it stands on, so pages hold while rows come in.

Both ways, as the Relay specification has them: see `Window`.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

import msgspec

from adapters.errors import InvalidInput

T = TypeVar("T")

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 100


class Position(msgspec.Struct, frozen=True, array_like=True, order=True):
    """Where a row stands in a list: its time, then its key."""

    at: Annotated[datetime, msgspec.Meta(tz=True)]
    key: Annotated[str, msgspec.Meta(pattern=r"^[^\x00]*$")]  # which no database takes


class Window(msgspec.Struct, frozen=True):
    """Which rows of a list are wanted: of those between `after` and `before`, the `first`, and of these the `last`.

    With neither number it holds none. The total is told where it is `counted` or costs nothing.
    """

    first: int | None = None
    after: Position | None = None
    last: int | None = None
    before: Position | None = None
    counted: bool = True

    @property
    def is_forward(self) -> bool:
        """Whether rows are read newest first; else the last rows are wanted, and read oldest first."""
        return self.first is not None

    @property
    def most(self) -> int:
        """How many rows are looked at to make the page, but for one that tells whether there are more."""
        return max(self.first or 0, self.last or 0)

    @property
    def start(self) -> Position | None:
        """Where reading begins; None is an end of the list."""
        return self.after if self.is_forward else self.before

    def holds(self, position: Position) -> bool:
        """Say whether a row lies between the cursors."""
        return (self.after is None or position < self.after) and (self.before is None or position > self.before)

    def has_behind(self, position: Position) -> bool:
        """Say whether a row lies at the cursor where reading begins, or on its far side."""
        if self.start is None:
            return False
        return position >= self.start if self.is_forward else position <= self.start


class Around(msgspec.Struct, frozen=True):
    """What is known besides the rows of a window: whether any lie behind where reading began, and the list's total."""

    is_behind: bool = False
    total: int | None = None


class PageInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What lies around a page, as the Relay specification names it."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


class Edge(msgspec.Struct, Generic[T], frozen=True):
    """A row and where it stands."""

    node: T
    cursor: str


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Rows, newest first, where they stand, and what lies around them."""

    nodes: Sequence[T]
    positions: Sequence[Position]
    has_next_page: bool
    has_previous_page: bool = False
    total_count: int | None = None

    @property
    def edges(self) -> list[Edge[T]]:
        """The rows with their cursors, as the Relay specification has them."""
        return [Edge(node, cursor_of(position)) for node, position in zip(self.nodes, self.positions, strict=True)]

    @property
    def page_info(self) -> PageInfo:
        """What lies around the rows."""
        return PageInfo(
            has_next_page=self.has_next_page,
            has_previous_page=self.has_previous_page,
            start_cursor=cursor_of(self.positions[0]) if self.positions else None,
            end_cursor=cursor_of(self.positions[-1]) if self.positions else None,
        )


def cut(read: Sequence[T], position: Callable[[T], Position], window: Window, around: Around) -> Page[T]:
    """Make a page of the rows between the cursors, read in the window's direction: one more than `window.most`."""
    first, last = window.first, window.last
    rows = list(read[: window.most if first is None else first])
    if first is None:
        rows.reverse()
    elif last is not None:
        rows = rows[max(len(rows) - last, 0) :]
    return Page(
        nodes=rows,
        positions=[position(row) for row in rows],
        has_next_page=around.is_behind if first is None else len(read) > first,
        has_previous_page=around.is_behind if last is None else len(read) > last,
        total_count=around.total,
    )


def page_of(rows: Sequence[T], position: Callable[[T], Position], window: Window, total: int | None = None) -> Page[T]:
    """Make a page of rows that are all at hand, in any order; `total` is told as it is."""
    ordered = sorted(rows, key=position, reverse=window.is_forward)
    around = Around(any(window.has_behind(position(row)) for row in rows), total)
    return cut([row for row in ordered if window.holds(position(row))], position, window, around)


def cursor_of(position: Position) -> str:
    """Write a position as the opaque cursor that clients see."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def position_of(cursor: str, field: str = "after") -> Position:
    """Read a cursor back; anything that is not one raises InvalidInput, which names the argument it was given as."""
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        position = msgspec.json.decode(base64.b64decode(padded, altchars=b"-_", validate=True), type=Position)
        return Position(position.at.astimezone(UTC), position.key)
    except (ValueError, OverflowError, msgspec.MsgspecError):
        raise not_a_cursor(cursor, field) from None


def not_a_cursor(cursor: str, field: str) -> InvalidInput:
    """Refuse what a caller gave as a cursor."""
    cure = "use a cursor as it was given"
    return InvalidInput("ValidationError", f"{cursor[:80]!r} is not a cursor: {cure}", field)


def page_size(wanted: int | None, default: int = DEFAULT_PAGE_SIZE, field: str = "first") -> int:
    """Check the number of rows that a caller wants, `default` if it does not say; raises InvalidInput over 100."""
    if wanted is None:
        return default
    if not 0 <= wanted <= MAX_PAGE_SIZE:
        raise InvalidInput("ValidationError", f"{field} is {wanted}: ask for 0 to {MAX_PAGE_SIZE} rows", field)
    return wanted
