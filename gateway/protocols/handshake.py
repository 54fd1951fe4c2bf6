"""A socket's handshake: one that can't be read is refused, and one that was refused is no error to log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent

REFUSAL = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
"""What can't be read is a header of more than 8,192 bytes, or one of more than 128: uvicorn has read all else, and
would let the sender wait without end."""


class ReadableHandshake(WebSocketsSansIOProtocol):
    """A socket's connection."""

    def data_received(self, data: bytes) -> None:
        """Take what comes in, and end what is no handshake."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(REFUSAL)
            self.transport.close()

    async def send(self, message: ASGISendEvent) -> None:
        """Send, and take a refusal for the end of a handshake: uvicorn would log an error over each."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True
