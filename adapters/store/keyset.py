"""Lists in the store, newest first: reads one by where its rows stand, from either end or from a cursor, either way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Select, UnaryExpression, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.paging import Around, Position, Window


class Keyset(NamedTuple):
    """The columns of a table that its list is ordered by."""

    at: Column[datetime]
    key: Column[str]

    @property
    def newest_first(self) -> tuple[UnaryExpression[datetime], UnaryExpression[str]]:
        """The order of the list."""
        return self.at.desc(), self.key.desc()

    def within(self, query: Select[Any], window: Window) -> Select[Any]:
        """Take a window out of a query, in its direction, with one row more than it looks at."""
        if window.after is not None:
            query = query.where(self._place < _values(window.after))
        if window.before is not None:
            query = query.where(self._place > _values(window.before))
        order = self.newest_first if window.is_forward else (self.at.asc(), self.key.asc())
        return query.order_by(*order).limit(window.most + 1)

    async def around(
        self, connection: AsyncConnection, conditions: Sequence[ColumnElement[bool]], window: Window
    ) -> Around:
        """Look behind where reading begins, and count the rows if that is wanted."""
        total = None
        if window.counted:
            counted = select(func.count()).select_from(self.at.table).where(*conditions)
            total = (await connection.execute(counted)).scalar_one()
        return Around(await self._is_behind(connection, conditions, window), total)

    async def _is_behind(
        self, connection: AsyncConnection, conditions: Sequence[ColumnElement[bool]], window: Window
    ) -> bool:
        if window.start is None:
            return False
        start = _values(window.start)
        behind = self._place >= start if window.is_forward else self._place <= start
        query = select(literal(1)).select_from(self.at.table).where(*conditions, behind).limit(1)
        return (await connection.execute(query)).first() is not None

    @property
    def _place(self) -> ColumnElement[tuple[datetime, str]]:
        return tuple_(self.at, self.key)


def _values(position: Position) -> tuple[datetime, str]:
    return position.at, position.key
