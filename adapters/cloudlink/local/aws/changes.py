"""Changes that are made at AWS; each can be made twice without harm, as a crash may repeat one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from adapters.cloudlink.local.aws.connection import SignedIn
from adapters.cloudlink.local.aws.trouble import code_of
from adapters.cloudlink.local.findings import IngressRule, RevokeIngress, StopInstances

GONE = "InvalidPermission.NotFound"


async def make_change(account: SignedIn, region: str, change: StopInstances | RevokeIngress) -> None:
    """Make a change in a region; raises botocore's errors."""
    async with account.client("ec2", region) as ec2:
        if isinstance(change, StopInstances):
            await ec2.stop_instances(InstanceIds=list(change.instance_ids))
            return
        for rule in change.rules:
            await _revoke(ec2, change.group_id, rule)


async def _revoke(ec2: Any, group_id: str, rule: IngressRule) -> None:
    """Take out exactly one rule; one that is not there any more is as it should be."""
    try:
        await ec2.revoke_security_group_ingress(GroupId=group_id, IpPermissions=[_permission(rule)])
    except ClientError as error:
        if code_of(error) != GONE:
            raise


def _permission(rule: IngressRule) -> dict[str, Any]:
    ranges: dict[str, Iterable[dict[str, str]]] = (
        {"Ipv6Ranges": [{"CidrIpv6": rule.cidr}]} if ":" in rule.cidr else {"IpRanges": [{"CidrIp": rule.cidr}]}
    )
    ports = {"FromPort": rule.from_port, "ToPort": rule.to_port}
    given = {name: port for name, port in ports.items() if port is not None}
    return {"IpProtocol": rule.protocol, **given, **ranges}
