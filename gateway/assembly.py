"""The parts of a running gateway, put together from the settings; nothing connects before `start`."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from adapters.cloudsigma.port import CloudSigma
from adapters.context import AdapterContext
from adapters.durable import DurableWork
from adapters.registry import build_adapter
from adapters.services import Services
from adapters.store.database import Database
from adapters.workers import Workers
from gateway.settings import Settings


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
    """Build the parts that the settings ask for."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
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
    cloudsigma: CloudSigma = build_adapter("cloudsigma", context)
    return Assembly(database=database, durable=durable, services=Services(cloudsigma=cloudsigma))
