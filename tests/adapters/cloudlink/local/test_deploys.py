"""Deploys in the store, on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from adapters.cloudlink.local.costs import CostRecords, HourlyCost
from adapters.cloudlink.local.deploys import DeployRecords
from adapters.cloudlink.local.journal import Journal
from adapters.cloudlink.local.outbox import Outbox
from adapters.cloudlink.models import Deploy, NewDeploy
from adapters.errors import InvalidInput
from adapters.paging import Position, Window
from adapters.principal import Principal
from adapters.store.cloudlink import audit
from adapters.store.database import Database
from tests.running import new_principal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def records(database: Database) -> DeployRecords:
    """Records on either database."""
    return DeployRecords(database, Journal(Outbox(database)))


def deploy(service: str = "Amazon EC2", hours: float = 0, **fields: Any) -> NewDeploy:
    return NewDeploy(service=service, deployed_at=NOON + timedelta(hours=hours), **fields)


def nested(levels: int) -> Any:
    value: Any = "the end"
    for level in range(levels):
        value = [value] if level % 2 else {"within": value}
    return value


async def known_costs(database: Database, tenant: str, service: str = "Amazon EC2") -> None:
    async with database.write() as connection:
        await CostRecords(database).write(connection, tenant, [HourlyCost(service, 490_000, 1.0)], {service: "aws"})


async def test_a_deploy_is_kept_as_it_was_recorded(
    records: DeployRecords, database: Database, principal: Principal
) -> None:
    """With what it shipped, not judged, and with a line in the audit trail."""
    metadata: Mapping[str, Any] = {
        "packages": ["npm:express@4.18.2"],
        "commit_sha": "abc",
        "ünïcode": [1, None],
        "deep": nested(31),
    }
    recorded = await records.record(principal, deploy(version="v2", source="ci", metadata=dict(metadata)))
    assert recorded == Deploy(
        id=recorded.id,
        service="Amazon EC2",
        environment="production",
        deployed_at=NOON,
        version="v2",
        source="ci",
        metadata=dict(metadata),
        regression_status="none",
        tenant_id=principal.tenant,
    )
    assert (recorded.packages, recorded.commit_sha) == (["npm:express@4.18.2"], "abc")
    assert await records.by_id(principal.tenant, [recorded.id]) == [recorded]
    async with database.read() as connection:
        row = (await connection.execute(select(audit).where(audit.c.tenant == principal.tenant))).one()
    assert (row.event_type, row.actor, row.resource_id) == ("deploy.recorded", principal.name, recorded.id)


async def test_without_a_time_a_deploy_is_of_now(records: DeployRecords, principal: Principal) -> None:
    """And a time may be a little ahead of our clock."""
    before = datetime.now(UTC)
    recorded = await records.record(principal, NewDeploy(service="S3"))
    assert before <= recorded.deployed_at <= datetime.now(UTC)
    ahead = datetime.now(UTC) + timedelta(minutes=50)
    assert (await records.record(principal, NewDeploy(service="S3", deployed_at=ahead))).deployed_at == ahead


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("service", {"service": " "}),
        ("service", {"service": "x" * 257}),
        ("service", {"service": "a\x00b"}),
        ("version", {"version": "x" * 257}),
        ("version", {"version": "\ud800"}),
        ("environment", {"environment": ""}),
        ("environment", {"environment": "x" * 129}),
        ("source", {"source": "x" * 257}),
        ("deployed_at", {"deployed_at": datetime(1999, 12, 31, tzinfo=UTC)}),
        ("deployed_at", {"deployed_at": datetime(2999, 1, 1, tzinfo=UTC)}),
        ("metadata", {"metadata": {"note": "x" * 65_536}}),
        ("metadata", {"metadata": {"note": "\ud800"}}),
        ("metadata", {"metadata": {"deep": nested(33)}}),
        ("metadata", {"metadata": {"note": object()}}),
        ("metadata.packages", {"metadata": {"packages": "npm:left-pad"}}),
        ("metadata.packages", {"metadata": {"packages": [1]}}),
        ("metadata.packages", {"metadata": {"packages": ["npm:a"] * 501}}),
        ("metadata.packages.1", {"metadata": {"packages": ["npm:a", "x" * 301]}}),
    ],
)
async def test_what_cannot_be_is_refused_by_name(
    records: DeployRecords, principal: Principal, field: str, fields: dict[str, Any]
) -> None:
    """The error names the field and the cure, and nothing is recorded."""
    with pytest.raises(InvalidInput) as refused:
        await records.record(principal, NewDeploy(**({"service": "S3"} | fields)))
    assert (refused.value.field, refused.value.code) == (field, "validation_error")
    assert "give" in refused.value.message or "leave" in refused.value.message
    assert (await records.page(principal.tenant, Window(10), None)).total_count == 0


async def test_pages_hold_where_deploys_were_at_the_same_moment(records: DeployRecords, principal: Principal) -> None:
    """Every deploy is on exactly one page, newest first, whatever the size of pages."""
    for number in range(7):
        await records.record(principal, deploy(hours=number // 3))
    await records.record(principal, deploy("S3", hours=50))
    for first in (1, 2, 7, 100):
        found: list[Deploy] = []
        after: Position | None = None
        while True:
            page = await records.page(principal.tenant, Window(first, after), "Amazon EC2")
            assert (page.total_count, page.has_previous_page) == (7, after is not None)
            found += page.nodes
            after = page.positions[-1]
            if not page.has_next_page:
                break
        assert len({one.id for one in found}) == len(found) == 7
        moments = [one.deployed_at for one in found]
        assert moments == sorted(moments, reverse=True)
    assert (await records.page(principal.tenant, Window(3), None)).nodes[0].service == "S3"


async def test_services_have_their_newest_deploys(records: DeployRecords, principal: Principal) -> None:
    """So many of each, in the order that was asked for."""
    for number in range(5):
        await records.record(principal, deploy("S3", number, version=f"s{number}"))
        await records.record(principal, deploy("EC2", number, version=f"e{number}"))
    found = await records.of_services(principal.tenant, ["EC2", "RDS", "S3", "EC2"], 2)
    assert [[one.version for one in deploys] for deploys in found] == [["e4", "e3"], [], ["s4", "s3"], ["e4", "e3"]]
    assert await records.of_services(principal.tenant, [], 2) == []


async def test_deploys_wait_to_be_judged_once_there_are_costs(
    records: DeployRecords, database: Database, principal: Principal
) -> None:
    """Those that are two hours old and of a service with costs, newest first, until they are marked."""
    old = [await records.record(principal, deploy(hours=hours)) for hours in (0, 1)]
    await records.record(principal, deploy(hours=2.5))
    await records.record(principal, deploy("without costs"))
    now = NOON + timedelta(hours=4)
    assert await records.unjudged(principal.tenant, now) == []
    await known_costs(database, principal.tenant)
    waiting = await records.unjudged(principal.tenant, now)
    assert [one.id for one in waiting] == [old[1].id, old[0].id]
    for expected in (1, 0):
        async with database.write() as connection:
            assert await records.mark_judged(connection, principal.tenant, [old[0].id]) == expected
    assert [one.id for one in await records.unjudged(principal.tenant, now)] == [old[1].id]
    statuses = [one.regression_status for one in await records.by_id(principal.tenant, [one.id for one in old]) if one]
    assert statuses == ["clean", "none"]


async def test_no_other_tenant_sees_or_marks_a_deploy(
    records: DeployRecords, database: Database, principal: Principal
) -> None:
    """By id, in pages, by service, waiting or as moments: it is not there."""
    mine = await records.record(principal, deploy())
    stranger = new_principal().tenant
    await known_costs(database, stranger)
    assert await records.by_id(stranger, [mine.id]) == [None]
    assert (await records.page(stranger, Window(10), None)).total_count == 0
    assert await records.of_services(stranger, [mine.service], 5) == [[]]
    assert await records.unjudged(stranger, datetime.now(UTC)) == []
    wide = (NOON - timedelta(days=1), NOON + timedelta(days=1))
    assert await records.moments(stranger, [mine.service], *wide) == {mine.service: []}
    assert await records.moments(principal.tenant, [mine.service], *wide) == {mine.service: [NOON]}
    async with database.write() as connection:
        assert await records.mark_judged(connection, stranger, [mine.id]) == 0


@pytest.mark.parametrize("text", ["", "\x00", "\ud800", "x" * 10_000, "' OR 1=1 --", "%"])
async def test_no_text_breaks_the_store(records: DeployRecords, principal: Principal, text: str) -> None:
    """Whatever a caller hands in as an id or a service, it is simply not there."""
    await records.record(principal, deploy())
    assert await records.by_id(principal.tenant, [text]) == [None]
    assert await records.of_services(principal.tenant, [text], 5) == [[]]
    assert (await records.page(principal.tenant, Window(5), text)).total_count == 0
