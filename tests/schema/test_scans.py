"""The graph of scans, asked as a front end asks it, over every adapter."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.doubles.counting import CountingAdapter
from tests.graph_client import GraphClient, events
from tests.running import new_principal
from tests.schema.conftest import ClientFor, DoubledGraph
from tests.schema.evil_box import EVIL

SUBMIT = """
mutation Submit($input: SubmitScanInput!) {
  submitScan(input: $input) {
    __typename
    ... on PackageScan { id scanId status verdict score target }
    ... on Problem { code message }
    ... on InvalidInput { field }
  }
}
"""
STATUS = """
subscription Status($scanId: String!, $after: Cursor) {
  scanStatus(scanId: $scanId, after: $after) {
    cursor at previousStatus
    scan { id status startedAt finishedAt durationMs error ... on PackageScan { verdict score phases { name score } } }
  }
}
"""
PHASES = ["INSTALL_HOOKS", "CODE_PATTERNS", "NETWORK_EXFIL", "CREDENTIALS", "OBFUSCATION", "PROVENANCE"]
UNKNOWN = "scan_00000000000000000000000000"


async def scanned(client: GraphClient, target: str, **given: Any) -> str:
    """Scan a package to the end, and give the scan's id."""
    answer = (await client.execute(SUBMIT, input={"target": target, **given}))["submitScan"]
    assert answer["__typename"] == "PackageScan", answer
    last = (await events(client, STATUS, scanId=answer["scanId"]))[-1]["scanStatus"]["scan"]
    assert last["status"] == "COMPLETED", last
    return str(answer["scanId"])


@pytest.mark.parametrize("target", ["", "express", "npm:", "file:/etc/passwd", "npm:UPPER CASE", "cargo:serde"])
async def test_a_bad_target_is_data_that_names_the_field(client: GraphClient, target: str) -> None:
    """An expected failure is a member of the union, not an error."""
    answer = (await client.execute(SUBMIT, input={"target": target}))["submitScan"]
    assert (answer["__typename"], answer["code"]) == ("InvalidInput", "validation_error")
    assert answer["message"]


async def test_scan_status_pushes_phases_and_ends_with_the_terminal_state(client: GraphClient) -> None:
    """The last event holds all six phases, in their order, with score and verdict."""
    answer = (await client.execute(SUBMIT, input={"target": "npm:clean-box@1.0.0", "force": True}))["submitScan"]
    seen = [event["scanStatus"] for event in await events(client, STATUS, scanId=answer["scanId"])]
    counts = [len(event["scan"]["phases"]) for event in seen]
    assert counts == sorted(counts)
    last = seen[-1]["scan"]
    assert (last["status"], last["score"], last["verdict"]) == ("COMPLETED", 0, "CLEAN")
    assert [phase["name"] for phase in last["phases"]] == PHASES
    assert last["finishedAt"]
    assert await events(client, STATUS, scanId=answer["scanId"], after=seen[-1]["cursor"]) == []


async def test_scan_status_of_an_unknown_scan_is_an_error_with_a_code(client: GraphClient) -> None:
    """A stream on nothing says NOT_FOUND and ends."""
    payloads = [payload async for payload in client.subscribe(STATUS, scanId=UNKNOWN)]
    assert payloads[0]["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_a_scan_can_be_walked_to_findings_policies_and_threats(client: GraphClient) -> None:
    """Findings know their phase, arguments narrow them, policies pass and fail with reasons."""
    scan_id = await scanned(client, "npm:evil-box@6.6.6")
    data = await client.execute(
        """
        query Scan($scanId: String!) {
          packageScan(scanId: $scanId) {
            scanId target ecosystem packageName packageVersion verdict score
            phases { name score findings { rule } }
            findings { rule phase severity confidence file line snippet description }
            grave: findings(minSeverity: CRITICAL) { severity }
            evaluate { policy passed violations { rule message severity } }
            lenient: evaluate(policy: "permissive") { policy passed }
            threats { packageName }
          }
        }
        """,
        scanId=scan_id,
    )
    scan = data["packageScan"]
    assert (scan["ecosystem"], scan["packageName"], scan["packageVersion"]) == ("npm", "evil-box", "6.6.6")
    assert scan["verdict"] in ("HIGH_RISK", "CRITICAL_RISK")
    assert sum(len(phase["findings"]) for phase in scan["phases"]) == len(scan["findings"]) > 0
    assert any(finding["file"] == "setup.js" and finding["line"] and finding["snippet"] for finding in scan["findings"])
    assert {finding["severity"] for finding in scan["grave"]} <= {"CRITICAL"}
    assert (scan["evaluate"]["policy"], scan["evaluate"]["passed"]) == ("default", False)
    assert scan["evaluate"]["violations"][0]["message"]
    assert scan["lenient"]["policy"] == "permissive"


async def test_scans_are_a_relay_connection_that_filters(client: GraphClient) -> None:
    """Pages and filters agree; scans of cloud accounts have their kind."""
    first = await scanned(client, "npm:clean-box@1.0.0")
    second = await scanned(client, "npm:evil-box@6.6.6")
    data = await client.execute(
        """
        {
          scans(first: 1) { totalCount nodes { ... on PackageScan { scanId } } pageInfo { hasNextPage endCursor } }
          clean: packageScans(verdict: CLEAN) { edges { cursor node { ... on PackageScan { scanId } } } }
          evil: packageScans(target: "evil") { nodes { ... on PackageScan { scanId } } }
          none: packageScans(to: "2020-01-01T00:00:00Z") { nodes { id } }
          since: packageScans(from: "2020-01-01T00:00:00Z") { totalCount nodes { id } }
          sinceInUtc: packageScans(from: "2020-01-01T00:00:00") { nodes { id } }
          cloud: scans(kind: CLOUD) { nodes { id } }
        }
        """
    )
    assert data["scans"]["nodes"] == [{"scanId": second}]
    assert {data["scans"]["totalCount"], data["since"]["totalCount"]} <= {2, None}
    assert data["scans"]["pageInfo"]["hasNextPage"]
    assert [edge["node"]["scanId"] for edge in data["clean"]["edges"]] == [first]
    assert data["evil"]["nodes"] == [{"scanId": second}]
    assert data["none"]["nodes"] == []
    assert len(data["since"]["nodes"]) == 2
    assert data["sinceInUtc"]["nodes"] == data["since"]["nodes"]
    assert data["cloud"]["nodes"] == []
    after = data["scans"]["pageInfo"]["endCursor"]
    query = "query($after: String) { scans(first: 1, after: $after) { nodes { ... on PackageScan { scanId } } } }"
    assert (await client.execute(query, after=after))["scans"]["nodes"] == [{"scanId": first}]


async def test_a_scan_is_a_node(client: GraphClient) -> None:
    """Its global id finds it again."""
    scan_id = await scanned(client, "npm:clean-box@1.0.0")
    query = "query($scanId: String!) { packageScan(scanId: $scanId) { id } }"
    identifier = (await client.execute(query, scanId=scan_id))["packageScan"]["id"]
    node = "query($id: ID!) { node(id: $id) { __typename id ... on Scan { status } ... on PackageScan { scanId } } }"
    found = (await client.execute(node, id=identifier))["node"]
    assert found == {"__typename": "PackageScan", "id": identifier, "status": "COMPLETED", "scanId": scan_id}


async def test_port_calls_do_not_grow_with_the_list(client: GraphClient, sigil_calls: CountingAdapter) -> None:
    """Threats and policies of all listed scans are asked for at once."""
    for target in ("npm:clean-box@1.0.0", "npm:clean-box@1.1.0", "npm:evil-box@6.6.6"):
        await scanned(client, target)
    sigil_calls.calls.clear()
    query = """
        { packageScans { nodes { ... on PackageScan {
            threats { scans { scanId } } evaluate { passed } findings { rule } phases { score } } } } }
    """
    data = await client.execute(query)
    assert len(data["packageScans"]["nodes"]) == 3
    assert sigil_calls.calls == {"scans": 1, "threats_of_packages": 1, "evaluate": 1}


async def test_another_tenant_sees_nothing(client: GraphClient, client_for: ClientFor) -> None:
    """A scan of another tenant's is as one that does not exist; the tenant's own members see it."""
    scan_id = await scanned(client, "npm:clean-box@1.0.0")
    query = "query($scanId: String!) { packageScan(scanId: $scanId) { scanId } packageScans { nodes { id } } }"
    stranger = client_for(new_principal())
    assert await stranger.execute(query, scanId=scan_id) == {"packageScan": None, "packageScans": {"nodes": []}}
    assert (await client.execute(query, scanId=scan_id))["packageScan"] == {"scanId": scan_id}


async def test_team_members_tell_who_scans(client: GraphClient) -> None:
    """Who has asked for a scan is a member with its activity."""
    await scanned(client, "npm:clean-box@1.0.0")
    data = await client.execute("{ viewer { id } teamMembers { id email name role createdAt scansTotal lastScanAt } }")
    assert sum(member["scansTotal"] for member in data["teamMembers"]) >= 1
    assert data["viewer"]["id"] not in {member["id"] for member in data["teamMembers"]}
    assert all(member["role"] in ("owner", "admin", "member") for member in data["teamMembers"])


async def test_what_comes_after_a_scan_in_an_operation_sees_it(doubled: DoubledGraph) -> None:
    """What was loaded before is forgotten, as after any other change."""
    doubled.sigil.known_threats = [msgspec.structs.replace(EVIL, versions=())]  # all of them
    submit = 'submitScan(input: {target: "npm:evil-box@6.6.6"}) { ... on PackageScan { threats { scans { scanId } } } }'
    answer = await doubled.client.execute(f"mutation {{ first: {submit} second: {submit} }}")
    seen = [len(threat["scans"]) for scan in answer.values() for threat in scan["threats"]]
    assert seen == [1, 2]
