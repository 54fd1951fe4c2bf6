"""The parts of a running gateway, put together from the settings; nothing connects before `start`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from adapters.context import AdapterContext
from adapters.durable import DurableWork, InUse
from adapters.errors import InvalidInput
from adapters.history.analytics import Analytics
from adapters.history.recorder import Recorder
from adapters.history.recording import recorded
from adapters.origins import Origins
from adapters.registry import UnknownAdapter, build_adapter
from adapters.services import Adapter, Service, Services
from adapters.store.database import Database
from adapters.tokens import KeptTokens
from adapters.vault import Vault
from adapters.workers import Workers
from gateway.commands.failing import CommandFailed
from gateway.configuration.settings import Settings, SettingsError

STORE_SECONDS = 10


class StoreUnreachable(CommandFailed):
    """The database gives no answer; the message says what to do."""


@dataclass(kw_only=True)
class Parts:
    """The store, the durable work and adapters, started in this order and closed in the reverse.

    The recorder, where there is one, starts last, and is closed when nothing is left that it could see.
    """

    database: Database
    durable: DurableWork
    adapters: Sequence[Adapter] = ()
    recorder: Recorder | None = None
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> None:
        """Migrate the store, resume durable work and start the adapters; what had started is closed on an error."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.database.close)
            await self.database.migrate()
            if self.recorder is not None:
                stack.push_async_callback(self.recorder.close)
            for adapter in self.adapters:
                stack.push_async_callback(adapter.close)
            stack.push_async_callback(self.durable.stop)
            await self.durable.start()
            for adapter in self.adapters:
                await adapter.start()
            if self.recorder is not None:
                await self.recorder.start()
            self._open = stack.pop_all()

    async def close(self) -> None:
        """Stop everything that start started."""
        await self._open.aclose()


@dataclass(kw_only=True)
class Assembly(Parts):
    """The parts of the gateway: an adapter for every service."""

    services: Services

    def __post_init__(self) -> None:
        self.adapters = list(self.services.by_name().values())


@dataclass
class Workshop:
    """Builds adapters from the settings, over one store and one durable work."""

    settings: Settings
    database: Database
    durable: DurableWork
    workers: Workers
    tokens: KeptTokens | None = None

    def chosen(self, service: Service) -> Any:
        """Build the adapter of a service that the settings choose; raises SettingsError."""
        name, settings = service.value, self.settings
        location, token = getattr(settings, name), getattr(settings, f"{name}_token")
        return self.build(service, location, token, getattr(settings, f"{name}_limit"))

    def watched(self, service: Service, recorder: Recorder) -> Any:
        """Build the chosen adapter; the recorder sees what it answers; what an embedded one does is in the store."""
        adapter = self.chosen(service)
        return recorded(adapter, service, recorder) if getattr(self.settings, service.value) else adapter

    def build(
        self,
        service: Service,
        location: str = "",
        token: SecretStr | None = None,
        calls_per_minute: int | None = None,
    ) -> Any:
        """Build a service's adapter, the local one unless `location` says otherwise; raises SettingsError."""
        settings = self.settings
        context = AdapterContext(
            location=location,
            token=token.get_secret_value() or None if token else None,
            cache_dir=settings.engine_cache,
            database=self.database,
            durable=self.durable,
            workers=self.workers,
            nvd_url=settings.nvd_url,
            nvd_api_key=settings.nvd_api_key.get_secret_value() or None,
            attack_bundle=settings.attack_bundle,
            fetch_allowed=settings.allowed_hosts,
            npm_registry=settings.npm_registry,
            pypi_index=settings.pypi_index,
            cloudlink=settings.cloudlink_options,
            tokens=self.tokens,
            own_tokens=settings.token_passthrough,
            calls_per_minute=calls_per_minute,
        )
        try:
            return build_adapter(service.value, context)
        except UnknownAdapter as error:
            raise SettingsError(str(error)) from None
        except InvalidInput as error:
            raise SettingsError(error.message) from None


def open_workshop(settings: Settings) -> Workshop:
    """Prepare what adapters are built with; raises SettingsError."""
    settings.prepare_folders()
    durable = DurableWork(settings.durable_database, settings.executor_id)
    database = Database(settings.database)
    keys = settings.cloudlink_options.encryption_keys
    kept = KeptTokens(database, Vault(keys)) if keys else None
    return Workshop(settings, database, durable, Workers(settings.workers), kept)


def assemble(settings: Settings) -> Assembly:
    """Build the parts that the settings ask for; raises SettingsError."""
    workshop = open_workshop(settings)
    recorder = Recorder(workshop.database, settings.history_days)
    services = Services(
        cloudsigma=workshop.watched(Service.CLOUDSIGMA, recorder),
        sigil=workshop.watched(Service.SIGIL, recorder),
        cloudlink=workshop.watched(Service.CLOUDLINK, recorder),
        analytics=Analytics(workshop.database, recorder),
        origins=Origins(workshop.database),
    )
    return Assembly(database=workshop.database, durable=workshop.durable, services=services, recorder=recorder)


def claim_data(durable: DurableWork) -> None:
    """Take the data folder for this process alone; raises SettingsError where another works on it."""
    try:
        durable.claim()
    except InUse as error:
        raise SettingsError(
            f"another trigraph works on the data in {error}: stop it, or set TRIGRAPH_DATA_DIR to a folder of its own"
        ) from None


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
