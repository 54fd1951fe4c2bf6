"""Settings of what stays open: sockets, streams of events, and the subscriptions on them."""

from __future__ import annotations

from pydantic import BaseModel, Field


class StreamingSettings(BaseModel):
    """How long and how many."""

    connection_init_seconds: float = Field(
        10.0, gt=0, le=300, description="How long a socket may be open without `connection_init`."
    )
    ping_seconds: float = Field(
        20.0,
        gt=0,
        le=3600,
        description="How often sockets are pinged, and quiet streams get a comment or a heartbeat; who lets one go by "
        "unanswered is taken for dead.",
    )
    operations_per_connection: int = Field(
        100, ge=1, description="Operations that run at once on a socket, or on a single-connection stream."
    )
    subscriptions_per_principal: int = Field(
        500, ge=1, description="Subscriptions that a caller with a key or token has open at once, over all protocols."
    )
    subscriptions_total: int = Field(
        5000, ge=1, description="Subscriptions that all callers have open at once in a process, over all protocols."
    )
