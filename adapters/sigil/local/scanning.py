"""How a package is scanned: fetched, analysed in worker processes, and held against the six phases."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from adapters.errors import AdapterError
from adapters.sigil.local import worker
from adapters.sigil.local.archive.limits import ArchiveRefused
from adapters.sigil.local.failure import ScanFailure
from adapters.sigil.local.material import Ecosystem, Target
from adapters.sigil.local.registry.fetch import fetch_package
from adapters.sigil.local.registry.material import Fetched, Registries
from adapters.sigil.models import Finding, PhaseName
from adapters.workers import Workers

ANALYSED = "analysed"
PARTS_EACH = 8
"""Into how many parts a worker's share of a large package is cut, so that none is left waiting for the others."""


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """The version that a target means, and the SHA-256 of its archives, in hex."""

    version: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class Scanner:
    """Scans packages in folders of `cache`, one a scan; `workers` do what needs a processor."""

    registries: Registries
    workers: Workers
    cache: Path

    async def warm(self) -> None:
        """Load the engine into every worker."""
        await self.workers.warm(worker.warm)

    async def fetch(self, scan_id: str, target: Target) -> Resolved:
        """Download what a target means into the scan's folder; raises ScanFailure."""
        try:
            fetched = await fetch_package(target, self.registries)
        except AdapterError as error:
            raise ScanFailure(error.code, error.message) from error
        return await asyncio.to_thread(_keep, self.cache / scan_id, target, fetched)

    async def analyse(self, scan_id: str) -> None:
        """Unpack what was fetched and read what its code does; raises ScanFailure."""
        folder = self.cache / scan_id
        try:
            parts = await self.workers.run(worker.unpack_archives, folder, PARTS_EACH * self.workers.size)
        except ArchiveRefused as error:
            raise ScanFailure(f"archive_{error.code}", error.message) from error
        await self._analyse(folder, parts)

    async def analyse_local(self, scan_id: str, target: Target) -> worker.LocalPackage:
        """Do the same with a folder or archive of this machine, which is not fetched; raises ScanFailure."""
        folder = self.cache / scan_id
        try:
            package = await self.workers.run(worker.read_local, folder, target, PARTS_EACH * self.workers.size)
        except ArchiveRefused as error:
            raise ScanFailure(f"archive_{error.code}", error.message) from error
        await self._analyse(folder, package.parts)
        return package

    async def find(self, scan_id: str, phase: PhaseName) -> tuple[Finding, ...]:
        """Run a phase over what was analysed."""
        return await self.workers.run(worker.run_phase, self.cache / scan_id, phase)

    def is_analysed(self, scan_id: str) -> bool:
        """Say whether the phases find what they need: a folder may have been cleared away while nothing ran."""
        return (self.cache / scan_id / ANALYSED).exists()

    async def forget(self, scan_id: str) -> None:
        """Clear away a scan's folder."""
        await asyncio.to_thread(shutil.rmtree, self.cache / scan_id, ignore_errors=True)

    async def forget_all_but(self, scan_ids: Iterable[str]) -> None:
        """Clear away the folders of scans that have ended."""
        if self.cache.exists():
            left = {folder.name for folder in self.cache.iterdir()} - set(scan_ids)
            await asyncio.gather(*(self.forget(scan_id) for scan_id in left))

    async def _analyse(self, folder: Path, parts: int) -> None:
        async with asyncio.TaskGroup() as running:
            for part in range(parts):
                running.create_task(self.workers.run(worker.analyse_part, folder, part))
        await self.workers.run(worker.link_archives, folder)
        (folder / ANALYSED).touch()

    async def close(self) -> None:
        """Close the connections to the registries."""
        await self.registries.client.aclose()


def exactly(target: Target, version: str) -> Target:
    """Give the target that means one version of a package."""
    specifier = f"=={version}" if target.ecosystem is Ecosystem.PYPI else version
    return msgspec.structs.replace(target, specifier=specifier)


def _keep(folder: Path, target: Target, fetched: Fetched) -> Resolved:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    digest = hashlib.sha256()
    for number, archive in enumerate(fetched.archives):
        (folder / f"archive-{number}").write_bytes(archive.data)
        digest.update(hashlib.sha256(archive.data).digest())
    release = worker.FetchedRelease(
        ecosystem=target.ecosystem,
        name=target.name,
        version=fetched.version,
        archives=tuple(archive.name for archive in fetched.archives),
        registration=fetched.registration,
    )
    (folder / worker.RELEASE).write_bytes(msgspec.json.encode(release))
    return Resolved(version=fetched.version, digest=digest.hexdigest())
