"""Dead peers on sockets: who lets a ping go by without a word is gone, whatever TCP believes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class Pings:
    """Pings a peer every `seconds`, and waits as long for any message of it."""

    def __init__(self, seconds: float, send_ping: Callable[[], Awaitable[None]]) -> None:
        self._seconds = seconds
        self._send_ping = send_ping
        self._heard = asyncio.Event()

    def heard(self) -> None:
        """Take note of a message."""
        self._heard.set()

    async def until_unanswered(self) -> None:
        """Wait until a ping got no answer, or could not even be sent, as the peer reads nothing."""
        try:
            while True:
                await asyncio.sleep(self._seconds)
                self._heard.clear()
                async with asyncio.timeout(self._seconds):
                    await self._send_ping()
                    await self._heard.wait()
        except TimeoutError:
            return
