"""Pages of a list, newest first, by keyset: a cursor names the row it stands on, so pages hold while rows come in."""

from __future__ import annotations

import base64
from collections.abc import Sequence
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
    """Rows with their cursors, and what lies around them."""

    nodes: Sequence[T]
    cursors: Sequence[str]
    has_next_page: bool
    has_previous_page: bool = False
    total_count: int | None = None

    @property
    def edges(self) -> list[Edge[T]]:
        """The rows with their cursors, as the Relay specification has them."""
        return [Edge(node, cursor) for node, cursor in zip(self.nodes, self.cursors, strict=True)]

    @property
    def page_info(self) -> PageInfo:
        """What lies around the rows."""
        return PageInfo(
            has_next_page=self.has_next_page,
            has_previous_page=self.has_previous_page,
            start_cursor=self.cursors[0] if self.cursors else None,
            end_cursor=self.cursors[-1] if self.cursors else None,
        )


def cursor_of(position: Position) -> str:
    """Write a position as the opaque cursor that clients see."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def position_of(cursor: str) -> Position:
    """Read a cursor back; anything that is not one raises InvalidInput."""
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        position = msgspec.json.decode(base64.b64decode(padded, altchars=b"-_", validate=True), type=Position)
        return Position(position.at.astimezone(UTC), position.key)
    except (ValueError, OverflowError, msgspec.MsgspecError):
        raise InvalidInput(
            "ValidationError", f"{cursor[:80]!r} is not a cursor: use an endCursor as it was given", "after"
        ) from None


def page_size(first: int | None, default: int = DEFAULT_PAGE_SIZE) -> int:
    """Check the number of rows that a caller wants, `default` if it does not say; raises InvalidInput over 100."""
    if first is None:
        return default
    if not 0 <= first <= MAX_PAGE_SIZE:
        raise InvalidInput("ValidationError", f"first is {first}: ask for 0 to {MAX_PAGE_SIZE} rows", "first")
    return first
