"""What is wrong with a resource, and the changes that are proposed for it."""

from __future__ import annotations

import msgspec

from adapters.cloudlink.account import Resource

HARMLESS_PORTS = frozenset({80, 443})
"""What a web server is open on: listed, and no finding."""


class StopInstances(msgspec.Struct, frozen=True, kw_only=True, tag_field="operation", tag="stop_instances"):
    """Stop instances; their volumes are kept."""

    instance_ids: tuple[str, ...]


class IngressRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that lets `cidr` in; protocol -1 is all traffic, which has no ports."""

    protocol: str
    cidr: str
    from_port: int | None = None
    to_port: int | None = None


class RevokeIngress(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="operation", tag="revoke_security_group_ingress"
):
    """Take rules out of a security group."""

    group_id: str
    rules: tuple[IngressRule, ...]


class ReviewCost(msgspec.Struct, frozen=True, kw_only=True, tag_field="operation", tag="review_cost"):
    """Look at what costs so much, in USD since the month began; nothing is changed."""

    mtd_cost: float
    threshold: float


ProposedChange = StopInstances | RevokeIngress | ReviewCost


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A change that would mend a finding; `confidence` is from 0 to 1."""

    action_type: str
    agent: str
    resource_id: str
    resource_type: str
    change: ProposedChange
    reason: str
    confidence: float
    region: str | None = None


class OpenPort(msgspec.Struct, frozen=True, kw_only=True):
    """A port that the whole internet reaches; port 0 stands for all."""

    label: str
    port: int
    cidr: str


class _Facts(msgspec.Struct, frozen=True):
    is_idle: bool = False
    above_threshold: bool = False
    issues: tuple[str, ...] = ()
    open_ports: tuple[OpenPort, ...] = ()


def findings_in(resource: Resource) -> int:
    """Count the findings: an idle instance, a cost that is too high, each issue, each open port that no web needs."""
    facts = msgspec.convert(resource.payload, _Facts)
    ports = {port for port in facts.open_ports if port.port not in HARMLESS_PORTS}
    return facts.is_idle + facts.above_threshold + len(facts.issues) + len(ports)
