"""The parts of a scan that need a processor, as functions that a worker process runs over a scan's folder."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from adapters.sigil.local.material import Ecosystem, Package, PackageFile, Registration, Release, Target
from adapters.sigil.local.package_json import MANIFEST
from adapters.sigil.models import Finding, PhaseName

if TYPE_CHECKING:
    from adapters.sigil.local.code.facts import CodeFacts
    from adapters.sigil.local.phases.scanned import Scanned
    from adapters.sigil.local.scan_folder import Read

RELEASE = "release.json"
PART_BYTES = 100_000
"""How much code makes a part of the work worth its own turn in a worker."""


class FetchedRelease(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in a scan's folder besides the archives, which `archives` names in their order."""

    ecosystem: Ecosystem
    name: str
    version: str
    archives: tuple[str, ...]
    registration: Registration


class LocalPackage(msgspec.Struct, frozen=True):
    """A package of this machine; `parts` counts those of its analysis, `registry` is where such packages come from."""

    name: str
    version: str
    registry: str | None
    parts: int


def unpack_archives(folder: Path, most_parts: int) -> int:
    """Unpack what was fetched, and say in how many parts it is analysed; raises ArchiveRefused."""
    from adapters.sigil.local.archive.packages import unpacked_package

    release = msgspec.json.decode((folder / RELEASE).read_bytes(), type=FetchedRelease)
    target = Target(ecosystem=release.ecosystem, name=release.name)
    archives = ((name, (folder / f"archive-{number}").read_bytes()) for number, name in enumerate(release.archives))
    packages = (unpacked_package(target, release.version, archive, release.registration) for archive in archives)
    return _keep(folder, packages, most_parts)


def read_local(folder: Path, target: Target, most_parts: int) -> LocalPackage:
    """Read a folder or archive of this machine in place of a download; raises ArchiveRefused."""
    from adapters.sigil.local.archive.packages import local_package

    folder.mkdir(parents=True)
    package = local_package(target)
    parts = _keep(folder, (package,), most_parts)
    return LocalPackage(package.name, package.version, _registry_of(package), parts)


def _keep(folder: Path, packages: Iterable[Package], most_parts: int) -> int:
    from adapters.sigil.local.analysis import Readings, batches
    from adapters.sigil.local.scan_folder import keep_package, keep_part

    readings = Readings()
    for number, package in enumerate(packages):
        readings.add(number, zip(package.files, keep_package(folder, number, package).files, strict=True))
    every = readings.every()
    size = sum(reading.size for reading in every)
    parts = batches(every, min(most_parts, 1 + size // PART_BYTES))
    for index, part in enumerate(parts):
        keep_part(folder, index, part)
    return len(parts)


def _registry_of(package: Package) -> str | None:
    paths = {file.path for file in package.files}
    if MANIFEST in paths:
        return Ecosystem.NPM.value
    is_python = any(path == "PKG-INFO" or path.endswith(".dist-info/METADATA") for path in paths)
    return Ecosystem.PYPI.value if is_python else None


def analyse_part(folder: Path, index: int) -> None:
    """Read what the files of a part do."""
    from adapters.sigil.local.analysis import facts_in_turn
    from adapters.sigil.local.scan_folder import Read, keep_read, kept_part
    from adapters.sigil.local.signatures import hits_in_turn

    readings = kept_part(folder, index)
    files = [reading.file for reading in readings]
    found = zip(readings, facts_in_turn(files), hits_in_turn(files), strict=True)
    read = (Read(each.places, facts, hits) for each, facts, hits in found)
    keep_read(folder, index, (each for each in read if each.hits or each.facts is not None))


def link_archives(folder: Path) -> None:
    """Follow what goes from file to file in each archive of a release, once all of its files are read."""
    from adapters.sigil.local.linking import linked
    from adapters.sigil.local.scan_folder import keep_linked, kept_packages

    read = _read_by_place(folder)
    for number, package in enumerate(kept_packages(folder)):
        facts = _facts_of(package, number, read)
        found = linked(package, facts)
        keep_linked(folder, number, {path: each for path, each in found.items() if each is not facts[path]})


def run_phase(folder: Path, name: PhaseName) -> tuple[Finding, ...]:
    """Run a phase over all archives of a release."""
    run = _phase(name)
    archives = _scanned(folder)
    findings = [finding for scanned in archives for finding in run(scanned)]
    if name is PhaseName.PROVENANCE:
        findings += _wheel_additions(archives)
    return _without_twins(findings)


def warm() -> None:
    """Take a small package of both languages through everything, so that the first real one is not the slowest."""
    from adapters.sigil.local.analysis import facts_of
    from adapters.sigil.local.linking import linked
    from adapters.sigil.local.phases.scanned import Scanned
    from adapters.sigil.local.signatures import signature_hits

    files = (
        PackageFile("index.js", b"require('child_process').exec(process.env.COMMAND)"),
        PackageFile("setup.py", b"import os\nos.system(os.environ['COMMAND'])\n"),
    )
    for ecosystem in (Ecosystem.NPM, Ecosystem.PYPI):
        release = Registration(releases=(Release(version="1.0.0"),))
        package = Package(ecosystem=ecosystem, name="warm", version="1.0.0", files=files, registration=release)
        scanned = Scanned(package, linked(package, facts_of(files)), signature_hits(files))
        for name in PhaseName:
            _phase(name)(scanned)
    gc.freeze()


def _phase(name: PhaseName) -> Callable[[Scanned], tuple[Finding, ...]]:
    phase: Callable[[Scanned], tuple[Finding, ...]] = getattr(
        import_module(f"adapters.sigil.local.phases.{name}"), name.value
    )
    return phase


@lru_cache(maxsize=1)
def _scanned(folder: Path) -> tuple[Scanned, ...]:
    from adapters.sigil.local.phases.scanned import Scanned
    from adapters.sigil.local.scan_folder import kept_linked, kept_packages

    read = _read_by_place(folder)
    archives = []
    for number, package in enumerate(kept_packages(folder)):
        facts = {**_facts_of(package, number, read), **kept_linked(folder, number)}
        found = ((file.path, read.get((number, file.path))) for file in package.files)
        archives.append(Scanned(package, facts, {path: each.hits for path, each in found if each and each.hits}))
    return tuple(archives)


def _read_by_place(folder: Path) -> dict[tuple[int, str], Read]:
    from adapters.sigil.local.scan_folder import kept_read

    return {place: each for each in kept_read(folder) for place in each.places}


def _facts_of(package: Package, number: int, read: Mapping[tuple[int, str], Read]) -> dict[str, CodeFacts]:
    found = ((file.path, read.get((number, file.path))) for file in package.files)
    return {path: each.facts for path, each in found if each is not None and each.facts is not None}


def _wheel_additions(archives: Sequence[Scanned]) -> Iterator[Finding]:
    from adapters.sigil.local.provenance.archives import wheel_additions

    wheels = [scanned for scanned in archives if scanned.package.archive.endswith(".whl")]
    sources = [scanned for scanned in archives if scanned not in wheels and scanned.package.archive]
    for wheel in wheels:
        for source in sources:
            yield from wheel_additions(wheel, source)


def _without_twins(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Leave out what a release's second archive repeats of its first: the same code, maybe in another folder."""
    kept: dict[tuple[str, int | None, str | None, str], Finding] = {}
    for finding in found:
        place = finding.file.rpartition("/")[2]
        kept.setdefault((finding.rule, finding.line, finding.snippet, place), finding)
    return tuple(kept.values())
