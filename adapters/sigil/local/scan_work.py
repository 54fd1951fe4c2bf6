"""A scan as durable work: its steps, each phase recorded and told as it completes, and its end."""

from __future__ import annotations

import asyncio
import logging

import msgspec

from adapters.durable import durable_step, until_recorded
from adapters.events.feed import ChangeFeed
from adapters.packages import PackageName
from adapters.sigil.local.failure import ScanFailure
from adapters.sigil.local.policy import evaluate, policy_named
from adapters.sigil.local.records import ScanRecords, Task
from adapters.sigil.local.scanning import Resolved, Scanner, exactly
from adapters.sigil.local.score import judge
from adapters.sigil.local.target import parse_target
from adapters.sigil.local.threats import ThreatRecords
from adapters.sigil.models import PhaseName, Scan, ScanError, ScanStatus
from adapters.sigil.versions import concerns
from adapters.store.database import Database

logger = logging.getLogger(__name__)

SCAN_SECONDS = 300.0
SCANS_AT_ONCE = 4


class ScanWork:
    """Runs scans, at most four at once; the others stay queued."""

    def __init__(
        self,
        database: Database,
        feed: ChangeFeed[Scan],
        scanner: Scanner,
        records: ScanRecords,
        threats: ThreatRecords,
        scan_seconds: float = SCAN_SECONDS,
    ) -> None:
        self._database = database
        self._feed = feed
        self._scanner = scanner
        self._scan_seconds = scan_seconds
        self._turns = asyncio.Semaphore(SCANS_AT_ONCE)
        self.records = records
        self.threats = threats

    async def run(self, scan_id: str) -> None:
        """Run a scan to its end, whatever that is: the workflow's body."""
        async with self._turns:
            error = await self._failure(scan_id)
        if error is not None:
            await self.fail(scan_id, error)
        await self._scanner.forget(scan_id)

    async def fail(self, scan_id: str, error: ScanError) -> None:
        """Record why a scan failed."""

        async def record() -> None:
            async with self._feed.write(self._database) as writing:
                await self.records.fail(writing, scan_id, error)

        await until_recorded(f"scan {scan_id}", record)

    async def threats_to(self, package: PackageName, version: str) -> tuple[str, ...]:
        """Name the known threats that a version of a package is."""
        (known,) = await self.threats.of_packages([package])
        return tuple(threat.id for threat in known if concerns(threat, version))

    async def _failure(self, scan_id: str) -> ScanError | None:
        try:
            async with asyncio.timeout(self._scan_seconds):
                await self._scan(scan_id)
        except ScanFailure as failure:
            return ScanError(code=failure.code, message=failure.message)
        except TimeoutError:
            message = f"No result within {self._scan_seconds / 60:g} minutes: the package is too large to be scanned"
            return ScanError(code="timeout", message=message)
        except Exception:
            logger.exception("Scan %s failed unexpectedly", scan_id)
            message = "An internal error ended the scan; the log has the details"
            return ScanError(code="internal_error", message=message)
        return None

    async def _scan(self, scan_id: str) -> None:
        task = await self.records.task(scan_id)
        target = parse_target(task.target)
        async with self._feed.write(self._database) as writing:
            await self.records.begin(writing, scan_id)
        found = await durable_step("fetch", Resolved, lambda: self._scanner.fetch(scan_id, target))
        async with self._feed.write(self._database) as writing:
            await self.records.resolve(writing, scan_id, found.version, found.digest)
        if not await durable_step("reuse", bool, lambda: self._reuse(scan_id, task, found.digest)):
            await durable_step("analyse", bool, lambda: self._analyse(scan_id))
            if not self._scanner.is_analysed(scan_id):  # the steps' results are kept, but not what they made
                await self._scanner.fetch(scan_id, exactly(target, found.version))
                await self._scanner.analyse(scan_id)
            async with asyncio.TaskGroup() as running:
                for name in PhaseName:
                    running.create_task(self._phase(scan_id, name))
        await self._complete(scan_id, task, PackageName(target.ecosystem.value, target.name), found.version)

    async def _reuse(self, scan_id: str, task: Task, digest: str) -> bool:
        """Take over what was found in the same archives before."""
        known = {} if task.forced else await self.records.phases_of(scan_id, digest)
        for name, phase in known.items():
            async with self._feed.write(self._database) as writing:
                await self.records.add_phase(writing, scan_id, name, phase)
        return bool(known)

    async def _analyse(self, scan_id: str) -> bool:
        await self._scanner.analyse(scan_id)
        return True

    async def _phase(self, scan_id: str, name: PhaseName) -> None:
        async def run() -> int:
            alone, score, _ = judge({name: await self._scanner.find(scan_id, name)})
            async with self._feed.write(self._database) as writing:
                await self.records.add_phase(writing, scan_id, name, alone[name])
            return score

        await durable_step(name.value, int, run)

    async def _complete(self, scan_id: str, task: Task, package: PackageName, version: str) -> None:
        scan = await self.records.get(scan_id)
        phases, score, verdict = judge({name: phase.findings for name, phase in scan.phases.items()})
        known = await self.threats_to(package, version)
        judged = msgspec.structs.replace(
            scan, status=ScanStatus.COMPLETED, phases=phases, score=score, verdict=verdict, known_threats=known
        )
        result = evaluate(policy_named(task.policy), judged)
        async with self._feed.write(self._database) as writing:
            await self.records.complete(writing, msgspec.structs.replace(judged, policy_result=result))
