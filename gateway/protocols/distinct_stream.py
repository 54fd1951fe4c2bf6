"""A stream of events for one operation: each result is an event, and what ends it another."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

from gateway.protocols.event_stream import EventStream
from gateway.protocols.last_event_id import go_on_after
from gateway.protocols.operation_stream import OperationStream


def distinct_stream(operation: OperationStream, last_event_id: str | None, seconds: float) -> EventStream:
    """Give the response that runs an operation, behind the event that the client has seen last if it says so."""

    async def tell_all(stream: EventStream) -> None:
        go_on_after(last_event_id)
        async with aclosing(operation.results()) as results:
            async for result in results:
                await stream.tell("next", result, _cursor(result))
        await stream.tell("complete")

    return EventStream(seconds, tell_all)


def _cursor(result: dict[str, Any]) -> str | None:
    """Give the cursor of an event, which is its id on the stream."""
    match list((result.get("data") or {}).values()):
        case [{"cursor": str(cursor)}] if cursor.isprintable():  # an alias may name anything so
            return cursor
    return None
