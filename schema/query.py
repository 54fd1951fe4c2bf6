"""The root of queries."""

from __future__ import annotations

import strawberry

import resolvers.executions
import resolvers.nodes
import resolvers.scans
import resolvers.viewer
from schema.executions import Execution, ExecutionConnection, Usage
from schema.node import Node
from schema.scans import PackageScan, ScanConnection, TeamMember, ThreatConnection
from schema.view import edge
from schema.viewer import ServiceStatus, Viewer


@strawberry.type(description="What can be asked.")
class Query:
    """What can be asked."""

    node: Node | None = edge(resolvers.nodes.node, "The thing that a global id names.")
    nodes: list[Node | None] = edge(resolvers.nodes.nodes, "The things that global ids name, in that order.")
    viewer: Viewer = edge(resolvers.viewer.viewer, "The caller.")
    services: list[ServiceStatus] = edge(resolvers.viewer.services, "How each service is.")
    execution: Execution | None = edge(resolvers.executions.execution, "An execution of the caller's.")
    executions: ExecutionConnection = edge(resolvers.executions.executions, "The caller's executions, newest first.")
    usage: Usage = edge(resolvers.executions.usage, "How much of the month's rules the caller has used.")
    scans: ScanConnection = edge(resolvers.scans.scans, "The tenant's scans of every kind, newest first.")
    package_scan: PackageScan | None = edge(resolvers.scans.package_scan, "A scan of the tenant's.")
    package_scans: ScanConnection = edge(resolvers.scans.package_scans, "The tenant's scans of packages, newest first.")
    threats: ThreatConnection = edge(resolvers.scans.threats, "Packages known to be malicious, newest first.")
    team_members: list[TeamMember] = edge(resolvers.scans.team_members, "The caller's team.")
