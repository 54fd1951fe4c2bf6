"""`trigraph scan`: packages scanned here, shown as it goes, judged by a policy."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path

import msgspec
from rich.console import Console

from adapters.errors import InvalidInput
from adapters.sigil.local.policy import NAMED, policy_named
from adapters.sigil.local.threats import ThreatRecords
from adapters.sigil.models import Policy, Scan
from adapters.sigil.wire import answer_of
from adapters.store.database import Database
from gateway.assembly import reach_store
from gateway.commands.failing import CommandFailed
from gateway.commands.local_scan import LocalScan, open_local_scan
from gateway.commands.output import output_console
from gateway.commands.sarif import sarif_of
from gateway.commands.scan_progress import ScanProgress, shown_progress
from gateway.commands.scan_report import print_report, report_text
from gateway.configuration.settings import Settings

SCANS_AT_ONCE = 4
PASSED, FAILS_THE_POLICY, NOT_SCANNED = 0, 1, 2


class Format(StrEnum):
    """How scans are written."""

    REPORT = "report"
    JSON = "json"
    SARIF = "sarif"


async def scan_targets(
    settings: Settings, targets: Sequence[str], policy: str, written: Format, output: Path | None
) -> int:
    """Scan targets and write what was found; gives the exit code. Raises CommandFailed before anything is scanned.

    The code is 1 if a scan fails the policy, else 2 if one could not be done, else 0.
    """
    rules = read_policy(policy)
    _check_text(targets)
    if output is not None:
        _check(output)
    try:
        async with _known_threats(settings) as threats, open_local_scan(settings, rules, threats) as local:
            with shown_progress(Console(stderr=True)) as progress:
                scans = await _scan_all(local, targets, progress)
    except InvalidInput as error:
        raise CommandFailed(error.message) from None
    _write(scans, written, output)
    return exit_code(scans)


def exit_code(scans: Sequence[Scan]) -> int:
    """Give the exit code of a command that scanned these."""
    results = [scan.policy_result for scan in scans]
    if any(result is not None and not result.passed for result in results):
        return FAILS_THE_POLICY
    return NOT_SCANNED if None in results else PASSED


def read_policy(given: str) -> Policy:
    """Give a policy by its name or from a JSON or YAML file; raises CommandFailed."""
    path = Path(given)
    if given in NAMED or not (path.suffix in {".json", ".yaml", ".yml"} or path.is_file()):
        try:
            return policy_named(given)
        except InvalidInput:
            message = f"there is no policy {given!r}: name one of {', '.join(NAMED)}, or a JSON or YAML file"
            raise CommandFailed(message) from None
    decode = msgspec.json.decode if path.suffix == ".json" else msgspec.yaml.decode
    try:
        return decode(path.read_bytes(), type=Policy)
    except OSError as error:
        raise CommandFailed(f"the policy {path} can't be read: {error.strerror}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{path} holds no policy: {error}") from None


async def _scan_all(local: LocalScan, targets: Sequence[str], progress: ScanProgress) -> list[Scan]:
    turns = asyncio.Semaphore(SCANS_AT_ONCE)

    async def scan(target: str) -> Scan:
        async with turns:
            done = await local.run(target, progress.begin(target))
            progress.end(target, done)
            return done

    return await asyncio.gather(*(scan(target) for target in dict.fromkeys(targets)))


@asynccontextmanager
async def _known_threats(settings: Settings) -> AsyncIterator[ThreatRecords | None]:
    """Open the store if there is one; a scan makes none."""
    database = Database(settings.database)
    path = None if database.is_postgres else Path(database.url.database or "")
    try:
        if path is not None and not path.exists():
            yield None
            return
        await reach_store(database)
        await database.migrate()
        yield ThreatRecords(database)
    finally:
        await database.close()


def _check_text(targets: Sequence[str]) -> None:
    """Refuse a path whose bytes are no text: no report, and no document, could name it."""
    for target in targets:
        if target != target.encode(errors="replace").decode():
            raise CommandFailed(f"the path {target!r} is no UTF-8 text: rename it, or name it by a link that is")


def _check(output: Path) -> None:
    try:
        output.open("ab").close()
    except OSError as error:
        raise CommandFailed(f"{output} can't be written ({error.strerror}): name another file by --output") from None


def _write(scans: Sequence[Scan], written: Format, output: Path | None) -> None:
    document = None
    if written is Format.JSON:
        document = msgspec.json.format(msgspec.json.encode([answer_of(scan) for scan in scans]), indent=2)
    elif written is Format.SARIF:
        document = sarif_of(scans)
    if output is not None:
        output.write_bytes(document or report_text(scans).encode())
    elif document is not None:
        sys.stdout.buffer.write(document + b"\n")
        return
    if output is None or document is not None:
        print_report(scans, output_console())
