"""How this project's own dependencies are judged, and how long that takes: the benign set.

    python bench/dependencies.py [--only npm|pypi] [--first COUNT]

Every package of `requirements.lock` and `console/package-lock.json` is scanned as its registry ships it, one at a time.
Durations are those after the download.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from packaging.requirements import Requirement
from rich.progress import track

sys.path.insert(0, str(Path(__file__).parents[1]))

from adapters.sigil.local.score import HIGH_RISK
from adapters.sigil.models import Verdict
from bench.timed_scan import TimedScan, timed_scanner

ROOT = Path(__file__).parents[1]
PYTHON_LOCK = ROOT / "requirements.lock"
NPM_LOCK = ROOT / "console" / "package-lock.json"
AROUND_A_MEGABYTE = (500_000, 2_000_000)


class Locked(msgspec.Struct, frozen=True):
    """A package of npm's lock; `name` is given where the folder is named otherwise."""

    version: str = ""
    name: str = ""
    link: bool = False


class NpmLock(msgspec.Struct, frozen=True):
    """npm's lock file: packages by the folder that they are installed to."""

    packages: dict[str, Locked]


def npm_targets(lock: bytes) -> list[str]:
    """Give the packages of npm's lock."""
    packages = msgspec.json.decode(lock, type=NpmLock).packages
    named = (
        (locked.name or folder.rpartition("node_modules/")[2], locked.version)
        for folder, locked in packages.items()
        if "node_modules/" in folder and locked.version and not locked.link
    )
    return [f"npm:{name}@{version}" for name, version in dict.fromkeys(named)]


def pypi_targets(lock: str) -> list[str]:
    """Give the packages of the Python lock, those for other platforms among them."""
    lines = (line.partition(" #")[0].strip() for line in lock.splitlines())
    requirements = (Requirement(line) for line in lines if line and not line.startswith(("#", "-")))
    return [f"pypi:{requirement.name}{requirement.specifier}" for requirement in requirements]


def locked_targets() -> list[str]:
    """Give the packages of both locks."""
    return [*pypi_targets(PYTHON_LOCK.read_text("utf-8")), *npm_targets(NPM_LOCK.read_bytes())]


def table(scans: Sequence[TimedScan]) -> Iterator[str]:
    """Write the verdicts, each flagged package with its findings, and the durations."""
    done = [scan for scan in scans if scan.verdict is not None]
    verdicts = Counter(scan.verdict for scan in done)
    flagged = [scan for scan in done if scan.score >= HIGH_RISK]
    yield f"packages        {len(scans)}, {len(scans) - len(done)} could not be scanned"
    yield from (f"  {scan.target}: {scan.error}" for scan in scans if scan.verdict is None)
    yield from (f"{verdict:<15} {verdicts[verdict]:>4}  {verdicts[verdict] / len(done):.1%}" for verdict in Verdict)
    yield f"flagged         {len(flagged):>4}  {len(flagged) / len(done):.1%} at HIGH_RISK or worse"
    for scan in sorted(done, key=lambda scan: scan.score, reverse=True):
        if scan.score > 0:
            yield f"{scan.score:>4} {scan.target}"
        if scan.score >= HIGH_RISK:
            yield from (f"       {line}" for line in scan.told())
    yield from _durations(done)


def _durations(scans: Sequence[TimedScan]) -> Iterator[str]:
    seconds = sorted(scan.seconds for scan in scans)
    least, most = AROUND_A_MEGABYTE
    near = [scan.seconds for scan in scans if least <= scan.size <= most]
    yield f"unpacked        {sum(scan.size for scan in scans) / 1e6:.0f} MB in {sum(seconds):.0f} s"
    yield f"seconds         median {statistics.median(seconds):.2f}, p95 {seconds[round(0.95 * len(seconds)) - 1]:.2f}"
    if near:
        yield f"around 1 MB     median {statistics.median(near):.2f} of {len(near)} packages of 0.5 to 2 MB unpacked"
    for scan in sorted(scans, key=lambda scan: scan.seconds, reverse=True)[:5]:
        yield f"  slowest       {scan.seconds:6.2f} s  {scan.size / 1e6:6.1f} MB  {scan.target}"


async def main(targets: Sequence[str]) -> None:
    """Scan and print."""
    async with timed_scanner() as scanner:
        scans = [await scanner.scan(target) for target in track(targets, "packages")]
    for line in table(scans):
        print(line)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", choices=["npm", "pypi"])
    parser.add_argument("--first", type=int)
    options = parser.parse_args()
    chosen = [target for target in locked_targets() if target.startswith(options.only or "")]
    asyncio.run(main(chosen[: options.first]))
