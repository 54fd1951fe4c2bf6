"""One scan on this machine: fetched or read, analysed, judged, and held against known threats and a policy."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from adapters.errors import InvalidInput
from adapters.packages import PackageName, canonical
from adapters.sigil.local.asking import asked
from adapters.sigil.local.failure import ScanFailure
from adapters.sigil.local.material import Ecosystem
from adapters.sigil.local.policy import evaluate
from adapters.sigil.local.registry.connection import open_registries
from adapters.sigil.local.registry.npm_configuration import npm_configuration
from adapters.sigil.local.registry.pip_configuration import pip_configuration
from adapters.sigil.local.scan_ids import ScanIds
from adapters.sigil.local.scanning import Scanner
from adapters.sigil.local.score import judge
from adapters.sigil.local.target import parse_target
from adapters.sigil.local.threats import ThreatRecords
from adapters.sigil.models import Finding, PhaseName, Policy, Scan, ScanError, ScanStatus
from adapters.sigil.versions import concerns
from adapters.workers import Workers
from gateway.configuration.settings import Settings

logger = logging.getLogger(__name__)

SCAN_SECONDS = 300.0
FETCH = "fetch"
ANALYSE = "analyse"
STEPS = (FETCH, ANALYSE, *(name.value for name in PhaseName))

Told = Callable[[str], None]
"""Is told of each of `STEPS` when it is done."""


class _Package(msgspec.Struct, frozen=True):
    """The package that was read, as registries name it; `ecosystem` is None where no manifest says it."""

    ecosystem: str | None
    name: str
    version: str


@dataclass(frozen=True, kw_only=True)
class LocalScan:
    """Scans targets under a policy; without `threats` none are known."""

    scanner: Scanner
    policy: Policy
    threats: ThreatRecords | None = None
    _ids: ScanIds = field(default_factory=ScanIds)

    async def run(self, target: str, told: Told) -> Scan:
        """Scan a target to its end: what goes wrong is the error of a failed scan."""
        began = time.perf_counter()
        now = datetime.now(UTC).replace(microsecond=0)
        scan = Scan(id=self._ids.new(), status=ScanStatus.RUNNING, target=target, created_at=now)
        try:
            async with asyncio.timeout(SCAN_SECONDS):
                scan = await self._completed(scan, told)
        except (ScanFailure, InvalidInput) as failure:
            scan = _failed(scan, failure.code, failure.message)
        except TimeoutError:
            scan = _failed(scan, "timeout", f"No result within {SCAN_SECONDS / 60:g} minutes")
        except Exception as error:
            logger.exception("The scan of %r failed unexpectedly", target)
            scan = _failed(scan, "internal_error", f"An internal error ended the scan: {type(error).__name__}")
        finally:
            await self.scanner.forget(scan.id)
        return msgspec.structs.replace(
            scan,
            duration_ms=round((time.perf_counter() - began) * 1000),
            finished_at=datetime.now(UTC).replace(microsecond=0),
        )

    async def _completed(self, scan: Scan, told: Told) -> Scan:
        scan, package = await self._read(scan, told)
        told(ANALYSE)
        found = await asyncio.gather(*(self._find(scan.id, name, told) for name in PhaseName))
        phases, score, verdict = judge(dict(zip(PhaseName, found, strict=True)))
        judged = msgspec.structs.replace(
            scan,
            status=ScanStatus.COMPLETED,
            phases=phases,
            score=score,
            verdict=verdict,
            known_threats=await self._threats_to(package),
        )
        return msgspec.structs.replace(judged, policy_result=evaluate(self.policy, _as_published(judged, package)))

    async def _read(self, scan: Scan, told: Told) -> tuple[Scan, _Package]:
        target = parse_target(scan.target, files_allowed=True)
        if target.ecosystem is Ecosystem.FILE:
            told(FETCH)
            local = await self.scanner.analyse_local(scan.id, target)
            text, package = f"file:{target.name}", _Package(local.registry, local.name, local.version)
        else:
            text = asked(scan.target).text
            resolved = await self.scanner.fetch(scan.id, target)
            told(FETCH)
            await self.scanner.analyse(scan.id)
            package = _Package(target.ecosystem.value, target.name, resolved.version)
        named = msgspec.structs.replace(
            scan,
            target=text,
            ecosystem=target.ecosystem.value,
            package_name=package.name,
            package_version=package.version or None,
        )
        return named, package

    async def _find(self, scan_id: str, name: PhaseName, told: Told) -> tuple[Finding, ...]:
        found = await self.scanner.find(scan_id, name)
        told(name.value)
        return found

    async def _threats_to(self, package: _Package) -> tuple[str, ...]:
        if self.threats is None or package.ecosystem is None:
            return ()
        (known,) = await self.threats.of_packages([canonical(PackageName(package.ecosystem, package.name))])
        return tuple(threat.id for threat in known if concerns(threat, package.version or None))


@asynccontextmanager
async def open_local_scan(
    settings: Settings, policy: Policy, threats: ThreatRecords | None
) -> AsyncIterator[LocalScan]:
    """Open what scanning needs: the registries that the user has configured, workers, a folder that goes again."""
    registries = open_registries(
        npm_configuration(os.environ, Path.home(), Path.cwd(), settings.npm_registry),
        pip_configuration(os.environ, Path.home(), settings.pypi_index),
    )
    with TemporaryDirectory(prefix="trigraph-scan-") as folder:
        scanner = Scanner(registries=registries, workers=Workers(settings.workers), cache=Path(folder))
        try:
            yield LocalScan(scanner=scanner, policy=policy, threats=threats)
        finally:
            await scanner.close()


def _as_published(scan: Scan, package: _Package) -> Scan:
    """Name a scan for the policy's patterns as a registry would; a path says nothing to them."""
    target = f"{package.ecosystem}:{package.name}" if package.ecosystem else scan.target
    return msgspec.structs.replace(scan, target=target) if scan.ecosystem == Ecosystem.FILE else scan


def _failed(scan: Scan, code: str, message: str) -> Scan:
    return msgspec.structs.replace(scan, status=ScanStatus.FAILED, error=ScanError(code=code, message=message))
