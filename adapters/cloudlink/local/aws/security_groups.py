"""Security groups, and the ports on which they let the whole internet in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from adapters.cloudlink.account import Resource
from adapters.cloudlink.local.aws.connection import SignedIn
from adapters.cloudlink.local.aws.found import Found, resource
from adapters.cloudlink.local.aws.paging import every
from adapters.cloudlink.local.findings import IngressRule, OpenPort, Proposal, RevokeIngress
from adapters.cloudlink.local.resources import Listing

EVERYWHERE = frozenset({"0.0.0.0/0", "::/0"})
ALL_TRAFFIC = "-1"
LAST_PORT = 65535
LABELS = {
    21: "ftp",
    22: "ssh",
    23: "telnet",
    25: "smtp",
    80: "http",
    443: "https",
    445: "smb",
    1433: "mssql",
    3306: "mysql",
    3389: "rdp",
    5432: "postgresql",
    6379: "redis",
    9200: "elasticsearch",
    11211: "memcached",
    27017: "mongodb",
}
"""What is usually behind a TCP port."""
CLOSED = {22: "close_open_ssh", 3389: "close_open_rdp"}
"""The ports that are proposed to be closed, and by which action."""


class SecurityGroupPayload(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of a security group."""

    name: str
    vpc_id: str | None
    open_ports: tuple[OpenPort, ...]


async def look_at_security_groups(account: SignedIn, region: str) -> Found:
    """List the security groups of a region; rules that open SSH or RDP to everybody are proposed to be revoked."""
    async with account.client("ec2", region) as ec2:
        groups = await every(ec2, "describe_security_groups", "SecurityGroups")
    rules = {group["GroupId"]: tuple(_open_rules(group)) for group in groups}
    resources = tuple(_resource(group, region, rules[group["GroupId"]]) for group in groups)
    return Found(
        listing=Listing(resource_type="security_group", region=region, resources=resources),
        proposals=tuple(proposal for each in resources for proposal in _proposals(each, rules[each.resource_id])),
    )


def _open_rules(group: Mapping[str, Any]) -> Iterator[IngressRule]:
    """Give the rules that let everybody in."""
    for permission in group.get("IpPermissions") or []:
        cidrs = [each.get("CidrIp") for each in permission.get("IpRanges") or []]
        cidrs += [each.get("CidrIpv6") for each in permission.get("Ipv6Ranges") or []]
        for cidr in dict.fromkeys(cidrs):
            if cidr in EVERYWHERE:
                yield IngressRule(
                    protocol=str(permission["IpProtocol"]),
                    cidr=cidr,
                    from_port=permission.get("FromPort"),
                    to_port=permission.get("ToPort"),
                )


def _opens_all(rule: IngressRule) -> bool:
    return rule.protocol == ALL_TRAFFIC or ((rule.from_port or 0) <= 1 and rule.to_port == LAST_PORT)


def _reaches(rule: IngressRule, port: int) -> bool:
    """Say whether a rule opens a TCP port."""
    if rule.protocol == ALL_TRAFFIC:
        return True
    ports = (rule.from_port, rule.to_port)
    return rule.protocol == "tcp" and None not in ports and (ports[0] or 0) <= port <= (ports[1] or 0)


def _open_ports(rule: IngressRule) -> Iterator[OpenPort]:
    """Name what a rule opens: the ports with a known use, or its first one; what opens all is told as such."""
    if rule.protocol not in ("tcp", "udp", ALL_TRAFFIC):
        return
    known = CLOSED if _opens_all(rule) else LABELS
    named = [OpenPort(label=LABELS[port], port=port, cidr=rule.cidr) for port in known if _reaches(rule, port)]
    yield from named
    if _opens_all(rule):
        yield OpenPort(label="all", port=0, cidr=rule.cidr)
    elif not named:
        yield OpenPort(label=rule.protocol, port=rule.from_port or 0, cidr=rule.cidr)


def _resource(group: Mapping[str, Any], region: str, rules: tuple[IngressRule, ...]) -> Resource:
    ports = dict.fromkeys(port for rule in rules for port in _open_ports(rule))
    payload = SecurityGroupPayload(
        name=group["GroupName"],
        vpc_id=group.get("VpcId"),
        open_ports=tuple(sorted(ports, key=lambda port: (port.port, port.cidr))),
    )
    return resource("security_group", group["GroupId"], region, payload)


def _proposals(group: Resource, rules: tuple[IngressRule, ...]) -> Iterator[Proposal]:
    """Propose to revoke the rules that open a port; less surely where a rule opens more than that."""
    for port, action_type in CLOSED.items():
        offending = tuple(rule for rule in rules if _reaches(rule, port))
        if not offending:
            continue
        exact = all(rule.from_port == rule.to_port == port for rule in offending)
        opened = " and ".join(rule.cidr for rule in offending)
        wide = "" if exact else "; the rule opens other ports as well"
        yield Proposal(
            action_type=action_type,
            agent="security",
            resource_id=group.resource_id,
            resource_type=group.resource_type,
            region=group.region,
            change=RevokeIngress(group_id=group.resource_id, rules=offending),
            reason=f"{LABELS[port].upper()} is open to {opened}{wide}",
            confidence=0.95 if exact else 0.6,
        )
