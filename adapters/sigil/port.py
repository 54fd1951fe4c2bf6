"""What the graph may ask of Sigil."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from adapters.events.watching import Observation
from adapters.health import ServiceHealth
from adapters.packages import PackageName
from adapters.paging import Page, Window
from adapters.principal import Principal
from adapters.sigil.models import Policy, PolicyResult, Scan, Severity, TeamMember, Threat, Verdict

THREATS_OF_AN_INDICATOR = 20


class ScanFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which scans are wanted: `target` is a part of it, `since` and `until` bound when they were asked for."""

    verdict: Verdict | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class ThreatFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which threats are wanted: `search` looks at ids, names and descriptions."""

    search: str | None = None
    severity: Severity | None = None
    ecosystem: str | None = None


class Sigil(Protocol):
    """The port: everything is seen as `principal`'s tenant sees it; refusals and outages raise `adapters.errors`."""

    async def start(self) -> None:
        """Get ready: called once, before anything else."""

    async def close(self) -> None:
        """Let go of everything that start took."""

    async def health(self) -> ServiceHealth:
        """Say how the service is."""

    async def submit(self, principal: Principal, target: str, policy: str = "default", *, force: bool = False) -> Scan:
        """Scan a package, or answer with the scan of it that runs or that holds for this version."""

    async def scans(self, principal: Principal, window: Window, wanted: ScanFilter) -> Page[Scan]:
        """List the tenant's scans, newest first."""

    async def scans_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Scan | None]:
        """Give the scans named, in that order; None for one that is not there for this tenant."""

    async def scans_of_packages(self, principal: Principal, packages: Sequence[PackageName]) -> list[list[Scan]]:
        """Give the tenant's newest scans of each package, at most twenty, in that order."""

    async def evaluate(
        self, principal: Principal, scan_ids: Sequence[str], policy: str | Policy
    ) -> list[PolicyResult | None]:
        """Hold completed scans against a policy, named or given, in that order; None for one that is not completed.

        Raises InvalidInput for a policy that does not exist or does not hold together.
        """

    async def threats(self, principal: Principal, window: Window, wanted: ThreatFilter) -> Page[Threat]:
        """List known threats, newest first."""

    async def threats_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Threat | None]:
        """Give the threats named, in that order."""

    async def threats_of_packages(self, principal: Principal, packages: Sequence[PackageName]) -> list[list[Threat]]:
        """Give what is known of each package, in that order."""

    async def threats_of_indicators(self, principal: Principal, values: Sequence[str]) -> list[list[Threat]]:
        """Give the newest threats that name each indicator, however it is written, at most twenty, in that order."""

    async def team_members(self, principal: Principal) -> list[TeamMember]:
        """List the team of the tenant."""

    def watch(
        self, principal: Principal, after: str | None = None, scan_id: str | None = None
    ) -> AsyncIterator[Observation[Scan]]:
        """Yield the present state of one or all scans, then each change, as phases complete.

        With `after`, only what changed since that cursor. The stream on one scan ends after its terminal state and
        raises NotFound if there is no such scan, or no more. A slow reader gets the latest state.
        """
