"""Who calls: sources of keys and tokens, asked in their order; the local principal where there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from adapters.principal import LOCAL_PRINCIPAL, Principal
from adapters.store.database import Database
from adapters.stored_keys import StoredKeys
from gateway.access.json_web_tokens import JsonWebTokens
from gateway.access.principals import is_loopback, read_keyring
from gateway.access.stored_keys import KnownKeys
from gateway.configuration.settings import Settings, SettingsError


class Unauthenticated(Exception):
    """The caller brought no key, or one that nobody has."""


class Authenticator(Protocol):
    """Names callers."""

    async def authenticate(self, authorization: str | None) -> Principal:
        """Say who brings this `Authorization` header; raises Unauthenticated."""

    async def is_open(self) -> bool:
        """Say whether everyone is the local principal, whatever a header says."""


class CredentialSource(Protocol):
    """Knows some of the keys or tokens that callers bring."""

    async def principal_of(self, credential: str) -> Principal | None:
        """Say whose a credential is; None where this source does not know it."""

    async def closes_the_door(self) -> bool:
        """Say whether there is anything here, so that callers must bring something."""


@dataclass(frozen=True)
class Authentication:
    """Asks the sources in their order; where none holds anything, on loopback, everyone is the local principal."""

    sources: Sequence[CredentialSource]
    is_local: bool = True

    async def authenticate(self, authorization: str | None) -> Principal:
        """Say who brings this `Authorization` header; raises Unauthenticated."""
        scheme, _, credential = (authorization or "").partition(" ")
        credential = credential.strip()
        if scheme.lower() == "bearer" and credential:
            for source in self.sources:
                principal = await source.principal_of(credential)
                if principal is not None:
                    return principal
        if not await self.is_open():
            raise Unauthenticated
        return LOCAL_PRINCIPAL

    async def is_open(self) -> bool:
        """Say whether everyone is the local principal; never where others than this machine are listened to."""
        return self.is_local and not await self.asks_for_something()

    async def asks_for_something(self) -> bool:
        """Say whether any source holds something, so that callers must bring it."""
        for source in self.sources:
            if await source.closes_the_door():
                return True
        return False


def authentication_of(settings: Settings, database: Database | None = None) -> Authentication:
    """Give what the settings ask for, and the keys of the store where there is one; raises SettingsError."""
    keyring = read_keyring(settings)
    sources: list[CredentialSource] = [keyring]
    if database is not None:
        sources.append(KnownKeys(StoredKeys(database), keyring.tenants))
    if settings.jwt_issuer:
        sources.append(JsonWebTokens(settings))
    return Authentication(sources, is_loopback(settings.host))


async def refuse_open_door(settings: Settings, authentication: Authentication) -> None:
    """Raise SettingsError where others could call, and there is nothing that they could call with."""
    if authentication.is_local or await authentication.asks_for_something():
        return
    raise SettingsError(
        f"TRIGRAPH_HOST is {settings.host!r}, which others can reach, and nobody has a key: make one by "
        "`trigraph keys create NAME`, set TRIGRAPH_API_KEYS or TRIGRAPH_JWT_ISSUER, or listen on 127.0.0.1"
    )
