"""What the embedded services did, asked for or not, gets into the history."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, update

from adapters.history import embedded as module
from adapters.history.facts import LARGEST_AMOUNT
from adapters.history.recorder import Recorder
from adapters.store import cloudlink, cloudsigma, history, sigil
from adapters.store.database import Database
from adapters.store.metadata import next_value
from tests.adapters.history.facts import rows_of

AT = datetime.now(UTC)


async def keep_execution(database: Database, key: str, **parts: Any) -> None:
    """Write an execution as the embedded CloudSigma does."""
    async with database.write() as connection:
        version = await next_value(connection, "cloudsigma")
        row = {
            "arn": key,
            "owner": "ann",
            "tenant": "acme",
            "request": b"{}",
            "input_type": "text",
            "status": "RUNNING",
            "stage": "ingest",
            "progress": 0.0,
            "started_at": AT,
            "version": version,
            "changed_at": AT,
        }
        await connection.execute(insert(cloudsigma.executions), row | parts)


async def move_execution(database: Database, key: str, **parts: Any) -> None:
    """Change an execution as the embedded CloudSigma does."""
    async with database.write() as connection:
        version = await next_value(connection, "cloudsigma")
        table = cloudsigma.executions
        await connection.execute(update(table).where(table.c.arn == key).values(version=version, **parts))


async def test_executions_are_taken_over_as_they_change(database: Database) -> None:
    """Each once, with its newest state; what has not changed is not read again."""
    recorder = Recorder(database)
    await keep_execution(database, "arn:1")
    await keep_execution(database, "arn:2", tenant="other", status="FAILED", error="Timeout: it took too long")
    await recorder.settle()
    await move_execution(database, "arn:1", status="SUCCEEDED", rules_generated=4, processing_time_ms=700)
    await recorder.settle()
    told = ("tenant", "key", "status", "input_type", "error_code", "rules", "duration_ms")
    assert [tuple(row[name] for name in told) for row in await rows_of(database, history.executions)] == [
        ("acme", "arn:1", "SUCCEEDED", "text", "", 4, 700),
        ("other", "arn:2", "FAILED", "text", "Timeout", None, None),
    ]
    assert [row["executions"] for row in await rows_of(database, history.execution_days)] == [1, 1]
    assert await recorder._embedded._behind() == []


async def test_whatever_is_new_is_taken_over_however_much(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """In several transactions, also what was there before the history was."""
    monkeypatch.setattr(module, "ROWS", 3)
    for number in range(7):
        await keep_execution(database, f"arn:{number}")
    monkeypatch.setattr(module, "MOST_TURNS", 1)
    recorder = Recorder(database)
    await recorder.settle()
    assert len(await rows_of(database, history.executions)) == 3
    assert recorder._news.is_set()  # what is left comes in its next round
    monkeypatch.undo()
    await recorder.settle()
    assert len(await rows_of(database, history.executions)) == 7
    assert [(row["name"], row["version"]) for row in await rows_of(database, history.sources)] == [("cloudsigma", 7)]


SCAN = {
    "id": "scan_1",
    "tenant": "acme",
    "asked_by": "ann",
    "target": "npm:left-pad",
    "policy": "default",
    "forced": False,
    "engine": "1",
    "status": "completed",
    "score": 12,
    "verdict": "medium_risk",
    "ecosystem": "npm",
    "package_name": "left-pad",
    "known_threats": b"[]",
    "duration_ms": 900,
    "created_at": AT,
    "changed_at": AT,
}
DEPLOY = {"id": "d", "tenant": "acme", "service": "EC2", "environment": "staging", "metadata": b"{}"}
REGRESSION = {
    "id": "r",
    "tenant": "acme",
    "deploy_id": "d",
    "service": "EC2",
    "baseline_cost": 1.0,
    "post_cost": 2.0,
    "change_pct": 1e300,
    "monthly_impact": 720.0,
    "confidence": "high",
    "confidence_score": 0.9,
    "status": "open",
    "detected_at": AT,
    "changed_at": AT,
}


async def test_scans_and_regressions_are_taken_over(database: Database) -> None:
    """A regression with the environment of its deploy, and with a rise from next to nothing kept within bounds."""
    async with database.write() as connection:
        scan = {**SCAN, "version": await next_value(connection, "sigil")}
        await connection.execute(insert(sigil.scans), scan)
        await connection.execute(insert(cloudlink.deploys), {**DEPLOY, "deployed_at": AT})
        regression = {**REGRESSION, "version": await next_value(connection, "cloudlink")}
        await connection.execute(insert(cloudlink.regressions), regression)
    await Recorder(database).settle()
    (kept,) = await rows_of(database, history.scans)
    assert (kept["verdict"], kept["ecosystem"], kept["score"], kept["duration_ms"]) == ("medium_risk", "npm", 12, 900)
    (kept,) = await rows_of(database, history.regressions)
    assert (kept["environment"], kept["confidence"], kept["monthly_impact_usd"]) == ("staging", "high", 720.0)
    assert kept["change_pct"] == LARGEST_AMOUNT


async def test_what_is_older_than_is_kept_is_not_taken_over(sqlite: Database) -> None:
    """It would be forgotten at once."""
    await keep_execution(sqlite, "arn:old", started_at=datetime(2020, 1, 1, tzinfo=UTC))
    await keep_execution(sqlite, "arn:new")
    await Recorder(sqlite).settle()
    assert [row["key"] for row in await rows_of(sqlite, history.executions)] == ["arn:new"]
