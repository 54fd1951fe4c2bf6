"""A service's port over several tokens: each has an adapter of its own, so that nothing of one shows to another."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import msgspec

from adapters.errors import LimitExceeded
from adapters.health import ServiceHealth
from adapters.keys import digest_of
from adapters.principal import Principal

OWNER = "own"
"""Whose everything is that is seen with a token of one's own."""
MOST_TOKENS = 200
IDLE_SECONDS = 300.0
WATCHING = "watch"


class TokenSource(Protocol):
    """Knows the tokens of tenants and their callers."""

    async def token_of(self, service: str, tenant: str, caller: str) -> str | None:
        """Give a caller's token, or else its tenant's; `caller` is its id."""


class Inner(Protocol):
    """What every adapter has."""

    async def start(self) -> None:
        """Get ready."""

    async def close(self) -> None:
        """Let go."""

    async def health(self) -> ServiceHealth:
        """Say how the service is."""


@dataclass
class Held:
    """An adapter, how many calls use it, and the timer that closes it while none does."""

    adapter: Inner
    users: int = 0
    closing: asyncio.TimerHandle | None = None


class PerToken:
    """Hands each call on to the adapter of its caller's token: one it brings, one kept for it or its tenant, or ours.

    With a token of one's own everything that the upstream shows is one's own: `as_owner` turns the caller into the
    owner that the adapter over such a token knows. An adapter that nobody uses for `idle_seconds` is closed.
    """

    def __init__(
        self,
        service: str,
        shared: Inner,
        build: Callable[[str], Inner],
        as_owner: Callable[[Principal], Principal],
        kept: TokenSource | None,
        *,
        most: int = MOST_TOKENS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._service = service
        self._shared = shared
        self._build = build
        self._as_owner = as_owner
        self._kept = kept
        self._most = most
        self._idle_seconds = idle_seconds
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._closings: set[asyncio.Task[None]] = set()

    def __getattr__(self, name: str) -> Any:
        """Give a method of the port that hands the call on; what takes no caller is the shared adapter's."""
        method = getattr(self._shared, name)
        if name.startswith("_") or not callable(method):
            return method
        return partial(self._watch if name.startswith(WATCHING) else self._call, name)

    async def start(self) -> None:
        """Start the shared adapter."""
        await self._shared.start()

    async def close(self) -> None:
        """Close all adapters."""
        for digest in list(self._held):
            self._let_go(digest)
        await asyncio.gather(*self._closings, self._shared.close())

    async def health(self) -> ServiceHealth:
        """Say how the service is to the shared adapter."""
        return await self._shared.health()

    async def _call(self, name: str, caller: Any, *given: Any, **named: Any) -> Any:
        if not isinstance(caller, Principal):
            answer: Awaitable[Any] = getattr(self._shared, name)(caller, *given, **named)
            return await answer
        async with self._adapter_of(caller) as (adapter, owner):
            return await getattr(adapter, name)(owner, *given, **named)

    async def _watch(self, name: str, caller: Principal, *given: Any, **named: Any) -> AsyncGenerator[Any, None]:
        async with (
            self._adapter_of(caller) as (adapter, owner),
            aclosing(getattr(adapter, name)(owner, *given, **named)) as observations,
        ):
            async for observation in observations:
                yield observation

    @asynccontextmanager
    async def _adapter_of(self, caller: Principal) -> AsyncIterator[tuple[Inner, Principal]]:
        token = caller.tokens.of(self._service)
        if token is None and self._kept is not None:
            token = await self._kept.token_of(self._service, caller.tenant, caller.id)
        if token is None:
            yield self._shared, caller
            return
        digest = digest_of(token)
        held = self._hold(digest, token)
        try:
            yield held.adapter, self._as_owner(caller)
        finally:
            held.users -= 1
            if held.users == 0:
                held.closing = asyncio.get_running_loop().call_later(self._idle_seconds, self._let_go, digest)

    def _hold(self, digest: str, token: str) -> Held:
        held = self._held.pop(digest, None)
        if held is None:
            self._make_room()
            held = Held(self._build(token))
        if held.closing is not None:
            held.closing.cancel()
            held.closing = None
        held.users += 1
        self._held[digest] = held
        return held

    def _make_room(self) -> None:
        """Let go of the adapter that was used longest ago; raises LimitExceeded where all are in use."""
        if len(self._held) < self._most:
            return
        unused = next((digest for digest, held in self._held.items() if not held.users), None)
        if unused is None:
            message = f"{len(self._held)} tokens of {self._service} are in use at once: try again later"
            raise LimitExceeded("too_many_tokens", message, self._most)
        self._let_go(unused)

    def _let_go(self, digest: str) -> None:
        held = self._held.pop(digest, None)
        if held is None:
            return
        if held.closing is not None:
            held.closing.cancel()
        task = asyncio.create_task(held.adapter.close(), name=f"{self._service}-token-close")
        self._closings.add(task)
        task.add_done_callback(self._closings.discard)


def as_owner(caller: Principal) -> Principal:
    """Turn a caller into the owner of what a token shows, where things are told apart by callers or their tenants."""
    return msgspec.structs.replace(caller, id=OWNER, tenant=OWNER)


def as_tenant(caller: Principal) -> Principal:
    """Turn a caller into one of the tenant that owns what a token shows, where the caller's id means something."""
    return msgspec.structs.replace(caller, tenant=OWNER)
