from __future__ import annotations

import pytest
from sqlalchemy import select

from adapters.cloudlink.account import CloudScan, CloudScanStatus, NewCredential
from adapters.cloudlink.local.cloud_scans import ScanOutcome
from adapters.durable import DurableWork
from adapters.events.watching import watch
from adapters.paging import Window
from adapters.principal import Principal
from adapters.store.cloudlink import audit
from adapters.store.database import Database
from tests.cloud_engine import ROLE, CloudEngine, build_engine
from tests.running import new_principal

DONE = ScanOutcome(status=CloudScanStatus.FINISHED, events=7, actions=2, error="eu-west-1: ListFunctions: AccessDenied")


@pytest.fixture
def engine(database: Database) -> CloudEngine:
    """The records on either database."""
    return build_engine(database, DurableWork("sqlite://", "test"))


async def finish(engine: CloudEngine, scan: CloudScan, outcome: ScanOutcome = DONE) -> CloudScan:
    """End a scan."""
    async with engine.feeds.scans.write(engine.database) as writing:
        await engine.scans.finish(writing, scan.id, outcome)
    (ended,) = await engine.scans.scans_by_id(scan.tenant_id or "", [scan.id])
    assert ended is not None
    return ended


async def test_an_account_is_scanned_once_at_a_time(engine: CloudEngine, principal: Principal) -> None:
    """Asked again, the one that runs is given; another account has its own, and after the end there is a new one."""
    one, two = await engine.account(principal), await engine.account(principal)
    first = await engine.begin_scan(one)
    assert await engine.begin_scan(one) == first
    assert (await engine.begin_scan(two)).id != first.id
    await finish(engine, first)
    assert (await engine.begin_scan(one)).id != first.id


async def test_a_scan_tells_what_it_came_to(engine: CloudEngine, principal: Principal) -> None:
    """The end is told to watchers and written to the audit trail, in the name of who asked, and only once."""
    credential = NewCredential(cloud="aws", role_arn=ROLE.role_arn, label="production", regions=("eu-west-1",))
    begun = await engine.begin_scan(await engine.account(principal, credential))
    assert (begun.status, begun.finished, begun.regions) == (CloudScanStatus.RUNNING, False, ("eu-west-1",))
    with engine.feeds.scans.watch(principal.tenant) as told:
        ended = await finish(engine, begun)
        assert await finish(engine, begun, ScanOutcome(status=CloudScanStatus.ERROR, error="Again")) == ended
        assert [change.state for change in told._unread.values()] == [ended]
    assert (ended.status, ended.events_found, ended.events_ingested) == (CloudScanStatus.FINISHED, 7, 7)
    assert (ended.actions_queued, ended.error, ended.credential_label) == (2, DONE.error, "production")
    assert ended.finished_at is not None
    assert ended.finished_at >= ended.started_at
    async with engine.database.read() as connection:
        events = select(audit).where(audit.c.event_type == "scan.finished")
        (event,) = (await connection.execute(events)).all()
    assert (event.actor, event.resource_id, event.status, event.detail) == (
        "somebody",
        begun.id,
        "finished",
        DONE.error,
    )


async def test_scans_are_their_tenants(engine: CloudEngine, principal: Principal) -> None:
    """By id, in lists, as the last one and as changes, only the tenant's own are given."""
    stranger = new_principal()
    mine, foreign = [await engine.begin_scan(await engine.account(who)) for who in (principal, stranger)]
    records, tenant = engine.scans, principal.tenant
    assert await records.scans_by_id(tenant, [foreign.id, mine.id, "none"]) == [None, mine, None]
    assert (await records.scans(tenant, Window(10))).nodes == [mine]
    assert [change.state for change in await records.changed_since(tenant, 0)] == [mine]
    assert await records.changed_since(tenant, 0, foreign.id) == []
    assert [change.key for change in await records.recent(tenant, 10)] == [mine.id]
    last = await records.last(tenant)
    assert last is not None
    assert (last.started_at, last.status) == (mine.started_at, CloudScanStatus.RUNNING)
    assert await records.last("nobody") is None
    assert set(await records.unfinished()) == {mine.id, foreign.id}


async def test_pages_go_back_in_time(engine: CloudEngine, principal: Principal) -> None:
    """Each begins where the last one ended, and none is given twice."""
    account = await engine.account(principal)
    begun = []
    for _ in range(5):
        begun.append(await engine.begin_scan(account))
        await finish(engine, begun[-1])
    seen, after = [], None
    for size in (2, 2, 1):
        page = await engine.scans.scans(principal.tenant, Window(2, after))
        assert (len(page.nodes), page.has_next_page) == (size, size == 2)
        seen += [scan.id for scan in page.nodes]
        after = page.positions[-1]
    assert seen == [scan.id for scan in reversed(begun)]


async def test_a_scan_is_watched_to_its_end(engine: CloudEngine, principal: Principal) -> None:
    """The present state comes first, then the end, after which there is nothing."""
    begun = await engine.begin_scan(await engine.account(principal))
    states = []
    async for observation in watch(engine.scans, engine.feeds.scans, principal.tenant, after=None, key=begun.id):
        states.append(observation.state.status)
        if not observation.state.finished:
            await finish(engine, begun)
    assert states == [CloudScanStatus.RUNNING, CloudScanStatus.FINISHED]
