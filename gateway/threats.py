"""`trigraph threats import`: known malicious packages from OSV reports into the store."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from adapters.sigil.local.osv import UnreadableReport, read_report, read_reports
from adapters.sigil.local.threats import ThreatRecords
from adapters.sigil.models import Threat
from adapters.store.database import Database
from gateway.failing import CommandFailed
from gateway.settings import Settings

REPORTS_AT_ONCE = 1000


async def import_threats(settings: Settings, path: Path) -> None:
    """Import a report, a folder, a zip or a tar of them; unreadable ones are told and left out."""
    _check(path)
    console = Console(stderr=True)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    try:
        await database.migrate()
        known, withdrawn, unreadable = await _import(ThreatRecords(database), path, console)
    finally:
        await database.close()
    console.print(f"{known} threats imported, {withdrawn} withdrawn, {unreadable} reports could not be read")
    if unreadable and not known and not withdrawn:
        raise CommandFailed(f"{path} holds no OSV report")


async def _import(records: ThreatRecords, path: Path, console: Console) -> tuple[int, int, int]:
    known: list[Threat] = []
    withdrawn: list[str] = []
    counts = [0, 0, 0]

    async def flush() -> None:
        await records.replace(known, withdrawn)
        counts[0] += len(known)
        counts[1] += len(withdrawn)
        known.clear()
        withdrawn.clear()

    columns = (TextColumn("threats"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        shown = progress.add_task("threats", total=None)
        for name, data in read_reports(path):
            try:
                report = read_report(name, data)
            except UnreadableReport as error:
                counts[2] += 1
                console.print(f"[yellow]left out[/] {error}", highlight=False)
                continue
            if report.withdrawn is None:
                known += report.threats()
            else:
                withdrawn += [threat.id for threat in report.threats()]
            progress.advance(shown)
            if len(known) + len(withdrawn) >= REPORTS_AT_ONCE:
                await flush()
        await flush()
    return counts[0], counts[1], counts[2]


def _check(path: Path) -> None:
    if not path.exists():
        raise CommandFailed(f"{path} does not exist: give an OSV report, or a folder, zip or tar of them")
