from __future__ import annotations

import pytest
from sqlalchemy import select

from adapters.cloudlink.account import Action, ActionStatus
from adapters.cloudlink.local.adapter import LocalCloudLink
from adapters.cloudlink.local.credentials import Account
from adapters.cloudlink.local.findings import IngressRule, Proposal, ReviewCost, RevokeIngress
from adapters.durable import DurableWork
from adapters.principal import Principal
from adapters.store.cloudlink import audit
from adapters.store.database import Database
from gateway.assembly import Assembly
from tests.cloud_engine import build_engine, propose, stop

CLOSE = RevokeIngress(group_id="sg-1", rules=(IngressRule(protocol="-1", cidr="::/0"),))
DRY = [
    (stop(), "Dry run: nothing was changed, as stop_idle_ec2 is not switched on"),
    (propose("close_open_ssh", "sg-1", CLOSE), "Dry run: nothing was changed, as close_open_ssh is not switched on"),
    (
        propose("review_high_cost", "cost-1", ReviewCost(mtd_cost=2000.0, threshold=1000.0), None),
        "Nothing to execute: this is for a person to look at",
    ),
]


@pytest.fixture
def local(assembly: Assembly) -> LocalCloudLink:
    """The running local adapter."""
    adapter = assembly.services.cloudlink
    assert isinstance(adapter, LocalCloudLink)
    return adapter


async def new_action(local: LocalCloudLink, principal: Principal, proposal: Proposal) -> Action:
    """Record a proposal for an account of the caller's."""
    engine = local._engine
    account = Account(credential_id="gone", tenant=principal.tenant, cloud="aws", label=None, regions=())
    async with engine.feeds.actions.write(engine.database) as writing:
        action = await engine.actions.propose(writing, account, proposal, "somebody")
    assert action is not None
    return action


@pytest.mark.parametrize(("proposal", "detail"), DRY)
async def test_an_approved_action_is_a_dry_run_by_default(
    local: LocalCloudLink, principal: Principal, proposal: Proposal, detail: str
) -> None:
    """It ends well without a way into the account, and the audit trail says that nothing was changed."""
    proposed = await new_action(local, principal, proposal)
    told = []
    with local._engine.feeds.actions.watch(principal.tenant, proposed.id) as mailbox:
        approved = await local.approve_action(principal, proposed.id)
        assert approved.status is ActionStatus.PENDING
        async for change in mailbox:
            told.append(change.state)
            if change.state.finished:
                break
    done = told[-1]
    assert (done.status, done.attempt_count, done.last_error) == (ActionStatus.SUCCESS, 1, None)
    assert done.proposed_change == proposed.proposed_change
    async with local._engine.database.read() as connection:
        ended = select(audit).where(audit.c.action_id == proposed.id, audit.c.event_type == "action.completed")
        (event,) = (await connection.execute(ended)).all()
    assert (event.status, event.detail, event.actor) == ("SUCCESS", detail, "schedule")


async def test_an_action_that_can_not_be_begun_fails(sqlite: Database, principal: Principal) -> None:
    """Without durable work the caller sees the error, and the action does not wait for ever."""
    engine = build_engine(sqlite, DurableWork("sqlite://", "test"))
    proposed = await engine.propose(await engine.account(principal), stop())
    assert proposed is not None
    with pytest.raises(KeyError):
        await engine.execution.approve_action(principal, proposed.id)
    failed = await engine.action(principal, proposed.id)
    assert (failed.status, failed.last_error) == (
        ActionStatus.FAILED,
        "The action could not be begun; the log has the details",
    )
