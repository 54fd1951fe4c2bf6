"""The parts of a scan that need a processor, as functions that a worker process runs over a scan's folder.

A folder holds what was fetched (`release.json`, `archive-0` …), what that unpacks to (`package-0` …) and what its files
do (`facts-0-0` …): packages pass between processes as files, so that nothing large goes through a pipe.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from adapters.sigil.local.code.facts import CodeFacts
from adapters.sigil.local.material import Ecosystem, Package, PackageFile, Registration, Release, Target
from adapters.sigil.local.signatures import Hit
from adapters.sigil.models import Finding, PhaseName

if TYPE_CHECKING:
    from adapters.sigil.local.phases.scanned import Scanned

RELEASE = "release.json"
PART_BYTES = 1_000_000
KEPT_BYTES = 50_000_000
"""How large a package a worker keeps in memory from one phase to the next."""


class FetchedRelease(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in a scan's folder besides the archives, which `archives` names in their order."""

    ecosystem: Ecosystem
    name: str
    version: str
    archives: tuple[str, ...]
    registration: Registration


class Part(msgspec.Struct, frozen=True):
    """A share of the work on one package: number `index` of `count`."""

    package: int
    index: int
    count: int


class LocalPackage(msgspec.Struct, frozen=True):
    """A package of this machine, and the parts that its analysis has; `registry` is where such packages come from."""

    name: str
    version: str
    registry: str | None
    parts: list[Part]


class PartFacts(msgspec.Struct, frozen=True):
    """What the files of a part do, and which signatures match them, by path."""

    facts: dict[str, CodeFacts]
    hits: dict[str, tuple[Hit, ...]]


def unpack_archives(folder: Path, most_parts: int) -> list[Part]:
    """Unpack what was fetched, and say in which parts it is analysed; raises ArchiveRefused."""
    from adapters.sigil.local.archive.packages import unpacked_package

    release = msgspec.json.decode((folder / RELEASE).read_bytes(), type=FetchedRelease)
    target = Target(ecosystem=release.ecosystem, name=release.name)
    parts = []
    for number, name in enumerate(release.archives):
        archive = (name, (folder / f"archive-{number}").read_bytes())
        package = unpacked_package(target, release.version, archive, release.registration)
        parts += _keep(folder, number, package, most_parts)
    return parts


def read_local(folder: Path, target: Target, most_parts: int) -> LocalPackage:
    """Read a folder or archive of this machine in place of a download; raises ArchiveRefused."""
    from adapters.sigil.local.archive.packages import local_package

    folder.mkdir(parents=True)
    package = local_package(target)
    parts = _keep(folder, 0, package, most_parts)
    return LocalPackage(package.name, package.version, _registry_of(package), parts)


def _keep(folder: Path, number: int, package: Package, most_parts: int) -> list[Part]:
    from adapters.sigil.local.analysis import batches

    (folder / f"package-{number}").write_bytes(msgspec.msgpack.encode(package))
    size = sum(len(file.data) for file in package.files)
    count = min(most_parts, 1 + size // PART_BYTES)
    return [Part(number, index, count) for index in range(len(batches(package.files, count)))]


def _registry_of(package: Package) -> str | None:
    paths = {file.path for file in package.files}
    if "package.json" in paths:
        return Ecosystem.NPM.value
    is_python = any(path == "PKG-INFO" or path.endswith(".dist-info/METADATA") for path in paths)
    return Ecosystem.PYPI.value if is_python else None


def analyse_part(folder: Path, part: Part) -> None:
    """Read what the files of a part do."""
    from adapters.sigil.local.analysis import batches, facts_of
    from adapters.sigil.local.signatures import signature_hits

    files = batches(_package(folder, part.package).files, part.count)[part.index]
    found = PartFacts(facts_of(files), signature_hits(files))
    (folder / f"facts-{part.package}-{part.index}").write_bytes(msgspec.msgpack.encode(found))


def run_phase(folder: Path, name: PhaseName) -> tuple[Finding, ...]:
    """Run a phase over all archives of a release."""
    run = _phase(name)
    archives = _scanned(folder)
    findings = [finding for scanned in archives for finding in run(scanned)]
    if name is PhaseName.PROVENANCE:
        findings += _wheel_additions(archives)
    found = _without_twins(findings)
    if sum(len(file.data) for scanned in archives for file in scanned.package.files) > KEPT_BYTES:
        _scanned.cache_clear()
        _package.cache_clear()
    return found


def warm() -> None:
    """Take a small package of both languages through everything, so that the first real one is not the slowest."""
    from adapters.sigil.local.analysis import facts_of
    from adapters.sigil.local.phases.scanned import Scanned
    from adapters.sigil.local.signatures import signature_hits

    files = (
        PackageFile("index.js", b"require('child_process').exec(process.env.COMMAND)"),
        PackageFile("setup.py", b"import os\nos.system(os.environ['COMMAND'])\n"),
    )
    for ecosystem in (Ecosystem.NPM, Ecosystem.PYPI):
        release = Registration(releases=(Release(version="1.0.0"),))
        package = Package(ecosystem=ecosystem, name="warm", version="1.0.0", files=files, registration=release)
        scanned = Scanned(package, facts_of(files), signature_hits(files))
        for name in PhaseName:
            _phase(name)(scanned)
    gc.freeze()


def _phase(name: PhaseName) -> Callable[[Scanned], tuple[Finding, ...]]:
    phase: Callable[[Scanned], tuple[Finding, ...]] = getattr(
        import_module(f"adapters.sigil.local.phases.{name}"), name.value
    )
    return phase


@lru_cache(maxsize=2)
def _package(folder: Path, number: int) -> Package:
    return msgspec.msgpack.decode((folder / f"package-{number}").read_bytes(), type=Package)


@lru_cache(maxsize=1)
def _scanned(folder: Path) -> tuple[Scanned, ...]:
    from adapters.sigil.local.phases.scanned import Scanned

    packages = []
    for number in range(len(list(folder.glob("package-*")))):
        facts: dict[str, CodeFacts] = {}
        hits: dict[str, tuple[Hit, ...]] = {}
        for part in sorted(folder.glob(f"facts-{number}-*")):
            found = msgspec.msgpack.decode(part.read_bytes(), type=PartFacts)
            facts |= found.facts
            hits |= found.hits
        packages.append(Scanned(_package(folder, number), facts, hits))
    return tuple(packages)


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
