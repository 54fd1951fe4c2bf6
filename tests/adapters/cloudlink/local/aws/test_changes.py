from __future__ import annotations

import pytest

from adapters.cloudlink.account import ActionStatus, NewCredential
from adapters.cloudlink.local.aws.connection import SignedIn
from adapters.cloudlink.local.findings import IngressRule, RevokeIngress
from adapters.principal import Principal
from adapters.store.database import Database
from gateway.assembly import Assembly
from tests.aws_server import AwsServer, Refusal
from tests.cloud_account import IMAGE, tcp
from tests.cloud_engine import CloudEngine, build_engine, propose, stop

REGION = "eu-west-1"
ALL_TYPES = frozenset({"stop_idle_ec2", "close_open_ssh", "close_open_rdp", "review_high_cost"})


@pytest.fixture
def really(sqlite: Database, aws: AwsServer, assembly: Assembly) -> CloudEngine:
    """The engine with every action type switched on."""
    return build_engine(sqlite, assembly.durable, endpoint_url=aws.url, executed_actions=ALL_TYPES)


async def new_instance(owner: SignedIn) -> str:
    """Run an instance."""
    async with owner.client("ec2", REGION) as ec2:
        run = await ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1)
    return str(run["Instances"][0]["InstanceId"])


async def state_of(owner: SignedIn, instance_id: str) -> str:
    """Say what has become of an instance."""
    async with owner.client("ec2", REGION) as ec2:
        found = await ec2.describe_instances(InstanceIds=[instance_id])
    return str(found["Reservations"][0]["Instances"][0]["State"]["Name"])


async def test_an_instance_is_stopped_where_that_is_switched_on(
    engine: CloudEngine, really: CloudEngine, aws: AwsServer, principal: Principal
) -> None:
    """A dry run ends well and changes nothing; the real one stops the instance, and no other."""
    owner, credential = await aws.new_account()
    account = await really.account(principal, credential)
    first, second = await new_instance(owner), await new_instance(owner)
    dry = await engine.execute(principal, account, stop(first, REGION))
    assert (dry.status, dry.last_error, await state_of(owner, first)) == (ActionStatus.SUCCESS, None, "running")
    done = await really.execute(principal, account, stop(first, REGION))
    assert (done.status, done.attempt_count, await state_of(owner, first)) == (ActionStatus.SUCCESS, 1, "stopped")
    assert await state_of(owner, second) == "running"
    assert (await really.execute(principal, account, stop(first, REGION))).status is ActionStatus.SUCCESS


async def test_exactly_the_offending_rule_is_revoked(really: CloudEngine, aws: AwsServer, principal: Principal) -> None:
    """Other ports, and the same port for other addresses, stay open; a rule that is gone already is as it should be."""
    owner, credential = await aws.new_account()
    account = await really.account(principal, credential)
    async with owner.client("ec2", REGION) as ec2:
        group = (await ec2.create_security_group(GroupName="front", Description="front"))["GroupId"]
        permissions = [tcp(22, 22, "0.0.0.0/0", "::/0", "10.0.0.0/8"), tcp(443, 443, "0.0.0.0/0")]
        await ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permissions)
    rules = tuple(IngressRule(protocol="tcp", cidr=cidr, from_port=22, to_port=22) for cidr in ("0.0.0.0/0", "::/0"))
    close = propose("close_open_ssh", group, RevokeIngress(group_id=group, rules=rules), REGION)
    assert (await really.execute(principal, account, close)).status is ActionStatus.SUCCESS
    async with owner.client("ec2", REGION) as ec2:
        (left,) = (await ec2.describe_security_groups(GroupIds=[group]))["SecurityGroups"]
    open_to = {
        (permission["FromPort"], *(each["CidrIp"] for each in permission["IpRanges"]), *permission["Ipv6Ranges"])
        for permission in left["IpPermissions"]
    }
    assert open_to == {(22, "10.0.0.0/8"), (443, "0.0.0.0/0")}
    assert (await really.execute(principal, account, close)).status is ActionStatus.SUCCESS


async def test_a_failure_is_tried_again(really: CloudEngine, aws: AwsServer, principal: Principal) -> None:
    """Refused twice, the third attempt stops the instance and clears the error."""
    owner, credential = await aws.new_account()
    account = await really.account(principal, credential)
    instance_id = await new_instance(owner)
    refusals = [Refusal("UnauthorizedOperation")] * 2
    aws.refuse = lambda asked: refusals.pop() if b"StopInstances" in asked.body and refusals else None
    with really.feeds.actions.watch(principal.tenant) as told:
        done = await really.execute(principal, account, stop(instance_id, REGION))
        assert [change.state.attempt_count for change in told._unread.values()] == [3]
    assert (done.status, done.attempt_count, done.last_error) == (ActionStatus.SUCCESS, 3, None)
    assert await state_of(owner, instance_id) == "stopped"


async def test_five_failures_are_enough(really: CloudEngine, aws: AwsServer, principal: Principal) -> None:
    """The action has failed then, with what AWS said and without the secret."""
    _, credential = await aws.new_account()
    aws.refuse = lambda asked: Refusal("UnauthorizedOperation") if b"StopInstances" in asked.body else None
    failed = await really.execute(principal, await really.account(principal, credential), stop("i-1", REGION))
    assert (failed.status, failed.attempt_count) == (ActionStatus.FAILED, 5)
    assert failed.last_error == f"{REGION}: StopInstances: UnauthorizedOperation"
    assert failed.next_retry_at is None
    assert sum(b"StopInstances" in asked.body for asked in aws.asked) == 5


async def test_an_action_of_a_removed_credential_fails_at_once(really: CloudEngine, principal: Principal) -> None:
    """There is no way into its account any more, whatever the number of attempts."""
    role = NewCredential(cloud="aws", role_arn="arn:aws:iam::123456789012:role/scanner")
    account = await really.account(principal, role)
    action = await really.pending(principal, account, stop())
    await really.credentials.remove_credential(principal, account.credential_id)
    await really.execution.run(action.id)
    failed = await really.action(principal, action.id)
    assert (failed.status, failed.attempt_count) == (ActionStatus.FAILED, 1)
    assert failed.last_error == "The credential was removed"
