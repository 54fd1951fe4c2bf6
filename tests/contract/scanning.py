"""Scanning through an adapter of Sigil, to the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from adapters.events.watching import Observation
from adapters.principal import Principal
from adapters.sigil.models import Scan
from adapters.sigil.port import Sigil

SECONDS = 60
UNKNOWN = "scan_00000000000000000000000000"


async def followed(changes: AsyncIterator[Observation[Scan]]) -> list[Observation[Scan]]:
    async with asyncio.timeout(SECONDS):
        return [change async for change in changes]


async def scanned(sigil: Sigil, principal: Principal, target: str, policy: str = "default") -> Scan:
    scan = await sigil.submit(principal, target, policy)
    if scan.finished:
        return scan
    return (await followed(sigil.watch(principal, scan_id=scan.id)))[-1].state
