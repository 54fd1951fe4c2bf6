"""`trigraph tokens`: tenants' own tokens of services, kept, listed and removed."""

from __future__ import annotations

import getpass
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.table import Table

from adapters.tokens import TOKEN_LENGTH, KeptTokens
from adapters.vault import Vault
from gateway.commands.failing import CommandFailed
from gateway.commands.output import output_console
from gateway.commands.store import opened_store
from gateway.commands.tenants import checked_tenant
from gateway.configuration.settings import Settings


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
    async with opened_store(settings) as database:
        yield KeptTokens(database, Vault(settings.cloudlink_options.encryption_keys))
