"""MB/s of our scan against GuardDog's own of the same archives, in one run.

    python -m venv /tmp/guarddog && /tmp/guarddog/bin/pip install guarddog==3.2.0
    python bench/throughput.py /tmp/guarddog/bin/guarddog [TARGET…]

GuardDog must lie in an environment of its own, whose command is the argument. Both scan archives that were downloaded
before, one after the other, in turn: ours as `trigraph scan FILE` does with workers that are loaded, GuardDog as
`guarddog npm|pypi scan FILE`, whose start is measured with an empty package and told apart; Python may keep its byte
code for it, whatever the environment says of that. Without targets, every twelfth package of this project's locks is
scanned.
"""

from __future__ import annotations

import asyncio
import io
import os
import resource
import statistics
import subprocess
import sys
import tarfile
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from rich.progress import track

sys.path.insert(0, str(Path(__file__).parents[1]))

from adapters.sigil.local.registry.fetch import fetch_package
from adapters.sigil.local.target import parse_target
from bench.dependencies import AROUND_A_MEGABYTE, locked_targets
from bench.timed_scan import TimedScanner, timed_scanner

EVERY = 12
SECONDS = 900
_USER, _SYSTEM = 11, 12


class Spent(msgspec.Struct, frozen=True):
    """Seconds by the clock, and those that processors worked."""

    clock: float
    processors: float


class Compared(msgspec.Struct, frozen=True):
    """One archive: its unpacked bytes, and the seconds of both, by the clock and of processors."""

    name: str
    size: int
    ours: Spent
    theirs: Spent


async def download(target: str, scanner: TimedScanner, folder: Path) -> list[Path]:
    """Fetch a target's archives into a folder."""
    fetched = await fetch_package(parse_target(target), scanner.scanner.registries)
    paths = []
    for archive in fetched.archives:
        path = folder / target.partition(":")[0] / archive.name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(archive.data)
        paths.append(path)
    return paths


class GuardDogFailed(Exception):
    """GuardDog could not scan an archive; the message is the end of what it says."""


def guarddog_spent(guarddog: Path, archive: Path) -> Spent:
    """Scan an archive with GuardDog and give what it took; raises GuardDogFailed."""
    command = [str(guarddog), archive.parent.name, "scan", str(archive), "--output-format", "json"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(  # noqa: S603 - as asked
        command, check=False, capture_output=True, timeout=SECONDS, env=environment
    )
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0 or b'"results"' not in done.stdout:
        raise GuardDogFailed(done.stderr.decode("utf-8", "replace").strip()[-300:])
    return Spent(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def processor_seconds() -> float:
    """Give how long processors have worked for this process and its workers, which are still running (Linux)."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split()
    fields = (Path(f"/proc/{child}/stat").read_text("ascii").rpartition(")")[2].split() for child in children)
    ticks = sum(int(each[_USER]) + int(each[_SYSTEM]) for each in fields)
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def empty_package(folder: Path) -> Path:
    """Write a package that holds nothing but its manifest."""
    path = folder / "npm" / "nothing-1.0.0.tgz"
    path.parent.mkdir(exist_ok=True)
    manifest = b'{"name": "nothing", "version": "1.0.0"}'
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo("package/package.json")
        entry.size = len(manifest)
        archive.addfile(entry, io.BytesIO(manifest))
    return path


def show(compared: Sequence[Compared], empty: float) -> None:
    """Print a line for each archive, and both rates; `empty` is how long GuardDog took over an empty package."""
    for each in compared:
        ours, theirs = each.ours.clock, each.theirs.clock
        print(
            f"{each.name[:52]:<52} {each.size / 1e6:6.2f} MB  ours {ours:6.2f} s  GuardDog {theirs:6.2f} s"
            f"  {theirs / ours:6.1f} times"
        )
    start = min(empty, *(each.theirs.clock for each in compared))
    size = sum(each.size for each in compared) / 1e6
    ours = size / sum(each.ours.clock for each in compared)
    theirs = size / sum(each.theirs.clock for each in compared)
    started = size / sum(max(each.theirs.clock - start, 0.001) for each in compared)
    median = statistics.median(each.theirs.clock / each.ours.clock for each in compared)
    print(f"archives           {len(compared)}, {size:.1f} MB unpacked")
    print(f"trigraph           {ours:8.2f} MB/s")
    print(f"GuardDog           {theirs:8.2f} MB/s, we are {ours / theirs:.1f} times as fast")
    print(f"without its start  {started:8.2f} MB/s ({start:.2f} s each), {ours / started:.1f} times")
    print(f"an archive         {median:.1f} times as fast (median)")
    show_processors(compared)
    show_small(compared)


def show_processors(compared: Sequence[Compared]) -> None:
    """Print how long processors worked: we keep several busy at once, GuardDog one."""
    ours = sum(each.ours.processors for each in compared)
    theirs = sum(each.theirs.processors for each in compared)
    print(f"processors         ours {ours:.1f} s, GuardDog {theirs:.1f} s: {theirs / ours:.1f} times the work")


def show_small(compared: Sequence[Compared]) -> None:
    """Print how long our scans of archives around a megabyte took."""
    least, most = AROUND_A_MEGABYTE
    near = [each.ours.clock for each in compared if least <= each.size <= most]
    if near:
        seconds = statistics.median(near)
        print(f"around 1 MB        median {seconds:.2f} s of {len(near)} archives of 0.5 to 2 MB unpacked")


async def main(guarddog: Path, targets: Sequence[str]) -> None:
    """Download, scan with both in turn, and print."""
    compared = []
    async with timed_scanner() as scanner:
        with TemporaryDirectory() as name:
            folder = Path(name)
            archives = [path for target in targets for path in await download(target, scanner, folder)]
            empty = min(guarddog_spent(guarddog, empty_package(folder)).clock for _ in range(3))
            for archive in track(archives, "archives"):
                before = processor_seconds()
                scan = await scanner.scan(f"file:{archive}")
                ours = Spent(scan.seconds, processor_seconds() - before)
                if scan.error:
                    raise RuntimeError(f"{archive.name}: {scan.error}")
                try:
                    theirs = guarddog_spent(guarddog, archive)
                except GuardDogFailed as error:
                    print(f"left out, as GuardDog fails on it: {archive.name}: {error}")
                    continue
                compared.append(Compared(archive.name, scan.size, ours, theirs))
    show(compared, empty)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(__doc__)
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2:] or locked_targets()[::EVERY]))
