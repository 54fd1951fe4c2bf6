"""`trigraph check`: what is set, what can be reached, and how to mend what can't."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from difflib import get_close_matches

import msgspec
from rich.table import Table
from rich.text import Text

from adapters.cloudsigma.port import CloudSigma
from adapters.errors import AdapterError
from adapters.health import Health, ServiceHealth
from adapters.principal import LOCAL_PRINCIPAL
from adapters.services import Service
from adapters.store.database import Database
from adapters.stored_keys import StoredKeys
from gateway.access.authentication import authentication_of, refuse_open_door
from gateway.access.json_web_tokens import signing_keys_of
from gateway.access.principals import read_keyring
from gateway.access.signing_keys import KeysUnreachable
from gateway.assembly import STORE_SECONDS, StoreUnreachable, assemble, reach_store
from gateway.commands.failing import CommandFailed
from gateway.commands.output import output_console
from gateway.configuration.settings import PREFIX, Settings, SettingsError
from gateway.playground import is_built
from gateway.protocols.trusted_documents import trusted_documents_of


async def check(settings: Settings) -> None:
    """Print a line for each part; raises CommandFailed if one is not as it should be."""
    table = Table(title="trigraph check", title_justify="left")
    for heading in ("part", "state", "what"):
        table.add_column(heading, overflow="fold")
    wrong = 0
    callers = [await _callers(settings), *await _provider(settings)]
    parts = [*_misspelt(), *callers, *_documents(settings), _data(settings), *await _services(settings), _playground()]
    for part, health, message in parts:
        colour = {Health.UP: "green", Health.DEGRADED: "yellow", Health.DOWN: "red"}[health]
        table.add_row(part, Text(health, colour), Text(message))
        wrong += health is Health.DOWN
    output_console().print(table)
    if wrong:
        raise CommandFailed(f"{wrong} of the parts above must be mended")


def _misspelt() -> list[tuple[str, Health, str]]:
    """Name the variables that look like settings and are none: a misspelt one would go unnoticed."""
    settings = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in settings)
    if not unknown:
        return []
    meant = {name: get_close_matches(name, sorted(settings), n=1, cutoff=0.85) for name in unknown}
    named = ", ".join(f"{name} (is {near[0]} meant?)" if near else name for name, near in meant.items())
    return [("settings", Health.DEGRADED, f"no such setting, so ignored: {named}")]


def _documents(settings: Settings) -> list[tuple[str, Health, str]]:
    if settings.trusted_documents is None and not settings.only_trusted_documents:
        return []
    try:
        trusted_documents_of(settings)
    except SettingsError as error:
        return [("trusted documents", Health.DOWN, str(error))]
    return [("trusted documents", Health.UP, str(settings.trusted_documents))]


async def _callers(settings: Settings) -> tuple[str, Health, str]:
    try:
        authentication = authentication_of(settings)
        stored = await _stored_keys(settings)
        if not stored:
            await refuse_open_door(settings, authentication)
    except SettingsError as error:
        return "callers", Health.DOWN, str(error)
    is_open = not stored and await authentication.is_open()
    known = len(read_keyring(settings).principals)
    who = "everyone on this machine" if is_open else f"{known} keys in settings, {stored} in the store"
    return "callers", Health.UP, f"{who}, listening on {settings.host}:{settings.port}"


async def _provider(settings: Settings) -> list[tuple[str, Health, str]]:
    if not settings.jwt_issuer:
        return []
    try:
        usable = await signing_keys_of(settings).fetch()
    except KeysUnreachable as error:
        cure = "check TRIGRAPH_JWT_ISSUER and TRIGRAPH_JWT_JWKS_URL"
        return [("identity provider", Health.DOWN, f"no keys of {settings.jwt_issuer} ({error}): {cure}")]
    if not usable:
        message = f"{settings.jwt_issuer} has no key that is taken: check TRIGRAPH_JWT_ALGORITHMS"
        return [("identity provider", Health.DOWN, message)]
    return [("identity provider", Health.UP, f"{settings.jwt_issuer}, {usable} keys")]


async def _stored_keys(settings: Settings) -> int:
    database = Database(settings.database)
    try:
        async with asyncio.timeout(STORE_SECONDS):
            return len(await StoredKeys(database).list())
    except Exception:  # noqa: BLE001 - a store that is not there yet holds none, and one that fails is told of below
        return 0
    finally:
        await database.close()


def _data(settings: Settings) -> tuple[str, Health, str]:
    try:
        settings.prepare_folders()
    except SettingsError as error:
        return "data folder", Health.DOWN, str(error)
    return "data folder", Health.UP, str(settings.data_dir)


async def _services(settings: Settings) -> list[tuple[str, Health, str]]:
    try:
        parts = assemble(settings)
    except SettingsError as error:
        return [("services", Health.DOWN, str(error))]
    async with AsyncExitStack() as stack:
        stack.push_async_callback(parts.database.close)
        for adapter in parts.adapters:
            stack.push_async_callback(adapter.close)
        try:
            await reach_store(parts.database)
        except StoreUnreachable as error:
            return [("store", Health.DOWN, str(error))]
        told = {name: await adapter.health() for name, adapter in parts.services.by_name().items()}
        cloudsigma = told[Service.CLOUDSIGMA]
        if settings.cloudsigma and cloudsigma.health is Health.UP:
            told[Service.CLOUDSIGMA] = await _with_token(parts.services.cloudsigma, cloudsigma)
    store = ("store", Health.UP, parts.database.url.render_as_string(hide_password=True))
    return [store, *((name.value, said.health, said.message or _working(said)) for name, said in told.items())]


async def _with_token(cloudsigma: CloudSigma, health: ServiceHealth) -> ServiceHealth:
    """Ask for what needs a token: CloudSigma's health is open to all."""
    try:
        await cloudsigma.usage(LOCAL_PRINCIPAL)
    except AdapterError as error:
        return msgspec.structs.replace(health, health=Health.DEGRADED, message=error.message)
    return health


def _working(health: ServiceHealth) -> str:
    return health.adapter if health.latency_ms is None else f"{health.adapter}, {health.latency_ms:.0f} ms"


def _playground() -> tuple[str, Health, str]:
    if is_built():
        return "playground", Health.UP, "built, works offline"
    return "playground", Health.DEGRADED, "not built, loads from a public CDN: install Node and reinstall trigraph"
