"""What of `/graphql` stays open, put together: sockets and streams of events."""

from __future__ import annotations

from gateway.access.callers import Callers
from gateway.configuration.settings import Settings
from gateway.guards.subscription_limits import OpenThings
from gateway.protocols.operation_stream import OperationStreams
from gateway.protocols.reservations import Reservations
from gateway.protocols.single_connection import SingleConnection
from gateway.protocols.socket_endpoint import SocketEndpoint
from gateway.protocols.sse_endpoint import SseEndpoint


def open_things(what: str, settings: Settings) -> OpenThings:
    """Count things of which each caller, and all together, have as many as subscriptions."""
    return OpenThings(what, settings.subscriptions_per_principal, settings.subscriptions_total)


def streaming_endpoints(
    callers: Callers, streams: OperationStreams, settings: Settings
) -> tuple[SocketEndpoint, SseEndpoint]:
    """Give the endpoint of sockets and the one of streams."""
    reserved = SingleConnection(streams, Reservations(open_things("reservations", settings)), settings)
    return SocketEndpoint(callers, streams, settings), SseEndpoint(callers, streams, reserved, settings)
