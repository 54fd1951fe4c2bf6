"""Regressions in the store, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from adapters.cloudlink.local.deploys import DeployRecords
from adapters.cloudlink.local.journal import Journal
from adapters.cloudlink.local.outbox import Outbox
from adapters.cloudlink.local.regression.judgement import Judgement
from adapters.cloudlink.local.regressions import REGRESSIONS_OF_A_SERVICE, RegressionRecords
from adapters.cloudlink.models import Deploy, NewDeploy, Regression, RegressionStatus
from adapters.cloudlink.port import RegressionFilter
from adapters.errors import Conflict, NotFound
from adapters.events.feed import ChangeFeed, InProcessChangeFeed
from adapters.events.watching import watch
from adapters.paging import Window
from adapters.principal import Principal
from adapters.store.cloudlink import audit, regressions
from adapters.store.database import Database
from tests.running import new_principal

ALL = RegressionFilter()
RISEN = Judgement(regressed=True, baseline_usd=10.0, post_usd=15.0, confidence_score=0.75)
OPEN, ACKNOWLEDGED, RESOLVED = RegressionStatus
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Written:
    """Records with a feed."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.feed: ChangeFeed[Regression] = InProcessChangeFeed()
        journal = Journal(Outbox(database))
        self.deploys = DeployRecords(database, journal)
        self.records = RegressionRecords(database, self.feed, journal)

    async def deploy(self, principal: Principal, service: str = "Amazon EC2", **fields: Any) -> Deploy:
        return await self.deploys.record(principal, NewDeploy(service=service, deployed_at=NOON, **fields))

    async def open(self, principal: Principal, service: str = "Amazon EC2", **fields: Any) -> Regression:
        deploy = await self.deploy(principal, service, **fields)
        async with self.feed.write(self.database) as writing:
            await self.deploys.mark_judged(writing.connection, principal.tenant, [deploy.id])
            return await self.records.open(writing, principal.tenant, "schedule", deploy.id, service, RISEN)

    async def detected_at(self, ids: Sequence[str], moment: datetime) -> None:
        async with self.database.write() as connection:
            await connection.execute(update(regressions).where(regressions.c.id.in_(ids)).values(detected_at=moment))

    async def trail(self, tenant: str) -> list[tuple[str, str | None, str | None, str | None]]:
        query = select(audit).where(audit.c.tenant == tenant, audit.c.event_type.startswith("regression"))
        async with self.database.read() as connection:
            rows = (await connection.execute(query.order_by(audit.c.at))).all()
        return [(row.event_type, row.actor, row.resource_id, row.status) for row in rows]


@pytest.fixture
def written(database: Database) -> Written:
    """Records on either database."""
    return Written(database)


async def test_an_opened_regression_carries_its_deploy(written: Written, principal: Principal) -> None:
    """With the figures of the judgement; the deploy has its status from then on."""
    opened = await written.open(principal, version="v2", source="ci", metadata={"packages": ["npm:a@1"]})
    assert opened == Regression(
        id=opened.id,
        deploy_id=opened.deploy_id,
        service="Amazon EC2",
        baseline_usd_per_hour=10.0,
        post_deploy_usd_per_hour=15.0,
        change_pct=50.0,
        monthly_impact_usd=3600.0,
        detected_at=opened.detected_at,
        status=OPEN,
        confidence="high",
        confidence_score=0.75,
        version="v2",
        environment="production",
        deployed_at=NOON,
        source="ci",
        deploy_metadata={"packages": ["npm:a@1"]},
    )
    assert await written.records.by_id(principal.tenant, [opened.id]) == [opened]
    (deploy,) = await written.deploys.by_id(principal.tenant, [opened.deploy_id or ""])
    assert deploy is not None
    assert deploy.regression_status == "open"
    assert await written.trail(principal.tenant) == [("regression.detected", "schedule", opened.id, "open")]


async def test_it_moves_from_open_to_acknowledged_to_resolved(written: Written, principal: Principal) -> None:
    """Each step is told to watchers and stands in the audit trail with who made it; nothing else changes."""
    opened = await written.open(principal)
    with written.feed.watch(principal.tenant) as mailbox:
        acknowledged = await written.records.acknowledge(principal, opened.id)
        assert [change.state for change in mailbox._unread.values()] == [acknowledged]
        resolved = await written.records.resolve(principal, opened.id)
        assert [change.state for change in mailbox._unread.values()] == [resolved]
    assert acknowledged == msgspec.structs.replace(opened, status=ACKNOWLEDGED)
    assert resolved == msgspec.structs.replace(opened, status=RESOLVED)
    assert await written.records.by_id(principal.tenant, [opened.id]) == [resolved]
    assert await written.trail(principal.tenant) == [
        ("regression.detected", "schedule", opened.id, "open"),
        ("regression.acknowledged", principal.name, opened.id, "acknowledged"),
        ("regression.resolved", principal.name, opened.id, "resolved"),
    ]
    (deploy,) = await written.deploys.by_id(principal.tenant, [opened.deploy_id or ""])
    assert deploy is not None
    assert deploy.regression_status == "resolved"


async def test_only_an_open_one_is_acknowledged(written: Written, principal: Principal) -> None:
    """Twice, or after it was resolved, it is a conflict that says how it is; resolving again changes nothing."""
    opened = await written.open(principal)
    await written.records.acknowledge(principal, opened.id)
    with pytest.raises(Conflict, match="is acknowledged"):
        await written.records.acknowledge(principal, opened.id)
    resolved = await written.records.resolve(principal, opened.id)
    with pytest.raises(Conflict, match="is resolved"):
        await written.records.acknowledge(principal, opened.id)
    assert await written.records.resolve(principal, opened.id) == resolved
    assert len(await written.trail(principal.tenant)) == 3


async def test_of_many_that_acknowledge_at_once_one_does(written: Written, principal: Principal) -> None:
    """Also from several processes: the others are told that it is not open."""
    opened = await written.open(principal)
    elsewhere = Written(written.database)
    answers = await asyncio.gather(
        *(one.records.acknowledge(principal, opened.id) for one in (written, elsewhere, written, elsewhere)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, Regression) for answer in answers) == 1
    assert sum(isinstance(answer, Conflict) for answer in answers) == 3
    assert len(await written.trail(principal.tenant)) == 2


async def test_a_deploy_has_one_regression_of_its_service(written: Written, principal: Principal) -> None:
    """The store itself refuses a second one."""
    opened = await written.open(principal)
    with pytest.raises(Exception, match=r"UNIQUE|unique"):
        async with written.feed.write(written.database) as writing:
            await written.records.open(
                writing, principal.tenant, "schedule", opened.deploy_id or "", opened.service, RISEN
            )
    assert (await written.records.page(principal.tenant, Window(5), ALL)).total_count == 1


async def test_no_other_tenant_sees_or_moves_a_regression(written: Written, principal: Principal) -> None:
    """To it there is none, by whatever way it asks."""
    opened = await written.open(principal)
    stranger = new_principal()
    records, tenant = written.records, stranger.tenant
    for move in (records.acknowledge, records.resolve):
        with pytest.raises(NotFound, match="There is no regression"):
            await move(stranger, opened.id)
    assert await records.by_id(tenant, [opened.id]) == [None]
    assert await records.of_deploys(tenant, [opened.deploy_id or ""]) == [[]]
    assert await records.of_services(tenant, [opened.service]) == [[]]
    assert await records.changed_since(tenant, 0, opened.id) == []
    assert await records.recent(tenant, 5) == []
    assert (await records.page(tenant, Window(5), ALL)).total_count == 0
    assert await records.by_id(principal.tenant, [opened.id]) == [opened]


@pytest.mark.parametrize("text", ["", "\x00", "\ud800", "x" * 10_000, "' OR 1=1 --", "%"])
async def test_no_text_breaks_the_store(written: Written, principal: Principal, text: str) -> None:
    """Whatever a caller hands in as an id or a service, it is simply not there."""
    await written.open(principal)
    records, tenant = written.records, principal.tenant
    assert await records.by_id(tenant, [text]) == [None]
    assert await records.of_deploys(tenant, [text]) == [[]]
    assert await records.of_services(tenant, [text]) == [[]]
    assert await records.changed_since(tenant, 0, text) == []
    assert (await records.page(tenant, Window(5), RegressionFilter(service=text))).total_count == 0
    with pytest.raises(NotFound):
        await records.resolve(principal, text)


async def test_pages_are_filtered_and_hold(written: Written, principal: Principal) -> None:
    """Every regression is on exactly one page, also where several were detected at the same moment."""
    ids = [(await written.open(principal, service)).id for service in ("EC2", "S3", "EC2", "EC2", "S3")]
    await written.detected_at(ids[:4], NOON)
    await written.records.resolve(principal, ids[0])
    for first in (1, 2, 5):
        found: list[str] = []
        after = None
        while True:
            page = await written.records.page(principal.tenant, Window(first, after), ALL)
            found += [regression.id for regression in page.nodes]
            after = page.positions[-1]
            if not page.has_next_page:
                break
        assert (found[0], sorted(found)) == (ids[4], sorted(ids))
    wanted = RegressionFilter(status=OPEN, service="EC2")
    page = await written.records.page(principal.tenant, Window(10), wanted)
    assert {regression.id for regression in page.nodes} == {ids[2], ids[3]}
    assert page.total_count == 2


async def test_they_are_found_by_deploy_and_by_service(written: Written, principal: Principal) -> None:
    """In the order that was asked for, newest first, a hundred of a service."""
    first, second = await written.open(principal, "EC2"), await written.open(principal, "EC2")
    other = await written.open(principal, "S3")
    clean = await written.deploy(principal, "EC2")
    by_deploy = await written.records.of_deploys(principal.tenant, [other.deploy_id or "", clean.id])
    assert by_deploy == [[other], []]
    by_service = await written.records.of_services(principal.tenant, ["EC2", "RDS", "S3"])
    assert by_service == [[second, first], [], [other]]
    for _ in range(REGRESSIONS_OF_A_SERVICE):
        await written.open(principal, "RDS")
    (many,) = await written.records.of_services(principal.tenant, ["RDS"])
    assert len(many) == REGRESSIONS_OF_A_SERVICE


async def test_watchers_get_the_present_state_and_each_change(written: Written, principal: Principal) -> None:
    """A cursor from before brings what has changed since."""
    opened = await written.open(principal)
    seen = watch(written.records, written.feed, principal.tenant, after=None, key=None)
    present = await anext(seen)
    assert (present.state, present.previous) == (opened, None)
    acknowledged = await written.records.acknowledge(principal, opened.id)
    changed = await asyncio.wait_for(anext(seen), 10)
    assert (changed.state, changed.previous) == (acknowledged, opened)
    again = watch(written.records, written.feed, principal.tenant, after=present.cursor, key=None)
    assert (await asyncio.wait_for(anext(again), 10)).state == acknowledged


async def test_changes_come_in_their_order(written: Written, principal: Principal) -> None:
    """Each regression once, in its present state, by its last change."""
    first, second, third = [await written.open(principal) for _ in range(3)]
    known = (await written.records.changed_since(principal.tenant, 0))[-1].version
    await written.records.resolve(principal, second.id)
    await written.records.acknowledge(principal, first.id)
    changes = await written.records.changed_since(principal.tenant, known)
    assert [(change.key, change.state.status) for change in changes] == [
        (second.id, RESOLVED),
        (first.id, ACKNOWLEDGED),
    ]
    await written.detected_at([first.id], NOON - timedelta(days=1))
    assert [change.key for change in await written.records.recent(principal.tenant, 2)] == [third.id, second.id]
