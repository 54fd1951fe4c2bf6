from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import select

from adapters.cloudlink.account import CloudScanStatus, NewCredential
from adapters.cloudlink.local.actions import REJECTED
from adapters.cloudlink.local.aws.scan import PARTS
from adapters.principal import Principal
from adapters.store.cloudlink import audit
from adapters.store.database import Database
from gateway.assembly import Assembly
from tests.adapters.cloudlink.local.aws.conftest import Populated
from tests.aws_server import ROOT, Asked, AwsServer, Refusal
from tests.cloud_account import REGIONS
from tests.cloud_engine import CloudEngine, build_engine

BARE = ["no_public_access_block", "no_encryption", "versioning_disabled"]
FAILING = "eu-west-1"


def whole(populated: Populated) -> NewCredential:
    """The account's credential, for all of its regions."""
    return msgspec.structs.replace(populated.credential, regions=REGIONS, label="production")


async def test_every_documented_finding_appears_and_none_that_should_not(
    engine: CloudEngine, populated: Populated, principal: Principal
) -> None:
    """Over fifty resources in three regions: what is wrong with each, and nothing about the others."""
    scan = await engine.scan(await engine.account(principal, whole(populated)))
    assert (scan.status, scan.error, scan.credential_label) == (CloudScanStatus.FINISHED, None, "production")
    seen = await engine.seen(principal)
    assert len(seen) > 50
    wrong: dict[str, object] = {}
    for region, made in populated.regions.items():
        account_id = populated.owner.account_id
        database = f"arn:aws:rds:{region}:{account_id}:db:"
        wrong |= {
            made.instances["idle"]: "idle",
            made.groups["ssh"]: [("ssh", 22, "0.0.0.0/0")],
            made.groups["rdp"]: [("rdp", 3389, "::/0")],
            made.groups["database"]: [("postgresql", 5432, "0.0.0.0/0"), ("tcp", 8081, "0.0.0.0/0")],
            made.groups["wide"]: [(name, port, "0.0.0.0/0") for name, port in (("all", 0), ("ssh", 22), ("rdp", 3389))],
            made.groups["web"]: [("http", 80, "0.0.0.0/0"), ("https", 443, "0.0.0.0/0"), ("https", 443, "::/0")],
            made.volumes["unattached"]: ["unattached"],
            f"bare-{region}-{account_id}": BARE,
            f"half-{region}-{account_id}": ["public_access_not_fully_blocked", "versioning_disabled"],
            f"{database}bad": [
                "publicly_accessible",
                "no_encryption",
                "no_automated_backups",
                "no_backup_configuration",
            ],
            f"{database}snapped": ["no_automated_backups"],
        }
    found = {}
    for resource_id, resource in seen.items():
        ports = [(port["label"], port["port"], port["cidr"]) for port in resource.payload.get("open_ports", [])]
        idle = "idle" if resource.payload.get("is_idle") else None
        if told := idle or ports or resource.issues:
            found[resource_id] = told
    assert found == wrong
    of_a_region = 1 + (1 + 1 + 2 + 3) + 1 + (3 + 2) + (4 + 1)  # what a web server is open on is none
    assert (scan.events_found, scan.events_ingested) == (3 * of_a_region, 3 * of_a_region)


async def test_resources_are_told_as_documented(
    engine: CloudEngine, populated: Populated, principal: Principal
) -> None:
    """Each type has its fields; how busy an instance was is a mean, unknown where there is no data."""
    await engine.scan(await engine.account(principal, whole(populated)))
    seen, made = await engine.seen(principal), populated.regions["us-east-1"]
    busy = {name: seen[instance_id].payload for name, instance_id in made.instances.items()}
    assert busy["idle"] == {"name": "idle", "instance_type": "t3.micro", "avg_cpu_7d": 1.5, "is_idle": True}
    assert {name: payload["avg_cpu_7d"] for name, payload in busy.items()} == {
        "idle": 1.5,
        "busy": 60.0,
        "young": 1.0,
        "stopped": 0.5,
        "unwatched": None,
    }
    group = seen[made.groups["web"]]
    assert (group.region, set(group.payload)) == ("us-east-1", {"name", "vpc_id", "open_ports"})
    functions = await engine.seen(principal, "lambda_function")
    assert sorted(function.payload["name"] for function in functions.values()) == ["notify"] * 3 + ["resize"] * 3
    (cost,) = (await engine.seen(principal, "aws_cost")).values()
    assert set(cost.payload) == {"mtd_cost", "period_start", "period_end", "above_threshold"}
    assert {resource.provider for resource in seen.values()} == {"aws"}


async def test_changes_are_proposed_once(engine: CloudEngine, populated: Populated, principal: Principal) -> None:
    """For idle instances and for SSH and RDP that all can reach; again only when the earlier proposal has ended."""
    account = await engine.account(principal, whole(populated))
    scan = await engine.scan(account)
    actions = await engine.actions.actions(principal.tenant, None)
    expected = {
        (action_type, made[kind][name])
        for made in ({"instances": each.instances, "groups": each.groups} for each in populated.regions.values())
        for action_type, kind, name in (
            ("stop_idle_ec2", "instances", "idle"),
            ("close_open_ssh", "groups", "ssh"),
            ("close_open_ssh", "groups", "wide"),
            ("close_open_rdp", "groups", "rdp"),
            ("close_open_rdp", "groups", "wide"),
        )
    }
    assert {(action.action_type, action.resource_id) for action in actions} == expected
    assert scan.actions_queued == len(actions) == len(expected)
    ssh = next(action for action in actions if action.resource_id == populated.regions["us-east-1"].groups["ssh"])
    rule = {"protocol": "tcp", "cidr": "0.0.0.0/0", "from_port": 22, "to_port": 22}
    assert ssh.proposed_change == {
        "operation": "revoke_security_group_ingress",
        "group_id": ssh.resource_id,
        "rules": [rule],
    }
    assert (await engine.scan(account)).actions_queued == 0
    rejected = await engine.execution.reject_action(principal, ssh.id)
    assert rejected.last_error == REJECTED
    assert (await engine.scan(account)).actions_queued == 1


@pytest.mark.parametrize("refusal", [Refusal(), Refusal(None)])
async def test_a_failing_region_loses_nothing_of_the_others(
    engine: CloudEngine, aws: AwsServer, populated: Populated, principal: Principal, refusal: Refusal
) -> None:
    """The others land, what was known of it stays, and the scan tells the region, the calls and why."""
    account = await engine.account(principal, whole(populated))
    await engine.scan(account)
    before = await engine.seen(principal)
    colleague = Principal(id="other", name="other", tenant=f"{principal.tenant}-2")
    fresh = await engine.account(colleague, whole(populated))
    aws.refuse = lambda asked: refusal if asked.region == FAILING else None
    scan = await engine.scan(account)
    assert (scan.status, await engine.seen(principal)) == (CloudScanStatus.FINISHED, before)
    assert scan.error is not None
    told = [trouble.split(": ") for trouble in scan.error.split("; ")]
    bucket = "GetPublicAccessBlock" if refusal.code else "GetBucket"
    assert sorted(call for _, call, _ in told) == sorted([*PARTS, bucket])
    assert {region for region, _, _ in told} == {FAILING}
    assert {code for _, _, code in told} == {refusal.code or "ConnectionClosedError"}
    assert (await engine.scan(fresh)).status is CloudScanStatus.FINISHED
    there = {name for name, resource in before.items() if resource.region != FAILING}
    assert set(await engine.seen(colleague)) == there


async def test_a_failing_call_leaves_what_it_lists_as_it_was(
    engine: CloudEngine, aws: AwsServer, principal: Principal
) -> None:
    """Volumes that can't be listed are kept, while what can be listed follows the account."""
    owner, credential = await aws.new_account()
    account = await engine.account(principal, credential)
    async with owner.client("ec2", "us-east-1") as ec2:
        first = (await ec2.create_volume(AvailabilityZone="us-east-1a", Size=8))["VolumeId"]
        await engine.scan(account)
        await ec2.delete_volume(VolumeId=first)
        group = (await ec2.create_security_group(GroupName="new", Description="new"))["GroupId"]
    aws.refuse = lambda asked: Refusal("UnauthorizedOperation") if b"DescribeVolumes" in asked.body else None
    scan = await engine.scan(account)
    assert scan.error == "us-east-1: DescribeVolumes: UnauthorizedOperation"
    seen = await engine.seen(principal)
    assert first in seen
    assert group in seen
    aws.refuse = lambda _: None
    assert (await engine.scan(account)).error is None
    assert first not in await engine.seen(principal)


async def test_without_cpu_an_instance_is_listed_and_not_called_idle(
    engine: CloudEngine, aws: AwsServer, populated: Populated, principal: Principal
) -> None:
    """CloudWatch's refusal is told, and no more is said of the instances than is known."""
    account = await engine.account(principal, msgspec.structs.replace(populated.credential, regions=("us-east-1",)))
    aws.refuse = lambda asked: Refusal("AccessDenied") if asked.service == "monitoring" else None
    scan = await engine.scan(account)
    assert scan.error == "us-east-1: GetMetricData: AccessDenied"
    idle = (await engine.seen(principal))[populated.regions["us-east-1"].instances["idle"]]
    assert (idle.payload["avg_cpu_7d"], idle.payload["is_idle"]) == (None, False)


async def test_a_credential_that_aws_does_not_accept_ends_the_scan(
    engine: CloudEngine, aws: AwsServer, populated: Populated, principal: Principal
) -> None:
    """The scan is an error that says so without the secret, and the credential is not marked as verified."""
    account = await engine.account(principal, whole(populated))
    aws.refuse = lambda _: Refusal("InvalidClientTokenId")
    scan = await engine.scan(account)
    assert scan.status is CloudScanStatus.ERROR
    assert scan.error == f"{', '.join(REGIONS)}: GetCallerIdentity: InvalidClientTokenId"
    (credential,) = await engine.credentials.credentials(principal.tenant)
    assert credential.last_verified_at is None
    aws.refuse = lambda _: None
    await engine.scan(account)
    (credential,) = await engine.credentials.credentials(principal.tenant)
    assert credential.last_verified_at is not None


async def test_a_role_is_assumed_with_its_external_id(
    engine: CloudEngine, aws: AwsServer, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine's own keys sign the request for the role's, and only that one."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ROOT.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", ROOT.secret_access_key)
    role = NewCredential(cloud="aws", role_arn="arn:aws:iam::210987654321:role/scanner", external_id="for-trigraph")
    scan = await engine.scan(await engine.account(principal, role))
    assert scan.status is CloudScanStatus.FINISHED
    assumed = [asked for asked in aws.asked if asked.service == "sts"]
    assert len(assumed) == 1
    assert b"ExternalId=for-trigraph" in assumed[0].body
    assert "cost-210987654321" in await engine.seen(principal)


async def test_throttled_calls_are_tried_again_three_times(
    engine: CloudEngine, aws: AwsServer, populated: Populated, principal: Principal
) -> None:
    """A call that is never let through is told in the end, and the rest is had."""
    account = await engine.account(principal, whole(populated))
    throttled: list[Asked] = []

    def refuse(asked: Asked) -> Refusal | None:
        if asked.region != FAILING:
            return None
        throttled.append(asked)
        return Refusal("RequestLimitExceeded", 503)  # which is tried again after a while

    aws.refuse = refuse
    scan = await engine.scan(account)
    assert scan.error is not None
    assert f"{FAILING}: DescribeInstances: RequestLimitExceeded" in scan.error
    assert sum(b"DescribeInstances" in asked.body for asked in throttled) == 3


async def test_no_secret_is_in_what_a_scan_writes(
    engine: CloudEngine, aws: AwsServer, populated: Populated, principal: Principal, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in scans, actions and resources, nor in the audit trail or the log, whatever fails."""
    caplog.set_level("DEBUG", "adapters")
    account = await engine.account(principal, whole(populated))
    aws.refuse = lambda asked: Refusal() if asked.region == FAILING else None
    scan = await engine.scan(account)
    actions = await engine.actions.actions(principal.tenant, None)
    async with engine.database.read() as connection:
        trail = (await connection.execute(select(audit))).all()
    written = repr((scan, actions, await engine.seen(principal), trail, caplog.text))
    assert populated.credential.secret_access_key is not None
    assert populated.credential.secret_access_key not in written
    assert {event.event_type for event in trail} == {"credential.added", "action.created", "scan.finished"}


async def test_a_scan_ends_in_time_with_what_it_has(
    sqlite: Database, aws: AwsServer, assembly: Assembly, principal: Principal
) -> None:
    """A region that never answers is told as left out, and what the others hold is kept."""
    engine = build_engine(sqlite, assembly.durable, endpoint_url=aws.url, scan_seconds=15.0)
    _, credential = await aws.new_account()
    account = await engine.account(principal, msgspec.structs.replace(credential, regions=("us-east-1", FAILING)))
    aws.refuse = lambda asked: Refusal(held=True) if asked.region == FAILING and asked.service == "ec2" else None
    scan = await engine.scan(account)
    assert (scan.status, scan.error) == (
        CloudScanStatus.FINISHED,
        "No end within 15 seconds: the rest was not looked at",
    )
    assert {resource.region for resource in (await engine.seen(principal)).values()} == {None, "us-east-1"}
