"""What the doubles of CloudLink keep things with: states that are told when they change, pages, the audit trail."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Generic, Protocol, TypeVar

from adapters.cloudlink.account import AuditEvent
from adapters.cloudlink.port import AuditFilter
from adapters.errors import NotFound
from adapters.events.feed import Change, InProcessChangeFeed
from adapters.events.watching import Changing, Observation, watch
from adapters.paging import Page, Position, Window, page_of
from adapters.principal import Principal


class Identified(Changing, Protocol):
    """A thing that changes and has an id."""

    @property
    def id(self) -> str:
        """What names it."""


T = TypeVar("T", bound=Identified)


class Kept(Generic[T]):
    """The latest state of each thing, and a feed that tells of changes; see `watching.KnownStates`."""

    def __init__(self) -> None:
        self.feed: InProcessChangeFeed[T] = InProcessChangeFeed()
        self._kept: dict[str, Change[T]] = {}
        self._versions = itertools.count(1)

    def tell(self, tenant: str, state: T) -> T:
        """Put a thing into a state, and tell of it."""
        at = datetime.now(UTC)
        change = Change(audience=tenant, key=state.id, version=next(self._versions), at=at, state=state)
        self._kept[state.id] = change
        self.feed.deliver(change)
        return state

    def of(self, tenant: str) -> list[T]:
        """Give a tenant's things, those that began last first."""
        return [change.state for change in self._kept.values() if change.audience == tenant][::-1]

    def by_id(self, tenant: str, ids: Sequence[str]) -> list[T | None]:
        """Give the things named."""
        mine = {state.id: state for state in self.of(tenant)}
        return [mine.get(identifier) for identifier in ids]

    def named(self, tenant: str, identifier: str) -> T:
        """Give one thing; raises NotFound."""
        (found,) = self.by_id(tenant, [identifier])
        if found is None:
            raise NotFound("not_found", f"There is no {identifier[:80]!r}")
        return found

    def drop(self, identifiers: Sequence[str]) -> None:
        """Forget things."""
        for identifier in identifiers:
            del self._kept[identifier]

    def watched(self, tenant: str, after: str | None, key: str | None = None) -> AsyncIterator[Observation[T]]:
        """Watch as the real adapters do."""
        return watch(self, self.feed, tenant, after=after, key=key)

    async def changed_since(self, audience: str, version: int, key: str | None = None) -> list[Change[T]]:
        """Give what `watching.KnownStates` promises."""
        return [change for change in self._of(audience) if change.version > version and key in (None, change.key)]

    async def recent(self, audience: str, count: int) -> list[Change[T]]:
        """Give what `watching.KnownStates` promises."""
        return self._of(audience)[-count:]

    def _of(self, tenant: str) -> list[Change[T]]:
        mine = (change for change in self._kept.values() if change.audience == tenant)
        return sorted(mine, key=lambda change: change.version)


class MemoryJournal:
    """The audit trail in memory."""

    def __init__(self) -> None:
        self._trail: list[tuple[str, AuditEvent]] = []

    def note(self, principal: Principal, event_type: str, resource_id: str | None = None) -> None:
        """Write an event."""
        event = AuditEvent(
            id=str(uuid.uuid4()),
            event_type=event_type,
            at=datetime.now(UTC),
            actor=principal.name,
            resource_id=resource_id,
        )
        self._trail.append((principal.tenant, event))

    async def audit(self, principal: Principal, window: Window, wanted: AuditFilter) -> Page[AuditEvent]:
        """Give what the port promises."""
        mine = [event for tenant, event in self._trail if tenant == principal.tenant]
        fitting = [
            event
            for event in mine
            if wanted.event_type in (None, event.event_type) and (wanted.since is None or event.at >= wanted.since)
        ]
        return page_of(fitting, lambda event: Position(event.at, event.id), window, total=len(fitting))
