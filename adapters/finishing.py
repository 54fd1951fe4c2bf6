"""Work that goes on to its end, even if the caller who asked for it leaves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")


async def finished(work: Coroutine[Any, Any, T]) -> T:
    """Await work that goes on if this is cancelled; if it fails then, the log says so."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(_tell)
        raise


def _tell(task: asyncio.Task[Any]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        # Not the message, which may quote what the caller sent.
        logger.warning("What was begun for a caller who has left has failed: %s", type(error).__name__)
