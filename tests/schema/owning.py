"""A tenant that owns one of everything that has an id, made as a front end makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adapters.cloudlink.account import NewCredential
from tests.aws_server import AwsServer
from tests.graph_client import GraphClient, events
from tests.schema.asking_cloudlink import ADD, EC2, budgeted, deployed, record, regressed, this_hour

UNKNOWN = "00000000-0000-4000-8000-000000000000"
REGISTER = 'mutation { registerWebhook(input: { url: "https://hooks.invalid/in" }) { ... on Webhook { id } } }'
GENERATE = "mutation($text: String!) { generateRules(input: { text: $text }) { ... on Execution { arn id } } }"
SUBMIT = 'mutation { submitScan(input: { target: "npm:clean-box@1.0.0" }) { ... on PackageScan { scanId id } } }'
SCAN = "mutation { startCloudScan { ... on CloudScans { scans { scanId } } } }"
FOLLOW = "subscription($id: String!) { scanStatus(scanId: $id) { scan { id status } } }"
OWN = """
query($regression: String!, $deploy: String!, $budget: String!) {
  actions { actionId id resourceId }
  regression(regressionId: $regression) { id }
  deploy(deployId: $deploy) { id }
  budget(budgetId: $budget) { id alerts { id } }
}
"""


@dataclass(frozen=True)
class Owned:
    """The ids of what a tenant owns: its own ones by what they name, and the global ones by their type."""

    own: dict[str, str]
    node: dict[str, str]


async def own_everything(client: GraphClient, aws: AwsServer) -> Owned:
    """Make one of everything."""
    credential, scan = await _scanned(client, aws)
    regression = await regressed(client)
    deploy = await deployed(client, service=EC2)
    budget = await budgeted(client, limit=1.0)
    await client.execute("mutation($r: [CostRecordInput!]!) { ingestCosts(records: $r) }", r=[_hour()])
    found = await client.execute(OWN, regression=regression, deploy=deploy, budget=budget)
    execution = (await client.execute(GENERATE, text="Boil the pasta in salted water."))["generateRules"]
    package_scan = (await client.execute(SUBMIT))["submitScan"]
    action = found["actions"][0]
    return Owned(
        own={
            "action": action["actionId"],
            "budget": budget,
            "credential": credential,
            "deploy": deploy,
            "execution": execution["arn"],
            "package scan": package_scan["scanId"],
            "regression": regression,
            "scan": scan["scanId"],
            "service": EC2,
            "webhook": (await client.execute(REGISTER))["registerWebhook"]["id"],
        },
        node={
            "Action": action["id"],
            "Budget": found["budget"]["id"],
            "BudgetAlert": found["budget"]["alerts"][0]["id"],
            "CloudScan": scan["id"],
            "Deploy": found["deploy"]["id"],
            "Execution": execution["id"],
            "PackageScan": package_scan["id"],
            "Regression": found["regression"]["id"],
        },
    )


def _hour() -> dict[str, Any]:
    return record(EC2, this_hour(), 5.0)


async def _scanned(client: GraphClient, aws: AwsServer) -> tuple[str, dict[str, str]]:
    """Scan an account that SSH is open in; gives the credential's id and the scan's ids."""
    owner, keys = await aws.new_account()
    async with owner.client("ec2", "us-east-1") as ec2:
        group = await ec2.create_security_group(GroupName="open", Description="open to everybody")
        everybody = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        await ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=everybody)
    credential = (await client.execute(ADD, input=_given(keys)))["addCredential"]["id"]
    (scan,) = (await client.execute(SCAN))["startCloudScan"]["scans"]
    seen = await events(client, FOLLOW, id=scan["scanId"])
    return credential, {"scanId": scan["scanId"], "id": seen[-1]["scanStatus"]["scan"]["id"]}


def _given(keys: NewCredential) -> dict[str, Any]:
    return {"cloud": "aws", "accessKeyId": keys.access_key_id, "secretAccessKey": keys.secret_access_key}
