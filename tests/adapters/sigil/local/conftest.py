"""What tests of the local Sigil share: records that are written in transactions of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from adapters.events.feed import Change, ChangeFeed, InProcessChangeFeed
from adapters.principal import Principal
from adapters.sigil.local.asking import asked
from adapters.sigil.local.members import remember_member
from adapters.sigil.local.records import ScanRecords, Task
from adapters.sigil.models import Phase, PhaseName, PolicyResult, Scan, ScanError, ScanStatus, Verdict
from adapters.store.database import Database
from adapters.store.sigil import scans

PASSED = PolicyResult(policy="default", passed=True, result="pass", evaluated_at=datetime(2026, 1, 1, tzinfo=UTC))


class Written:
    """Records with a feed, each write a transaction of its own."""

    def __init__(self, database: Database, engine: str = "test") -> None:
        self.database = database
        self.feed: ChangeFeed[Scan] = InProcessChangeFeed()
        self.records = ScanRecords(database, engine)

    async def insert(self, principal: Principal, target: str = "npm:left-pad@1.3.0", policy: str = "default") -> Scan:
        package, _, text = asked(target)
        async with self.feed.write(self.database) as writing:
            await remember_member(writing.connection, principal)
            return await self.records.insert(writing, principal, package, Task(target=text, policy=policy))

    async def begin(self, scan_id: str) -> None:
        async with self.feed.write(self.database) as writing:
            await self.records.begin(writing, scan_id)

    async def resolve(self, scan_id: str, version: str = "1.3.0", digest: str = "d" * 64) -> None:
        async with self.feed.write(self.database) as writing:
            await self.records.resolve(writing, scan_id, version, digest)

    async def add(self, scan_id: str, name: PhaseName, phase: Phase) -> None:
        async with self.feed.write(self.database) as writing:
            await self.records.add_phase(writing, scan_id, name, phase)

    async def complete(self, scan: Scan, score: int = 0, verdict: Verdict = Verdict.CLEAN, **fields: Any) -> None:
        judged = Scan(
            id=scan.id,
            status=ScanStatus.COMPLETED,
            target=scan.target,
            created_at=scan.created_at,
            score=score,
            verdict=verdict,
            policy_result=PASSED,
            phases=fields.pop("phases", {name: Phase() for name in PhaseName}),
            **fields,
        )
        async with self.feed.write(self.database) as writing:
            await self.records.complete(writing, judged)

    async def fail(self, scan_id: str, code: str = "not_found", message: str = "There is none") -> None:
        async with self.feed.write(self.database) as writing:
            await self.records.fail(writing, scan_id, ScanError(code=code, message=message))

    async def completed(self, principal: Principal, target: str = "npm:left-pad@1.3.0", **fields: Any) -> Scan:
        scan = await self.insert(principal, target)
        await self.begin(scan.id)
        await self.resolve(scan.id)
        await self.complete(scan, **fields)
        return await self.one(principal, scan.id)

    async def one(self, principal: Principal, scan_id: str) -> Scan:
        (found,) = await self.records.by_id(principal.tenant, [scan_id])
        assert found is not None
        return found

    async def created_at(self, ids: list[str], moment: datetime) -> None:
        async with self.database.write() as connection:
            await connection.execute(update(scans).where(scans.c.id.in_(ids)).values(created_at=moment))


@contextmanager
def told(feed: ChangeFeed[Scan], tenant: str) -> Iterator[list[Change[Scan]]]:
    """Collect, at the end, what was told to a tenant."""
    changes: list[Change[Scan]] = []
    with feed.watch(tenant) as mailbox:
        yield changes
        changes.extend(mailbox._unread.values())


@pytest.fixture
def written(database: Database) -> Written:
    """Records on either database."""
    return Written(database)
