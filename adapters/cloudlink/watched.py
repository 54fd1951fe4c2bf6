"""What can be watched over REST: one shared poll a kind, and what webhooks push.

The upstream admits 60 requests a minute. A poll asks for its list every 10 s while something of its kind has not
finished, else every 20 s: four kinds make 24 requests a minute at most, 12 where all is quiet, none while nobody
watches. What is followed and not listed is looked for once more each time, in a longer list.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import nullcontext
from typing import Generic, TypeVar

from adapters.cloudlink.account import Action, ActionStatus, CloudScan
from adapters.cloudlink.decoding import SERVICE
from adapters.cloudlink.models import BudgetAlert, Regression, RegressionStatus
from adapters.errors import AdapterError
from adapters.events.feed import InProcessChangeFeed
from adapters.events.watching import Changing, Observation, watch
from adapters.http.polling import Pace, SharedPoll, Subject
from adapters.paging import Position

logger = logging.getLogger(__name__)

T = TypeVar("T", bound=Changing)

PACE = Pace(busy=10.0, idle=20.0, trouble=60.0)
REGRESSION_ORDER = tuple(RegressionStatus)
ACTION_ORDER = (
    ActionStatus.AWAITING_APPROVAL,
    ActionStatus.PENDING,
    ActionStatus.IN_PROGRESS,
    ActionStatus.RETRY,
    ActionStatus.SUCCESS,
    ActionStatus.FAILED,
)


class OneTenant:
    """Says that everything is one tenant's."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    async def owners(self, keys: Iterable[str]) -> dict[str, str]:
        """Say whose these are."""
        return dict.fromkeys(keys, self._tenant)


class Watched(Generic[T]):
    """A kind of thing that is watched; `newest` reads the list that the poll looks at, `all_known` a longer one."""

    def __init__(
        self,
        tenant: str,
        pace: Pace,
        newest: Callable[[], Awaitable[Sequence[T]]],
        position_of: Callable[[T], Position],
        is_news: Callable[[T, T], bool],
        all_known: Callable[[], Awaitable[Sequence[T]]] | None = None,
    ) -> None:
        self._tenant = tenant
        self._newest = newest
        self._all_known = all_known or newest
        self._position_of = position_of
        self._feed: InProcessChangeFeed[T] = InProcessChangeFeed()
        subject = Subject(service=SERVICE, list_all=newest, get_one=self._one, position_of=position_of, is_news=is_news)
        self._poll = SharedPoll(self._feed, OneTenant(tenant), subject, pace)
        self._looking: set[asyncio.Task[None]] = set()

    async def watch(self, tenant: str, after: str | None, key: str | None = None) -> AsyncIterator[Observation[T]]:
        """Watch what is observed; other tenants see nothing, and keep no poll going."""
        async with self._poll.watching(key) if tenant == self._tenant else nullcontext():
            async for observation in watch(self._poll, self._feed, tenant, after=after, key=key):
                yield observation

    async def observe(self, *states: T) -> None:
        """Tell watchers of states that came otherwise."""
        await self._poll.observe(states)

    def look(self) -> None:
        """Read the list in the background: something is said to have changed."""
        task = asyncio.create_task(self._look(), name="cloudlink-look")
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)

    async def close(self) -> None:
        """Stop polling."""
        for task in self._looking:
            task.cancel()
        await asyncio.gather(*self._looking, return_exceptions=True)
        await self._poll.close()

    async def _look(self) -> None:
        try:
            await self._poll.observe(await self._newest())
        except AdapterError as error:
            logger.warning("What changed could not be read, the poll will: %s", error)

    async def _one(self, key: str) -> T | None:
        return next((state for state in await self._all_known() if self._position_of(state).key == key), None)


def is_regression_news(known: Regression, state: Regression) -> bool:
    """Say whether a regression has moved on: an answer that was under way meanwhile may be older."""
    return REGRESSION_ORDER.index(state.status) > REGRESSION_ORDER.index(known.status)


def is_action_news(known: Action, state: Action) -> bool:
    """Say whether an action has moved on."""
    if state.updated_at != known.updated_at:
        return state.updated_at > known.updated_at
    return ACTION_ORDER.index(state.status) > ACTION_ORDER.index(known.status)


def is_scan_news(known: CloudScan, state: CloudScan) -> bool:
    """Say whether a scan has moved on."""
    return state.finished or state.events_found > known.events_found


def is_alert_news(_known: BudgetAlert, _state: BudgetAlert) -> bool:
    """Say that an alert never changes."""
    return False
