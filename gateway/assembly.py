"""The parts of a running gateway, put together from the settings; nothing connects before `start`."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from adapters.cloudsigma.port import CloudSigma
from adapters.context import AdapterContext
from adapters.durable import DurableWork
from adapters.registry import UnknownAdapter, build_adapter
from adapters.services import Services
from adapters.store.database import Database
from adapters.workers import Workers
from gateway.failing import CommandFailed
from gateway.settings import Settings, SettingsError

STORE_SECONDS = 10


class StoreUnreachable(CommandFailed):
    """The database gives no answer; the message says what to do."""


@dataclass(kw_only=True)
class Assembly:
    """The store, the durable work and the adapters, started in this order and closed in the reverse."""

    database: Database
    durable: DurableWork
    services: Services
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> None:
        """Migrate the store, resume durable work and start the adapters; what had started is closed on an error."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.database.close)
            await self.database.migrate()
            stack.push_async_callback(self.services.cloudsigma.close)
            stack.push_async_callback(self.durable.stop)
            await self.durable.start()
            await self.services.cloudsigma.start()
            self._open = stack.pop_all()

    async def close(self) -> None:
        """Stop everything that start started."""
        await self._open.aclose()


def assemble(settings: Settings) -> Assembly:
    """Build the parts that the settings ask for; raises SettingsError."""
    settings.prepare_folders()
    database = Database(settings.database)
    durable = DurableWork(settings.durable_database, settings.executor_id)
    context = AdapterContext(
        location=settings.cloudsigma,
        token=settings.cloudsigma_token.get_secret_value() or None,
        cache_dir=settings.engine_cache,
        database=database,
        durable=durable,
        workers=Workers(settings.workers),
        nvd_url=settings.nvd_url,
        nvd_api_key=settings.nvd_api_key.get_secret_value() or None,
        attack_bundle=settings.attack_bundle,
        fetch_allowed=settings.allowed_hosts,
    )
    try:
        cloudsigma: CloudSigma = build_adapter("cloudsigma", context)
    except UnknownAdapter as error:
        raise SettingsError(str(error)) from None
    return Assembly(database=database, durable=durable, services=Services(cloudsigma=cloudsigma))


async def reach_store(database: Database) -> None:
    """Ask the store for an answer; raises StoreUnreachable."""
    try:
        async with asyncio.timeout(STORE_SECONDS):
            await database.ping()
    except Exception as error:  # noqa: BLE001 - each driver raises errors of its own
        url = database.url.render_as_string(hide_password=True)
        cure = "check TRIGRAPH_DATABASE_URL and that the server runs"
        if not database.is_postgres:
            cure = "move that file away, or set TRIGRAPH_DATA_DIR to another folder"
        raise StoreUnreachable(f"no answer from {url} ({type(error).__name__}): {cure}") from None
