"""The graph of cloud services and their costs, asked as a front end asks it."""

from __future__ import annotations

from tests.schema.asking_cloudlink import EC2, HOUR, INGEST, deployed, record, this_hour
from tests.schema.conftest import CloudLinkGraph

LAMBDA = "AWS Lambda"


async def test_costs_come_in_once_an_hour(graph: CloudLinkGraph) -> None:
    """The same hour again takes the place of what was known; a time without a zone is in UTC."""
    hour = this_hour() - HOUR
    records = [record(EC2, hour, 1.0), record(EC2, hour, 2.5), record(LAMBDA, hour, 1.0)]
    records[1]["hour"] = hour.replace(tzinfo=None).isoformat()
    assert (await graph.client.execute(INGEST, records=records[:1]))["ingestCosts"] == 1
    await graph.client.execute(INGEST, records=records[1:])
    data = await graph.client.execute("{ cloudServices { name costs { service hour costUsd } } }")
    assert [service["name"] for service in data["cloudServices"]] == [LAMBDA, EC2]
    assert data["cloudServices"][1]["costs"] == [{"service": EC2, "hour": hour.isoformat(), "costUsd": 2.5}]


async def test_bad_costs_are_an_error_that_names_the_field(graph: CloudLinkGraph) -> None:
    """The field is named as the graph names it."""
    records = [record(EC2, this_hour(), 1.0), record(LAMBDA, this_hour(), 1e13)]
    (error,) = (await graph.client.post(INGEST, records=records))["errors"]
    assert error["extensions"] == {"code": "INVALID_INPUT", "field": "records.1.costUsd"}
    assert (await graph.client.execute("{ cloudServices { name } }"))["cloudServices"] == []


async def test_costs_of_a_service_can_be_bounded(graph: CloudLinkGraph) -> None:
    """From an hour, inclusive, to another, exclusive, newest first."""
    hours = [this_hour() - number * HOUR for number in range(4)]
    await graph.client.execute(INGEST, records=[record(EC2, hour, float(at)) for at, hour in enumerate(hours)])
    query = """
        query($from: DateTime, $to: DateTime) {
          cloudService(name: "Amazon EC2") { costs(from: $from, to: $to) { costUsd } } }
    """

    async def usd(**bounds: str) -> list[float]:
        costs = (await graph.client.execute(query, **bounds))["cloudService"]["costs"]
        return [cost["costUsd"] for cost in costs]

    assert await usd() == [0.0, 1.0, 2.0, 3.0]
    assert await usd(**{"from": hours[2].isoformat()}) == [0.0, 1.0, 2.0]
    assert await usd(**{"from": hours[2].isoformat(), "to": hours[0].isoformat()}) == [1.0, 2.0]


async def test_a_service_is_the_hub(graph: CloudLinkGraph) -> None:
    """It leads to deploys, its anomaly and its estimate; one that has no costs is none."""
    hours = [this_hour() - number * HOUR for number in range(48)]
    costs = [record(EC2, hour, 90.0 if hour == hours[0] else 10.0) for hour in hours]
    await graph.client.execute(INGEST, records=costs)
    for number in range(3):
        await deployed(graph.client, version=f"1.{number}", deployedAt=(this_hour() - (9 - number) * HOUR).isoformat())
    data = await graph.client.execute(
        """
        {
          cloudService(name: "Amazon EC2") {
            deploys(first: 2) { version }
            anomaly { severity direction changePct zScore monthlyImpactUsd hour service { name } }
            estimate { hasData message baselineMonthlyUsd trendPct deployImpactPct postDeployMonthlyUsd
                       deltaMonthlyUsd recentDeploys confidence service { name } budgetImpact { wouldBreach } }
          }
          unknown: cloudService(name: "Amazon Nothing") { name }
          anomalies { service { name } direction }
        }
        """
    )
    service = data["cloudService"]
    assert [deploy["version"] for deploy in service["deploys"]] == ["1.2", "1.1"]
    assert service["anomaly"]["direction"] == "spike"
    assert service["anomaly"]["service"] == {"name": EC2}
    assert service["estimate"]["hasData"]
    assert service["estimate"]["budgetImpact"] == []
    assert data["unknown"] is None
    assert data["anomalies"] == [{"service": {"name": EC2}, "direction": "spike"}]


async def test_port_calls_do_not_grow_with_the_list(graph: CloudLinkGraph) -> None:
    """Everything of all services is asked for at once."""
    for service in (EC2, LAMBDA, "Amazon S3"):
        await graph.client.execute(INGEST, records=[record(service, this_hour(), 1.0)])
        await deployed(graph.client, service)
    graph.cloudlink_calls.calls.clear()
    query = """
        { cloudServices { costs { costUsd } deploys { version } anomaly { severity } estimate { hasData }
                          regressions { id } budgets { id } } }
    """
    assert len((await graph.client.execute(query))["cloudServices"]) == 3
    assert graph.cloudlink_calls.calls == dict.fromkeys(
        (
            "services",
            "costs",
            "deploys_of_services",
            "anomalies_of_services",
            "estimates_of_services",
            "regressions_of_services",
            "budgets",
        ),
        1,
    )
