"""WebSocket frames that no client of good will sends."""

from __future__ import annotations

import asyncio
import socket

from websockets.frames import Frame, Opcode

from tests.gateway.edge import Served, connected

HIGH_WATER = 64 * 1024
"""Bytes beyond which asyncio asks who writes to wait."""
PINGS = 100_000


async def test_a_flood_of_pings_that_reads_no_answer_fills_no_memory(served: Served) -> None:
    """The attack: twelve megabytes of pings, whose answers would wait in the server's memory."""
    async with connected(served, compression=None) as peer:
        await peer.init()
        (connection,) = served.server.server_state.connections
        connection.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        peer.connection.transport.pause_reading()
        flood = Frame(Opcode.PING, b"x" * 125).serialize(mask=True) * 100
        most = 0
        for _ in range(PINGS // 100):
            peer.connection.transport.write(flood)
            await asyncio.sleep(0)
            most = max(most, connection.transport.get_write_buffer_size())
        peer.connection.transport.abort()
    assert HIGH_WATER <= most < 2 * HIGH_WATER
