"""WebSocket frames on the wire: uvicorn's protocol, which owes nothing to who pings without reading the answers."""

from __future__ import annotations

from gateway.protocols.handshake import ReadableHandshake


class PatientSockets(ReadableHandshake):
    """Answers no ping while answers wait to be read; the standard lets a peer answer the latest only."""

    def handle_ping(self) -> None:
        """Answer, or forget the answer."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()
