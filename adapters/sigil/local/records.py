"""Scans in the store: what is written as one moves on, and what is read of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, and_, func, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.events.feed import Change, Writing
from adapters.events.watching import STATES_AT_ONCE
from adapters.packages import PackageName
from adapters.paging import Page, Position, Window, cut
from adapters.principal import Principal
from adapters.sigil.local.rows import changes_of
from adapters.sigil.local.scan_ids import ScanIds
from adapters.sigil.models import Phase, PhaseName, Scan, ScanError, ScanStatus
from adapters.sigil.port import ScanFilter
from adapters.store.database import Database
from adapters.store.keyset import Keyset
from adapters.store.metadata import next_value
from adapters.store.sigil import phases, scans

COUNTER = "sigil"
LIST = Keyset(scans.c.created_at, scans.c.id)
SCANS_OF_A_PACKAGE = 20
MAX_ERROR_CHARACTERS = 1000
UNFINISHED = (ScanStatus.QUEUED.value, ScanStatus.RUNNING.value)


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan is asked to do: `target` as a text, and no result from before if it is `forced`."""

    target: str
    policy: str
    forced: bool = False


class ScanRecords:
    """Reads and writes scans; watchers are told of every write. `engine` marks results, to tell them from others'."""

    def __init__(self, database: Database, engine: str) -> None:
        self._database = database
        self._engine = engine
        self._ids = ScanIds()

    async def insert(self, writing: Writing[Scan], principal: Principal, package: PackageName, task: Task) -> Scan:
        """Record a new scan, queued."""
        now = datetime.now(UTC)
        row = {
            "id": self._ids.new(),
            "tenant": principal.tenant,
            "asked_by": principal.id,
            "target": task.target,
            "policy": task.policy,
            "forced": task.forced,
            "engine": self._engine,
            "status": ScanStatus.QUEUED.value,
            "ecosystem": package.ecosystem,
            "package_name": package.name,
            "known_threats": b"[]",
            "created_at": now.replace(microsecond=0),
            "version": await next_value(writing.connection, COUNTER),
            "changed_at": now,
        }
        await writing.connection.execute(insert(scans).values(row))
        return await _tell(writing, str(row["id"]))

    async def begin(self, writing: Writing[Scan], scan_id: str) -> None:
        """Record that a scan runs; one that ran before a crash has begun already."""
        queued = scans.c.status == ScanStatus.QUEUED.value
        await self._update(writing, scan_id, queued, status=ScanStatus.RUNNING.value, began_at=datetime.now(UTC))

    async def resolve(self, writing: Writing[Scan], scan_id: str, version: str, digest: str) -> None:
        """Record which version is scanned, and the SHA-256 of its archives."""
        await self._update(writing, scan_id, package_version=version, digest=digest)

    async def add_phase(self, writing: Writing[Scan], scan_id: str, name: PhaseName, phase: Phase) -> None:
        """Record a phase's result, in place of one from before a crash."""
        await _put_phase(writing, scan_id, name, phase)
        await self._update(writing, scan_id)

    async def complete(self, writing: Writing[Scan], scan: Scan) -> None:
        """Record what a scan comes to, its phases weighed together, and that it has ended."""
        for name, phase in scan.phases.items():
            await _put_phase(writing, scan.id, name, phase)
        await self._end(
            writing,
            scan.id,
            status=ScanStatus.COMPLETED.value,
            score=scan.score,
            verdict=scan.verdict,
            known_threats=msgspec.json.encode(scan.known_threats),
            policy_result=msgspec.json.encode(scan.policy_result),
        )

    async def fail(self, writing: Writing[Scan], scan_id: str, error: ScanError) -> None:
        """Record why a scan failed, in at most 1,000 characters."""
        message = error.message
        if len(message) > MAX_ERROR_CHARACTERS:
            message = f"{message[: MAX_ERROR_CHARACTERS - 1]}…"
        await self._end(writing, scan_id, status=ScanStatus.FAILED.value, error_code=error.code, error_message=message)

    async def task(self, scan_id: str) -> Task:
        """Give what a scan was asked to do."""
        query = select(scans.c.target, scans.c.policy, scans.c.forced).where(scans.c.id == scan_id)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one()
        return Task(target=row.target, policy=row.policy, forced=row.forced)

    async def get(self, scan_id: str) -> Scan:
        """Give a scan, whoever's it is."""
        (change,) = await self._changes(select(scans).where(scans.c.id == scan_id))
        return change.state

    async def unfinished(self) -> list[str]:
        """Name the scans that have not ended."""
        query = select(scans.c.id).where(scans.c.status.in_(UNFINISHED)).order_by(scans.c.id)
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def running(self, connection: AsyncConnection, tenant: str, task: Task) -> Scan | None:
        """Give the tenant's scan that does this already."""
        wanted = (scans.c.target == task.target, scans.c.policy == task.policy, scans.c.status.in_(UNFINISHED))
        return await self._newest(connection, scans.c.tenant == tenant, *wanted)

    async def completed(
        self, connection: AsyncConnection, tenant: str, package: PackageName, version: str, policy: str
    ) -> Scan | None:
        """Give the tenant's newest result of this engine for a version, under a policy."""
        return await self._newest(
            connection,
            scans.c.tenant == tenant,
            _is_package(package),
            scans.c.package_version == version,
            scans.c.policy == policy,
            scans.c.engine == self._engine,
            scans.c.status == ScanStatus.COMPLETED.value,
        )

    async def phases_of(self, scan_id: str, digest: str) -> dict[PhaseName, Phase]:
        """Give what this engine found in the same archives of the same package, whoever asked for it."""
        this = select(scans.c.ecosystem, scans.c.package_name, scans.c.package_version).where(scans.c.id == scan_id)
        same = (
            tuple_(scans.c.ecosystem, scans.c.package_name, scans.c.package_version).in_(this),
            scans.c.digest == digest,
            scans.c.engine == self._engine,
            scans.c.status == ScanStatus.COMPLETED.value,
        )
        async with self._database.read() as connection:
            known = await self._newest(connection, *same)
        return known.phases if known else {}

    async def by_id(self, tenant: str, ids: Sequence[str]) -> list[Scan | None]:
        """Give the tenant's scans by id, in that order."""
        found = await self._changes(select(scans).where(scans.c.tenant == tenant, scans.c.id.in_(set(ids))))
        known = {change.key: change.state for change in found}
        return [known.get(scan_id) for scan_id in ids]

    async def of_packages(self, tenant: str, packages: Sequence[PackageName]) -> list[list[Scan]]:
        """Give the tenant's newest twenty scans of each package, in that order."""
        rank = func.row_number().over(
            partition_by=(scans.c.ecosystem, scans.c.package_name), order_by=LIST.newest_first
        )
        wanted = or_(*(_is_package(package) for package in set(packages))) if packages else scans.c.id.is_(None)
        ranked = select(scans.c.id, rank.label("rank")).where(scans.c.tenant == tenant, wanted).subquery()
        newest = select(ranked.c.id).where(ranked.c.rank <= SCANS_OF_A_PACKAGE)
        found: dict[PackageName, list[Scan]] = {}
        for change in await self._changes(select(scans).where(scans.c.id.in_(newest)).order_by(*LIST.newest_first)):
            scan = change.state
            found.setdefault(PackageName(scan.ecosystem or "", scan.package_name or ""), []).append(scan)
        return [found.get(package, []) for package in packages]

    async def changed_since(self, tenant: str, version: int, scan_id: str | None = None) -> list[Change[Scan]]:
        """Give the present state of what changed after a version, oldest change first, at most 500."""
        query = select(scans).where(scans.c.tenant == tenant, scans.c.version > version)
        if scan_id is not None:
            query = query.where(scans.c.id == scan_id)
        return await self._changes(query.order_by(scans.c.version).limit(STATES_AT_ONCE))

    async def recent(self, tenant: str, count: int) -> list[Change[Scan]]:
        """Give the scans that were asked for last, oldest change first."""
        newest = select(scans.c.id).where(scans.c.tenant == tenant)
        newest = newest.order_by(*LIST.newest_first).limit(count)
        return await self._changes(select(scans).where(scans.c.id.in_(newest)).order_by(scans.c.version))

    async def page(self, tenant: str, window: Window, wanted: ScanFilter, offset: int = 0) -> Page[Scan]:
        """Give a page of the tenant's scans, newest first; `offset` leaves out so many."""
        conditions = [scans.c.tenant == tenant, *_conditions(wanted)]
        query = LIST.within(select(scans).where(*conditions), window).offset(offset)
        async with self._database.read() as connection:
            found = await changes_of(connection, query)
            around = await LIST.around(connection, conditions, window)
        return cut([change.state for change in found], _position, window, around)

    async def _changes(self, query: Select[Any]) -> list[Change[Scan]]:
        async with self._database.read() as connection:
            return await changes_of(connection, query)

    async def _newest(self, connection: AsyncConnection, *wanted: ColumnElement[bool]) -> Scan | None:
        query = select(scans).where(*wanted).order_by(*LIST.newest_first).limit(1)
        found = await changes_of(connection, query)
        return found[0].state if found else None

    async def _end(self, writing: Writing[Scan], scan_id: str, **values: Any) -> None:
        now = datetime.now(UTC)
        began_at = (
            await writing.connection.execute(select(scans.c.began_at).where(scans.c.id == scan_id))
        ).scalar_one_or_none()
        duration_ms = round((now - (began_at or now)).total_seconds() * 1000)
        await self._update(writing, scan_id, finished_at=now.replace(microsecond=0), duration_ms=duration_ms, **values)

    async def _update(
        self, writing: Writing[Scan], scan_id: str, *condition: ColumnElement[bool], **values: Any
    ) -> None:
        """Change a scan and tell of it; one that has ended stays as it is."""
        version = await next_value(writing.connection, COUNTER)
        changed = (
            update(scans)
            .where(scans.c.id == scan_id, scans.c.status.in_(UNFINISHED), *condition)
            .values(version=version, changed_at=datetime.now(UTC), **values)
        )
        if (await writing.connection.execute(changed)).rowcount:
            await _tell(writing, scan_id)


async def _put_phase(writing: Writing[Scan], scan_id: str, name: PhaseName, phase: Phase) -> None:
    this = (phases.c.scan_id == scan_id, phases.c.name == name.value)
    row = {"score": phase.score, "findings": msgspec.json.encode(phase.findings)}
    if (await writing.connection.execute(update(phases).where(*this).values(row))).rowcount == 0:
        await writing.connection.execute(insert(phases).values(scan_id=scan_id, name=name.value, **row))


async def _tell(writing: Writing[Scan], scan_id: str) -> Scan:
    (change,) = await changes_of(writing.connection, select(scans).where(scans.c.id == scan_id))
    await writing.tell(change)
    return change.state


def _conditions(wanted: ScanFilter) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.verdict is not None:
        conditions.append(scans.c.verdict == wanted.verdict.value)
    if wanted.target:
        conditions.append(scans.c.target.icontains(wanted.target, autoescape=True))
    if wanted.since is not None:
        conditions.append(scans.c.created_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(scans.c.created_at <= wanted.until)
    return conditions


def _is_package(package: PackageName) -> ColumnElement[bool]:
    return and_(scans.c.ecosystem == package.ecosystem, scans.c.package_name == package.name)


def _position(scan: Scan) -> Position:
    return Position(scan.created_at, scan.id)
