"""The graph of cloud accounts, asked as a front end asks it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from adapters.cloudlink.account import Resource
from tests.running import new_principal
from tests.schema.asking_cloudlink import ADD, ROLE, budgeted, followed
from tests.schema.conftest import CloudLinkGraph, DoubledGraph

SECRET = "wJalrXUtnFEMI-never-shown"
REGISTER = """
mutation($input: RegisterWebhookInput!) {
  registerWebhook(input: $input) {
    __typename ... on Webhook { id url events enabled lastFiredAt lastStatus } ... on InvalidInput { field message }
  }
}
"""
DECIDE = """
mutation($id: ID!) {{
  {field}(actionId: $id) {{ __typename ... on Action {{ status lastError }} ... on Problem {{ code }} }}
}}
"""
APPROVE = DECIDE.format(field="approveAction")
REJECT = DECIDE.format(field="rejectAction")
UPDATES = "subscription { actionUpdates { cursor previousStatus action { actionId status } } }"


async def test_a_credential_is_kept_without_showing_its_secret(graph: CloudLinkGraph) -> None:
    """Neither the answer nor the list holds it."""
    given = {"cloud": "aws", "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "secretAccessKey": SECRET}
    answer = await graph.client.post(ADD, input=given)
    added = answer["data"]["addCredential"]
    assert (added["__typename"], added["credentialType"]) == ("Credential", "access_key")
    listed = await graph.client.post("{ credentials { id hint label } }")
    assert [credential["id"] for credential in listed["data"]["credentials"]] == [added["id"]]
    assert SECRET not in str(answer) + str(listed)
    remove = "mutation($id: ID!) { removeCredential(credentialId: $id) }"
    assert await graph.client.execute(remove, id=added["id"]) == {"removeCredential": True}
    assert await graph.client.execute(remove, id=added["id"]) == {"removeCredential": False}


async def test_a_bad_credential_is_data_that_names_the_field(graph: CloudLinkGraph) -> None:
    """The field is named as the graph names it."""
    bad = (await graph.client.execute(ADD, input={**ROLE, "roleArn": "nobody"}))["addCredential"]
    assert (bad["__typename"], bad["field"]) == ("InvalidInput", "roleArn")


async def test_without_a_key_to_encrypt_with_no_credential_is_kept(doubled: DoubledGraph) -> None:
    """That is data, too, and says what to do."""
    doubled.cloudlink.can_encrypt = False
    refused = (await doubled.client.execute(ADD, input=ROLE))["addCredential"]
    assert (refused["__typename"], refused["code"]) == ("NotAllowed", "not_allowed")
    assert "TRIGRAPH_ENCRYPTION_KEY" in refused["message"]


async def test_resources_are_listed_by_cloud_and_type(doubled: DoubledGraph) -> None:
    """Issues stand out of what the scan found."""
    bucket = Resource(
        resource_id="logs",
        resource_type="s3_bucket",
        provider="aws",
        payload={"name": "logs", "issues": ["no_encryption"]},
    )
    doubled.cloudlink.saw(doubled.principal.tenant, bucket)
    doubled.cloudlink.saw(doubled.principal.tenant, Resource(resource_id="vm", resource_type="vm", provider="gcp"))
    data = await doubled.client.execute(
        """
        {
          resources { resourceId }
          buckets: resources(resourceType: "s3_bucket") { resourceId resourceType provider region issues payload }
          gcp: resources(provider: "gcp") { resourceId issues }
        }
        """
    )
    assert len(data["resources"]) == 2
    (shown,) = data["buckets"]
    assert (shown["issues"], shown["payload"]["name"]) == (["no_encryption"], "logs")
    assert data["gcp"] == [{"resourceId": "vm", "issues": []}]


async def test_an_action_is_pushed_as_it_is_approved(doubled: DoubledGraph) -> None:
    """It awaits approval first; the status before is told."""
    action = doubled.cloudlink.propose(doubled.principal, "stop_idle_ec2", "i-1")
    seen = await followed(doubled.client, UPDATES, partial(doubled.client.execute, APPROVE, id=action.id))
    assert [event["action"]["status"] for event in seen] == ["AWAITING_APPROVAL", "PENDING"]
    assert [event["previousStatus"] for event in seen] == [None, "AWAITING_APPROVAL"]


async def test_an_action_is_decided_once(doubled: DoubledGraph) -> None:
    """A second decision is a conflict, and what does not exist is not found."""
    action = doubled.cloudlink.propose(doubled.principal, "close_open_ssh", "sg-1")
    rejected = (await doubled.client.execute(REJECT, id=action.id))["rejectAction"]
    assert rejected == {"__typename": "Action", "status": "FAILED", "lastError": "rejected"}
    assert (await doubled.client.execute(APPROVE, id=action.id))["approveAction"]["__typename"] == "Conflict"
    assert (await doubled.client.execute(APPROVE, id="none"))["approveAction"]["__typename"] == "NotFound"


async def test_actions_lead_to_resources_in_one_call(doubled: DoubledGraph) -> None:
    """Listed by status, with what they would change; a node each."""
    for number in range(3):
        resource = Resource(resource_id=f"i-{number}", resource_type="ec2_instance", provider="aws")
        doubled.cloudlink.saw(doubled.principal.tenant, resource)
        doubled.cloudlink.propose(doubled.principal, "stop_idle_ec2", resource.resource_id)
    doubled.cloudlink.propose(doubled.principal, "stop_idle_ec2", "i-gone")
    doubled.cloudlink_calls.calls.clear()
    query = """
        { actions(status: AWAITING_APPROVAL) {
            id actionId actionType proposedChange reason confidence resourceId resource { resourceType } } }
    """
    found = (await doubled.client.execute(query))["actions"]
    assert [action["resource"] for action in found] == [None, *[{"resourceType": "ec2_instance"}] * 3]
    assert doubled.cloudlink_calls.calls == {"actions": 1, "resources_by_id": 1}
    assert (await doubled.client.execute("{ actions(status: SUCCESS) { id } }"))["actions"] == []
    node = "query($id: ID!) { node(id: $id) { ... on Action { actionId } } }"
    assert (await doubled.client.execute(node, id=found[0]["id"]))["node"] == {"actionId": found[0]["actionId"]}
    approved = (await doubled.client.execute(APPROVE, id=found[0]["id"]))["approveAction"]
    assert approved["status"] == "PENDING"


async def test_webhooks_are_registered_and_removed(graph: CloudLinkGraph) -> None:
    """Their secret is never shown."""
    given = {"url": "https://hooks.example.com/cost", "secret": SECRET, "events": ["regression.detected"]}
    answer = (await graph.client.execute(REGISTER, input=given))["registerWebhook"]
    assert (answer["__typename"], answer["events"], answer["enabled"]) == ("Webhook", ["regression.detected"], True)
    listed = await graph.client.execute("{ webhooks { id url } }")
    assert listed["webhooks"] == [{"id": answer["id"], "url": given["url"]}]
    assert SECRET not in str(answer)
    bad = (await graph.client.execute(REGISTER, input={"url": "ftp://example.com"}))["registerWebhook"]
    assert (bad["__typename"], bad["field"]) == ("InvalidInput", "url")
    remove = "mutation($id: ID!) { removeWebhook(webhookId: $id) }"
    assert await graph.client.execute(remove, id=answer["id"]) == {"removeWebhook": True}
    assert await graph.client.execute(remove, id=answer["id"]) == {"removeWebhook": False}


async def test_the_audit_log_names_every_actor(graph: CloudLinkGraph, adapter_name: str) -> None:
    """A page at a time, newest first, by type and time."""
    for number in range(3):
        await budgeted(graph.client, name=f"Budget {number}")
    await graph.client.execute(ADD, input=ROLE)
    query = """
        query($first: Int, $after: String, $eventType: String, $since: DateTime) {
          auditLog(first: $first, after: $after, eventType: $eventType, since: $since) {
            edges { cursor node { id eventType actor resourceId status detail actionType at } }
            nodes { eventType } pageInfo { hasNextPage endCursor } } }
    """
    first = (await graph.client.execute(query, first=2))["auditLog"]
    assert [edge["node"]["eventType"] for edge in first["edges"]] == ["credential.added", "budget.created"]
    (actor,) = {edge["node"]["actor"] for edge in first["edges"]}
    assert actor == graph.principal.name or adapter_name == "rest"  # which knows the owner of its token only
    second = (await graph.client.execute(query, first=2, after=first["pageInfo"]["endCursor"]))["auditLog"]
    assert second["nodes"] == [{"eventType": "budget.created"}] * 2
    assert not second["pageInfo"]["hasNextPage"]
    created = (await graph.client.execute(query, eventType="budget.created"))["auditLog"]["nodes"]
    assert len(created) == 3
    later = (datetime.now(UTC) + timedelta(hours=1)).replace(tzinfo=None)
    assert (await graph.client.execute(query, since=later.isoformat()))["auditLog"]["nodes"] == []


async def test_stats_plan_and_services_tell_of_cloudlink(doubled: DoubledGraph) -> None:
    """Counts by status, the last scan, what is subscribed to, and how the service is."""
    doubled.cloudlink.propose(doubled.principal, "stop_idle_ec2", "i-1")
    query = """
        { stats { actionsByStatus resourcesCount lastScan { scanId } } viewer { plan { plan status currentPeriodEnd } }
          services { service health } }
    """
    data = await doubled.client.execute(query)
    assert data["stats"] == {"actionsByStatus": {"AWAITING_APPROVAL": 1}, "resourcesCount": 0, "lastScan": None}
    assert data["viewer"]["plan"] == {"plan": "free", "status": "none", "currentPeriodEnd": None}
    assert {"service": "CLOUDLINK", "health": "UP"} in data["services"]
    await doubled.client.execute(ADD, input=ROLE)
    await doubled.client.execute("mutation { startCloudScan { __typename } }")
    assert (await doubled.client.execute(query))["stats"]["lastScan"]["scanId"]


async def test_another_tenant_sees_nothing(doubled: DoubledGraph) -> None:
    """Nothing is listed, nothing can be decided or removed."""
    action = doubled.cloudlink.propose(doubled.principal, "stop_idle_ec2", "i-1")
    doubled.cloudlink.saw(doubled.principal.tenant, Resource(resource_id="i-1", resource_type="vm", provider="aws"))
    credential = (await doubled.client.execute(ADD, input=ROLE))["addCredential"]
    webhook = (await doubled.client.execute(REGISTER, input={"url": "https://example.com"}))["registerWebhook"]
    stranger = doubled.client_for(new_principal())
    query = """
        { credentials { id } resources { resourceId } actions { id } webhooks { id } auditLog { nodes { id } }
          stats { resourcesCount } }
    """
    assert await stranger.execute(query) == {
        "credentials": [],
        "resources": [],
        "actions": [],
        "webhooks": [],
        "auditLog": {"nodes": []},
        "stats": {"resourcesCount": 0},
    }
    assert (await stranger.execute(APPROVE, id=action.id))["approveAction"]["__typename"] == "NotFound"
    remove = "mutation($c: ID!, $w: ID!) { removeCredential(credentialId: $c) removeWebhook(webhookId: $w) }"
    removed = await stranger.execute(remove, c=credential["id"], w=webhook["id"])
    assert removed == {"removeCredential": False, "removeWebhook": False}


@pytest.mark.parametrize(
    "given",
    [
        {"secretAccessKey": SECRET},
        {"cloud": "aws", "secretAccessKey": [SECRET]},
        {"cloud": "gcp", "payload": {"private_key": SECRET}},
        {"cloud": "aws", "secretAccessKey": SECRET, "acessKeyId": "a typing mistake"},
        [SECRET],
        SECRET,
    ],
)
async def test_a_malformed_credential_is_refused_without_its_secret(doubled: DoubledGraph, given: Any) -> None:
    """The error names the place, not the value."""
    answer = await doubled.client.post(ADD, input=given)
    assert answer["errors"]
    assert SECRET not in str(answer)


@pytest.mark.parametrize(
    "given",
    [
        '{ secretAccessKey: "SECRET" }',
        '{ cloud: "aws", secretAccessKey: ["SECRET"] }',
        '{ cloud: "gcp", payload: { private_key: "SECRET" } }',
        '{ cloud: "aws", secretAccessKey: "SECRET", acessKeyId: "a typing mistake" }',
        '{ cloud: "aws", secretAccessKey "SECRET" }',
        '{ cloud: "aws", secretAccessKey: "SECRET" "SECRET" }',
        '["SECRET"]',
        '"SECRET"',
    ],
)
async def test_a_malformed_document_is_refused_without_its_secret(doubled: DoubledGraph, given: str) -> None:
    """Neither does the error on a literal repeat it."""
    document = f"mutation {{ addCredential(input: {given}) {{ __typename }} }}"
    answer = await doubled.client.post(document.replace("SECRET", SECRET))
    assert answer["errors"]
    assert SECRET not in str(answer)
