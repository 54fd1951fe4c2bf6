"""The shared poll belongs to nobody's operation."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from contextvars import ContextVar

from adapters.cloudlink.account import CloudScan
from adapters.cloudlink.watched import OneTenant
from adapters.events.feed import InProcessChangeFeed
from adapters.http.deadline import operation_deadline, remaining
from adapters.http.polling import Pace, SharedPoll, Subject
from adapters.http.traits import CallKind, current_kind
from adapters.paging import Position

request_id: ContextVar[str] = ContextVar("request_id", default="none")
SOON = Pace(busy=0.01, idle=0.01, trouble=0.01)


class Noting:
    """A subject that notes from where its list is asked for."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, str, CallKind]] = []
        self.looks = asyncio.Semaphore(0)
        subject: Subject[CloudScan] = Subject(
            service="CloudLink", list_all=self._list, get_one=self._one, position_of=_position, is_news=_is_news
        )
        self.poll = SharedPoll(InProcessChangeFeed[CloudScan](), OneTenant("local"), subject, SOON)

    async def _list(self) -> Sequence[CloudScan]:
        self.seen.append((remaining(), request_id.get(), current_kind()))
        self.looks.release()
        return []

    async def _one(self, _key: str) -> CloudScan | None:
        return None


def _position(scan: CloudScan) -> Position:
    return Position(scan.started_at, scan.id)


def _is_news(_known: CloudScan, _scan: CloudScan) -> bool:
    return True


async def test_it_has_neither_the_deadline_nor_the_request_of_whoever_began_it() -> None:
    """It goes on when that operation is over, and its calls give way to queries."""
    noting = Noting()
    request_id.set("the first watcher's")
    with operation_deadline(0.001):
        watching = noting.poll.watching(None)
        await watching.__aenter__()
    async with asyncio.timeout(5):
        for _ in range(3):
            await noting.looks.acquire()
    await watching.__aexit__(None, None, None)
    await noting.poll.close()
    assert set(noting.seen) == {(math.inf, "none", CallKind.POLL)}


async def test_a_watchers_own_first_look_is_a_poll_too() -> None:
    """No cache answers it: it is what later changes are told from."""
    noting = Noting()
    await noting.poll.changed_since("local", 0)
    assert [kind for _, _, kind in noting.seen] == [CallKind.POLL]
    assert current_kind() is CallKind.QUERY
