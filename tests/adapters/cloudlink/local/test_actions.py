from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from adapters.cloudlink.account import Action, ActionStatus
from adapters.cloudlink.local.actions import QUIET
from adapters.cloudlink.local.journal import SCHEDULE
from adapters.durable import DurableWork
from adapters.errors import Conflict, NotFound
from adapters.events.watching import watch
from adapters.principal import Principal
from adapters.store.cloudlink import audit
from adapters.store.cloudlink_account import actions
from adapters.store.database import Database
from tests.cloud_engine import CloudEngine, build_engine, stop
from tests.running import new_principal


@pytest.fixture
def engine(database: Database) -> CloudEngine:
    """The records on either database."""
    return build_engine(database, DurableWork("sqlite://", "test"))


async def proposed(engine: CloudEngine, principal: Principal, resource_id: str = "i-1") -> Action:
    """Record a proposal of a new account."""
    action = await engine.propose(await engine.account(principal), stop(resource_id))
    assert action is not None
    return action


async def test_a_proposal_awaits_approval(engine: CloudEngine, principal: Principal) -> None:
    """It says what is to be changed and why, is told to watchers, and stands in the audit trail."""
    account = await engine.account(principal)
    with engine.feeds.actions.watch(principal.tenant) as told:
        action = await engine.propose(account, stop("i-1", "eu-west-1"))
        assert [change.state for change in told._unread.values()] == [action]
    assert action is not None
    assert (action.status, action.attempt_count, action.finished) == (ActionStatus.AWAITING_APPROVAL, 0, False)
    assert action.action_key == f"stop_idle_ec2:{account.credential_id}:i-1"
    assert action.proposed_change == {"operation": "stop_instances", "instance_ids": ["i-1"]}
    assert (action.agent, action.reason, action.confidence) == ("cost", "It is idle", 0.9)
    assert await engine.actions.actions(principal.tenant, None) == [action]
    async with engine.database.read() as connection:
        event = (await connection.execute(select(audit).where(audit.c.action_id == action.id))).one()
    assert (event.event_type, event.actor, event.resource_id) == ("action.created", "somebody", "i-1")


async def test_a_proposal_is_made_again_only_after_its_end(engine: CloudEngine, principal: Principal) -> None:
    """While one awaits or works, the same is not proposed; another resource, type or credential is another one."""
    account, other = await engine.account(principal), await engine.account(principal)
    first = await engine.propose(account, stop())
    assert first is not None
    assert await engine.propose(account, stop()) is None
    assert await engine.propose(account, stop("i-2")) is not None
    assert await engine.propose(account, stop(action_type="another")) is not None
    assert await engine.propose(other, stop()) is not None
    await engine.execution.reject_action(principal, first.id)
    again = await engine.propose(account, stop())
    assert again is not None
    async with engine.feeds.actions.write(engine.database) as writing:
        await engine.actions.approve_action(writing, principal, again.id)
    assert await engine.propose(account, stop()) is None


async def test_the_schedule_does_not_nag(engine: CloudEngine, principal: Principal) -> None:
    """What was turned down comes back at once where somebody asks, and not with every scan by schedule."""
    account = await engine.account(principal)
    first = await engine.propose(account, stop(), SCHEDULE)
    assert first is not None
    await engine.execution.reject_action(principal, first.id)
    assert await engine.propose(account, stop(), SCHEDULE) is None
    async with engine.database.write() as connection:
        long_ago = datetime.now(UTC) - QUIET
        await connection.execute(update(actions).where(actions.c.id == first.id).values(updated_at=long_ago))
    assert await engine.propose(account, stop(), SCHEDULE) is not None


async def test_the_same_proposal_at_the_same_time_is_one(engine: CloudEngine, principal: Principal) -> None:
    """Even where two processes make it."""
    account = await engine.account(principal)
    other = build_engine(engine.database, DurableWork("sqlite://", "test"))
    made = await asyncio.gather(*(each.propose(account, stop()) for each in (engine, other) * 4))
    assert sum(action is not None for action in made) == 1


async def test_an_action_is_approved_or_rejected_once(engine: CloudEngine, principal: Principal) -> None:
    """The trail names who did; a second decision is a conflict that says what the action is."""
    approved, rejected = await proposed(engine, principal), await proposed(engine, principal)
    async with engine.feeds.actions.write(engine.database) as writing:
        action = await engine.actions.approve_action(writing, principal, approved.id)
    assert (action.status, action.last_error) == (ActionStatus.PENDING, None)
    action = await engine.execution.reject_action(principal, rejected.id)
    assert (action.status, action.last_error, action.finished) == (ActionStatus.FAILED, "rejected", True)
    for action_id, status in ((approved.id, "PENDING"), (rejected.id, "FAILED")):
        with pytest.raises(Conflict, match=status):
            await engine.execution.reject_action(principal, action_id)
        with pytest.raises(Conflict, match=status):
            await engine.execution.approve_action(principal, action_id)
    async with engine.database.read() as connection:
        events = select(audit.c.event_type, audit.c.actor).where(
            audit.c.event_type.in_(["action.approved", "action.rejected"])
        )
        trail = {tuple(row) for row in await connection.execute(events)}
    assert trail == {("action.approved", principal.name), ("action.rejected", principal.name)}
    assert await engine.actions.unfinished() == [approved.id]


async def test_actions_are_their_tenants(engine: CloudEngine, principal: Principal) -> None:
    """Nobody else sees, approves or rejects them: they are not there."""
    stranger = new_principal()
    mine, foreign = await proposed(engine, principal), await proposed(engine, stranger)
    records, tenant = engine.actions, principal.tenant
    assert await records.actions(tenant, None) == [mine]
    assert await records.actions_by_id(tenant, [foreign.id, mine.id, "none"]) == [None, mine, None]
    assert [change.state for change in await records.changed_since(tenant, 0)] == [mine]
    assert await records.changed_since(tenant, 0, foreign.id) == []
    assert [change.key for change in await records.recent(tenant, 10)] == [mine.id]
    assert await records.count_by_status(tenant) == {"AWAITING_APPROVAL": 1}
    for decide in (engine.execution.approve_action, engine.execution.reject_action):
        for action_id in (foreign.id, "none", "", "\x00"):
            with pytest.raises(NotFound):
                await decide(principal, action_id)
    assert await records.actions(stranger.tenant, None) == [foreign]


async def test_lists_are_newest_first_and_by_status(engine: CloudEngine, principal: Principal) -> None:
    """Counts tell how many there are of each."""
    first, second = await proposed(engine, principal), await proposed(engine, principal)
    rejected = await engine.execution.reject_action(principal, first.id)
    records, tenant = engine.actions, principal.tenant
    assert await records.actions(tenant, None) == [second, rejected]
    assert await records.actions(tenant, ActionStatus.FAILED) == [rejected]
    assert await records.actions(tenant, ActionStatus.SUCCESS) == []
    assert await records.count_by_status(tenant) == {"AWAITING_APPROVAL": 1, "FAILED": 1}


async def test_an_action_is_watched_to_its_end(engine: CloudEngine, principal: Principal) -> None:
    """The present state comes first, then the end, after which there is nothing."""
    action = await proposed(engine, principal)
    states = []
    async for observation in watch(engine.actions, engine.feeds.actions, principal.tenant, after=None, key=action.id):
        states.append(observation.state.status)
        if not observation.state.finished:
            await engine.execution.reject_action(principal, action.id)
    assert states == [ActionStatus.AWAITING_APPROVAL, ActionStatus.FAILED]


async def test_of_many_decisions_at_once_one_holds(engine: CloudEngine, principal: Principal) -> None:
    """Even in two processes: what is executed was never rejected, and the other way round."""
    other = build_engine(engine.database, DurableWork("sqlite://", "test"))
    for _ in range(3):
        action = await proposed(engine, principal)

        async def approve(of: CloudEngine, action_id: str = action.id) -> str:
            async with of.feeds.actions.write(of.database) as writing:
                return (await of.actions.approve_action(writing, principal, action_id)).status.value

        async def reject(of: CloudEngine, action_id: str = action.id) -> str:
            return (await of.execution.reject_action(principal, action_id)).status.value

        decisions = (decide(of) for of in (engine, other) * 3 for decide in (reject, approve))
        answers = await asyncio.gather(*decisions, return_exceptions=True)
        (held,) = [answer for answer in answers if not isinstance(answer, Conflict)]
        assert (await engine.action(principal, action.id)).status.value == held
