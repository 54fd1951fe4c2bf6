"""Callers by the keys in the store, as they were a moment ago: no call but the first in a while asks the store."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from adapters.keys import digest_of
from adapters.principal import Principal
from adapters.stored_keys import StoredKey, StoredKeys

logger = logging.getLogger(__name__)

GOOD_SECONDS = 2.0
"""How long what was read is taken for the truth: after that a revoked key lets nobody in, in whichever process."""
STALE_SECONDS = 60.0
"""How long it is used while the store gives no answer; after that no stored key lets anybody in."""
STORE_SECONDS = 5.0
USE_PRECISION = timedelta(minutes=5)


class KnownKeys:
    """Reads all keys at once, so that unknown ones cost nothing, however many are tried.

    A key whose name the settings give to another tenant, by `tenants`, lets nobody in.
    """

    def __init__(self, stored: StoredKeys, tenants: Mapping[str, str], good_seconds: float = GOOD_SECONDS) -> None:
        self._stored = stored
        self._tenants = tenants
        self._good_seconds = good_seconds
        self._keys: dict[str, StoredKey] | None = None
        self._read_at = self._tried_at = float("-inf")
        self._reading = asyncio.Lock()

    async def principal_of(self, credential: str) -> Principal | None:
        """Say whose a key is; None for one that is unknown, revoked or expired."""
        await self._refresh()
        key = (self._keys or {}).get(digest_of(credential))
        now = datetime.now(UTC)
        if key is None or not key.is_live(now) or self._tenants.get(key.name, key.tenant) != key.tenant:
            return None
        if key.last_used_at is None or now - key.last_used_at > USE_PRECISION:
            await self._note_use(key, now)
        return key.holder

    async def closes_the_door(self) -> bool:
        """Say whether there are keys, or may be; revoked ones count, so that revoking the last one opens nothing."""
        await self._refresh()
        return self._keys is None or bool(self._keys)

    async def _refresh(self) -> None:
        if time.monotonic() - self._tried_at <= self._good_seconds:
            return
        async with self._reading:
            now = time.monotonic()
            if now - self._tried_at <= self._good_seconds:
                return
            try:
                async with asyncio.timeout(STORE_SECONDS):
                    self._keys = {key.digest: key for key in await self._stored.list()}
                self._read_at = now
            except Exception as error:  # noqa: BLE001 - each driver raises errors of its own
                logger.warning("The store's keys can't be read: %s", type(error).__name__)
                if now - self._read_at > STALE_SECONDS:
                    self._keys = None
            self._tried_at = time.monotonic()

    async def _note_use(self, key: StoredKey, now: datetime) -> None:
        if self._keys is not None:
            self._keys[key.digest] = msgspec.structs.replace(key, last_used_at=now)
        try:
            async with asyncio.timeout(STORE_SECONDS):
                await self._stored.note_use(key.digest, now)
        except Exception as error:  # noqa: BLE001 - likewise
            logger.warning("The use of a key can't be noted: %s", type(error).__name__)
