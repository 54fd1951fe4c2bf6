"""What an endpoint is: one entry of a table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from adapters.cloudlink.account import CloudScans, Plan
from adapters.cloudlink.models import Assessment, CostSnapshot
from adapters.cloudlink.port import CloudLink
from adapters.cloudlink.rates import Allowance
from adapters.errors import NotFound
from adapters.principal import Principal

BODY_BYTES = 256 * 1024
COMMON = Allowance("all", 60)


class Served(CloudLink, Protocol):
    """What the documented paths need beyond the port."""

    async def snapshots(self, tenant: str, service: str | None, limit: int) -> list[CostSnapshot]:
        """Give the newest hours of a service, or of all."""

    async def assessment(self, tenant: str, service: str) -> Assessment:
        """Say how a service's latest hour fits its series."""

    async def scanned(self, principal: Principal, seconds: float) -> CloudScans:
        """Begin a scan of every account, and wait so long for the scans to end."""

    async def plan_of(self, user: str) -> Plan:
        """Say what a user has subscribed to; free where the user is unknown."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """Who calls what; `key` is what the path names."""

    adapter: Served
    caller: Principal
    key: str = ""


Handler = Callable[[Call, Any], Awaitable[Any]]
"""Answers a call, given what was read from its query or body, or None."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An endpoint, its `sentence` for the reader of the document.

    `path` names at most one thing, in braces. `query` and `body` are what is read, at most one of them; `example` is a
    body for the reader.
    """

    method: str
    path: str
    sentence: str
    answer: Any
    handle: Handler
    query: type[Any] | None = None
    body: type[Any] | None = None
    example: msgspec.Struct | None = None
    status: int = 200
    refusals: tuple[int, ...] = ()
    allowance: Allowance = COMMON
    body_bytes: int = BODY_BYTES


def not_found(what: str, key: str) -> NotFound:
    """Say that there is no such thing."""
    return NotFound("not_found", f"There is no {what} {key[:80]!r}")
