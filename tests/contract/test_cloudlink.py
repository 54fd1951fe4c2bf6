"""What every adapter of CloudLink does with costs, deploys and regressions, as its port promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapters.cloudlink.models import CostRecord, Deploy, NewDeploy, Regression, RegressionStatus
from adapters.cloudlink.port import CloudLink, CostSpan, RegressionFilter
from adapters.errors import Conflict, InvalidInput, NotAllowed, NotFound
from adapters.health import Health
from adapters.packages import PackageName
from adapters.paging import Window
from adapters.principal import Principal
from tests.adapters.cloudlink.costs import HOUR, hourly, this_hour
from tests.paging_walk import hold_while_rows_come_in
from tests.running import new_principal

EC2, S3 = "Amazon EC2", "Amazon S3"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
ALL = RegressionFilter()
HOURS_AGO = 4


async def deployed(cloudlink: CloudLink, principal: Principal, service: str = EC2, rise: float = 2.0) -> Deploy:
    """Record a week of flat costs that rise with a deploy of four hours ago."""
    usd = [1.0] * 164 + [rise] * (HOURS_AGO + 1)
    assert await cloudlink.ingest_costs(principal, hourly(service, usd)) == len(usd)
    at = this_hour() - HOUR * HOURS_AGO
    return await cloudlink.record_deploy(principal, NewDeploy(service=service, version="2.0", deployed_at=at))


async def detected(cloudlink: CloudLink, principal: Principal) -> Regression:
    await deployed(cloudlink, principal)
    (regression,) = (await cloudlink.detect_regressions(principal)).regressions
    return regression


async def test_it_is_well(cloudlink: CloudLink) -> None:
    """And says which implementation it is."""
    state = await cloudlink.health()
    assert state.health is Health.UP
    assert state.adapter


async def test_costs_are_read_as_they_were_recorded(cloudlink: CloudLink, principal: Principal) -> None:
    """By spans, newest hour first: the start is within, the end is not."""
    assert await cloudlink.ingest_costs(principal, [*hourly(EC2, [1.0, 2.0, 3.0]), *hourly(S3, [0.5])]) == 4
    assert await cloudlink.services(principal) == [EC2, S3]
    now = this_hour()
    within = CostSpan(EC2, now - HOUR - timedelta(minutes=30), now - timedelta(minutes=30))
    spans = [CostSpan(EC2), CostSpan(EC2, now - HOUR, now), within, CostSpan(S3, now), CostSpan("none")]
    found = await cloudlink.costs(principal, spans)
    assert [[row.cost_usd for row in rows] for rows in found] == [[3.0, 2.0, 1.0], [2.0], [2.0], [0.5], []]
    assert [row.hour for row in found[1]] == [now - HOUR]


async def test_an_hour_is_known_once_for_each_credential(cloudlink: CloudLink, principal: Principal) -> None:
    """What comes later takes its place; another account's stays beside it."""
    now = this_hour()
    for usd, credential in ((1.0, None), (2.0, "one"), (4.0, "two"), (8.0, "one")):
        record = CostRecord(provider="aws", service=EC2, cost_usd=usd, hour=now, credential_id=credential)
        await cloudlink.ingest_costs(principal, [record])
    (rows,) = await cloudlink.costs(principal, [CostSpan(EC2)])
    assert {row.credential_id: row.cost_usd for row in rows} == {None: 1.0, "one": 8.0, "two": 4.0}


async def test_a_refused_cost_is_named(cloudlink: CloudLink, principal: Principal) -> None:
    """By its number, and none of those beside it is taken."""
    good = CostRecord(provider="aws", service=EC2, cost_usd=1.0, hour=this_hour())
    bad = CostRecord(provider="aws", service=EC2, cost_usd=1.0, hour=datetime.now(UTC) + timedelta(days=3))
    with pytest.raises(InvalidInput) as refused:
        await cloudlink.ingest_costs(principal, [good, bad])
    assert refused.value.field == "records.1.hour"
    assert await cloudlink.services(principal) == []


async def test_a_deploy_is_recorded(cloudlink: CloudLink, principal: Principal) -> None:
    """With the defaults, now, and what was said of its packages."""
    metadata = {"packages": ["npm:express@4.18.2"], "commit_sha": "abc123"}
    deploy = await cloudlink.record_deploy(principal, NewDeploy(service=EC2, metadata=metadata))
    assert (deploy.environment, deploy.regression_status) == ("production", "none")
    assert (deploy.packages, deploy.commit_sha) == (["npm:express@4.18.2"], "abc123")
    assert abs(datetime.now(UTC) - deploy.deployed_at) < timedelta(minutes=5)
    assert await cloudlink.deploys_by_id(principal, [UNKNOWN, deploy.id]) == [None, deploy]
    with pytest.raises(InvalidInput) as refused:
        await cloudlink.record_deploy(principal, NewDeploy(service=" "))
    assert refused.value.field == "service"


async def test_deploys_are_listed_newest_first_by_pages(cloudlink: CloudLink, principal: Principal) -> None:
    """Each once, of all services or of one; those of several services come by service."""
    for hours in range(5):
        at = this_hour() - HOUR * hours
        await cloudlink.record_deploy(principal, NewDeploy(service=EC2 if hours % 2 else S3, deployed_at=at))
    first = await cloudlink.deploys(principal, Window(3), None)
    rest = await cloudlink.deploys(principal, Window(3, first.positions[-1]), None)
    times = [deploy.deployed_at for deploy in (*first.nodes, *rest.nodes)]
    assert times == sorted(times, reverse=True)
    assert (len(times), first.has_next_page, rest.has_next_page) == (5, True, False)
    assert len((await cloudlink.deploys(principal, Window(10), EC2)).nodes) == 2
    of_services = await cloudlink.deploys_of_services(principal, [EC2, "none", S3], 2)
    assert [[deploy.service for deploy in deploys] for deploys in of_services] == [[EC2] * 2, [], [S3] * 2]
    (newest,) = await cloudlink.deploys_of_services(principal, [S3], 1)
    assert [deploy.deployed_at for deploy in newest] == [this_hour()]
    await hold_while_rows_come_in(
        lambda window: cloudlink.deploys(principal, window, None),
        lambda: cloudlink.record_deploy(principal, NewDeploy(service=S3)),
    )


async def test_deploys_are_found_by_what_they_shipped(cloudlink: CloudLink, principal: Principal) -> None:
    """Whatever the version and however the package is written, newest first; those of other tenants are not."""
    first, second, third = [
        await cloudlink.record_deploy(
            principal, NewDeploy(service=EC2, deployed_at=this_hour() - number * HOUR, metadata={"packages": packages})
        )
        for number, packages in (
            (3, ["npm:@scope/box@1.0.0", "pypi:Clean_Basket[extra]==3.1"]),
            (2, ["npm:@scope/box@2.0.0", "npm:box@1.0.0", "text"]),
            (1, ["pypi:clean-basket"]),
        )
    ]
    wanted = [PackageName("pypi", "clean-basket"), PackageName("npm", "none"), PackageName("npm", "@scope/box")]
    found = await cloudlink.deploys_of_packages(principal, wanted)
    assert [[deploy.id for deploy in deploys] for deploys in found] == [
        [third.id, first.id],
        [],
        [second.id, first.id],
    ]
    assert await cloudlink.deploys_of_packages(new_principal(), wanted) == [[], [], []]
    assert await cloudlink.deploys_of_packages(principal, []) == []


async def test_a_rise_after_a_deploy_is_detected_once(cloudlink: CloudLink, principal: Principal) -> None:
    """With its figures and the deploy's own; a deploy without a rise is remembered as clean."""
    deploy = await deployed(cloudlink, principal)
    decoy = await deployed(cloudlink, principal, S3, rise=1.0)
    found = await cloudlink.detect_regressions(principal)
    assert (found.regressions_detected, found.deploys_analyzed) == (1, 2)
    (regression,) = found.regressions
    assert (regression.deploy_id, regression.service, regression.version) == (deploy.id, EC2, "2.0")
    assert regression.status is RegressionStatus.OPEN
    assert regression.baseline_usd_per_hour == pytest.approx(1, rel=0.02)
    assert regression.post_deploy_usd_per_hour == pytest.approx(2, rel=0.02)
    assert regression.change_pct == pytest.approx(100, rel=0.05)
    assert regression.monthly_impact_usd == pytest.approx(720, rel=0.05)
    assert regression.confidence in ("high", "medium", "low")
    again = await cloudlink.detect_regressions(principal)
    assert (again.regressions_detected, again.deploys_analyzed) == (0, 0)
    judged = await cloudlink.deploys_by_id(principal, [deploy.id, decoy.id])
    assert [row and row.regression_status for row in judged] == ["open", "clean"]


async def test_a_regression_is_found_from_everywhere(cloudlink: CloudLink, principal: Principal) -> None:
    """By list, by its id, its deploy and its service; with filters."""
    regression = await detected(cloudlink, principal)
    page = await cloudlink.regressions(principal, Window(5), ALL)
    assert (list(page.nodes), page.has_next_page) == ([regression], False)
    assert await cloudlink.regressions_by_id(principal, [regression.id, UNKNOWN]) == [regression, None]
    assert await cloudlink.regressions_of_deploys(principal, [regression.deploy_id or ""]) == [[regression]]
    assert await cloudlink.regressions_of_services(principal, [S3, EC2]) == [[], [regression]]
    for wanted, count in (
        (RegressionFilter(status=RegressionStatus.OPEN, service=EC2), 1),
        (RegressionFilter(status=RegressionStatus.RESOLVED), 0),
        (RegressionFilter(service=S3), 0),
    ):
        assert len((await cloudlink.regressions(principal, Window(5), wanted)).nodes) == count


async def test_a_regression_is_acknowledged_and_resolved(cloudlink: CloudLink, principal: Principal) -> None:
    """Acknowledged from open only; its deploy tells the same status."""
    regression = await detected(cloudlink, principal)
    taken = await cloudlink.acknowledge_regression(principal, regression.id)
    assert taken.status is RegressionStatus.ACKNOWLEDGED
    with pytest.raises(Conflict):
        await cloudlink.acknowledge_regression(principal, regression.id)
    assert (await cloudlink.resolve_regression(principal, regression.id)).status is RegressionStatus.RESOLVED
    (deploy,) = await cloudlink.deploys_by_id(principal, [regression.deploy_id or ""])
    assert deploy is not None
    assert deploy.regression_status == "resolved"
    for move in (cloudlink.acknowledge_regression, cloudlink.resolve_regression):
        with pytest.raises(NotFound):
            await move(principal, UNKNOWN)


async def test_an_anomaly_is_told_of_the_service_that_has_one(cloudlink: CloudLink, principal: Principal) -> None:
    """The latest hour of one costs ten times what it did; the other is as ever."""
    usd = [1.0 + hour % 24 * 0.01 for hour in range(14 * 24)]
    await cloudlink.ingest_costs(principal, [*hourly(EC2, [*usd, 300.0]), *hourly(S3, [*usd, usd[0]])])
    (anomaly,) = await cloudlink.anomalies(principal)
    assert (anomaly.service, anomaly.direction, anomaly.hour) == (EC2, "spike", this_hour())
    assert anomaly.severity in ("critical", "high", "medium")
    assert anomaly.change_pct > 100
    assert await cloudlink.anomalies_of_services(principal, [S3, EC2, "none"]) == [None, anomaly, None]


async def test_an_estimate_goes_by_the_costs(cloudlink: CloudLink, principal: Principal) -> None:
    """Of each service that was asked for, in that order."""
    await cloudlink.ingest_costs(principal, hourly(EC2, [2.0] * 14 * 24))
    known, unknown = await cloudlink.estimates_of_services(principal, [EC2, S3])
    assert (known.service, known.has_data) == (EC2, True)
    assert known.baseline_monthly_usd == pytest.approx(1440, rel=0.02)
    assert known.confidence in ("high", "medium", "low")
    assert (unknown.service, unknown.has_data, bool(unknown.message)) == (S3, False, True)


async def test_another_tenant_sees_and_changes_nothing(cloudlink: CloudLink, principal: Principal) -> None:
    """Whatever it asks for by id."""
    regression = await detected(cloudlink, principal)
    other = new_principal()
    assert await cloudlink.services(other) == []
    assert await cloudlink.costs(other, [CostSpan(EC2)]) == [[]]
    assert list((await cloudlink.deploys(other, Window(5), None)).nodes) == []
    assert await cloudlink.deploys_by_id(other, [regression.deploy_id or ""]) == [None]
    assert list((await cloudlink.regressions(other, Window(5), ALL)).nodes) == []
    assert await cloudlink.regressions_by_id(other, [regression.id]) == [None]
    assert await cloudlink.regressions_of_services(other, [EC2]) == [[]]
    assert await cloudlink.anomalies(other) == []
    for move in (cloudlink.acknowledge_regression, cloudlink.resolve_regression):
        with pytest.raises((NotFound, NotAllowed)):
            await move(other, regression.id)
    assert await cloudlink.regressions_by_id(principal, [regression.id]) == [regression]
