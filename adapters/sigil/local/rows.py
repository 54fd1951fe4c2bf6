"""From the store's rows to scans, with the phases that are done."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec
from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.events.feed import Change
from adapters.sigil.models import Finding, Phase, PhaseName, PolicyResult, Scan, ScanError, ScanStatus, Verdict
from adapters.store.sigil import phases

ROWS_AT_ONCE = 500


async def changes_of(connection: AsyncConnection, query: Select[Any]) -> list[Change[Scan]]:
    """Read the scans that a query over their table selects, in its order, each with its last change."""
    rows = (await connection.execute(query)).all()
    done: dict[str, dict[PhaseName, Phase]] = defaultdict(dict)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        ids = [row.id for row in rows[start : start + ROWS_AT_ONCE]]
        for row in (await connection.execute(select(phases).where(phases.c.scan_id.in_(ids)))).all():
            done[row.scan_id][PhaseName(row.name)] = phase_of(row)
    return [
        Change(
            audience=row.tenant,
            key=row.id,
            version=row.version,
            at=row.changed_at,
            state=_scan(row, {name: done[row.id][name] for name in PhaseName if name in done[row.id]}),
        )
        for row in rows
    ]


def phase_of(row: Row[Any]) -> Phase:
    """Read a phase's row."""
    return Phase(score=row.score, findings=msgspec.json.decode(row.findings, type=tuple[Finding, ...]))


def _scan(row: Row[Any], done: dict[PhaseName, Phase]) -> Scan:
    return Scan(
        id=row.id,
        status=ScanStatus(row.status),
        target=row.target,
        created_at=row.created_at,
        score=row.score,
        verdict=Verdict(row.verdict) if row.verdict else None,
        phases=done,
        duration_ms=row.duration_ms,
        finished_at=row.finished_at,
        ecosystem=row.ecosystem,
        package_name=row.package_name,
        package_version=row.package_version,
        known_threats=msgspec.json.decode(row.known_threats, type=tuple[str, ...]),
        error=ScanError(code=row.error_code, message=row.error_message or "") if row.error_code else None,
        policy_result=msgspec.json.decode(row.policy_result, type=PolicyResult) if row.policy_result else None,
    )
