from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from adapters.errors import DeadlineExceeded
from adapters.http import lookups as module
from adapters.http.deadline import operation_deadline
from adapters.http.lookups import Lookups
from adapters.http.traits import CallKind, calls_of_kind, current_kind


class Source:
    """Answers with how often a key was asked for; an answer of a key in `final` is final."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.final: set[str] = set()
        self.ended: set[str] = set()
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.lookups: Lookups[str] = Lookups(
            "Sigil", self.ask, lambda answer: answer[0] in self.final, self.ended.__contains__
        )

    async def ask(self, key: str) -> str | None:
        self.calls[key] += 1
        answer = f"{key}{self.calls[key]}"
        await self.go_on.wait()
        return None if key == "?" else answer


async def test_many_who_ask_at_once_ask_once() -> None:
    """And who asks later asks anew."""
    source = Source()
    answers = await asyncio.gather(*(source.lookups.get("a") for _ in range(5)))
    assert answers == ["a1"] * 5
    assert await source.lookups.get("a") == "a2"


async def test_a_final_answer_is_kept_and_the_oldest_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded."""
    monkeypatch.setattr(module, "KEPT", 2)
    source = Source()
    source.final = {"a", "b", "c"}
    for key in ("a", "a", "b", "c", "c", "a"):
        await source.lookups.get(key)
    assert source.calls == {"a": 2, "b": 1, "c": 1}


async def test_what_is_not_there_is_none_each_time() -> None:
    """It may come to be."""
    source = Source()
    assert [await source.lookups.get("?") for _ in range(2)] == [None, None]
    assert source.calls["?"] == 2


async def test_an_answer_from_before_the_end_is_not_given_after_it() -> None:
    """Who has seen the end does not join a call that was sent before it."""
    source = Source()
    source.go_on.clear()
    early = asyncio.create_task(source.lookups.get("a"))
    await asyncio.sleep(0)
    source.ended.add("a")
    late = asyncio.create_task(source.lookups.get("a"))
    await asyncio.sleep(0)
    source.go_on.set()
    assert (await early, await late) == ("a1", "a2")


async def test_closing_breaks_off_what_is_under_way() -> None:
    """Nobody waits for ever."""
    source = Source()
    source.go_on.clear()
    waiting = asyncio.create_task(source.lookups.get("a"))
    await asyncio.sleep(0)
    await source.lookups.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_who_has_more_time_than_the_one_who_asked_first_asks_again() -> None:
    """Nobody's answer hangs on another's deadline."""
    answers: list[str | Exception] = [DeadlineExceeded("timeout", "late", "Sigil"), "in time"]
    asked = asyncio.Event()

    async def ask(_key: str) -> str:
        answer = answers.pop(0)
        await asked.wait()
        if isinstance(answer, Exception):
            raise answer
        return answer

    lookups: Lookups[str] = Lookups("Sigil", ask, lambda _: True, lambda _: False)
    first = asyncio.create_task(lookups.get("a"))
    await asyncio.sleep(0)
    second = asyncio.create_task(lookups.get("a"))
    await asyncio.sleep(0)
    asked.set()
    with pytest.raises(DeadlineExceeded):
        await first
    assert await second == "in time"


async def test_nobody_waits_for_another_beyond_the_own_deadline() -> None:
    """The other goes on waiting."""
    asked = asyncio.Event()

    async def ask(_key: str) -> str:
        await asked.wait()
        return "told"

    lookups: Lookups[str] = Lookups("Sigil", ask, lambda _: True, lambda _: False)
    patient = asyncio.create_task(lookups.get("a"))
    await asyncio.sleep(0)
    with operation_deadline(0.01), pytest.raises(DeadlineExceeded, match="Sigil did not answer"):
        await lookups.get("a")
    asked.set()
    assert await patient == "told"


async def test_polls_that_wait_keep_no_query_waiting() -> None:
    """Neither for its turn, nor for the same thing: a limit holds polls back that a query may still use."""

    async def ask(key: str) -> str:
        if current_kind() is CallKind.POLL:
            await asyncio.Event().wait()
        return key

    lookups: Lookups[str] = Lookups("Sigil", ask, lambda _: False, lambda _: False)
    with calls_of_kind(CallKind.POLL):
        polls = [asyncio.create_task(lookups.get(f"{number}")) for number in range(module.AT_ONCE)]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        assert [await lookups.get("0"), await lookups.get("other")] == ["0", "other"]
    await lookups.close()
    await asyncio.gather(*polls, return_exceptions=True)
