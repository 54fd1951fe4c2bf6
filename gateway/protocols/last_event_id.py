"""`Last-Event-ID`: a browser that opens a stream of events again goes on behind the last event that it has seen."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import strawberry
from graphql import GraphQLResolveInfo

CURSOR = "after"
"""The argument of subscriptions that takes an event's cursor, which is its id on the stream."""

_last_event_id: ContextVar[str | None] = ContextVar("last_event_id", default=None)


def go_on_after(event_id: str | None) -> None:
    """Have what is subscribed in the present task begin behind an event, whatever its document says."""
    _last_event_id.set(event_id or None)


def resume_subscriptions(graph: strawberry.Schema) -> None:
    """Let every subscription with a cursor begin where the caller's last stream ended."""
    root = graph._schema.subscription_type  # noqa: SLF001 - Strawberry shows it nowhere else
    for field in root.fields.values() if root is not None else ():
        if field.subscribe is not None and CURSOR in field.args:
            field.subscribe = _resumed(field.subscribe)


def _resumed(subscribe: Callable[..., Any]) -> Callable[..., Any]:
    def subscribe_after(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        if (event_id := _last_event_id.get()) is not None:
            arguments[CURSOR] = event_id
        return subscribe(source, info, **arguments)

    return subscribe_after
