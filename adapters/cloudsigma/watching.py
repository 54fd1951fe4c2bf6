"""Watching executions: what is kept first, then what the change feed tells, each with a cursor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from adapters.cloudsigma.models import Execution, ExecutionChange, ExecutionStatus
from adapters.errors import InvalidInput, NotFound
from adapters.events.feed import Change, ChangeFeed, MailboxOverflow

PRESENT_STATE_SIZE = 50
"""How many executions the present state covers: as many as CloudSigma's history has."""


class KnownExecutions(Protocol):
    """Where the present state is read."""

    async def changed_since(self, owner: str, version: int, arn: str | None = None) -> list[Change[Execution]]:
        """Give the present state of all that changed after a version, oldest change first."""

    async def recent(self, owner: str, count: int) -> list[Change[Execution]]:
        """Give the executions that were started last, oldest change first."""


async def watch_executions(
    known: KnownExecutions, feed: ChangeFeed[Execution], owner: str, after: str | None, arn: str | None
) -> AsyncIterator[ExecutionChange]:
    """Yield as `port.CloudSigma.watch` promises, for one owner's executions."""
    seen = _version_of(after)
    told: dict[str, ExecutionStatus] = {}
    with feed.watch(owner, arn) as mailbox:
        while True:
            for change in await _present(known, owner, seen, arn):
                seen = max(seen or 0, change.version)
                yield _event(change, told)
            if arn is not None and await _has_ended(known, owner, arn, told):
                return
            try:
                async for change in mailbox:
                    if change.version <= (seen or 0):
                        continue
                    seen = change.version
                    yield _event(change, told)
                    if arn is not None and change.state.finished:
                        return
            except MailboxOverflow:
                continue


async def _present(known: KnownExecutions, owner: str, seen: int | None, arn: str | None) -> list[Change[Execution]]:
    if seen is None and arn is None:
        return await known.recent(owner, PRESENT_STATE_SIZE)
    return await known.changed_since(owner, seen or 0, arn)


async def _has_ended(known: KnownExecutions, owner: str, arn: str, told: dict[str, ExecutionStatus]) -> bool:
    """Say whether there is nothing more to tell of an execution; raises NotFound if there is no such one."""
    if arn in told:
        return False
    present = await known.changed_since(owner, 0, arn)
    if not present:
        raise NotFound("NotFound", f"There is no execution {arn!r}")
    return present[0].state.finished


def _event(change: Change[Execution], told: dict[str, ExecutionStatus]) -> ExecutionChange:
    previous = told.pop(change.key, None)
    if not change.state.finished:
        told[change.key] = change.state.status
    return ExecutionChange(cursor=str(change.version), at=change.at, execution=change.state, previous_status=previous)


def _version_of(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isdecimal() or len(cursor) > 18:  # noqa: PLR2004 - the digits that surely fit a BIGINT
        raise InvalidInput("ValidationError", f"{cursor[:80]!r} is not a cursor: use one as an event gave it", "after")
    return int(cursor)
