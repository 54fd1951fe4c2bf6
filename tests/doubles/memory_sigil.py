"""Sigil's port in memory: a double without scanner, store or registries, whose scans a test moves by hand."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import msgspec

from adapters.events.feed import Change, InProcessChangeFeed
from adapters.events.watching import Observation, watch
from adapters.health import Health, ServiceHealth
from adapters.packages import PackageName, package_of
from adapters.paging import Page, Position, Window, page_of
from adapters.principal import Principal
from adapters.sigil.models import (
    Phase,
    PhaseName,
    Policy,
    PolicyResult,
    PolicyViolation,
    Scan,
    ScanStatus,
    TeamMember,
    Threat,
    Verdict,
)
from adapters.sigil.port import ScanFilter, ThreatFilter
from tests.doubles.limits import LIMIT


class MemorySigil:
    """Keeps scans in a dict; see `port.Sigil`. It watches with the same code as the real adapters do.

    `calls` counts what the port was asked, `known_threats` is what threats there are, `health_now` what health says.
    """

    def __init__(self) -> None:
        self.feed: InProcessChangeFeed[Scan] = InProcessChangeFeed()
        self.calls: Counter[str] = Counter()
        self.known_threats: list[Threat] = []
        self.team: list[TeamMember] = []
        self.health_now = Health.UP
        self._kept: dict[str, Change[Scan]] = {}
        self._versions = itertools.count(1)

    async def start(self) -> None:
        """Nothing to begin."""

    async def close(self) -> None:
        """Nothing to stop."""

    async def health(self) -> ServiceHealth:
        return ServiceHealth(adapter="memory", health=self.health_now, limits=(LIMIT,))

    async def submit(self, principal: Principal, target: str, policy: str = "default", *, force: bool = False) -> Scan:  # noqa: ARG002 - a double knows no policy and keeps no result
        """Keep a scan that stays RUNNING until `finish` is called."""
        self.calls["submit"] += 1
        number = len(self._kept) + 1
        package = package_of(target)
        scan = Scan(
            id=f"scan_{number:026}",
            status=ScanStatus.RUNNING,
            target=target,
            created_at=datetime(2026, 1, 1, 12, 0, number % 60, tzinfo=UTC),
            ecosystem=package.ecosystem,
            package_name=package.name,
        )
        self.tell(principal.tenant, scan)
        return scan

    def finish(self, scan_id: str, score: int = 0, verdict: Verdict = Verdict.CLEAN, **fields: object) -> None:
        """End a scan as completed."""
        known = self._kept[scan_id]
        phases = {name: Phase() for name in PhaseName}
        done = {"status": ScanStatus.COMPLETED, "score": score, "verdict": verdict, "phases": phases, **fields}
        self.tell(known.audience, msgspec.structs.replace(known.state, **done))

    def tell(self, tenant: str, scan: Scan) -> None:
        """Put a scan into a state, and tell of it."""
        change = Change(audience=tenant, key=scan.id, version=next(self._versions), at=datetime.now(UTC), state=scan)
        self._kept[scan.id] = change
        self.feed.deliver(change)

    async def scans(self, principal: Principal, window: Window, wanted: ScanFilter) -> Page[Scan]:
        self.calls["scans"] += 1
        mine = [change.state for change in self._of(principal.tenant) if _fits(change.state, wanted)]
        return page_of(mine, _position, window, total=len(mine))

    async def scans_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Scan | None]:
        self.calls["scans_by_id"] += 1
        mine = {change.key: change.state for change in self._of(principal.tenant)}
        return [mine.get(scan_id) for scan_id in ids]

    async def scans_of_packages(self, principal: Principal, packages: Sequence[PackageName]) -> list[list[Scan]]:
        self.calls["scans_of_packages"] += 1
        mine = sorted((change.state for change in self._of(principal.tenant)), key=_position, reverse=True)
        return [[scan for scan in mine if package_of(scan.target) == package] for package in packages]

    async def evaluate(
        self, principal: Principal, scan_ids: Sequence[str], policy: str | Policy
    ) -> list[PolicyResult | None]:
        self.calls["evaluate"] += 1
        name = policy if isinstance(policy, str) else policy.name
        scans = await self.scans_by_id(principal, scan_ids)
        return [
            _held(scan, name) if scan is not None and scan.status is ScanStatus.COMPLETED else None for scan in scans
        ]

    async def threats(self, principal: Principal, window: Window, wanted: ThreatFilter) -> Page[Threat]:  # noqa: ARG002 - a double does not search
        self.calls["threats"] += 1
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        known = self.known_threats
        return page_of(known, lambda threat: Position(threat.reported_at or moment, threat.id), window, len(known))

    async def threats_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Threat | None]:  # noqa: ARG002 - threats are everybody's
        self.calls["threats_by_id"] += 1
        known = {threat.id: threat for threat in self.known_threats}
        return [known.get(identifier) for identifier in ids]

    async def threats_of_packages(self, principal: Principal, packages: Sequence[PackageName]) -> list[list[Threat]]:  # noqa: ARG002 - threats are everybody's
        self.calls["threats_of_packages"] += 1
        return [
            [threat for threat in self.known_threats if PackageName(threat.ecosystem, threat.package_name) == package]
            for package in packages
        ]

    async def threats_of_indicators(self, principal: Principal, values: Sequence[str]) -> list[list[Threat]]:  # noqa: ARG002 - threats are everybody's
        self.calls["threats_of_indicators"] += 1
        return [[threat for threat in self.known_threats if value in threat.indicators] for value in values]

    async def team_members(self, principal: Principal) -> list[TeamMember]:  # noqa: ARG002 - a double has one team
        self.calls["team_members"] += 1
        return self.team

    def watch(
        self, principal: Principal, after: str | None = None, scan_id: str | None = None
    ) -> AsyncIterator[Observation[Scan]]:
        return watch(self, self.feed, principal.tenant, after=after, key=scan_id)

    async def changed_since(self, audience: str, version: int, key: str | None = None) -> list[Change[Scan]]:
        """Give what `watching.KnownStates` promises."""
        return [change for change in self._of(audience) if change.version > version and key in (None, change.key)]

    async def recent(self, audience: str, count: int) -> list[Change[Scan]]:
        """Give what `watching.KnownStates` promises."""
        return self._of(audience)[-count:]

    def _of(self, tenant: str) -> list[Change[Scan]]:
        mine = (change for change in self._kept.values() if change.audience == tenant)
        return sorted(mine, key=lambda change: change.version)


def _held(scan: Scan, policy: str) -> PolicyResult:
    """Fail what is high risk or worse."""
    if scan.verdict not in (Verdict.HIGH_RISK, Verdict.CRITICAL_RISK):
        return PolicyResult(policy=policy, passed=True, result="pass")
    violation = PolicyViolation(rule="max_score", message=f"The verdict is {scan.verdict}")
    return PolicyResult(policy=policy, passed=False, result="fail", violations=(violation,))


def _fits(scan: Scan, wanted: ScanFilter) -> bool:
    return wanted.verdict in (None, scan.verdict) and (wanted.target or "") in scan.target


def _position(scan: Scan) -> Position:
    return Position(scan.created_at, scan.id)
