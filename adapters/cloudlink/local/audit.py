"""The audit trail as it is read; the journal writes it, and nothing changes it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select

from adapters.cloudlink.account import AuditEvent
from adapters.cloudlink.port import AuditFilter
from adapters.paging import Page, Position, Window, cut
from adapters.store.cloudlink import audit
from adapters.store.database import Database
from adapters.store.keyset import Keyset

LIST = Keyset(audit.c.at, audit.c.id)


class AuditRecords:
    """Reads the audit trail."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, tenant: str, window: Window, wanted: AuditFilter) -> Page[AuditEvent]:
        """Give a page of the tenant's trail, newest first."""
        conditions = [audit.c.tenant == tenant]
        if wanted.event_type is not None:
            conditions.append(audit.c.event_type == wanted.event_type)
        if wanted.since is not None:
            conditions.append(audit.c.at >= wanted.since)
        query = LIST.within(select(audit).where(*conditions), window)
        async with self._database.read() as connection:
            found = [_event(row) for row in await connection.execute(query)]
            around = await LIST.around(connection, conditions, window)
        return cut(found, _position, window, around)


def _position(event: AuditEvent) -> Position:
    return Position(event.at, event.id)


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
