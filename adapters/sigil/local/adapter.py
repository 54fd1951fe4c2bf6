"""Sigil's port as an embedded implementation: scans in the store, the scanning as durable work."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from adapters.context import AdapterContext
from adapters.durable import DurableWork
from adapters.events.feed import ChangeFeed, InProcessChangeFeed
from adapters.events.postgres import PostgresChangeFeed
from adapters.events.watching import Observation, watch
from adapters.finishing import finished
from adapters.health import ServiceHealth
from adapters.keys import digest_of
from adapters.local_health import local_health
from adapters.packages import PackageName
from adapters.paging import Page, Window
from adapters.principal import Principal
from adapters.sigil.local.admission import admit, require_plan
from adapters.sigil.local.asking import asked
from adapters.sigil.local.members import members_of, remember_member
from adapters.sigil.local.policy import evaluate, policy_named
from adapters.sigil.local.records import ScanRecords, Task
from adapters.sigil.local.registry.connection import open_registries
from adapters.sigil.local.registry.npm_configuration import npm_configuration
from adapters.sigil.local.registry.pip_configuration import pip_configuration
from adapters.sigil.local.scan_work import ScanWork
from adapters.sigil.local.scanning import Scanner
from adapters.sigil.local.threats import ThreatRecords
from adapters.sigil.models import Policy, PolicyResult, Scan, ScanError, ScanStatus, TeamMember, Threat
from adapters.sigil.port import ScanFilter, ThreatFilter
from adapters.store.database import Database
from adapters.warm_up import WarmUp

WORKFLOW = "sigil"
ENGINE = "4"
"""Marks results: count it up when the engine judges otherwise, and what was found before is found anew."""


class LocalSigil:
    """Scans here; see `port.Sigil` for what each method promises."""

    def __init__(
        self, database: Database, durable: DurableWork, feed: ChangeFeed[Scan], scanner: Scanner, work: ScanWork
    ) -> None:
        self._database = database
        self._durable = durable
        self._feed = feed
        self._scanner = scanner
        self._work = work
        self._warm_up = WarmUp("Sigil", scanner.warm)
        self.records = work.records
        self.threat_records = work.threats
        durable.define(WORKFLOW, work.run)

    async def start(self) -> None:
        """Begin what a crash left between recording and starting it, and load the engine in the background."""
        await self._feed.start()
        self._warm_up.begin()
        unfinished = await self.records.unfinished()
        await self._scanner.forget_all_but(unfinished)
        for scan_id in unfinished:
            await self._durable.begin(WORKFLOW, scan_id)

    async def close(self) -> None:
        """Stop loading and telling, and close the connections to the registries."""
        await self._warm_up.close()
        await self._scanner.close()
        await self._feed.close()

    async def health(self) -> ServiceHealth:
        """Say whether the store answers and the engine is loaded."""
        return await local_health(self._database, self._warm_up)

    async def submit(self, principal: Principal, target: str, policy: str = "default", *, force: bool = False) -> Scan:
        """Record a scan if the limits admit it, and begin it, even if the caller leaves; or give the one there is."""
        require_plan(principal)
        policy_named(policy)
        return await finished(self._record_and_begin(principal, target, policy, force=force))

    async def _record_and_begin(self, principal: Principal, target: str, policy: str, *, force: bool) -> Scan:
        package, version, text = asked(target)
        task = Task(target=text, policy=policy, forced=force)
        known = await self._work.threats_to(package, version) if version else ()
        async with self._feed.write(self._database) as writing:
            await remember_member(writing.connection, principal)
            scan = None if force else await self.records.running(writing.connection, principal.tenant, task)
            if scan is None and version is not None and not force:
                scan = await self.records.completed(writing.connection, principal.tenant, package, version, policy)
                # What was learned of the package since makes another result.
                scan = scan if scan is not None and scan.known_threats == known else None
            if scan is not None:
                return scan
            await admit(writing.connection, principal)
            scan = await self.records.insert(writing, principal, package, task)
        try:
            await self._durable.begin(WORKFLOW, scan.id)
        except Exception:
            message = "The scan could not be begun; the log has the details"
            await self._work.fail(scan.id, ScanError(code="internal_error", message=message))
            raise
        return scan

    async def scans(self, principal: Principal, window: Window, wanted: ScanFilter) -> Page[Scan]:
        """List from the store."""
        return await self.records.page(principal.tenant, window, wanted)

    async def scans_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Scan | None]:
        """Look up in the store."""
        return await self.records.by_id(principal.tenant, ids)

    async def scans_of_packages(self, principal: Principal, packages: Sequence[PackageName]) -> list[list[Scan]]:
        """Look up in the store."""
        return await self.records.of_packages(principal.tenant, packages)

    async def evaluate(
        self, principal: Principal, scan_ids: Sequence[str], policy: str | Policy
    ) -> list[PolicyResult | None]:
        """Look up the scans and hold them against the policy."""
        require_plan(principal, team=True)
        rules = policy_named(policy) if isinstance(policy, str) else policy
        found = await self.records.by_id(principal.tenant, scan_ids)
        return [
            evaluate(rules, scan) if scan is not None and scan.status is ScanStatus.COMPLETED else None
            for scan in found
        ]

    def hold_against(self, principal: Principal, scan: Scan, policy: str | Policy) -> PolicyResult:
        """Hold a scan that the caller has against a policy."""
        require_plan(principal, team=True)
        return evaluate(policy_named(policy) if isinstance(policy, str) else policy, scan)

    async def threats(self, principal: Principal, window: Window, wanted: ThreatFilter) -> Page[Threat]:
        """List from the store."""
        require_plan(principal)
        return await self.threat_records.page(window, wanted)

    async def threats_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Threat | None]:  # noqa: ARG002 - threats are everybody's
        """Look up in the store."""
        return await self.threat_records.by_id(ids)

    async def threats_of_packages(self, principal: Principal, packages: Sequence[PackageName]) -> list[list[Threat]]:  # noqa: ARG002 - threats are everybody's
        """Look up in the store."""
        return await self.threat_records.of_packages(packages)

    async def threats_of_indicators(self, principal: Principal, values: Sequence[str]) -> list[list[Threat]]:  # noqa: ARG002 - threats are everybody's
        """Look up in the store."""
        return await self.threat_records.of_indicators(values)

    async def team_members(self, principal: Principal) -> list[TeamMember]:
        """List those of the tenant who have asked for scans."""
        require_plan(principal, team=True)
        async with self._database.read() as connection:
            return await members_of(connection, principal.tenant)

    def watch(
        self, principal: Principal, after: str | None = None, scan_id: str | None = None
    ) -> AsyncIterator[Observation[Scan]]:
        """Watch the change feed, after what the store has already."""
        return watch(self.records, self._feed, principal.tenant, after=after, key=scan_id)


def build(context: AdapterContext) -> LocalSigil:
    """Build the adapter from its context: the entry point `sigil-local`."""
    feed: ChangeFeed[Scan] = InProcessChangeFeed()
    if context.database.is_postgres:
        feed = PostgresChangeFeed(context.database.dsn, "trigraph_sigil", Scan)
    registries = open_registries(
        npm_configuration(os.environ, Path.home(), Path.cwd(), context.npm_registry),
        pip_configuration(os.environ, Path.home(), context.pypi_index),
    )
    # What lies there and is not in this database is cleared away, and several may share the cache.
    cache = context.cache_dir / f"scans-{digest_of(context.database.dsn)[:16]}"
    scanner = Scanner(registries=registries, workers=context.workers, cache=cache)
    records = ScanRecords(context.database, ENGINE)
    work = ScanWork(context.database, feed, scanner, records, ThreatRecords(context.database))
    return LocalSigil(context.database, context.durable, feed, scanner, work)
