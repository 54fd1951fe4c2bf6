"""A process with scheduled work for two tenants: `python -m tests.adapters.cloudlink.local.schedule_process …`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from sqlalchemy import make_url

from adapters.cloudlink.local.schedule import Job, Schedule
from adapters.durable import DurableWork
from adapters.store.database import Database
from tests.waiting import until

TIMES = 2


class Noted(Schedule):
    """Writes down which workflows run."""

    journal: Path

    async def _run(self, key: str) -> None:
        note(self.journal, key)
        await super()._run(key)


def note(journal: Path, line: str) -> None:
    """Add a line to the journal."""
    with journal.open("a") as opened:
        opened.write(f"{line}\n")


async def main(durable_url: str, store_url: str, file: str, executor: str) -> None:
    """Run until both tenants had their turn twice, and a failing job could have got in the way."""
    database, journal = Database(str(make_url(store_url).render_as_string(hide_password=False))), Path(file)

    async def fail(_tenant: str) -> None:
        raise LookupError

    async def write(tenant: str) -> None:
        note(journal, f"done {tenant}")

    durable = DurableWork(durable_url, executor)
    schedule = Noted(database, durable, [Job("failing", fail), Job("writing", write)], cron="*/2 * * * * *")
    schedule.journal = journal
    await durable.start()
    done = ("done acme", "done umbrella: corp")
    await until(lambda: all(journal.read_text().splitlines().count(line) >= TIMES for line in done))
    await durable.stop()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
