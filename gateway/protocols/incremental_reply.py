"""The response to an operation whose document asks for parts: whole, or in parts where there are any."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from starlette.types import Receive, Scope, Send

from gateway.execution.edges import time_limit
from gateway.protocols.answers import as_answer
from gateway.protocols.deferred_parts import DeferredParts
from gateway.protocols.incremental import parts_wanted
from gateway.protocols.media_types import DEFER_SPEC, Wanted
from gateway.protocols.multipart import Multipart, while_connected

BOUNDARY = "-"
Results = AsyncGenerator[dict[str, Any], None]


@dataclass(frozen=True)
class IncrementalReply:
    """Executes an operation in the time that it has, and sends what comes; `results` has not begun yet."""

    results: Results
    wanted: Wanted
    seconds: float

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Respond."""
        await while_connected(receive, self._respond(send))

    async def _respond(self, send: Send) -> None:
        with time_limit(self.seconds), parts_wanted():
            async with aclosing(self.results) as results:
                first = await anext(results)
                if "hasNext" in first:
                    await self._send_parts(first, results, send)
                    return
        await as_answer(first).as_reply(self.wanted.single).send(send)

    async def _send_parts(self, first: dict[str, Any], results: Results, send: Send) -> None:
        rewritten: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda part: part  # noqa: E731
        if self.wanted.parts == DEFER_SPEC:
            rewritten = DeferredParts().rewritten
        multipart = Multipart(send, BOUNDARY, self.wanted.parts)
        await multipart.begin()
        await multipart.tell(rewritten(first))
        async for part in results:
            await multipart.tell(rewritten(part))
        await multipart.end()
