"""`trigraph keys`: keys of those who may call, made, listed, revoked and forgotten."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from rich.table import Column, Table

from adapters.keys import digest_of
from adapters.principal import LOCAL_PRINCIPAL
from adapters.stored_keys import StoredKey, StoredKeys
from gateway.access.principals import NAME, new_key, read_keyring
from gateway.commands.failing import CommandFailed
from gateway.commands.output import output_console
from gateway.commands.store import opened_store
from gateway.configuration.settings import Settings

UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_LASTING = re.compile(r"([1-9][0-9]{0,3})([hdw])\Z")


async def create_key(
    settings: Settings, name: str, *, tenant: str | None, roles: Sequence[str], tier: str, expires: str | None
) -> None:
    """Make a key, keep its digest and print the key this once; raises CommandFailed."""
    now = datetime.now(UTC)
    key = new_key()
    stored = StoredKey(
        digest=digest_of(key),
        name=_checked(name, "NAME"),
        tenant=_checked(tenant or name, "--tenant"),
        roles=tuple(dict.fromkeys(roles)),
        tier=tier,
        created_at=now,
        expires_at=expiry(expires, now) if expires else None,
    )
    _refuse_clash(settings, stored)
    async with _opened(settings) as keys:
        await keys.add(stored)
    until = f"until {stored.expires_at:%Y-%m-%d %H:%M} UTC" if stored.expires_at else "without end"
    print(f"key (shown this once):  {key}\nid:                     {stored.id}, good {until}")  # noqa: T201 - the command's output


async def list_keys(settings: Settings) -> None:
    """Print the keys of the store, without the keys themselves."""
    table = Table(Column("id", no_wrap=True))
    for heading in ("name", "tenant", "roles", "tier", "created", "expires", "last used", "state"):
        table.add_column(heading, overflow="fold")
    now = datetime.now(UTC)
    async with _opened(settings) as keys:
        for key in await keys.list():
            state = "good" if key.is_live(now) else "expired" if key.revoked_at is None else "revoked"
            moments = (_shown(moment) for moment in (key.created_at, key.expires_at, key.last_used_at))
            table.add_row(key.id, key.name, key.tenant, "+".join(key.roles), key.tier, *moments, state)
    output_console().print(table)


async def revoke_keys(settings: Settings, named: str) -> None:
    """Revoke a key by its id, or all of a name; raises CommandFailed where there is none."""
    async with _opened(settings) as keys:
        revoked = await keys.revoke(named)
    if not revoked:
        raise CommandFailed(f"{named!r} is neither the id nor the name of a good key: `trigraph keys list` shows them")
    print(f"revoked: {revoked}; a gateway that runs takes it within seconds")  # noqa: T201 - the command's output


async def forget_keys(settings: Settings, named: str) -> None:
    """Strike off the list what lets nobody in any more; raises CommandFailed where there is no such key."""
    async with _opened(settings) as keys:
        forgotten = await keys.forget(named)
        is_empty = not await keys.list()
    if not forgotten:
        raise CommandFailed(f"{named!r} names no key that is revoked or expired: `trigraph keys list` shows them")
    opened = "; no key is left: unless settings name some, everyone on this machine may call" if is_empty else ""
    print(f"forgotten: {forgotten}{opened}")  # noqa: T201 - the command's output


def expiry(given: str, now: datetime) -> datetime:
    """Read when a key expires: `90d`, `12h`, `2w`, or a date; raises CommandFailed."""
    if lasting := _LASTING.match(given):
        return now + int(lasting.group(1)) * UNITS[lasting.group(2)]
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        moment = now
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment <= now:
        raise CommandFailed(f"--expires is {given!r}: give a time such as 90d, 12h or 2w, or a date to come")
    return moment


def _checked(word: str, where: str) -> str:
    if not NAME.match(word):
        raise CommandFailed(f"{where} is {word!r}: use up to 64 letters, digits, dots, dashes, underscores")
    return word


def _refuse_clash(settings: Settings, key: StoredKey) -> None:
    if key.name == LOCAL_PRINCIPAL.id:
        raise CommandFailed(f"NAME is {key.name!r}, who calls where there are no keys: take another name")
    for known in read_keyring(settings).principals.values():
        if known.name == key.name and known.tenant != key.tenant:
            raise CommandFailed(
                f"TRIGRAPH_API_KEYS gives {key.name!r} to the tenant {known.tenant!r}: "
                f"use --tenant {known.tenant}, or another name"
            )


def _shown(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "never"


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[StoredKeys]:
    async with opened_store(settings) as database:
        yield StoredKeys(database)
