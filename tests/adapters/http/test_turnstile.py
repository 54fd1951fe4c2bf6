"""Who waits, and who goes first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from adapters.http.deadline import OutOfTime, operation_deadline
from adapters.http.observing import Observer, observed_by
from adapters.http.traits import CallKind
from adapters.http.turnstile import Crowded, QueueLength, Turnstile
from tests.doubles.held_wire import settled


class Door:
    """Room for some, behind a turnstile."""

    def __init__(self, room: int, places: int = 10) -> None:
        self.room = room
        self.entered: list[str] = []
        self.turnstile = Turnstile(lambda _: self.room > 0, QueueLength("CloudSigma", "concurrency"), places)

    async def enter(self, name: str, kind: CallKind = CallKind.QUERY) -> None:
        await self.turnstile.enter(kind)
        self.room -= 1
        self.entered.append(name)

    def free(self, room: int = 1) -> None:
        self.room += room
        self.turnstile.turn()


async def test_who_finds_room_does_not_wait() -> None:
    """Nothing is awaited before the room is taken."""
    door = Door(2)
    await door.enter("a")
    await door.enter("b")
    assert (door.room, door.entered) == (0, ["a", "b"])


async def test_queries_go_before_polls_and_otherwise_the_first_comes_first() -> None:
    """Whatever order they came in."""
    door = Door(0)
    tasks = [
        asyncio.create_task(door.enter(name, kind))
        for name, kind in (
            ("poll 1", CallKind.POLL),
            ("query 1", CallKind.QUERY),
            ("poll 2", CallKind.POLL),
            ("query 2", CallKind.QUERY),
        )
    ]
    await settled()
    assert door.turnstile.ahead_of(CallKind.QUERY) == 2
    assert door.turnstile.ahead_of(CallKind.POLL) == 4
    door.free(4)
    await asyncio.gather(*tasks)
    assert door.entered == ["query 1", "query 2", "poll 1", "poll 2"]


async def test_each_place_is_given_once() -> None:
    """Who comes while somebody is being let in waits."""
    door = Door(0)
    first = asyncio.create_task(door.enter("first"))
    await settled()
    door.free()
    late = asyncio.create_task(door.enter("late"))
    await settled()
    assert (door.entered, door.room) == (["first"], 0)
    door.free()
    await asyncio.gather(first, late)


async def test_who_leaves_the_queue_leaves_his_turn_to_the_next() -> None:
    """Also if it was given to him already."""
    door = Door(0)
    first, second = asyncio.create_task(door.enter("first")), asyncio.create_task(door.enter("second"))
    await settled()
    door.free()
    first.cancel()
    await asyncio.wait([first])
    await second
    assert first.cancelled()
    assert door.entered == ["second"]
    assert len(door.turnstile) == 0


async def test_nobody_waits_beyond_the_deadline() -> None:
    """It is said as what it is, and the queue is left."""
    door = Door(0)
    with operation_deadline(0.02), pytest.raises(OutOfTime):
        await door.enter("late")
    assert len(door.turnstile) == 0


async def test_the_queue_is_bounded() -> None:
    """Who finds it full is told so at once."""
    door = Door(0, places=1)
    waiting = asyncio.create_task(door.enter("waiting"))
    await settled()
    with pytest.raises(Crowded, match="1 calls wait already"):
        await door.enter("too many")
    door.free()
    await waiting


@pytest.fixture
def lengths() -> Iterator[list[tuple[str, str, int]]]:
    told: list[tuple[str, str, int]] = []

    class Noting(Observer):
        def waiting(self, service: str, queue: str, calls: int) -> None:
            told.append((service, queue, calls))

    with observed_by(Noting()):
        yield told


async def test_observers_are_told_how_many_wait(lengths: list[tuple[str, str, int]]) -> None:
    """When somebody comes and when he goes; who does not wait is not counted."""
    door = Door(1)
    await door.enter("at once")
    waiting = asyncio.create_task(door.enter("waiting"))
    await settled()
    door.free()
    await waiting
    assert lengths == [("CloudSigma", "concurrency", 1), ("CloudSigma", "concurrency", 0)]
