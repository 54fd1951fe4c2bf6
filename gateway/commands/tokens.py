"""`trigraph tokens`: tokens of services that tenants and callers have of their own, kept, listed and removed."""

from __future__ import annotations

import getpass
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.table import Table

from adapters.tokens import EVERYONE, TOKEN_LENGTH, KeptTokens
from adapters.vault import Vault
from gateway.commands.failing import CommandFailed
from gateway.commands.output import output_console
from gateway.commands.store import opened_store
from gateway.commands.tenants import checked_caller, checked_tenant
from gateway.configuration.settings import Settings


async def set_token(settings: Settings, service: str, tenant: str, caller: str | None = None) -> None:
    """Keep a token of a tenant, or of one of its callers; raises CommandFailed.

    It is read from standard input, or asked for at a terminal.
    """
    owner = _owner(tenant, caller)
    token = (
        getpass.getpass(f"Token of {owner} at {service}: ") if sys.stdin.isatty() else sys.stdin.read(TOKEN_LENGTH + 2)
    )
    async with _opened(settings) as kept:
        await kept.set(service, tenant, token, caller or EVERYONE)
    print(f"The token of {owner} at {service} is kept; a gateway that runs takes it within seconds")  # noqa: T201 - the command's output


async def list_tokens(settings: Settings) -> None:
    """Print whose tokens are kept, without the tokens."""
    table = Table("service", "tenant", "caller", "token", "kept since")
    async with _opened(settings) as kept:
        for token in await kept.list():
            since = f"{token.set_at:%Y-%m-%d %H:%M} UTC"
            table.add_row(token.service, token.tenant, token.caller or "all", token.hint, since)
    output_console().print(table)


async def remove_token(settings: Settings, service: str, tenant: str, caller: str | None = None) -> None:
    """Forget a token; raises CommandFailed where there is none."""
    async with _opened(settings) as kept:
        if not await kept.remove(service, tenant, caller or EVERYONE):
            whose = repr(caller or tenant)
            raise CommandFailed(f"{whose} has no token at {service}: `trigraph tokens list` shows whose are kept")


def _owner(tenant: str, caller: str | None) -> str:
    """Say whose a token is to be; raises CommandFailed for whom there can't be."""
    tenant = checked_tenant(tenant)
    return tenant if caller is None else f"{checked_caller(caller)} of {tenant}"


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[KeptTokens]:
    async with opened_store(settings) as database:
        yield KeptTokens(database, Vault(settings.cloudlink_options.encryption_keys))
