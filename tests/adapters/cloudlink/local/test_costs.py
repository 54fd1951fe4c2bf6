"""Hourly costs in the store, on both databases: taken in once, read as rows, series and sums."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from sqlalchemy import select

from adapters.cloudlink.local.costs import MOST_SERVICES, CostRecords, HourlyCost
from adapters.cloudlink.local.hours import hour_number
from adapters.cloudlink.models import CostRecord
from adapters.cloudlink.port import CostSpan
from adapters.errors import InvalidInput
from adapters.store.cloudlink import services
from adapters.store.database import Database

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def record(hours: int = 0, usd: float = 1.0, service: str = "Amazon EC2", account: str | None = None) -> CostRecord:
    return CostRecord(
        provider="aws", service=service, cost_usd=usd, hour=NOON + timedelta(hours=hours), credential_id=account
    )


async def ingest(database: Database, records: Sequence[CostRecord], tenant: str = "ours") -> int:
    async with database.write() as connection:
        return await CostRecords(database).ingest(connection, tenant, records)


async def test_an_hour_is_kept_once(database: Database) -> None:
    """What comes later replaces it; another account's and another tenant's stay."""
    await ingest(database, [record(usd=1), record(usd=2, account="a")])
    await ingest(database, [record(usd=5), record(hours=1, usd=3)])
    await ingest(database, [record(usd=7)], "theirs")
    rows = await CostRecords(database).snapshots("ours", None, 10)
    assert [(row.hour - NOON, row.cost_usd, row.credential_id) for row in rows] == [
        (timedelta(hours=1), 3.0, None),
        (timedelta(0), 5.0, None),
        (timedelta(0), 2.0, "a"),
    ]
    assert len({row.id for row in rows}) == 3


async def test_twice_the_same_hour_in_one_call_counts_once(database: Database) -> None:
    """The later one, and minutes do not make another hour."""
    later = msgspec.structs.replace(record(usd=4), hour=NOON + timedelta(minutes=59))
    assert await ingest(database, [record(usd=1), later]) == 1
    (row,) = await CostRecords(database).snapshots("ours", "Amazon EC2", 10)
    assert (row.cost_usd, row.hour) == (4.0, NOON)


async def test_spans_are_answered_in_their_order(database: Database) -> None:
    """From inclusive, until exclusive, newest first, of the service asked for."""
    await ingest(database, [record(hours=hour, usd=hour) for hour in range(5)] + [record(service="S3")])
    spans = [
        CostSpan("S3"),
        CostSpan("Amazon EC2", NOON + timedelta(hours=1), NOON + timedelta(hours=3)),
        CostSpan("nothing"),
    ]
    found = await CostRecords(database).in_spans("ours", spans)
    assert [[row.cost_usd for row in rows] for rows in found] == [[1.0], [2.0, 1.0], []]


async def test_hours_lie_in_the_span_that_they_begin_in(database: Database) -> None:
    """Also where a span begins or ends within an hour."""
    await ingest(database, [record(hours=hour, usd=hour) for hour in range(3)])
    half_past = NOON + timedelta(minutes=30)
    spans = [CostSpan("Amazon EC2", None, half_past), CostSpan("Amazon EC2", half_past, None)]
    found = await CostRecords(database).in_spans("ours", spans)
    assert [[row.cost_usd for row in rows] for rows in found] == [[0.0], [2.0, 1.0]]


async def test_a_span_holds_the_newest_rows_of_its_service(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many services are read together, each up to its own limit, and no other tenant's."""
    monkeypatch.setattr("adapters.cloudlink.local.costs.ROWS_OF_A_SPAN", 2)
    monkeypatch.setattr("adapters.cloudlink.local.costs.SERVICES_AT_ONCE", 3)
    names = [f"service {number}" for number in range(7)]
    await ingest(
        database, [record(hour, hour, name, account) for hour in range(3) for name in names for account in "ab"]
    )
    await ingest(database, [record(9, 9, name) for name in names], "theirs")
    asked = [CostSpan(name) for name in reversed(names)]
    found = await CostRecords(database).in_spans("ours", [*asked, asked[0]])
    assert [{row.service for row in rows} for rows in found[:-1]] == [{name} for name in reversed(names)]
    assert all([(row.cost_usd, row.credential_id) for row in rows] == [(2.0, "a"), (2.0, "b")] for rows in found)


async def test_a_series_sums_accounts_and_shows_gaps(database: Database) -> None:
    """An hour without a row is no zero."""
    await ingest(database, [record(0, 1), record(0, 2, account="a"), record(2, 5), record(9, 9), record(service="S3")])
    start = hour_number(NOON)
    found = await CostRecords(database).series("ours", ["Amazon EC2", "nothing"], start, start + 9)
    assert list(found) == ["Amazon EC2"]
    series = found["Amazon EC2"]
    assert (series.first_hour, series.end_hour) == (start, start + 3)
    np.testing.assert_array_equal(series.usd, [3, np.nan, 5])


async def test_spend_is_summed_by_service(database: Database) -> None:
    """Within the hours asked for."""
    await ingest(database, [record(0, 1), record(1, 2, account="a"), record(2, 4), record(1, 8, service="S3")])
    start = hour_number(NOON)
    assert await CostRecords(database).spent("ours", start, start + 2) == {"Amazon EC2": 3.0, "S3": 8.0}
    assert await CostRecords(database).spent("theirs", start, start + 2) == {}


async def test_the_last_hour_of_a_service_is_known(database: Database) -> None:
    """Whatever comes in later, and of those that have costs only."""
    await ingest(database, [record(5), record(service="S3"), record(1, service="SQS")])
    await ingest(database, [record(2)])
    await ingest(database, [record(9)], "theirs")
    found = await CostRecords(database).last_hours("ours", ["Amazon EC2", "S3", "nothing"])
    assert found == {"Amazon EC2": hour_number(NOON) + 5, "S3": hour_number(NOON)}


async def revisions(database: Database) -> dict[str, int]:
    async with database.read() as connection:
        rows = await connection.execute(select(services.c.name, services.c.revision))
        return {row.name: row.revision for row in rows}


async def test_a_revision_moves_with_its_service_only(database: Database) -> None:
    """So that what was reckoned from the others still holds."""
    costs = CostRecords(database)
    await ingest(database, [record(), record(service="S3")])
    before = await revisions(database)
    await ingest(database, [record(usd=3)])
    after = await revisions(database)
    assert after["Amazon EC2"] > before["Amazon EC2"]
    assert after["S3"] == before["S3"]
    assert await costs.service_names("ours") == ["Amazon EC2", "S3"]
    assert await costs.tenants() == ["ours"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (record(service=" "), "records.1.service"),
        (record(service="x" * 257), "records.1.service"),
        (record(service="a\ud800"), "records.1.service"),
        (record(account="x" * 65), "records.1.credential_id"),
        (record(account="a\x00b"), "records.1.credential_id"),
        (msgspec.structs.replace(record(), provider="x" * 33), "records.1.provider"),
        (msgspec.structs.replace(record(), provider="a\x00b"), "records.1.provider"),
        (msgspec.structs.replace(record(), provider=""), "records.1.provider"),
        (record(usd=float("nan")), "records.1.cost_usd"),
        (record(usd=float("inf")), "records.1.cost_usd"),
        (record(hours=24 * 365 * 50), "records.1.hour"),
        (record(hours=-24 * 365 * 50), "records.1.hour"),
    ],
)
async def test_one_wrong_record_refuses_all(database: Database, wrong: CostRecord, field: str) -> None:
    """And says which one it is."""
    with pytest.raises(InvalidInput) as refused:
        await ingest(database, [record(), wrong])
    assert refused.value.field == field
    assert await CostRecords(database).snapshots("ours", None, 10) == []


async def test_there_is_an_end_to_services(database: Database) -> None:
    """What would bring in one more than a tenant may have is refused whole; known ones go on, other tenants too."""
    names = [f"service {number}" for number in range(MOST_SERVICES)]
    hours = [HourlyCost(name, hour_number(NOON), 1.0) for name in names]
    async with database.write() as connection:
        await CostRecords(database).write(connection, "ours", hours, dict.fromkeys(names, "aws"))
    with pytest.raises(InvalidInput, match="10,000 services") as refused:
        await ingest(database, [record(service=names[0], usd=2), record(service="another")])
    assert refused.value.field == "records"
    (row,) = await CostRecords(database).snapshots("ours", names[0], 10)
    assert row.cost_usd == 1.0
    assert await ingest(database, [record(service=names[0], usd=2)]) == 1
    assert await ingest(database, [record()], "theirs") == 1
