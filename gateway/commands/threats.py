"""`trigraph threats import`: known malicious packages from OSV reports into the store."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from adapters.sigil.local.osv import Report, UnreadableReport, read_report, read_reports
from adapters.sigil.local.threats import ThreatRecords
from adapters.sigil.models import Threat
from gateway.commands.failing import CommandFailed
from gateway.commands.harmless import harmless
from gateway.commands.store import opened_store
from gateway.configuration.settings import Settings

THREATS_AT_ONCE = 1000
MOST_TOLD = 20
_DAMAGED = (OSError, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError, NotImplementedError, RuntimeError)


class Imported(msgspec.Struct):
    """How many threats were recorded and withdrawn, and how many reports could not be read."""

    known: int = 0
    withdrawn: int = 0
    unreadable: int = 0


async def import_threats(settings: Settings, path: Path) -> None:
    """Import a report, a folder, a zip or a tar of them; unreadable ones are told and left out.

    Raises CommandFailed where nothing could be imported, or an archive ends in the middle; what came before it is kept.
    """
    _check(path)
    console = Console(stderr=True)
    imported = Imported()
    try:
        async with opened_store(settings) as database:
            await _Import(ThreatRecords(database), imported, console).run(path)
    finally:
        console.print(
            f"{imported.known} threats imported, {imported.withdrawn} withdrawn, "
            f"{imported.unreadable} reports could not be read",
            highlight=False,
        )
    if not imported.known and not imported.withdrawn:
        raise CommandFailed(f"{path} holds no report on a package of npm or PyPI: give an OSV export")


class _Import:
    """Takes reports into the store, many at once."""

    def __init__(self, records: ThreatRecords, imported: Imported, console: Console) -> None:
        self._records = records
        self._imported = imported
        self._console = console
        self._said: dict[str, list[Threat]] = {}
        self._taken = Imported()

    async def run(self, path: Path) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.completed:.0f} reports"), TimeElapsedColumn())
        with Progress(*columns, console=self._console, disable=not self._console.is_terminal) as progress:
            shown = progress.add_task("reports", total=None)
            try:
                for report in self._reports(path):
                    self._take(report)
                    progress.advance(shown)
                    if max(len(self._said), self._taken.known) >= THREATS_AT_ONCE:
                        await self._flush()
            except _DAMAGED as error:
                raise CommandFailed(f"{path} can't be read to its end: {error}") from None
            finally:
                await self._flush()

    def _reports(self, path: Path) -> Iterator[Report]:
        for name, data in read_reports(path):
            try:
                yield read_report(name, data)
            except UnreadableReport as error:
                self._imported.unreadable += 1
                self._tell(str(error))

    def _tell(self, problem: str) -> None:
        if self._imported.unreadable <= MOST_TOLD:
            self._console.print(f"left out: {harmless(problem)}", markup=False, highlight=False, soft_wrap=True)
        elif self._imported.unreadable == MOST_TOLD + 1:
            self._console.print("left out: others, which are only counted", highlight=False)

    def _take(self, report: Report) -> None:
        threats = report.threats()
        self._said[report.id] = threats if report.withdrawn is None else []
        if report.withdrawn is None:
            self._taken.known += len(threats)
        else:
            self._taken.withdrawn += len(threats) or int(not report.affected)

    async def _flush(self) -> None:
        await self._records.replace(self._said)
        self._imported.known += self._taken.known
        self._imported.withdrawn += self._taken.withdrawn
        self._said.clear()
        self._taken = Imported()


def _check(path: Path) -> None:
    if not path.exists():
        raise CommandFailed(f"{path} does not exist: give an OSV report, or a folder, zip or tar of them")
