"""Subscriptions as parts of one response: Apollo's protocol, which needs nothing but HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from starlette.types import Receive, Scope, Send

from gateway.execution.stopping import stop
from gateway.protocols.multipart import Multipart, while_connected

BOUNDARY = "graphql"
SPECIFICATION = 'subscriptionSpec="1.0"'
HEARTBEAT: dict[str, Any] = {}
"""A part from which clients take nothing, and proxies that nobody has gone."""


@dataclass(frozen=True)
class MultipartSubscription:
    """Runs a subscription, and sends each of its results and a heartbeat every so many seconds.

    `results` has not begun yet.
    """

    results: AsyncGenerator[dict[str, Any], None]
    seconds: float

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Respond."""
        await while_connected(receive, self._respond(Multipart(send, BOUNDARY, SPECIFICATION)))

    async def _respond(self, multipart: Multipart) -> None:
        await multipart.begin()
        beating = asyncio.create_task(_beat(multipart, self.seconds))
        try:
            async with aclosing(self.results) as results:
                async for result in results:
                    await multipart.tell({"payload": result})
        finally:
            await stop([beating])
        await multipart.end()


async def _beat(multipart: Multipart, seconds: float) -> None:
    while True:
        await multipart.tell(HEARTBEAT)
        await asyncio.sleep(seconds)
