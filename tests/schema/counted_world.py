"""A tenant that owns so many of everything, each tied to things of its own, over ports that count their calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import strawberry

from adapters.cloudlink.account import NewCredential, NewWebhook, Resource
from adapters.cloudlink.models import BudgetScope, CostRecord, NewBudget, NewDeploy
from adapters.cloudsigma.models import DetectionGap, Ioc, Notice, Output, OutputMetadata, Rule, Ttp
from adapters.cloudsigma.validation import validated
from adapters.confidence import Confidence
from adapters.history.facts import CostFact, ExecutionFact, Fact, RegressionFact, ScanFact, hour_of
from adapters.history.recorder import Recorder
from adapters.origins import Origin, OriginKind
from adapters.packages import package_of
from adapters.principal import Principal
from adapters.services import Services
from adapters.sigil.models import Finding, Phase, PhaseName, Severity, TeamMember, Threat, Verdict
from resolvers.context import Context
from tests.adapters.cloudlink.costs import HOUR, this_hour
from tests.doubles.counting import CountingAdapter
from tests.doubles.memory_cloudlink import MemoryCloudLink
from tests.doubles.memory_cloudsigma import MemoryCloudSigma, memory_assembly
from tests.doubles.memory_sigil import MemorySigil
from tests.running import new_principal

PORTS = ("cloudsigma", "sigil", "cloudlink", "origins")
DEPLOYED_HOURS_AGO = 5
FINDING = Finding(
    rule="theft", severity=Severity.HIGH, confidence=Confidence.HIGH, file="a.js", description="It steals."
)
OUTPUT = Output(
    rules=(Rule(id="rule", technique_id="T1041", queries={"splunk": "index=*"}),),
    ttps=(Ttp(technique_id="T1041", name="Exfiltration Over C2 Channel"),),
    detection_gaps=(DetectionGap(technique_id="T1195", reason="Nothing shows it."),),
    pipeline_notices=(Notice(code="LowConfidence", message="One was left out."),),
    metadata=OutputMetadata(rules_generated=1),
)


@dataclass(frozen=True)
class Asked:
    """What an operation came to, and how often each method of a port was called for it."""

    data: dict[str, Any]
    calls: Counter[str]


@dataclass(frozen=True)
class World:
    """The graph as its owner sees it."""

    graph: strawberry.Schema
    services: Services
    principal: Principal

    async def ask(self, query: str) -> Asked:
        """Execute a query that must succeed."""
        ports: dict[str, Any] = {name: CountingAdapter(getattr(self.services, name)) for name in PORTS}
        context = Context(replace(self.services, **ports), self.principal)
        answer = await self.graph.execute(query, context_value=context)
        assert not answer.errors, (query, answer.errors)
        assert answer.data is not None
        calls = {f"{name}.{method}": times for name, port in ports.items() for method, times in port.calls.items()}
        return Asked(answer.data, Counter(calls))


@asynccontextmanager
async def world_of(graph: strawberry.Schema, count: int, folder: Path) -> AsyncIterator[World]:
    """Make `count` of everything."""
    builder = _Builder(new_principal())
    parts = memory_assembly(builder.cloudsigma, folder, builder.sigil, builder.cloudlink)
    await parts.database.migrate()
    for number in range(count):
        await builder.add_cloud(number)
        await builder.add_package(number)
    regressions = (await builder.cloudlink.detect_regressions(builder.principal)).regressions
    await builder.cloudlink.check_budgets(builder.principal)
    assert len(regressions) == count
    for number, regression in enumerate(regressions):
        await builder.add_executions(parts.services, number, Origin(OriginKind.REGRESSION, regression.id))
    await _add_history(Recorder(parts.database), builder.principal.tenant, count)
    yield World(graph, parts.services, builder.principal)
    await parts.database.close()


class _Builder:
    def __init__(self, principal: Principal) -> None:
        self.principal = principal
        self.cloudsigma, self.sigil, self.cloudlink = MemoryCloudSigma(), MemorySigil(), MemoryCloudLink()

    async def add_cloud(self, number: int) -> None:
        principal, cloudlink, service = self.principal, self.cloudlink, f"Service {number}"
        await cloudlink.ingest_costs(principal, [_cost(service, hours) for hours in range(48)])
        shipped = {"packages": [f"npm:box-{number}@1.0.0"]}
        at = this_hour() - DEPLOYED_HOURS_AGO * HOUR
        await cloudlink.record_deploy(principal, NewDeploy(service=service, deployed_at=at, metadata=shipped))
        limit = NewBudget(name=service, monthly_limit_usd=0.01, scope=BudgetScope.SERVICE, service=service)
        await cloudlink.create_budget(principal, limit)
        await cloudlink.add_credential(principal, NewCredential(cloud="aws", role_arn=f"arn:aws:iam::{number}:role/r"))
        if not cloudlink.kept_scans.of(principal.tenant)[number:]:
            scan = (await cloudlink.start_scan(principal)).scans[-1]
            cloudlink.finish_scan(principal, scan.id)
        resource = Resource(resource_id=f"i-{number}", resource_type="instance", provider="aws")
        cloudlink.saw(principal.tenant, resource)
        cloudlink.propose(principal, "stop_idle_ec2", resource.resource_id)
        await cloudlink.register_webhook(principal, NewWebhook(url=f"https://hooks.invalid/{number}"))

    async def add_package(self, number: int) -> None:
        scan = await self.sigil.submit(self.principal, f"npm:box-{number}@1.0.0")
        phases = {PhaseName.CREDENTIALS: Phase(score=10, findings=(FINDING,))}
        self.sigil.finish(scan.id, 10, Verdict.HIGH_RISK, phases=phases, package_version="1.0.0")
        self.sigil.known_threats.append(_threat(number))
        member = TeamMember(id=f"m-{number}", email="", name="", role="member", created_at=this_hour())
        self.sigil.team.append(member)

    async def add_executions(self, services: Services, number: int, regression: Origin) -> None:
        scans = await self.sigil.scans_of_packages(self.principal, [package_of(f"npm:box-{number}@1.0.0")])
        threat = Origin(OriginKind.THREAT, f"MAL-{number}")
        for origin in (Origin(OriginKind.PACKAGE_SCAN, scans[0][0].id), threat, regression):
            execution = await self.cloudsigma.generate(self.principal, validated(text="A report."))
            ioc = Ioc(type="domain", value=f"{number}.example")
            self.cloudsigma.finish(execution.arn, msgspec.structs.replace(OUTPUT, iocs=(ioc,)))
            await services.origins.record(self.principal, execution.arn, origin)


async def _add_history(recorder: Recorder, tenant: str, count: int) -> None:
    """Let one of each kind have been seen on each of so many days."""
    for number in range(count):
        told: dict[str, Any] = {"tenant": tenant, "hour": hour_of(this_hour() - number * 24 * HOUR)}
        ended: dict[str, Any] = {**told, "key": f"{number}", "standing": 1}
        execution = ExecutionFact(**ended, status="SUCCEEDED", rules=1, ttps=1, duration_ms=100)
        scan = ScanFact(**ended, status="completed", verdict="clean", ecosystem="npm", score=0, duration_ms=100)
        regression = RegressionFact(
            **ended, status="open", service="Service 0", change_pct=50.0, monthly_impact_usd=10.0
        )
        cost = CostFact(**told, service="Service 0", credential_id="credential", provider="aws", cost_usd=1.0)
        facts: list[Fact] = [execution, scan, regression, cost]
        recorder.see(tenant, facts, lambda _tenant, fact: fact)
    await recorder.close()


def _cost(service: str, hours_ago: int) -> CostRecord:
    """Cost more since the deploy, and much more in the latest hour."""
    usd = 200.0 if hours_ago == 0 else 20.0 if hours_ago <= DEPLOYED_HOURS_AGO else 10.0
    return CostRecord(provider="aws", service=service, cost_usd=usd, hour=this_hour() - hours_ago * HOUR)


def _threat(number: int) -> Threat:
    return Threat(
        id=f"MAL-{number}",
        package_name=f"box-{number}",
        ecosystem="npm",
        threat_type="malicious_package",
        severity=Severity.CRITICAL,
        description="It steals.",
        source="tests",
        indicators=(f"{number}.example",),
    )
