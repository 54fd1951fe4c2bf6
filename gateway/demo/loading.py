"""Tells the services the story: costs, deploys, a threat, scans, a regression, and the rules against the package."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from adapters.cloudsigma.models import ExecutionStatus, Platform, Siem
from adapters.events.watching import Changing, Observation
from adapters.principal import LOCAL_PRINCIPAL
from adapters.services import Services
from adapters.sigil.local.threats import ThreatRecords
from adapters.sigil.models import Scan, ScanStatus
from gateway.commands.failing import CommandFailed
from gateway.demo.packages import METRICS, PACKAGES, THREAT
from gateway.demo.story import BUDGETS, costs, deploys
from resolvers.context import Context
from resolvers.rule_generation import Asked, Wanted, begin_rules

PLATFORMS = (Platform.LINUX_AUDITD,)
SIEMS = (Siem.SPLUNK, Siem.SENTINEL)
LOAD_SECONDS = 180.0

T = TypeVar("T", bound=Changing)


async def load_story(services: Services, threats: ThreatRecords) -> None:
    """Make the story the local principal's; raises CommandFailed where a part of it does not come out."""
    present_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    try:
        async with asyncio.timeout(LOAD_SECONDS):
            await _spend(services, present_hour)
            await threats.replace({THREAT.id: [msgspec.structs.replace(THREAT, reported_at=present_hour)]})
            scans = {package: await _scanned(services, package.target) for package in PACKAGES}
            await _write_rules(services, scans[METRICS])
    except TimeoutError:
        raise CommandFailed(f"the demo was not there within {LOAD_SECONDS:g} s: the log may say why") from None


async def _spend(services: Services, present_hour: datetime) -> None:
    cloudlink, principal = services.cloudlink, LOCAL_PRINCIPAL
    await cloudlink.ingest_costs(principal, list(costs(present_hour)))
    for budget in BUDGETS:
        await cloudlink.create_budget(principal, budget)
    for deploy in deploys(present_hour):
        await cloudlink.record_deploy(principal, deploy)
    await cloudlink.detect_regressions(principal)
    await cloudlink.check_budgets(principal)


async def _scanned(services: Services, target: str) -> Scan:
    scan = await services.sigil.submit(LOCAL_PRINCIPAL, target)
    ended = await _end(services.sigil.watch(LOCAL_PRINCIPAL, scan_id=scan.id))
    if ended.status is not ScanStatus.COMPLETED:
        raise CommandFailed(f"the demo's package {target} was not scanned: {ended.error}")
    return ended


async def _write_rules(services: Services, scan: Scan) -> None:
    wanted = Wanted(platforms=PLATFORMS, siems=SIEMS, include_ioc_rules=True, force=False)
    begun = await begin_rules(Context(services, LOCAL_PRINCIPAL), Asked(from_scan=scan.id), wanted)
    ended = await _end(services.cloudsigma.watch(LOCAL_PRINCIPAL, arn=begun.arn))
    if ended.status is not ExecutionStatus.SUCCEEDED:
        raise CommandFailed(f"the demo's rules were not written: {ended.error_message}")


async def _end(stream: AsyncIterator[Observation[T]]) -> T:
    """Give the last state of a stream that ends."""
    return [seen.state async for seen in stream][-1]
