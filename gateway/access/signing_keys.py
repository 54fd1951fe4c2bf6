"""The keys that an identity provider signs with, fetched when they are needed and kept while it can't be reached."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING, Any

import httpx
import msgspec

from gateway.configuration.setting_values import is_safe_place

if TYPE_CHECKING:
    from jwt import PyJWK

logger = logging.getLogger(__name__)

GOOD_SECONDS = 600.0
"""After so long the keys are fetched anew, so that one which was withdrawn is taken no more."""
PAUSE_SECONDS = 10.0
"""How long there is between two fetches at the least, however many unknown keys tokens name."""
FETCH_SECONDS = 5.0
MOST_BYTES = 256 * 1024
MOST_KEYS = 100
RSA_BITS = 2048
KINDS = ("RSA", "EC", "OKP")


class KeysUnreachable(Exception):
    """The provider's keys can't be had; the message says why."""


class _Configuration(msgspec.Struct):
    issuer: str
    jwks_uri: str


class _KeySet(msgspec.Struct):
    keys: list[dict[str, Any]]


class SigningKeys:
    """The keys by their ids. Without `jwks_url` the issuer's OpenID configuration says where they are."""

    def __init__(
        self, issuer: str, jwks_url: str, algorithms: tuple[str, ...], pause_seconds: float = PAUSE_SECONDS
    ) -> None:
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._algorithms = algorithms
        self._pause_seconds = pause_seconds
        self._keys: dict[str | None, PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    async def key(self, key_id: str | None) -> PyJWK | None:
        """Give a key; one that is not known is looked for at the provider's, if that was not asked just now.

        A token that names no key has the only one there is.
        """
        now = time.monotonic()
        found = self._known(key_id)
        if now - self._fetched_at > GOOD_SECONDS or found is None:
            self._begin_to_fetch(now)
        if found is None and self._fetching is not None:
            await asyncio.shield(self._fetching)
            found = self._known(key_id)
        return found

    def _known(self, key_id: str | None) -> PyJWK | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    def _begin_to_fetch(self, now: float) -> None:
        if self._fetching is None and now - self._tried_at > self._pause_seconds:
            self._tried_at = now
            self._fetching = asyncio.create_task(self._renew(), name="signing-keys")

    async def fetch(self) -> int:
        """Fetch the keys now, and say how many can be used; raises KeysUnreachable."""
        try:
            async with asyncio.timeout(FETCH_SECONDS), httpx.AsyncClient() as client:
                document = await _read(client, await self._place(client))
            self._keys = self._usable(document)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, msgspec.DecodeError) as error:
            raise KeysUnreachable(f"{type(error).__name__}: {error}".removesuffix(": ")) from error
        self._fetched_at = time.monotonic()
        return len(self._keys)

    async def _renew(self) -> None:
        try:
            await self.fetch()
        except KeysUnreachable as error:
            logger.warning("The keys of %s can't be had, those that are known stay: %s", self._issuer, error)
        finally:
            self._fetching = None

    async def _place(self, client: httpx.AsyncClient) -> str:
        if self._jwks_url:
            return self._jwks_url
        url = f"{self._issuer.removesuffix('/')}/.well-known/openid-configuration"
        configuration = msgspec.json.decode(await _read(client, url), type=_Configuration)
        if configuration.issuer != self._issuer:
            raise KeysUnreachable(f"{url} is of another issuer, {configuration.issuer!r}")
        if not is_safe_place(configuration.jwks_uri):
            raise KeysUnreachable(f"{url} leads to {configuration.jwks_uri!r}, which is no https://…")
        return configuration.jwks_uri

    def _usable(self, document: bytes) -> dict[str | None, PyJWK]:
        import jwt

        found: dict[str | None, PyJWK] = {}
        for told in msgspec.json.decode(document, type=_KeySet).keys[:MOST_KEYS]:
            named = isinstance(told.get("kid"), str | None)
            if not named or told.get("kty") not in KINDS or told.get("use", "sig") != "sig":
                continue
            with contextlib.suppress(jwt.PyJWTError):
                key = jwt.PyJWK(told)
                is_strong = key.key_type != "RSA" or key.key.key_size >= RSA_BITS
                if is_strong and key.algorithm_name in self._algorithms:
                    found[key.key_id] = key
        return found


async def _read(client: httpx.AsyncClient, url: str) -> bytes:
    read = bytearray()
    async with client.stream("GET", url, headers={"Accept": "application/json"}) as answer:
        if answer.status_code != httpx.codes.OK:
            raise KeysUnreachable(f"{url} answered {answer.status_code}")
        async for chunk in answer.aiter_bytes():
            read += chunk
            if len(read) > MOST_BYTES:
                raise KeysUnreachable(f"{url} has more than {MOST_BYTES} bytes")
    return bytes(read)
