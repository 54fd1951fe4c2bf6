"""What of `/graphql` stays open, put together: sockets and streams of events."""

from __future__ import annotations

from gateway.callers import Callers
from gateway.operation_stream import OperationStreams
from gateway.reservations import Reservations
from gateway.settings import Settings
from gateway.single_connection import SingleConnection
from gateway.socket_endpoint import SocketEndpoint
from gateway.sse_endpoint import SseEndpoint
from gateway.subscription_limits import OpenThings


def open_things(what: str, settings: Settings) -> OpenThings:
    """Count things of which each caller, and all together, have as many as subscriptions."""
    return OpenThings(what, settings.subscriptions_per_principal, settings.subscriptions_total)


def streaming_endpoints(
    callers: Callers, streams: OperationStreams, settings: Settings
) -> tuple[SocketEndpoint, SseEndpoint]:
    """Give the endpoint of sockets and the one of streams."""
    reserved = SingleConnection(streams, Reservations(open_things("reservations", settings)), settings)
    return SocketEndpoint(callers, streams, settings), SseEndpoint(callers, streams, reserved, settings)
