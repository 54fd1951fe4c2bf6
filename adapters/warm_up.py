"""Loading an embedded engine in the background."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 300.0


class WarmUp:
    """Loads an engine once, and tries again, ever more rarely, as long as that fails.

    `trouble` is what the latest try failed with; None while the first one runs and once one has succeeded.
    """

    def __init__(self, name: str, load: Callable[[], Awaitable[None]], retry_seconds: float = RETRY_SECONDS) -> None:
        self._name = name
        self._load = load
        self._retry_seconds = retry_seconds
        self._task: asyncio.Task[None] | None = None
        self.trouble: str | None = None

    def begin(self) -> None:
        """Start loading and return."""
        self._task = asyncio.create_task(self._until_loaded(), name=f"{self._name}-warm-up")

    async def close(self) -> None:
        """Stop loading, if it is not done yet."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _until_loaded(self) -> None:
        wait = self._retry_seconds
        while True:
            try:
                await self._load()
            except Exception as error:
                known, self.trouble = self.trouble, str(error) or type(error).__name__
                message = "The engine of %s could not be loaded, trying again in %g s: %s"
                logger.warning(message, self._name, wait, self.trouble, exc_info=self.trouble != known)
            else:
                self.trouble = None
                return
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_RETRY_SECONDS)
