"""Scans with the time of each of their steps, for the benchmarks."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from adapters.sigil.local.failure import ScanFailure
from adapters.sigil.local.material import Ecosystem, Target
from adapters.sigil.local.registry.connection import open_registries
from adapters.sigil.local.registry.npm_configuration import npm_configuration
from adapters.sigil.local.registry.pip_configuration import pip_configuration
from adapters.sigil.local.scan_folder import kept_packages
from adapters.sigil.local.scanning import Scanner
from adapters.sigil.local.score import judge
from adapters.sigil.local.target import parse_target
from adapters.sigil.models import Finding, PhaseName, Severity, Verdict
from adapters.workers import Workers
from gateway.configuration.settings import read_settings


class TimedScan(msgspec.Struct, frozen=True, kw_only=True):
    """A scan's result; `seconds` are those after the download, `size` the bytes that were unpacked."""

    target: str
    seconds: float
    size: int = 0
    score: int = 0
    verdict: Verdict | None = None
    findings: tuple[Finding, ...] = ()
    error: str = ""

    def told(self) -> list[str]:
        """Write the findings that weigh something, a line each, the weightiest first."""
        weighty = sorted(self.findings, key=lambda finding: finding.weight, reverse=True)
        return [
            f"+{finding.weight:g} {finding.severity}/{finding.confidence} {finding.rule} {finding.file}:{finding.line}"
            for finding in weighty
            if finding.severity is not Severity.INFO
        ]


class TimedScanner:
    """Scans one package at a time."""

    def __init__(self, scanner: Scanner) -> None:
        self.scanner = scanner
        self._count = 0

    async def scan(self, text: str) -> TimedScan:
        """Fetch and scan a target; a failure is the result's error."""
        self._count += 1
        scan_id = f"scan-{self._count}"
        try:
            return await self._scan(scan_id, text)
        except ScanFailure as failure:
            return TimedScan(target=text, seconds=0, error=failure.message)
        finally:
            await self.scanner.forget(scan_id)

    async def _scan(self, scan_id: str, text: str) -> TimedScan:
        target = parse_target(text, files_allowed=True)
        if target.ecosystem is not Ecosystem.FILE:
            await self.scanner.fetch(scan_id, target)
        began = time.perf_counter()
        await self._analyse(scan_id, target)
        found = await asyncio.gather(*(self.scanner.find(scan_id, name) for name in PhaseName))
        phases, score, verdict = judge(dict(zip(PhaseName, found, strict=True)))
        seconds = time.perf_counter() - began
        return TimedScan(
            target=text,
            seconds=seconds,
            size=_unpacked(self.scanner.cache / scan_id),
            score=score,
            verdict=verdict,
            findings=tuple(finding for phase in phases.values() for finding in phase.findings),
        )

    async def _analyse(self, scan_id: str, target: Target) -> None:
        if target.ecosystem is Ecosystem.FILE:
            await self.scanner.analyse_local(scan_id, target)
        else:
            await self.scanner.analyse(scan_id)


@asynccontextmanager
async def timed_scanner() -> AsyncIterator[TimedScanner]:
    """Open a scanner with as many workers as the settings say, its engine loaded."""
    settings = read_settings()
    registries = open_registries(
        npm_configuration(os.environ, Path.home(), Path.cwd(), settings.npm_registry),
        pip_configuration(os.environ, Path.home(), settings.pypi_index),
    )
    with TemporaryDirectory(prefix="trigraph-bench-") as folder:
        scanner = Scanner(registries=registries, workers=Workers(settings.workers), cache=Path(folder))
        try:
            await scanner.warm()
            yield TimedScanner(scanner)
        finally:
            await scanner.close()


def _unpacked(folder: Path) -> int:
    return sum(file.size for package in kept_packages(folder) for file in package.files)
