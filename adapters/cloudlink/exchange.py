"""Asking CloudLink over REST: for one tenant, whose account the token belongs to."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast

import httpx
import msgspec

from adapters.cloudlink.decoding import SERVICE, decode
from adapters.cloudlink.shared_reads import SharedReads
from adapters.cloudlink.wire import Deleted
from adapters.errors import NotAllowed, NotFound
from adapters.finishing import finished
from adapters.health import ServiceHealth
from adapters.http.rows import ReadList, noting_missing, tell_missing
from adapters.http.upstream import Answer, Upstream
from adapters.principal import Principal

K = TypeVar("K")
T = TypeVar("T")

SCAN_SECONDS = 120.0
"""The upstream answers a request for a scan when the scan has ended."""
ID = re.compile(r"[A-Za-z0-9_-]{1,128}\Z")


class _Read(NamedTuple):
    """What was read for all who share it, and how many rows were left out of it."""

    found: Any
    missing: Mapping[ReadList, int]


class Exchange:
    """Sends what the tenant asks for; `patient` is for what takes long."""

    def __init__(self, upstream: Upstream, patient: Upstream, tenant: str) -> None:
        self.base_url = upstream.base_url
        self.tenant = tenant
        self._upstream = upstream
        self._patient = patient
        self._shared = SharedReads()

    def serves(self, principal: Principal) -> bool:
        """Say whether the account is this caller's."""
        return principal.tenant == self.tenant

    def admit(self, principal: Principal) -> None:
        """Let the account's tenant write; raises NotAllowed for every other."""
        if not self.serves(principal):
            message = f"{SERVICE}'s account belongs to another tenant: TRIGRAPH_CLOUDLINK_TENANT says to which"
            raise NotAllowed("not_allowed", message)

    async def read(self, path: str, shape: type[T], **given: str | int | None) -> T:
        """GET a path, once for all who want it within a second."""
        params = {name: str(value) for name, value in given.items() if value is not None}
        read = await self._shared.get(f"{path}?{httpx.QueryParams(params)}", lambda: self._read(path, shape, params))
        tell_missing(read.missing)
        return cast("T", read.found)

    async def read_anew(self, path: str, shape: type[T], params: Mapping[str, str] | None = None) -> T:
        """GET a path."""
        return decode(await self._upstream.send("GET", path, params=params), shape, path)

    async def ask(self, path: str, shape: type[T], body: msgspec.Struct) -> T:
        """POST a question that changes nothing."""
        return decode(await self._upstream.send("POST", path, body=msgspec.json.encode(body)), shape, path)

    async def write(self, method: str, path: str, shape: type[T], body: msgspec.Struct | None = None) -> T:
        """Send a change, even if the caller leaves; what is read after it is read anew."""
        return await finished(self._write(self._upstream, method, path, shape, body))

    async def write_patiently(self, path: str, shape: type[T], params: Mapping[str, str]) -> T:
        """POST what takes long."""
        return await finished(self._write(self._patient, "POST", path, shape, None, params))

    async def delete(self, folder: str, key: str) -> bool:
        """DELETE a thing; False where there is none."""
        try:
            return (await self.write("DELETE", f"{folder}/{segment(key)}", Deleted)).deleted
        except NotFound:
            return False

    async def probe(self) -> Answer:
        """Ask for something short that needs the token."""
        return await self._upstream.send("GET", "/webhooks")

    def forget(self) -> None:
        """Read anew whatever is asked for from now on: something is said to have changed."""
        self._upstream.forget()
        self._shared.forget()

    def with_standing(self, health: ServiceHealth) -> ServiceHealth:
        """Add how the calls to the upstream stand."""
        return self._upstream.with_standing(health)

    async def close(self) -> None:
        """Break off what is being read and close all connections."""
        await self._shared.close()
        await self._upstream.close()
        await self._patient.close()

    async def _read(self, path: str, shape: type[T], params: Mapping[str, str]) -> _Read:
        with noting_missing() as missing:
            return _Read(await self.read_anew(path, shape, params), missing)

    async def _write(
        self,
        upstream: Upstream,
        method: str,
        path: str,
        shape: type[T],
        body: msgspec.Struct | None,
        params: Mapping[str, str] | None = None,
    ) -> T:
        content = msgspec.json.encode(body) if body is not None else None
        try:
            return decode(await upstream.send(method, path, params=params, body=content), shape, path)
        finally:
            self._shared.forget()


def segment(key: str) -> str:
    """Check a key before it becomes part of a path; raises NotFound, as nothing is named so."""
    if not ID.match(key):
        raise NotFound("not_found", f"There is no {key[:80]!r}")
    return key


async def of_each(keys: Iterable[K], ask: Callable[[K], Awaitable[T]]) -> dict[K, T]:
    """Ask for each key once."""
    distinct = list(dict.fromkeys(keys))
    return dict(zip(distinct, await asyncio.gather(*map(ask, distinct)), strict=True))


def in_order(keys: Sequence[str], rows: Iterable[T], key_of: Callable[[T], str]) -> list[T | None]:
    """Arrange rows as the keys ask for them."""
    found = {key_of(row): row for row in rows}
    return [found.get(key) for key in keys]
