"""A socket's handshake that can't be read is refused, where uvicorn would let its sender wait without end."""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

REFUSAL = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
"""What can't be read is a header of more than 8,192 bytes, or one of more than 128: uvicorn has read all else."""


class ReadableHandshake(WebSocketsSansIOProtocol):
    """A socket's connection."""

    def data_received(self, data: bytes) -> None:
        """Take what comes in, and end what is no handshake."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(REFUSAL)
            self.transport.close()
