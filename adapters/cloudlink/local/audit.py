"""The audit trail as it is read; the journal writes it, and nothing changes it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select, tuple_

from adapters.cloudlink.account import AuditEvent
from adapters.cloudlink.port import AuditFilter
from adapters.paging import Page, Position, cursor_of, position_of
from adapters.store.cloudlink import audit
from adapters.store.database import Database


class AuditRecords:
    """Reads the audit trail."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, tenant: str, first: int, after: str | None, wanted: AuditFilter) -> Page[AuditEvent]:
        """Give a page of the tenant's trail, newest first."""
        query = select(audit).where(audit.c.tenant == tenant)
        if wanted.event_type is not None:
            query = query.where(audit.c.event_type == wanted.event_type)
        if wanted.since is not None:
            query = query.where(audit.c.at >= wanted.since)
        if after is not None:
            position = position_of(after)
            query = query.where(tuple_(audit.c.at, audit.c.id) < (position.at, position.key))
        query = query.order_by(audit.c.at.desc(), audit.c.id.desc()).limit(first + 1)
        async with self._database.read() as connection:
            found = [_event(row) for row in await connection.execute(query)]
        nodes = found[:first]
        return Page(
            nodes=nodes,
            cursors=[cursor_of(Position(event.at, event.id)) for event in nodes],
            has_next_page=len(found) > first,
            has_previous_page=after is not None,
        )


def _event(row: Row[Any]) -> AuditEvent:
    return AuditEvent(
        id=row.id,
        event_type=row.event_type,
        at=row.at,
        actor=row.actor,
        action_id=row.action_id,
        action_type=row.action_type,
        resource_id=row.resource_id,
        status=row.status,
        detail=row.detail,
    )
