"""Waiting for what another process or task does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

WAIT_SECONDS = 60.0


async def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds; raises TimeoutError after a minute."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not condition():  # noqa: ASYNC110 - there is no event for what happens elsewhere
            await asyncio.sleep(0.01)
