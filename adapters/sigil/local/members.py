"""The members of a team: those of its tenant who have asked for a scan."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.principal import Principal
from adapters.sigil.models import MemberScans, TeamMember
from adapters.store.sigil import members, scans

ROLES = ("owner", "admin", "member")
NO_EMAIL = ""
"""Nobody tells an address: a key has a name only."""


async def remember_member(connection: AsyncConnection, principal: Principal) -> None:
    """Take note of a caller, with the highest of its roles."""
    role = next((role for role in ROLES if role in principal.roles), ROLES[-1])
    this = (members.c.tenant == principal.tenant, members.c.id == principal.id)
    known = update(members).where(*this).values(name=principal.name, role=role)
    if (await connection.execute(known)).rowcount == 0:
        row = {"tenant": principal.tenant, "id": principal.id, "name": principal.name, "role": role}
        await connection.execute(insert(members).values(**row, created_at=datetime.now(UTC).replace(microsecond=0)))


async def members_of(connection: AsyncConnection, tenant: str) -> list[TeamMember]:
    """List a tenant's members by name, with what they have scanned."""
    recently = datetime.now(UTC) - timedelta(days=30)
    lately = func.sum(case((scans.c.created_at >= recently, 1), else_=0))
    theirs = (scans.c.tenant == members.c.tenant) & (scans.c.asked_by == members.c.id)
    query = (
        select(
            members,
            func.count(scans.c.id).label("total"),
            lately.label("lately"),
            func.max(scans.c.created_at).label("last"),
        )
        .outerjoin(scans, theirs)
        .where(members.c.tenant == tenant)
        .group_by(*members.c)
        .order_by(members.c.name, members.c.id)
    )
    return [_member(row) for row in (await connection.execute(query)).all()]


def _member(row: Row[Any]) -> TeamMember:
    """Read a member, whose id is not the caller's own: a client that keeps things by their id mixes none up."""
    activity = MemberScans(total=row.total, last_30_days=int(row.lately), last_scan_at=row.last)
    return TeamMember(
        id=f"member_{row.id}", email=NO_EMAIL, name=row.name, role=row.role, created_at=row.created_at, scans=activity
    )
