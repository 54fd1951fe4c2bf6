"""The shared poll belongs to nobody's operation."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime

from adapters.cloudlink.account import CloudScan, CloudScanStatus
from adapters.cloudlink.watched import OneTenant
from adapters.events.feed import InProcessChangeFeed
from adapters.http.deadline import operation_deadline, remaining
from adapters.http.polling import Pace, SharedPoll, Subject
from adapters.http.traits import CallKind, current_kind
from adapters.paging import Position

request_id: ContextVar[str] = ContextVar("request_id", default="none")
SOON = Pace(busy=0.01, idle=0.01, trouble=0.01)


class Held(OneTenant):
    """Says whose things are when it is let go."""

    def __init__(self) -> None:
        super().__init__("local")
        self.asked = asyncio.Event()
        self.let_go = asyncio.Event()

    async def owners(self, keys: Iterable[str]) -> dict[str, str]:
        """Wait, and say it."""
        self.asked.set()
        await self.let_go.wait()
        return await super().owners(keys)


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


async def test_a_list_that_its_reader_left_unfinished_is_read_again() -> None:
    """Who comes next is told the present state."""
    scan = CloudScan(id="a", status=CloudScanStatus.RUNNING, started_at=datetime.now(UTC))

    async def listed() -> Sequence[CloudScan]:
        return [scan]

    async def one(_key: str) -> CloudScan | None:
        return None

    owners = Held()
    subject: Subject[CloudScan] = Subject(
        service="CloudLink", list_all=listed, get_one=one, position_of=_position, is_news=_is_news
    )
    poll = SharedPoll(InProcessChangeFeed[CloudScan](), owners, subject)
    leaving = asyncio.create_task(poll.recent("local", 5))
    await owners.asked.wait()
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    owners.let_go.set()
    assert [change.state for change in await poll.recent("local", 5)] == [scan]
