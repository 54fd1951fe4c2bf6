"""The recorder: nobody waits for it, each change is written once, and what is lost is told."""

from __future__ import annotations

import logging
import time

import pytest
from sqlalchemy import event, text

from adapters.history import recorder as module
from adapters.history.facts import ExecutionFact
from adapters.history.ranges import HOURS
from adapters.history.recorder import Recorder
from adapters.store import history
from adapters.store.database import Database
from tests.adapters.history.facts import execution, rows_of, running

NOW = int(time.time()) // 3600


def said(_tenant: str, fact: ExecutionFact) -> ExecutionFact:
    return fact


def see(recorder: Recorder, *facts: ExecutionFact | None) -> None:
    recorder.see("acme", facts, said)


async def test_what_was_seen_is_there_when_it_is_asked_for(database: Database) -> None:
    """Without a running recorder, too: a question writes what is pending."""
    recorder = Recorder(database)
    see(recorder, running(hour=NOW), None, execution(hour=NOW), running("arn:2", hour=NOW))
    await recorder.settle()
    kept = await rows_of(database, history.executions)
    assert [(row["key"], row["status"]) for row in kept] == [("arn:1", "SUCCEEDED"), ("arn:2", "RUNNING")]


async def test_what_is_known_is_not_written_again(sqlite: Database) -> None:
    """However often it is seen; what is new of it is."""
    recorder = Recorder(sqlite)
    see(recorder, execution(hour=NOW, rules=3))
    await recorder.settle()
    written: list[str] = []
    event.listen(sqlite.engine.sync_engine, "before_cursor_execute", lambda *given: written.append(given[2]))
    for _ in range(5):
        see(recorder, execution(hour=NOW, rules=3), running(hour=NOW))
        await recorder.settle()
    assert not any("INSERT" in statement for statement in written)
    see(recorder, execution(hour=NOW, rules=3, duration_ms=5))
    await recorder.settle()
    assert [row["duration_ms"] for row in await rows_of(sqlite, history.executions)] == [5]


async def test_a_running_recorder_writes_by_itself_and_at_its_end(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In batches; what is pending when it is closed is written before it is."""
    monkeypatch.setattr(module, "BATCH", 3)
    recorder = Recorder(sqlite)
    await recorder.start()
    see(recorder, *(execution(f"arn:{number}", hour=NOW) for number in range(8)))
    await recorder.close()
    assert len(await rows_of(sqlite, history.executions)) == 8
    assert recorder.lost == 0


async def test_more_than_can_wait_is_lost_counted_and_told(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Newer states of what waits already are kept; memory is bounded."""
    monkeypatch.setattr(module, "MOST_PENDING", 2)
    recorder = Recorder(sqlite)
    see(recorder, running("arn:1", hour=NOW), running("arn:2", hour=NOW), running("arn:3", hour=NOW))
    see(recorder, execution("arn:1", hour=NOW))
    assert recorder.lost == 1
    with caplog.at_level(logging.WARNING, "adapters.history.recorder"):
        await recorder.settle()
        await recorder.settle()
    assert [record.getMessage().split()[0] for record in caplog.records] == ["1"]
    kept = await rows_of(sqlite, history.executions)
    assert [(row["key"], row["status"]) for row in kept] == [("arn:1", "SUCCEEDED"), ("arn:2", "RUNNING")]


async def test_what_could_not_be_written_is_written_later(sqlite: Database, caplog: pytest.LogCaptureFixture) -> None:
    """A store that fails is told in the log, and asked again with all that came meanwhile."""
    recorder = Recorder(sqlite)
    async with sqlite.write() as connection:
        await connection.execute(text("ALTER TABLE history_executions RENAME TO away"))
    see(recorder, running(hour=NOW))
    with caplog.at_level(logging.WARNING, "adapters.history.recorder"):
        await recorder.settle()
    assert "trying again: OperationalError" in caplog.text
    async with sqlite.write() as connection:
        await connection.execute(text("ALTER TABLE away RENAME TO history_executions"))
    see(recorder, execution(hour=NOW))
    await recorder.settle()
    assert [row["status"] for row in await rows_of(sqlite, history.executions)] == ["SUCCEEDED"]


async def test_what_is_older_than_is_kept_is_forgotten(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole days, in batches, with what is counted of them; and it is not noted again."""
    monkeypatch.setattr("adapters.history.retention.BATCH", 2)
    monkeypatch.setattr("adapters.history.retention.PAUSE_SECONDS", 0)
    today = NOW // HOURS * HOURS
    facts = [execution(f"arn:{days}", hour=today - days * HOURS) for days in range(9)]
    keeping = Recorder(database)
    see(keeping, *facts)
    await keeping.settle()
    recorder = Recorder(database, days=3)
    await recorder._retention.forget()
    see(recorder, *facts)
    await recorder.settle()
    expected = [f"arn:{days}" for days in range(4)]
    assert [row["key"] for row in await rows_of(database, history.executions)] == expected
    days = await rows_of(database, history.execution_days)
    assert sorted(row["day"] for row in days) == [(today - days * HOURS) // HOURS for days in (3, 2, 1, 0)]
