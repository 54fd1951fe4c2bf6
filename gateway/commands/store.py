"""The store as commands use it: reached, brought up to date, and closed again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.errors import Refused
from adapters.store.database import Database
from gateway.assembly import reach_store
from gateway.commands.failing import CommandFailed
from gateway.configuration.settings import Settings


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[Database]:
    """Open the store; raises CommandFailed where it can't be reached, or refuses what is asked of it."""
    settings.prepare_folders()
    database = Database(settings.database)
    try:
        await reach_store(database)
        await database.migrate()
        yield database
    except Refused as error:
        raise CommandFailed(error.message) from None
    finally:
        await database.close()
