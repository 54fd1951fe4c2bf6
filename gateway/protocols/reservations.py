"""Reservations of single-connection streams: a token, the caller that it belongs to, and what runs under it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.principal import Principal
from gateway.execution.stopping import stop
from gateway.guards.subscription_limits import OpenThings
from gateway.protocols.event_stream import EventStream
from gateway.protocols.refusals import Refused

SECONDS_TO_OPEN = 30.0
"""How long a reservation waits for its stream."""
TOKEN_BYTES = 32


@dataclass
class Reservation:
    """A stream that is open, or is about to be; operations that begin before it wait with what they tell.

    `authorization` is what its caller was let in by, `is_taken` says that somebody opens its stream, or did.
    """

    principal: Principal
    authorization: str | None = field(repr=False)
    is_taken: bool = False
    operations: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _opened: asyncio.Event = field(default_factory=asyncio.Event)
    _stream: EventStream | None = None

    def belongs_to(self, principal: Principal) -> bool:
        """Say whether a caller made it."""
        return (principal.tenant, principal.id) == (self.principal.tenant, self.principal.id)

    def open(self, stream: EventStream) -> None:
        """Begin to tell."""
        self._stream = stream
        self._opened.set()

    async def tell(self, event: str, data: Mapping[str, Any]) -> None:
        """Send an event, once there is the stream to send it on."""
        await self._opened.wait()
        assert self._stream is not None  # noqa: S101 - set before the event was
        await self._stream.tell(event, data)


class Reservations:
    """All of them; a caller has as many at once as it may have subscriptions."""

    def __init__(self, held: OpenThings) -> None:
        self._held = held
        self._by_token: dict[str, Reservation] = {}
        self._expiring: set[asyncio.Task[None]] = set()

    def make(self, principal: Principal, authorization: str | None) -> str:
        """Make one, and give its token; raises LimitExceeded."""
        self._held.take(principal)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self._by_token[token] = Reservation(principal, authorization)
        expiring = asyncio.create_task(self._expire(token))
        self._expiring.add(expiring)
        expiring.add_done_callback(self._expiring.discard)
        return token

    def find(self, token: str, principal: Principal | None) -> Reservation:
        """Find a caller's, or anyone's for whom the token alone must do; raises Refused, also for somebody else's."""
        reservation = self._by_token.get(token)
        if reservation is None or (principal is not None and not reservation.belongs_to(principal)):
            message = "There is no such reservation, or no longer: make one by PUT, and open its stream soon"
            raise Refused(404, "NOT_FOUND", message)
        return reservation

    async def drop(self, token: str) -> None:
        """Forget one, and end what runs under it."""
        reservation = self._by_token.pop(token, None)
        if reservation is not None:
            self._held.give_back(reservation.principal)
            await stop(reservation.operations.values())

    async def _expire(self, token: str) -> None:
        await asyncio.sleep(SECONDS_TO_OPEN)
        if token in self._by_token and not self._by_token[token].is_taken:
            await self.drop(token)
