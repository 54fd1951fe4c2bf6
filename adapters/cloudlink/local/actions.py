"""Actions in the store: proposed, approved or rejected, and executed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Select, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.cloudlink.account import Action, ActionStatus
from adapters.cloudlink.local.credentials import Account
from adapters.cloudlink.local.feeds import COUNTER
from adapters.cloudlink.local.findings import Proposal, ProposedChange
from adapters.cloudlink.local.journal import SCHEDULE, Entry, Journal
from adapters.errors import Conflict, NotFound
from adapters.events.feed import Change, Writing
from adapters.events.watching import STATES_AT_ONCE
from adapters.principal import Principal
from adapters.store.cloudlink_account import actions
from adapters.store.database import Database
from adapters.store.metadata import next_value

MOST_ACTIONS = 500
REJECTED = "rejected"
QUIET = timedelta(days=7)
"""How long what has ended is not proposed again by schedule."""
ENDED = (ActionStatus.SUCCESS.value, ActionStatus.FAILED.value)
APPROVED = (ActionStatus.PENDING.value, ActionStatus.IN_PROGRESS.value, ActionStatus.RETRY.value)


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An action as it is executed: whose it is, and where."""

    tenant: str
    credential_id: str
    region: str | None
    action: Action
    change: ProposedChange


class ActionRecords:
    """Reads and writes actions; watchers are told of every write."""

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal

    async def propose(
        self, writing: Writing[Action], account: Account, proposal: Proposal, actor: str
    ) -> Action | None:
        """Record a proposal to be approved; None where the same is proposed already and has not ended.

        A scan by schedule proposes it again a week after its end, one that somebody asks for does at once.
        """
        version = await next_value(writing.connection, COUNTER)  # from here on no other process proposes the same
        key = f"{proposal.action_type}:{account.credential_id}:{proposal.resource_id}"
        now = datetime.now(UTC)
        holds: ColumnElement[bool] = actions.c.status.not_in(ENDED)
        if actor == SCHEDULE:
            holds = or_(holds, actions.c.updated_at > now - QUIET)
        same = select(actions.c.id).where(actions.c.tenant == account.tenant, actions.c.action_key == key, holds)
        if (await writing.connection.execute(same.limit(1))).first() is not None:
            return None
        row = {
            "id": str(uuid.uuid4()),
            "tenant": account.tenant,
            "action_key": key,
            "agent": proposal.agent,
            "action_type": proposal.action_type,
            "credential_id": account.credential_id,
            "region": proposal.region,
            "resource_id": proposal.resource_id,
            "resource_type": proposal.resource_type,
            "proposed_change": msgspec.json.encode(proposal.change),
            "status": ActionStatus.AWAITING_APPROVAL.value,
            "attempt_count": 0,
            "reason": proposal.reason,
            "confidence": proposal.confidence,
            "created_at": now,
            "updated_at": now,
            "version": version,
        }
        await writing.connection.execute(insert(actions).values(row))
        return await self._record(writing, str(row["id"]), "action.created", actor, proposal.reason)

    async def approve_action(self, writing: Writing[Action], principal: Principal, action_id: str) -> Action:
        """Let an action be executed; raises NotFound, and Conflict where it does not await approval."""
        await self._decide(writing, principal, action_id, status=ActionStatus.PENDING.value)
        return await self._record(writing, action_id, "action.approved", principal.name)

    async def reject_action(self, writing: Writing[Action], principal: Principal, action_id: str) -> Action:
        """Turn an action down; raises NotFound, and Conflict where it does not await approval."""
        await self._decide(writing, principal, action_id, status=ActionStatus.FAILED.value, last_error=REJECTED)
        return await self._record(writing, action_id, "action.rejected", principal.name)

    async def begin_attempt(self, writing: Writing[Action], action_id: str, number: int) -> None:
        """Record that an attempt begins; one that began before a crash has begun already."""
        waits = (actions.c.status.in_(APPROVED), actions.c.attempt_count < number)
        values = {"status": ActionStatus.IN_PROGRESS.value, "attempt_count": number, "next_retry_at": None}
        if await self._update(writing, action_id, *waits, **values):
            await _tell(writing, action_id)

    async def succeed(self, writing: Writing[Action], action_id: str, number: int, detail: str) -> None:
        """Record that an attempt did what it should."""
        values = {"status": ActionStatus.SUCCESS.value, "last_error": None}
        if await self._update(writing, action_id, *_attempted(number), **values):
            await self._record(writing, action_id, "action.completed", SCHEDULE, detail)

    async def try_again(self, writing: Writing[Action], action_id: str, number: int, error: str, at: datetime) -> None:
        """Record why an attempt failed and when the next one is."""
        values = {"status": ActionStatus.RETRY.value, "last_error": error, "next_retry_at": at}
        if await self._update(writing, action_id, *_attempted(number), **values):
            await _tell(writing, action_id)

    async def fail(self, writing: Writing[Action], action_id: str, error: str) -> None:
        """Record that an approved action failed for good."""
        values = {"status": ActionStatus.FAILED.value, "last_error": error, "next_retry_at": None}
        if await self._update(writing, action_id, actions.c.status.in_(APPROVED), **values):
            await self._record(writing, action_id, "action.completed", SCHEDULE, error)

    async def order(self, action_id: str) -> Order:
        """Give an action as it is executed."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(actions).where(actions.c.id == action_id))).one()
        return Order(
            tenant=row.tenant,
            credential_id=row.credential_id or "",
            region=row.region,
            action=_action(row),
            change=msgspec.json.decode(row.proposed_change, type=ProposedChange),
        )

    async def unfinished(self) -> list[str]:
        """Name the approved actions that have not ended."""
        query = select(actions.c.id).where(actions.c.status.in_(APPROVED)).order_by(actions.c.version)
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def actions(self, tenant: str, status: ActionStatus | None) -> list[Action]:
        """List the tenant's actions, newest first, at most 500."""
        query = select(actions).where(actions.c.tenant == tenant)
        if status is not None:
            query = query.where(actions.c.status == status.value)
        query = query.order_by(actions.c.created_at.desc(), actions.c.id.desc()).limit(MOST_ACTIONS)
        return [change.state for change in await self._read(query)]

    async def actions_by_id(self, tenant: str, ids: Sequence[str]) -> list[Action | None]:
        """Give the tenant's actions by id, in that order."""
        found = await self._read(select(actions).where(actions.c.tenant == tenant, actions.c.id.in_(set(ids))))
        known = {change.key: change.state for change in found}
        return [known.get(action_id) for action_id in ids]

    async def count_by_status(self, tenant: str) -> dict[str, int]:
        """Count the tenant's actions by status; those without any are left out."""
        query = select(actions.c.status, func.count().label("number")).where(actions.c.tenant == tenant)
        async with self._database.read() as connection:
            rows = await connection.execute(query.group_by(actions.c.status).order_by(actions.c.status))
            return {row.status: row.number for row in rows}

    async def changed_since(self, audience: str, version: int, key: str | None = None) -> list[Change[Action]]:
        """Give the present state of what changed after a version, oldest change first, at most 500."""
        query = select(actions).where(actions.c.tenant == audience, actions.c.version > version)
        if key is not None:
            query = query.where(actions.c.id == key)
        return await self._read(query.order_by(actions.c.version).limit(STATES_AT_ONCE))

    async def recent(self, audience: str, count: int) -> list[Change[Action]]:
        """Give the actions that were proposed last, oldest change first."""
        newest = select(actions.c.id).where(actions.c.tenant == audience)
        newest = newest.order_by(actions.c.created_at.desc(), actions.c.id.desc()).limit(count)
        return await self._read(select(actions).where(actions.c.id.in_(newest)).order_by(actions.c.version))

    async def _decide(self, writing: Writing[Action], principal: Principal, action_id: str, **values: Any) -> None:
        own = actions.c.tenant == principal.tenant
        waits = actions.c.status == ActionStatus.AWAITING_APPROVAL.value
        if await self._update(writing, action_id, own, waits, **values):
            return
        query = select(actions.c.status).where(actions.c.id == action_id, own)
        status = (await writing.connection.execute(query)).scalar_one_or_none()
        if status is None:
            raise NotFound("not_found", f"There is no action {action_id[:80]!r}")
        raise Conflict("conflict", f"The action is {status}: it can be decided on while it awaits approval only")

    async def _update(
        self, writing: Writing[Action], action_id: str, *condition: ColumnElement[bool], **values: Any
    ) -> bool:
        version = await next_value(writing.connection, COUNTER)
        changed = update(actions).where(actions.c.id == action_id, *condition)
        changed = changed.values(version=version, updated_at=datetime.now(UTC), **values)
        return bool((await writing.connection.execute(changed)).rowcount)

    async def _record(
        self, writing: Writing[Action], action_id: str, event: str, actor: str, detail: str | None = None
    ) -> Action:
        """Tell of a change, and write it to the journal."""
        change = await _tell(writing, action_id)
        action = change.state
        entry = Entry(
            event_type=event,
            actor=actor,
            action_id=action.id,
            action_type=action.action_type,
            resource_id=action.resource_id,
            status=action.status.value,
            detail=detail,
        )
        await self._journal.write(writing.connection, change.audience, entry, payload=action)
        return action

    async def _read(self, query: Select[Any]) -> list[Change[Action]]:
        async with self._database.read() as connection:
            return await _changes(connection, query)


def _attempted(number: int) -> tuple[ColumnElement[bool], ...]:
    return actions.c.status == ActionStatus.IN_PROGRESS.value, actions.c.attempt_count == number


async def _tell(writing: Writing[Action], action_id: str) -> Change[Action]:
    (change,) = await _changes(writing.connection, select(actions).where(actions.c.id == action_id))
    await writing.tell(change)
    return change


async def _changes(connection: AsyncConnection, query: Select[Any]) -> list[Change[Action]]:
    rows = (await connection.execute(query)).all()
    return [
        Change(audience=row.tenant, key=row.id, version=row.version, at=row.updated_at, state=_action(row))
        for row in rows
    ]


def _action(row: Row[Any]) -> Action:
    return Action(
        id=row.id,
        action_type=row.action_type,
        resource_id=row.resource_id,
        status=ActionStatus(row.status),
        created_at=row.created_at,
        updated_at=row.updated_at,
        action_key=row.action_key,
        agent=row.agent,
        resource_type=row.resource_type,
        proposed_change=msgspec.json.decode(row.proposed_change, type=dict[str, Any]),
        attempt_count=row.attempt_count,
        next_retry_at=row.next_retry_at,
        last_error=row.last_error,
        reason=row.reason,
        confidence=row.confidence,
    )
