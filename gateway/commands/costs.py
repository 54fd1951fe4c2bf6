"""`trigraph costs import`: billing exports into the store, with progress."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from adapters.cloudlink.local.cost_files import CostFile, ProvidedCost, read_costs
from adapters.cloudlink.local.costs import CostRecords
from adapters.cloudlink.local.credentials import CredentialRecords
from adapters.cloudlink.local.hours import hour_number
from adapters.cloudlink.local.journal import Entry, Journal
from adapters.cloudlink.local.outbox import Outbox
from adapters.errors import NotFound
from adapters.store.database import Database
from adapters.vault import Vault
from gateway.commands.failing import CommandFailed
from gateway.commands.store import opened_store
from gateway.commands.tenants import checked_tenant
from gateway.configuration.settings import Settings

HOURS_AT_ONCE = 20_000
ACTOR = "costs import"


async def import_costs(settings: Settings, path: Path, tenant: str, credential_id: str | None) -> None:
    """Import an export once all of it was read and checked; what is known of the same hours and accounts is replaced.

    What was broken off is made whole by a second import. All accounts count as `credential_id` where it is given.
    Raises CommandFailed.
    """
    tenant = checked_tenant(tenant)
    _check(path)
    async with opened_store(settings) as database:
        if credential_id is not None:
            await _check_credential(database, tenant, credential_id)
        await _Import(database, tenant, credential_id).run(path)


def _check(path: Path) -> None:
    if not path.is_file():
        raise CommandFailed(f"{path} is no file: give a FOCUS 1.x or AWS CUR 2 export as CSV or Parquet")


async def _check_credential(database: Database, tenant: str, credential_id: str) -> None:
    """Refuse an id that is nobody's: the costs of a scanned account would count a second time under it."""
    try:
        await CredentialRecords(database, Vault(()), Journal(Outbox(database))).account(tenant, credential_id)
    except NotFound:
        raise CommandFailed(
            f"--credential is {credential_id!r}, and the tenant {tenant!r} has none of this id: the graph's "
            "`credentials { id }` lists them, and --tenant says whose they are"
        ) from None


class _Import:
    """Takes the hours of an export into the store, a transaction for every 20,000."""

    def __init__(self, database: Database, tenant: str, credential_id: str | None) -> None:
        self._database = database
        self._tenant = tenant
        self._credential_id = credential_id
        self._records = CostRecords(database)
        self._journal = Journal(Outbox(database))
        self._console = Console(stderr=True)

    async def run(self, path: Path) -> None:
        began = time.monotonic()
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %"))
        shown = Progress(*columns, TimeElapsedColumn(), console=self._console, disable=not self._console.is_terminal)
        with shown as progress:
            task = progress.add_task(f"reading {path.name}", total=None)
            now_hour = hour_number(datetime.now(UTC))
            file = await asyncio.to_thread(read_costs, path, now_hour, self._credential_id)
            with contextlib.closing(file):
                progress.update(task, description="writing hours", total=file.hours)
                while hours := await asyncio.to_thread(file.batch, HOURS_AT_ONCE):
                    await self._write(path, file, hours)
                    progress.advance(task, len(hours))
        seconds = time.monotonic() - began
        self._console.print(
            f"{file.rows:,} rows of {file.layout} came to {file.hours:,} hours of services, "
            f"in {seconds:.1f} s ({file.rows / seconds:,.0f} rows/s)",
            highlight=False,
            soft_wrap=True,
        )

    async def _write(self, path: Path, file: CostFile, hours: Sequence[ProvidedCost]) -> None:
        """Take hours in, in a transaction of their own: as long as it lasts, nobody else writes."""
        providers = {hour.service: hour.provider for hour in hours}
        detail = f"{len(hours)} of {file.hours} hours of {path.name} ({file.layout}, {file.rows} rows)"
        entry = Entry(event_type="costs.ingested", actor=ACTOR, detail=detail)
        async with self._database.write() as connection:
            await self._records.write(connection, self._tenant, hours, providers)
            await self._journal.write(connection, self._tenant, entry)
