"""Tokens of upstreams: those that callers bring, and `trigraph tokens`, which keeps those of tenants."""

from __future__ import annotations

import getpass
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from rich.table import Table

from adapters.errors import InvalidInput, NotAllowed
from adapters.principal import OwnTokens
from adapters.services import Service
from adapters.store.database import Database
from adapters.tokens import TOKEN_LENGTH, KeptTokens, checked_token
from adapters.vault import Vault
from gateway.assembly import reach_store
from gateway.commands.failing import CommandFailed
from gateway.commands.output import output_console
from gateway.commands.tenants import checked_tenant
from gateway.configuration.settings import Settings

NAMES = {f"x-trigraph-{service}-token": service.value for service in Service}


def tokens_in(brought: Mapping[str, Any]) -> OwnTokens | None:
    """Read the tokens among headers, or in the payload of `connection_init`; raises InvalidInput, naming the header."""
    found: dict[str, str] = {}
    for name, value in brought.items():
        service = NAMES.get(name.lower())
        if service is None:
            continue
        try:
            found[service] = checked_token(value if isinstance(value, str) else "")
        except InvalidInput as error:
            raise InvalidInput(error.code, f"{name}: {error.message}", name) from None
    return OwnTokens(found) if found else None


async def set_token(settings: Settings, service: str, tenant: str) -> None:
    """Keep a tenant's token, which is read from standard input, or asked for at a terminal; raises CommandFailed."""
    tenant = checked_tenant(tenant)
    token = (
        getpass.getpass(f"Token of {tenant} at {service}: ") if sys.stdin.isatty() else sys.stdin.read(TOKEN_LENGTH + 2)
    )
    async with _opened(settings) as kept:
        await kept.set(service, tenant, token)
    print(f"The token of {tenant} at {service} is kept; a gateway that runs takes it within seconds")  # noqa: T201 - the command's output


async def list_tokens(settings: Settings) -> None:
    """Print whose tokens are kept, without the tokens."""
    table = Table("service", "tenant", "token", "kept since")
    async with _opened(settings) as kept:
        for token in await kept.list():
            table.add_row(token.service, token.tenant, token.hint, f"{token.set_at:%Y-%m-%d %H:%M} UTC")
    output_console().print(table)


async def remove_token(settings: Settings, service: str, tenant: str) -> None:
    """Forget a tenant's token; raises CommandFailed where there is none."""
    async with _opened(settings) as kept:
        if not await kept.remove(service, tenant):
            raise CommandFailed(f"{tenant!r} has no token at {service}: `trigraph tokens list` shows whose are kept")


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[KeptTokens]:
    settings.prepare_folders()
    database = Database(settings.database)
    try:
        await reach_store(database)
        await database.migrate()
        yield KeptTokens(database, Vault(settings.cloudlink_options.encryption_keys))
    except (InvalidInput, NotAllowed) as error:
        raise CommandFailed(error.message) from None
    finally:
        await database.close()
