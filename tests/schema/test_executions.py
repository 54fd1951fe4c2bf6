"""The graph of executions, asked as a front end asks it, over every adapter."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sigma.collection import SigmaCollection

from adapters.cloudsigma.models import GenerateRequest, InputType, Output, Rule, RuleKind
from adapters.principal import Principal
from resolvers.context import Context
from schema.graph import build_graph
from tests.contract.test_cloudsigma import REPORT, UNKNOWN
from tests.doubles.counting import CountingAdapter
from tests.doubles.memory_cloudsigma import MemoryCloudSigma, memory_assembly
from tests.graph_client import GraphClient, events
from tests.running import new_principal
from tests.schema.conftest import ClientFor

SECONDS = 120
RECIPE = "Boil the pasta in salted water and serve it with butter."

GENERATE = """
mutation Generate($input: GenerateRulesInput!) {
  generateRules(input: $input) {
    __typename
    ... on Execution { id arn status stage progress rulesGenerated rules { id } }
    ... on Problem { code message }
    ... on InvalidInput { field }
    ... on LimitExceeded { limit retryAfterSeconds }
  }
}
"""
OUTPUT = """
query Output($arn: String!) {
  execution(arn: $arn) {
    status inputType errorCode errorMessage platformsTargeted processingTimeMs ttpsExtracted
    rules { id title kind platform level sigma technique { techniqueId rules { id } }
            all: queries { siem query } splunk: queries(siems: [SPLUNK]) { siem } }
    behavioral: rules(kind: BEHAVIORAL, platform: WINDOWS_SYSMON) { kind platform }
    ioc: rules(kind: IOC) { kind technique { name } }
    ttps { techniqueId name tactic confidence evidence url rules { id } }
    iocs { type value context } ips: iocs(type: "ipv4") { type }
    detectionGaps { techniqueId name platform reason }
    notices { code severity message techniqueId }
  }
}
"""
STATUS = """
subscription Status($arn: String!, $after: Cursor) {
  executionStatus(arn: $arn, after: $after) {
    cursor at previousStatus
    execution { arn status stage progress stoppedAt rulesGenerated rules { title } }
  }
}
"""


async def generated(client: GraphClient, **given: Any) -> str:
    """Start an execution and give its ARN."""
    given = {"text": REPORT, "platforms": ["WINDOWS_SYSMON"], "siems": ["SPLUNK"], **given}
    answer = (await client.execute(GENERATE, input=given))["generateRules"]
    assert answer["__typename"] == "Execution", answer
    return str(answer["arn"])


async def finished(client: GraphClient, **given: Any) -> str:
    """Run an execution to its end and give its ARN."""
    arn = await generated(client, **given)
    last = (await events(client, STATUS, arn=arn))[-1]["executionStatus"]["execution"]
    assert last["status"] != "RUNNING"
    return arn


async def test_generate_rules_answers_at_once_with_a_running_execution(client: GraphClient) -> None:
    """The mutation does not wait for the pipeline."""
    answer = (await client.execute(GENERATE, input={"text": REPORT}))["generateRules"]
    assert answer["__typename"] == "Execution"
    assert answer["status"] == "RUNNING"
    assert answer["rules"] == []


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({}, "ValidationError", None),
        ({"text": REPORT, "cveId": "CVE-2024-3094"}, "ValidationError", None),
        ({"text": ""}, "ValidationError", "text"),
        ({"text": "x" * 50_001}, "InputTooLarge", "text"),
        ({"url": "ftp://example.com/report"}, "InvalidUrl", "url"),
        ({"cveId": "CVE-24-1"}, "InvalidCveId", "cveId"),
        ({"text": REPORT, "platforms": []}, "ValidationError", "platforms"),
        ({"text": REPORT, "siems": []}, "ValidationError", "siems"),
    ],
)
async def test_bad_input_is_data_that_names_the_field(
    client: GraphClient, given: dict[str, Any], code: str, field: str | None
) -> None:
    """An expected failure is a member of the union, not an error."""
    answer = (await client.execute(GENERATE, input=given))["generateRules"]
    assert (answer["__typename"], answer["code"], answer["field"]) == ("InvalidInput", code, field)
    assert answer["message"]


async def test_the_sixth_execution_in_a_minute_is_limit_exceeded(client_for: ClientFor) -> None:
    """The documented limit of a tier is told with when to come back."""
    client = client_for(new_principal(tier="pro"))
    answers = [(await client.execute(GENERATE, input={"text": RECIPE}))["generateRules"] for _ in range(6)]
    assert [answer["__typename"] for answer in answers] == ["Execution"] * 5 + ["LimitExceeded"]
    assert answers[5]["code"] == "RateLimitExceeded"
    assert 0 < answers[5]["retryAfterSeconds"] <= 60


async def test_execution_status_pushes_stages_and_ends_with_the_terminal_state(client: GraphClient) -> None:
    """Events of a running execution see no rules; the last sees them all."""
    arn = await generated(client)
    seen = [event["executionStatus"] for event in await events(client, STATUS, arn=arn)]
    assert seen[0]["previousStatus"] is None
    assert {event["execution"]["status"] for event in seen[:-1]} <= {"RUNNING"}
    assert all(event["execution"]["rules"] == [] for event in seen[:-1])
    last = seen[-1]["execution"]
    assert last["status"] == "SUCCEEDED"
    assert last["progress"] == 1.0
    assert len(last["rules"]) == last["rulesGenerated"] > 0
    again = await events(client, STATUS, arn=arn, after="0")
    assert again[-1]["executionStatus"]["execution"] == last


async def test_execution_status_of_an_unknown_execution_is_an_error_with_a_code(client: GraphClient) -> None:
    """A stream on nothing says NOT_FOUND and ends."""
    payloads = [payload async for payload in client.subscribe(STATUS, arn=UNKNOWN)]
    assert [error["extensions"]["code"] for payload in payloads for error in payload["errors"]] == ["NOT_FOUND"]


async def test_execution_updates_tell_the_present_and_what_begins(client: GraphClient) -> None:
    """One stream covers all; with a status it tells only changes to that."""
    before = await finished(client, text=RECIPE)
    query = "subscription { executionUpdates(status: SUCCEEDED) { cursor execution { arn status } } }"
    seen = []
    begun = None
    async with asyncio.timeout(SECONDS):
        async for payload in client.subscribe(query):
            seen.append(payload["data"]["executionUpdates"]["execution"])
            if begun is None:
                begun = await generated(client)
            if seen[-1]["arn"] == begun:
                break
    assert seen == [{"arn": before, "status": "SUCCEEDED"}, {"arn": begun, "status": "SUCCEEDED"}]


async def test_an_executions_output_can_be_walked_in_every_direction(client: GraphClient) -> None:
    """Rules know their technique, techniques their rules; arguments narrow what is given."""
    arn = await finished(client, platforms=["WINDOWS_SYSMON", "AWS"], siems=["SPLUNK", "OPENSEARCH"])
    execution = (await client.execute(OUTPUT, arn=arn))["execution"]
    assert execution["status"] == "SUCCEEDED"
    assert execution["inputType"] == "TEXT"
    assert execution["platformsTargeted"] == 2
    assert execution["ttpsExtracted"] == len(execution["ttps"])
    assert {rule["kind"] for rule in execution["rules"]} == {"BEHAVIORAL", "IOC"}
    for rule in execution["rules"]:
        assert not SigmaCollection.from_yaml(rule["sigma"]).errors
        assert {query["siem"] for query in rule["all"]} <= {"SPLUNK", "OPENSEARCH"}
        assert [query["siem"] for query in rule["splunk"]] == ["SPLUNK"]
        if rule["kind"] == "BEHAVIORAL":
            assert rule["id"] in {of_technique["id"] for of_technique in rule["technique"]["rules"]}
    assert execution["behavioral"]
    assert {(rule["kind"], rule["platform"]) for rule in execution["behavioral"]} == {("BEHAVIORAL", "WINDOWS_SYSMON")}
    assert {rule["technique"] for rule in execution["ioc"]} == {None}
    assert {ioc["type"] for ioc in execution["ips"]} == {"ipv4"}
    technique = next(ttp for ttp in execution["ttps"] if ttp["techniqueId"] == "T1059.001")
    assert technique["url"] == "https://attack.mitre.org/techniques/T1059/001/"
    assert technique["name"] == "PowerShell"
    assert technique["rules"]


async def test_an_execution_is_a_node(client: GraphClient) -> None:
    """Its global id finds it again; others keep their place in `nodes`."""
    arn = await finished(client, text=RECIPE)
    execution = (await client.execute("query($arn: String!) { execution(arn: $arn) { id } }", arn=arn))["execution"]
    query = "query($id: ID!, $ids: [ID!]!) { node(id: $id) { id ... on Execution { arn } } nodes(ids: $ids) { id } }"
    unknown = ["nonsense", "RXhlY3V0aW9uOm5vbmU", "TmFtZTpvbmU", ""]
    data = await client.execute(query, id=execution["id"], ids=[unknown[0], execution["id"], *unknown[1:]])
    assert data["node"] == {"id": execution["id"], "arn": arn}
    assert data["nodes"] == [None, {"id": execution["id"]}, None, None, None]


async def test_executions_are_a_relay_connection(client: GraphClient) -> None:
    """Edges, nodes and pageInfo agree, and the pages together are the list."""
    arns = [await generated(client, text=RECIPE) for _ in range(3)]
    query = """
        query($first: Int, $after: String) { executions(first: $first, after: $after) {
          totalCount edges { cursor node { arn } } nodes { arn }
          pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }
    """
    first = (await client.execute(query, first=2))["executions"]
    assert first["totalCount"] == 3
    assert [edge["node"] for edge in first["edges"]] == first["nodes"]
    assert first["pageInfo"]["endCursor"] == first["edges"][-1]["cursor"]
    assert first["pageInfo"]["hasNextPage"]
    second = (await client.execute(query, first=2, after=first["pageInfo"]["endCursor"]))["executions"]
    assert [node["arn"] for node in first["nodes"] + second["nodes"]] == arns[::-1]
    assert not second["pageInfo"]["hasNextPage"]
    too_many = await client.post(query, first=101)
    assert too_many["errors"][0]["extensions"] == {"code": "INVALID_INPUT", "field": "first"}


async def test_port_calls_do_not_grow_with_the_list(client: GraphClient, cloudsigma_calls: CountingAdapter) -> None:
    """The outputs of all listed executions are asked for at once."""
    for _ in range(3):
        await finished(client, text=RECIPE)
    cloudsigma_calls.calls.clear()
    query = "{ executions { nodes { rules { technique { name } } ttps { name } iocs { value } notices { code } } } }"
    data = await client.execute(query)
    assert len(data["executions"]["nodes"]) == 3
    assert cloudsigma_calls.calls == {"executions": 1, "outputs_by_arn": 1}


async def test_viewer_usage_and_services_tell_who_and_how(client: GraphClient, principal: Principal) -> None:
    """The caller, what it has used, and the adapter in use."""
    await finished(client)
    data = await client.execute(
        "{ viewer { id name tenant roles usage { used } } usage { used limit tier periodStart } "
        "services { service adapter health message latencyMs } }"
    )
    assert data["viewer"]["id"] == principal.id
    assert data["viewer"]["tenant"] == principal.tenant
    assert data["usage"]["used"] == data["viewer"]["usage"]["used"] > 0
    assert data["usage"]["limit"] is None
    assert [(service["service"], service["health"]) for service in data["services"]] == [
        ("CLOUDSIGMA", "UP"),
        ("SIGIL", "UP"),
        ("CLOUDLINK", "UP"),
    ]


async def test_one_principal_never_sees_anothers_executions(client: GraphClient, client_for: ClientFor) -> None:
    """Neither by name, nor by id, nor in lists, nor in streams."""
    arn = await finished(client, text=RECIPE)
    identifier = (await client.execute("query($arn: String!) { execution(arn: $arn) { id } }", arn=arn))["execution"]
    stranger = client_for(new_principal())
    query = (
        "query($arn: String!, $id: ID!) { execution(arn: $arn) { arn } node(id: $id) { id } executions { totalCount } }"
    )
    data = await stranger.execute(query, arn=arn, id=identifier["id"])
    assert data == {"execution": None, "node": None, "executions": {"totalCount": 0}}
    payloads = [payload async for payload in stranger.subscribe(STATUS, arn=arn)]
    assert payloads[0]["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_a_siem_that_is_named_often_is_answered_once(tmp_path: Path) -> None:
    """The cost of an operation knows nothing of how often a list repeats itself."""
    cloudsigma, caller = MemoryCloudSigma(), new_principal()
    begun = await cloudsigma.generate(caller, GenerateRequest(input_type=InputType.TEXT, text="a report"))
    rule = Rule(
        id="1",
        title="a",
        status="test",
        level="low",
        kind=RuleKind.IOC,
        sigma="a: b",
        queries={"splunk": "a", "elasticsearch": "b"},
    )
    cloudsigma.finish(begun.arn, Output(rules=(rule,)))
    answer = await build_graph().execute(
        "query($siems: [Siem!]) { executions { nodes { rules { queries(siems: $siems) { siem } } } } }",
        variable_values={"siems": ["ELASTICSEARCH", "SPLUNK"] * 1000},
        context_value=Context(memory_assembly(cloudsigma, tmp_path).services, caller),
    )
    assert answer.data is not None, answer.errors
    (found,) = answer.data["executions"]["nodes"]
    assert found["rules"] == [{"queries": [{"siem": "ELASTICSEARCH"}, {"siem": "SPLUNK"}]}]
