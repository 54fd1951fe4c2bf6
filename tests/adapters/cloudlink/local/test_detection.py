"""Detection over the store, on both databases, judged in worker processes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from adapters.cloudlink.local.costs import CostRecords, HourlyCost
from adapters.cloudlink.local.deploys import DeployRecords
from adapters.cloudlink.local.detection import Detector
from adapters.cloudlink.local.hours import hour_number, hour_start
from adapters.cloudlink.local.journal import Journal
from adapters.cloudlink.local.outbox import Outbox
from adapters.cloudlink.local.regressions import RegressionRecords
from adapters.cloudlink.models import Deploy, Detection, NewDeploy, Regression
from adapters.cloudlink.port import RegressionFilter
from adapters.events.feed import ChangeFeed, InProcessChangeFeed
from adapters.paging import Window
from adapters.principal import Principal
from adapters.store.database import Database
from adapters.workers import Workers
from tests.running import new_principal

ALL = RegressionFilter()


class Watched:
    """A detector with what it reads and writes; hours count from one that lies six days back."""

    def __init__(self, database: Database, workers: Workers) -> None:
        self.database = database
        self.hour = hour_number(datetime.now(UTC)) - 144
        self.feed: ChangeFeed[Regression] = InProcessChangeFeed()
        journal = Journal(Outbox(database))
        self.costs = CostRecords(database)
        self.deploys = DeployRecords(database, journal)
        self.regressions = RegressionRecords(database, self.feed, journal)
        self.detector = Detector(database, self.feed, self.deploys, self.regressions, self.costs, workers)

    async def spend(self, principal: Principal, usd: Sequence[float], service: str = "EC2", first: int = -200) -> None:
        """Write hourly costs from an hour on."""
        rows = [HourlyCost(service, self.hour + first + number, value) for number, value in enumerate(usd)]
        async with self.database.write() as connection:
            await self.costs.write(connection, principal.tenant, rows, {service: "aws"})

    async def deploy(self, principal: Principal, service: str = "EC2", hours: int = 0) -> Deploy:
        moment = hour_start(self.hour + hours)
        return await self.deploys.record(principal, NewDeploy(service=service, deployed_at=moment))

    async def detect(self, principal: Principal) -> Detection:
        return await self.detector.detect(principal.tenant, principal.name)

    async def statuses(self, principal: Principal, deploys: Sequence[Deploy]) -> list[str | None]:
        found = await self.deploys.by_id(principal.tenant, [deploy.id for deploy in deploys])
        return [deploy.regression_status if deploy else None for deploy in found]


@pytest.fixture(scope="module")
def workers() -> Workers:
    """Two processes to judge in."""
    return Workers(2)


@pytest.fixture
def watched(database: Database, workers: Workers) -> Watched:
    """A detector on either database."""
    return Watched(database, workers)


async def test_deploys_are_judged_once(watched: Watched, principal: Principal) -> None:
    """A rise is opened and told with its figures, a clean deploy is remembered, and then there is nothing to do."""
    await watched.spend(principal, [10.0] * 200 + [15.0] * 20)
    await watched.spend(principal, [10.0] * 220, "S3")
    risen, clean = await watched.deploy(principal), await watched.deploy(principal, "S3")
    with watched.feed.watch(principal.tenant) as mailbox:
        detection = await watched.detect(principal)
        assert [change.state for change in mailbox._unread.values()] == list(detection.regressions)
    assert (detection.regressions_detected, detection.deploys_analyzed) == (1, 2)
    (found,) = detection.regressions
    assert (found.deploy_id, found.service, found.status) == (risen.id, "EC2", "open")
    assert found.baseline_usd_per_hour == pytest.approx(10)
    assert found.post_deploy_usd_per_hour == pytest.approx(15)
    assert found.change_pct == pytest.approx(50)
    assert found.monthly_impact_usd == pytest.approx(3600)
    assert await watched.statuses(principal, [risen, clean]) == ["open", "clean"]
    assert await watched.detect(principal) == Detection(regressions_detected=0)


async def test_too_little_data_is_waited_for(watched: Watched, principal: Principal) -> None:
    """A deploy is judged as soon as its costs have come in."""
    await watched.spend(principal, [10.0] * 201)
    deploy = await watched.deploy(principal)
    assert (await watched.detect(principal)).deploys_analyzed == 0
    assert await watched.statuses(principal, [deploy]) == ["none"]
    await watched.spend(principal, [20.0] * 3, first=0)
    assert (await watched.detect(principal)).regressions_detected == 1
    assert await watched.statuses(principal, [deploy]) == ["open"]


@pytest.mark.parametrize("known", [{-143: 1}, {-400: 10, -2: 1}], ids=["begin later", "pause after it"])
async def test_a_deploy_that_costs_never_tell_of_is_given_up(
    watched: Watched, principal: Principal, known: dict[int, int]
) -> None:
    """Also where its nearest hours are weeks away: it is not asked about again for ever."""
    for first, hours in known.items():
        await watched.spend(principal, [10.0] * hours, first=first)
    deploy = await watched.deploy(principal, hours=-390)
    assert (await watched.detect(principal)).deploys_analyzed == 1
    assert await watched.statuses(principal, [deploy]) == ["clean"]
    assert (await watched.detect(principal)).deploys_analyzed == 0


async def test_costs_of_all_accounts_count_together(watched: Watched, principal: Principal) -> None:
    """The service's cost is the sum: one account's rise may be another's fall."""
    before = [HourlyCost("EC2", watched.hour - hour, 10.0, account) for hour in range(1, 100) for account in "ab"]
    after = [
        HourlyCost("EC2", watched.hour + hour, usd, account)
        for hour in range(30)
        for account, usd in (("a", 15), ("b", 5))
    ]
    async with watched.database.write() as connection:
        await watched.costs.write(connection, principal.tenant, before + after, {"EC2": "aws"})
    deploy = await watched.deploy(principal)
    assert (await watched.detect(principal)).deploys_analyzed == 1
    assert await watched.statuses(principal, [deploy]) == ["clean"]


async def test_the_deploy_is_named_that_did_it(watched: Watched, principal: Principal) -> None:
    """Others of the same service, shortly before and after, are clean."""
    await watched.spend(principal, [10.0] * 200 + [13.0] * 100)
    deploys = [await watched.deploy(principal, hours=hours) for hours in (-5, 0, 4)]
    (found,) = (await watched.detect(principal)).regressions
    assert found.deploy_id == deploys[1].id
    assert await watched.statuses(principal, deploys) == ["clean", "open", "clean"]


async def test_two_processes_at_once_find_everything_once(
    watched: Watched, workers: Workers, principal: Principal
) -> None:
    """Each regression is opened by one of them, and counted by that one."""
    for number in range(8):
        await watched.spend(principal, [10.0] * 200 + [10.0 if number % 2 else 20.0] * 30, f"service-{number}")
        await watched.deploy(principal, f"service-{number}")
    elsewhere = Watched(watched.database, workers)
    detections = await asyncio.gather(*(one.detect(principal) for one in (watched, elsewhere, watched)))
    assert sum(detection.regressions_detected for detection in detections) == 4
    assert sum(detection.deploys_analyzed for detection in detections) == 8
    assert (await watched.regressions.page(principal.tenant, Window(100), ALL)).total_count == 4


async def test_every_tenant_is_judged_by_its_own_costs(watched: Watched, principal: Principal) -> None:
    """The same service of another tenant neither helps nor is looked at."""
    stranger = new_principal()
    await watched.spend(principal, [10.0] * 230)
    await watched.spend(stranger, [10.0] * 200 + [30.0] * 30)
    mine, foreign = await watched.deploy(principal), await watched.deploy(stranger)
    assert (await watched.detect(principal)).regressions_detected == 0
    assert await watched.statuses(principal, [mine]) == ["clean"]
    assert await watched.statuses(stranger, [foreign]) == ["none"]
    assert (await watched.detect(stranger)).regressions_detected == 1


async def test_old_deploys_are_judged_by_the_costs_of_their_time(watched: Watched, principal: Principal) -> None:
    """A history that is brought in later is judged like any other."""
    day = timedelta(days=1) // timedelta(hours=1)
    await watched.spend(principal, ([10.0] * 20 * day + [14.0] * 20 * day) * 2, first=-80 * day)
    deploys = [await watched.deploy(principal, hours=-days * day) for days in (60, 50, 40, 20)]
    detection = await watched.detect(principal)
    assert {found.deploy_id for found in detection.regressions} == {deploys[0].id, deploys[3].id}
    assert await watched.statuses(principal, deploys) == ["open", "clean", "clean", "open"]
