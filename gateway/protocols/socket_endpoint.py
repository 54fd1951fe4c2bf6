"""`/graphql` as a WebSocket: which handshakes are let in."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from gateway.access.callers import Callers
from gateway.configuration.settings import Settings
from gateway.guards.origins import is_foreign
from gateway.protocols.operation_stream import OperationStreams
from gateway.protocols.refusals import refusal
from gateway.protocols.socket_conversation import Conversation

PROTOCOL = "graphql-transport-ws"
FOREIGN = (
    "A page of another origin may not open a socket: set TRIGRAPH_ALLOWED_ORIGINS to the page's origin, or serve the "
    "page from here"
)


class SocketEndpoint:
    """Lets in programs and pages of known origins, if they speak the protocol.

    A browser opens sockets for any page that asks, so the page's origin is looked at before anything else.
    """

    def __init__(self, callers: Callers, streams: OperationStreams, settings: Settings) -> None:
        self._callers = callers
        self._streams = streams
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold a conversation, or refuse it: 403 to a foreign page, 4406 to another protocol."""
        websocket = WebSocket(scope, receive, send)
        if is_foreign(websocket.headers, self._settings.origins):
            await websocket.send_denial_response(refusal(403, "ORIGIN_REFUSED", FOREIGN))
        elif PROTOCOL not in scope["subprotocols"]:
            await websocket.accept()
            await websocket.close(4406, "Subprotocol not acceptable")
        else:
            await websocket.accept(PROTOCOL)
            await Conversation(websocket, self._callers, self._streams, self._settings).hold()
