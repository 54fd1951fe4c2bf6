"""Approved actions as durable work: a dry run by default, really done for the action types that are switched on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import msgspec

from adapters.cloudlink.account import Action, ActionStatus
from adapters.cloudlink.local.accounts import AccountFailure, AwsAccounts
from adapters.cloudlink.local.actions import ActionRecords, Order
from adapters.cloudlink.local.findings import ReviewCost
from adapters.durable import DurableWork, durable_step, until_recorded
from adapters.events.feed import ChangeFeed, Writing
from adapters.finishing import finished
from adapters.principal import Principal
from adapters.store.database import Database

logger = logging.getLogger(__name__)

WORKFLOW = "cloudlink-action"
ATTEMPTS = 5
ATTEMPT_SECONDS = 120.0
RETRY_SECONDS = 30.0
"""After the first attempt; the wait doubles after each further one."""
ACTIONS_AT_ONCE = 4


class Attempted(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt came to: `error` is why it failed, `lasting` where another attempt can't help."""

    detail: str = ""
    error: str | None = None
    lasting: bool = False


class ActionWork:
    """Executes approved actions, at most four at once; `executed_actions` are the types that are really done."""

    def __init__(
        self,
        database: Database,
        feed: ChangeFeed[Action],
        durable: DurableWork,
        accounts: AwsAccounts,
        actions: ActionRecords,
        executed_actions: frozenset[str] = frozenset(),
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._database = database
        self._feed = feed
        self._durable = durable
        self._accounts = accounts
        self._actions = actions
        self._executed_actions = executed_actions
        self._retry_seconds = retry_seconds
        self._turns = asyncio.Semaphore(ACTIONS_AT_ONCE)
        durable.define(WORKFLOW, self.run)

    async def start(self) -> None:
        """Begin what a crash left between approving and starting it."""
        for action_id in await self._actions.unfinished():
            await self._durable.begin(WORKFLOW, action_id)

    async def approve_action(self, principal: Principal, action_id: str) -> Action:
        """Approve an action and begin it, even if the caller leaves; raises NotFound and Conflict."""
        return await finished(self._approve_and_begin(principal, action_id))

    async def reject_action(self, principal: Principal, action_id: str) -> Action:
        """Turn an action down; raises NotFound and Conflict."""
        async with self._feed.write(self._database) as writing:
            return await self._actions.reject_action(writing, principal, action_id)

    async def run(self, action_id: str) -> None:
        """Execute an action, again after failures, until it has ended: the workflow's body."""
        try:
            first = await durable_step("first", int, lambda: self._first(action_id))
            for number in range(first, ATTEMPTS + 1):
                if await self._attempt(action_id, number):
                    return
        except Exception:
            logger.exception("Action %s failed unexpectedly", action_id)
            message = "An internal error ended the action; the log has the details"
            await self._record(action_id, lambda writing: self._actions.fail(writing, action_id, message))

    async def _approve_and_begin(self, principal: Principal, action_id: str) -> Action:
        async with self._feed.write(self._database) as writing:
            action = await self._actions.approve_action(writing, principal, action_id)
        try:
            await self._durable.begin(WORKFLOW, action_id)
        except Exception:
            message = "The action could not be begun; the log has the details"
            await self._record(action_id, lambda writing: self._actions.fail(writing, action_id, message))
            raise
        return action

    async def _first(self, action_id: str) -> int:
        """Say which attempt is next; one that is under way is made again."""
        action = (await self._actions.order(action_id)).action
        return max(1, action.attempt_count + (action.status is not ActionStatus.IN_PROGRESS))

    async def _attempt(self, action_id: str, number: int) -> bool:
        """Make an attempt and record what it came to; say whether the action has ended."""
        order = await self._actions.order(action_id)
        if order.action.next_retry_at is not None and order.action.attempt_count < number:
            await asyncio.sleep(max(0.0, (order.action.next_retry_at - datetime.now(UTC)).total_seconds()))
        await self._record(action_id, lambda writing: self._actions.begin_attempt(writing, action_id, number))
        attempted = await durable_step(f"attempt {number}", Attempted, lambda: self._execute(order))
        error = attempted.error
        if error is None:
            detail = attempted.detail
            await self._record(action_id, lambda writing: self._actions.succeed(writing, action_id, number, detail))
        elif attempted.lasting or number == ATTEMPTS:
            await self._record(action_id, lambda writing: self._actions.fail(writing, action_id, error))
        else:
            at = datetime.now(UTC) + timedelta(seconds=self._retry_seconds * 2 ** (number - 1))
            again = self._actions.try_again
            await self._record(action_id, lambda writing: again(writing, action_id, number, error, at))
            return False
        return True

    async def _execute(self, order: Order) -> Attempted:
        change, action_type = order.change, order.action.action_type
        if isinstance(change, ReviewCost):
            return Attempted(detail="Nothing to execute: this is for a person to look at")
        if action_type not in self._executed_actions:
            return Attempted(detail=f"Dry run: nothing was changed, as {action_type} is not switched on")
        region = order.region or ""
        try:
            async with self._turns, asyncio.timeout(ATTEMPT_SECONDS):
                account = await self._accounts.sign_in(order.tenant, order.credential_id, (region,))
                from adapters.cloudlink.local.aws.changes import make_change

                await make_change(account, region, change)
        except AccountFailure as failure:
            return Attempted(error=str(failure), lasting=failure.lasting)
        except Exception as error:  # noqa: BLE001 - what AWS says is told by its code
            from adapters.cloudlink.local.aws.trouble import trouble_of

            return Attempted(error=str(trouble_of(error, region, action_type)))
        return Attempted(detail="Done")

    async def _record(self, action_id: str, write: Callable[[Writing[Action]], Awaitable[None]]) -> None:
        async def record() -> None:
            async with self._feed.write(self._database) as writing:
                await write(writing)

        await until_recorded(f"action {action_id}", record)
