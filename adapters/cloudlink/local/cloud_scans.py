"""Scans of accounts in the store: what is written as one begins and ends, and what is read of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.cloudlink.account import CloudScan, CloudScanStatus, LastScan
from adapters.cloudlink.local.credentials import Account
from adapters.cloudlink.local.feeds import COUNTER
from adapters.cloudlink.local.journal import Entry, Journal
from adapters.events.feed import Change, Writing
from adapters.events.watching import STATES_AT_ONCE
from adapters.paging import Page, Position, Window, cut
from adapters.store.cloudlink_account import scans
from adapters.store.database import Database
from adapters.store.keyset import Keyset
from adapters.store.metadata import next_value

RUNNING = CloudScanStatus.RUNNING.value
LIST = Keyset(scans.c.started_at, scans.c.id)


class ScanTask(msgspec.Struct, frozen=True, kw_only=True):
    """Which credential a scan is for, whose that is, and the name of who asked."""

    tenant: str
    credential_id: str
    asked_by: str


class ScanOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan came to; `error` is what could not be looked at."""

    status: CloudScanStatus
    events: int = 0
    actions: int = 0
    error: str | None = None


class CloudScanRecords:
    """Reads and writes scans; watchers are told of every write."""

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal

    async def begin(self, writing: Writing[CloudScan], account: Account, asked_by: str) -> CloudScan:
        """Record a new scan of an account, or give the one that runs."""
        version = await next_value(writing.connection, COUNTER)  # from here on no other process begins one
        running = select(scans).where(
            scans.c.tenant == account.tenant, scans.c.credential_id == account.credential_id, scans.c.status == RUNNING
        )
        known = await _changes(writing.connection, running.order_by(scans.c.version).limit(1))
        if known:
            return known[0].state
        now = datetime.now(UTC)
        row = {
            "id": str(uuid.uuid4()),
            "tenant": account.tenant,
            "asked_by": asked_by,
            "credential_id": account.credential_id,
            "credential_label": account.label,
            "regions": msgspec.json.encode(account.regions),
            "status": RUNNING,
            "started_at": now,
            "events_found": 0,
            "events_ingested": 0,
            "actions_queued": 0,
            "version": version,
            "changed_at": now,
        }
        await writing.connection.execute(insert(scans).values(row))
        return await _tell(writing, str(row["id"]))

    async def finish(self, writing: Writing[CloudScan], scan_id: str, outcome: ScanOutcome) -> None:
        """Record how a scan ended; one that has ended stays as it is."""
        now = datetime.now(UTC)
        ended = (
            update(scans)
            .where(scans.c.id == scan_id, scans.c.status == RUNNING)
            .values(
                status=outcome.status.value,
                finished_at=now,
                events_found=outcome.events,
                events_ingested=outcome.events,
                actions_queued=outcome.actions,
                error=outcome.error,
                version=await next_value(writing.connection, COUNTER),
                changed_at=now,
            )
            .returning(scans.c.tenant, scans.c.asked_by)
        )
        row = (await writing.connection.execute(ended)).one_or_none()
        if row is None:
            return
        entry = Entry(
            event_type="scan.finished",
            actor=row.asked_by,
            resource_id=scan_id,
            status=outcome.status.value,
            detail=outcome.error,
        )
        await self._journal.write(writing.connection, row.tenant, entry, payload=await _tell(writing, scan_id))

    async def task(self, scan_id: str) -> ScanTask:
        """Give what a scan is to do."""
        query = select(scans.c.tenant, scans.c.credential_id, scans.c.asked_by).where(scans.c.id == scan_id)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one()
        return ScanTask(tenant=row.tenant, credential_id=row.credential_id, asked_by=row.asked_by)

    async def unfinished(self) -> list[str]:
        """Name the scans that have not ended."""
        query = select(scans.c.id).where(scans.c.status == RUNNING).order_by(scans.c.version)
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def scans(self, tenant: str, window: Window) -> Page[CloudScan]:
        """Give a page of the tenant's scans, newest first."""
        conditions = [scans.c.tenant == tenant]
        query = LIST.within(select(scans).where(*conditions), window)
        async with self._database.read() as connection:
            found = await _changes(connection, query)
            around = await LIST.around(connection, conditions, window)
        return cut([change.state for change in found], _position, window, around)

    async def scans_by_id(self, tenant: str, ids: Sequence[str]) -> list[CloudScan | None]:
        """Give the tenant's scans by id, in that order."""
        found = await self._read(select(scans).where(scans.c.tenant == tenant, scans.c.id.in_(set(ids))))
        known = {change.key: change.state for change in found}
        return [known.get(scan_id) for scan_id in ids]

    async def last(self, tenant: str) -> LastScan | None:
        """Give the tenant's scan that began last."""
        (*_, scan) = [None, *(await self.scans(tenant, Window(1, counted=False))).nodes]
        if scan is None:
            return None
        return LastScan(started_at=scan.started_at, status=scan.status, events_found=scan.events_found)

    async def changed_since(self, audience: str, version: int, key: str | None = None) -> list[Change[CloudScan]]:
        """Give the present state of what changed after a version, oldest change first, at most 500."""
        query = select(scans).where(scans.c.tenant == audience, scans.c.version > version)
        if key is not None:
            query = query.where(scans.c.id == key)
        return await self._read(query.order_by(scans.c.version).limit(STATES_AT_ONCE))

    async def recent(self, audience: str, count: int) -> list[Change[CloudScan]]:
        """Give the scans that began last, oldest change first."""
        newest = select(scans.c.id).where(scans.c.tenant == audience)
        newest = newest.order_by(*LIST.newest_first).limit(count)
        return await self._read(select(scans).where(scans.c.id.in_(newest)).order_by(scans.c.version))

    async def _read(self, query: Select[Any]) -> list[Change[CloudScan]]:
        async with self._database.read() as connection:
            return await _changes(connection, query)


def _position(scan: CloudScan) -> Position:
    return Position(scan.started_at, scan.id)


async def _tell(writing: Writing[CloudScan], scan_id: str) -> CloudScan:
    (change,) = await _changes(writing.connection, select(scans).where(scans.c.id == scan_id))
    await writing.tell(change)
    return change.state


async def _changes(connection: AsyncConnection, query: Select[Any]) -> list[Change[CloudScan]]:
    rows = (await connection.execute(query)).all()
    return [
        Change(audience=row.tenant, key=row.id, version=row.version, at=row.changed_at, state=_scan(row))
        for row in rows
    ]


def _scan(row: Row[Any]) -> CloudScan:
    return CloudScan(
        id=row.id,
        status=CloudScanStatus(row.status),
        started_at=row.started_at,
        credential_id=row.credential_id,
        credential_label=row.credential_label,
        regions=msgspec.json.decode(row.regions, type=tuple[str, ...]),
        finished_at=row.finished_at,
        events_found=row.events_found,
        events_ingested=row.events_ingested,
        actions_queued=row.actions_queued,
        error=row.error,
        tenant_id=row.tenant,
    )
