"""Executions in the store: what is written as one moves on, and what is read of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, insert, select, update

from adapters.cloudsigma.models import Execution, ExecutionStatus, GenerateRequest, InputType, Output, Stage
from adapters.events.feed import Change, Writing
from adapters.events.watching import STATES_AT_ONCE
from adapters.paging import Page, Position, Window, cut
from adapters.principal import Principal
from adapters.store.cloudsigma import executions, outputs
from adapters.store.database import Database
from adapters.store.keyset import Keyset
from adapters.store.metadata import next_value

COUNTER = "cloudsigma"
LIST = Keyset(executions.c.started_at, executions.c.arn)
STAGES = tuple(Stage)
MAX_ERROR_CHARACTERS = 1000
"""So that a change fits into a notification of PostgreSQL's, whatever a stage says."""


def new_arn() -> str:
    """Make an ARN of the documented shape; region and account are this machine's."""
    return f"arn:aws:states:local:000000000000:execution:CloudSigmaPipeline:{uuid.uuid4()}"


class ExecutionRecords:
    """Reads and writes executions; watchers are told of every write."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(self, writing: Writing[Execution], principal: Principal, request: GenerateRequest) -> Execution:
        """Record a new execution."""
        now = datetime.now(UTC)
        row = {
            "arn": new_arn(),
            "owner": principal.id,
            "tenant": principal.tenant,
            "tier": principal.tier,
            "api_key": principal.key,
            "request": msgspec.json.encode(request),
            "input_type": request.input_type.value,
            "status": ExecutionStatus.RUNNING.value,
            "stage": Stage.INGEST.value,
            "progress": 0.0,
            "started_at": now,
            "platforms_targeted": len(request.platforms),
            "version": await next_value(writing.connection, COUNTER),
            "changed_at": now,
        }
        recorded = (await writing.connection.execute(insert(executions).values(row).returning(executions))).one()
        await writing.tell(_change(recorded))
        return _execution(recorded)

    async def advance(self, writing: Writing[Execution], arn: str, stage: Stage) -> None:
        """Record that a stage begins."""
        progress = round(STAGES.index(stage) / len(STAGES), 3)
        await self._update(writing, arn, stage=stage.value, progress=progress)

    async def succeed(self, writing: Writing[Execution], arn: str, output: Output) -> None:
        """Record the output and that the execution has ended."""
        changed = await self._update(
            writing,
            arn,
            status=ExecutionStatus.SUCCEEDED.value,
            progress=1.0,
            stopped_at=datetime.now(UTC),
            rules_generated=output.metadata.rules_generated,
            ttps_extracted=output.metadata.ttps_extracted,
            platforms_targeted=output.metadata.platforms_targeted,
            processing_time_ms=output.metadata.processing_time_ms,
        )
        if changed:
            await writing.connection.execute(insert(outputs).values(arn=arn, output=msgspec.json.encode(output)))

    async def fail(self, writing: Writing[Execution], arn: str, error: str) -> None:
        """Record why an execution failed, shortened to 1,000 characters."""
        if len(error) > MAX_ERROR_CHARACTERS:
            error = f"{error[: MAX_ERROR_CHARACTERS - 1]}…"
        await self._update(writing, arn, status=ExecutionStatus.FAILED.value, stopped_at=datetime.now(UTC), error=error)

    async def task(self, arn: str) -> tuple[Principal, GenerateRequest]:
        """Give what an execution was asked, and by whom."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(executions).where(executions.c.arn == arn))).one()
        principal = Principal(id=row.owner, name=row.owner, tenant=row.tenant, tier=row.tier)
        return principal, msgspec.json.decode(row.request, type=GenerateRequest)

    async def running(self) -> list[str]:
        """Name the executions that have not ended."""
        query = select(executions.c.arn).where(executions.c.status == ExecutionStatus.RUNNING.value)
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def owner(self, arn: str) -> str | None:
        """Say whose an execution is; None if there is no such one."""
        query = select(executions.c.owner).where(executions.c.arn == arn)
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def by_arn(self, owner: str, arns: Sequence[str]) -> list[Execution | None]:
        """Give the owner's executions by name, in that order."""
        found = await self._changes(executions.c.owner == owner, executions.c.arn.in_(set(arns)))
        known = {change.key: change.state for change in found}
        return [known.get(arn) for arn in arns]

    async def changed_since(self, owner: str, version: int, arn: str | None = None) -> list[Change[Execution]]:
        """Give the present state of what changed after a version, oldest change first, at most 500."""
        wanted = [executions.c.owner == owner, executions.c.version > version]
        if arn is not None:
            wanted.append(executions.c.arn == arn)
        return await self._changes(*wanted, most=STATES_AT_ONCE)

    async def recent(self, owner: str, count: int) -> list[Change[Execution]]:
        """Give the executions that were started last, oldest change first."""
        newest = select(executions.c.arn).where(executions.c.owner == owner)
        newest = newest.order_by(*LIST.newest_first).limit(count)
        return await self._changes(executions.c.arn.in_(newest))

    async def outputs(self, owner: str, arns: Sequence[str]) -> list[Output | None]:
        """Give what the owner's executions produced, in that order."""
        query = select(outputs.c.arn, outputs.c.output).join(executions)
        query = query.where(executions.c.owner == owner, outputs.c.arn.in_(set(arns)))
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        known = {row.arn: msgspec.json.decode(row.output, type=Output) for row in rows}
        return [known.get(arn) for arn in arns]

    async def page(self, owner: str, window: Window, status: ExecutionStatus | None) -> Page[Execution]:
        """Give a page of the owner's executions, newest first."""
        wanted = [executions.c.owner == owner]
        if status is not None:
            wanted.append(executions.c.status == status.value)
        query = LIST.within(select(executions).where(*wanted), window)
        async with self._database.read() as connection:
            rows = [_execution(row) for row in await connection.execute(query)]
            around = await LIST.around(connection, wanted, window)
        return cut(rows, _position, window, around)

    async def _changes(self, *wanted: ColumnElement[bool], most: int | None = None) -> list[Change[Execution]]:
        query = select(executions).where(*wanted).order_by(executions.c.version).limit(most)
        async with self._database.read() as connection:
            return [_change(row) for row in (await connection.execute(query)).all()]

    async def _update(self, writing: Writing[Execution], arn: str, **values: Any) -> bool:
        """Change an execution and tell of it; one that has ended stays as it is."""
        version = await next_value(writing.connection, COUNTER)
        changed = (
            update(executions)
            .where(executions.c.arn == arn, executions.c.status == ExecutionStatus.RUNNING.value)
            .values(version=version, changed_at=datetime.now(UTC), **values)
        )
        row = (await writing.connection.execute(changed.returning(executions))).one_or_none()
        if row is not None:
            await writing.tell(_change(row))
        return row is not None


def _position(execution: Execution) -> Position:
    return Position(execution.started_at, execution.arn)


def _change(row: Row[Any]) -> Change[Execution]:
    return Change(audience=row.owner, key=row.arn, version=row.version, at=row.changed_at, state=_execution(row))


def _execution(row: Row[Any]) -> Execution:
    return Execution(
        arn=row.arn,
        status=ExecutionStatus(row.status),
        started_at=row.started_at,
        stopped_at=row.stopped_at,
        input_type=InputType(row.input_type),
        stage=Stage(row.stage),
        progress=row.progress,
        rules_generated=row.rules_generated,
        ttps_extracted=row.ttps_extracted,
        platforms_targeted=row.platforms_targeted,
        processing_time_ms=row.processing_time_ms,
        error=row.error,
    )
