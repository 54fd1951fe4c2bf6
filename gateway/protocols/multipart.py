"""A response in parts (`multipart/mixed`), each sent as it comes, for as long as the client is there."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import msgspec
from starlette.types import Receive, Send

from gateway.execution.stopping import stop
from gateway.protocols.http_request import until_left
from gateway.protocols.reply import JSON


class Multipart:
    """Writes the parts of one response; a part ends with the next one's delimiter, so that clients see it at once."""

    def __init__(self, send: Send, boundary: str, parameter: str) -> None:
        self._send = send
        self._delimiter = f"--{boundary}".encode()
        self._content_type = f'multipart/mixed; boundary="{boundary}"; {parameter}'.encode()
        self._sending = asyncio.Lock()

    async def begin(self) -> None:
        """Send the status and the first delimiter."""
        headers = [
            (b"content-type", self._content_type),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._write(self._delimiter)

    async def tell(self, part: Any) -> None:
        """Send a part."""
        head = f"\r\nContent-Type: {JSON}; charset=utf-8\r\n\r\n".encode()
        await self._write(head + msgspec.json.encode(part) + b"\r\n" + self._delimiter)

    async def end(self) -> None:
        """Send the end."""
        async with self._sending:
            await self._send({"type": "http.response.body", "body": b"--\r\n"})

    async def _write(self, body: bytes) -> None:
        async with self._sending:
            await self._send({"type": "http.response.body", "body": body, "more_body": True})


async def while_connected(receive: Receive, responding: Coroutine[Any, Any, None]) -> None:
    """Respond, and stop as soon as the client has left."""
    tasks = [asyncio.create_task(responding), asyncio.create_task(until_left(receive))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await stop(tasks)
    if tasks[0] in done:
        tasks[0].result()
