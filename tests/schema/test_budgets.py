"""The graph of budgets and their alerts, asked as a front end asks it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.graph_client import GraphClient
from tests.running import new_principal
from tests.schema.asking_cloudlink import BUDGET, EC2, INGEST, budgeted, followed, record, risen, this_hour
from tests.schema.conftest import CloudLinkGraph

UPDATE = """
mutation($input: UpdateBudgetInput!) {
  updateBudget(input: $input) {
    __typename
    ... on Budget { budgetId name monthlyLimitUsd alertThresholds enabled utilizationPct }
    ... on Problem { code message }
    ... on InvalidInput { field }
  }
}
"""
CHECK = "mutation { checkBudgets { alertsFired budgetsChecked alerts { thresholdPct budget { name } } } }"
ALERTS = """
subscription($after: Cursor, $budgetId: String) {
  budgetAlerts(after: $after, budgetId: $budgetId) {
    cursor at alert { id thresholdPct spendUsd limitUsd triggeredAt budget { budgetId currentSpendUsd } }
  }
}
"""
SPENT_AT = this_hour()


async def spent(client: GraphClient, usd: float, service: str = EC2) -> None:
    """Have a service cost so much in an hour of this month, and check the budgets."""
    await client.execute(INGEST, records=[record(service, SPENT_AT, usd)])
    await client.execute(CHECK)


async def test_a_budget_tells_spend_and_projection(graph: CloudLinkGraph) -> None:
    """Defaults are the documented ones, and the month's costs are seen at once."""
    answer = (await graph.client.execute(BUDGET, input={"name": "All", "monthlyLimitUsd": 100.0}))["createBudget"]
    assert (answer["scope"], answer["service"], answer["alertThresholds"]) == ("TOTAL", None, [50, 80, 100])
    await spent(graph.client, 60.0)
    query = """
        query($id: String!) { budget(budgetId: $id) {
          currentSpendUsd utilizationPct projectedSpendUsd alerts { thresholdPct spendUsd } } }
    """
    budget = (await graph.client.execute(query, id=answer["budgetId"]))["budget"]
    assert (budget["currentSpendUsd"], budget["utilizationPct"]) == (60.0, 60.0)
    assert budget["projectedSpendUsd"] >= 60.0
    assert budget["alerts"] == [{"thresholdPct": 50, "spendUsd": 60.0}]


@pytest.mark.parametrize("limit", [0.0, -5.0])
async def test_a_bad_budget_is_data_that_names_the_field(graph: CloudLinkGraph, limit: float) -> None:
    """An expected failure is a member of the union, and the field is named as the graph names it."""
    answer = (await graph.client.execute(BUDGET, input={"name": "All", "monthlyLimitUsd": limit}))["createBudget"]
    assert (answer["__typename"], answer["field"]) == ("InvalidInput", "monthlyLimitUsd")


async def test_each_threshold_is_pushed_once(graph: CloudLinkGraph) -> None:
    """The stream on a budget tells 50, 80 and 100 percent as they are crossed, and nothing of other budgets."""
    client = graph.client
    await budgeted(client, name="Other", scope="SERVICE", service=EC2)
    budget_id = await budgeted(client)
    await spent(client, 55.0)
    steps = [partial(spent, client, usd) for usd in (85.0, 120.0)]
    seen = await followed(client, ALERTS, *steps, budgetId=budget_id)
    assert [event["alert"]["thresholdPct"] for event in seen] == [50, 80, 100]
    assert {event["alert"]["budget"]["budgetId"] for event in seen} == {budget_id}
    assert seen[-1]["alert"]["budget"]["currentSpendUsd"] == 120.0
    assert (await client.execute(CHECK))["checkBudgets"]["alertsFired"] == 0
    (missed,) = await followed(client, ALERTS, after=seen[1]["cursor"], budgetId=budget_id)
    assert missed["alert"]["thresholdPct"] == 100


async def test_alerts_are_listed_newest_first_and_are_nodes(graph: CloudLinkGraph) -> None:
    """Of all budgets or of one; a global id finds an alert again."""
    client = graph.client
    mine = await budgeted(client, name="Mine")
    await budgeted(client, name="Other", alertThresholds=[10])
    await spent(client, 85.0)
    query = "query($id: String) { budgetAlerts(budgetId: $id) { id thresholdPct budget { name } } }"
    everything = (await client.execute(query))["budgetAlerts"]
    assert len(everything) == 3
    alerts = (await client.execute(query, id=mine))["budgetAlerts"]
    assert [(alert["thresholdPct"], alert["budget"]["name"]) for alert in alerts] == [(80, "Mine"), (50, "Mine")]
    node = "query($id: ID!) { node(id: $id) { __typename ... on BudgetAlert { thresholdPct } } }"
    found = (await client.execute(node, id=alerts[0]["id"]))["node"]
    assert found == {"__typename": "BudgetAlert", "thresholdPct": 80}


async def test_a_budget_is_changed_in_part_and_deleted(graph: CloudLinkGraph) -> None:
    """What is left out stays; by its own id or its global one; deleting it again says so."""
    client = graph.client
    budget_id = await budgeted(client, name="Before", alertThresholds=[70])
    await spent(client, 90.0)
    query = "{ budgets { id budgetId name } }"
    (known,) = (await client.execute(query))["budgets"]
    changed = await client.execute(UPDATE, input={"budgetId": known["id"], "name": "After", "enabled": False})
    assert changed["updateBudget"] == {
        "__typename": "Budget",
        "budgetId": budget_id,
        "name": "After",
        "monthlyLimitUsd": 100.0,
        "alertThresholds": [70],
        "enabled": False,
        "utilizationPct": 90.0,
    }
    delete = "mutation($id: ID!) { deleteBudget(budgetId: $id) }"
    assert await client.execute(delete, id=budget_id) == {"deleteBudget": True}
    assert await client.execute(delete, id=budget_id) == {"deleteBudget": False}
    gone = (await client.execute(UPDATE, input={"budgetId": budget_id, "name": "Late"}))["updateBudget"]
    assert gone["__typename"] == "NotFound"
    assert await client.execute("{ budgets { id } budgetAlerts { id } }") == {"budgets": [], "budgetAlerts": []}


async def test_an_operation_sees_its_own_changes(graph: CloudLinkGraph) -> None:
    """What one mutation of an operation changes, the next one's answer shows."""
    data = await graph.client.execute(
        """
        mutation($deploy: RecordDeployInput!, $budget: CreateBudgetInput!) {
          before: recordDeploy(input: $deploy) { ... on Deploy { service { budgets { name } } } }
          createBudget(input: $budget) { ... on Budget { name } }
          after: recordDeploy(input: $deploy) { ... on Deploy { service { budgets { name } } } }
        }
        """,
        deploy={"service": EC2},
        budget={"name": "Second", "monthlyLimitUsd": 100.0},
    )
    assert data["before"] == {"service": {"budgets": []}}
    assert data["after"] == {"service": {"budgets": [{"name": "Second"}]}}


async def test_a_service_and_its_estimate_lead_to_budgets(graph: CloudLinkGraph) -> None:
    """An estimate says what a deploy would do to the budgets that cover the service."""
    client = graph.client
    await budgeted(client, name="All", limit=100_000.0)
    await budgeted(client, name="Tight", scope="SERVICE", service=EC2, limit=10.0)
    await budgeted(client, name="Other", scope="SERVICE", service="AWS Lambda")
    await client.execute(INGEST, records=risen(EC2, this_hour(), before=1.0, after=1.0))
    query = """
        { cloudService(name: "Amazon EC2") { budgets { name service { name } }
          estimate { budgetImpact { wouldBreach projectedSpendUsd projectedUtilizationPct budget { name } } } } }
    """
    service = (await client.execute(query))["cloudService"]
    assert service["budgets"] == [{"name": "All", "service": None}, {"name": "Tight", "service": {"name": EC2}}]
    impact = {each["budget"]["name"]: each["wouldBreach"] for each in service["estimate"]["budgetImpact"]}
    assert impact == {"All": False, "Tight": True}


async def test_port_calls_do_not_grow_with_the_list(graph: CloudLinkGraph) -> None:
    """Alerts and regressions of all budgets are asked for at once."""
    for service in (EC2, "AWS Lambda", "Amazon S3"):
        await budgeted(graph.client, name=service, scope="SERVICE", service=service)
        await spent(graph.client, 200.0, service)
    await budgeted(graph.client, name="All")
    await budgeted(graph.client, name="All again")
    graph.cloudlink_calls.calls.clear()
    query = "{ budgets { alerts { budget { name } } regressions { id } service { costs { costUsd } } } }"
    assert len((await graph.client.execute(query))["budgets"]) == 5
    assert graph.cloudlink_calls.calls == {
        "budgets": 1,
        "alerts_of_budgets": 1,
        "regressions": 1,
        "regressions_of_services": 1,
        "costs": 1,
    }


async def test_another_tenant_sees_nothing(graph: CloudLinkGraph) -> None:
    """Neither by id, nor in lists, nor by changing it."""
    budget_id = await budgeted(graph.client)
    await spent(graph.client, 60.0)
    stranger = graph.client_for(new_principal())
    query = "query($id: String!) { budget(budgetId: $id) { id } budgets { id } budgetAlerts(budgetId: $id) { id } }"
    assert await stranger.execute(query, id=budget_id) == {"budget": None, "budgets": [], "budgetAlerts": []}
    changes: dict[str, Any] = {"budgetId": budget_id, "name": "Mine"}
    refused = (await stranger.execute(UPDATE, input=changes))["updateBudget"]["__typename"]
    assert refused in ("NotFound", "NotAllowed")
    await stranger.post("mutation($id: ID!) { deleteBudget(budgetId: $id) }", id=budget_id)
    assert (await graph.client.execute(query, id=budget_id))["budgets"]
