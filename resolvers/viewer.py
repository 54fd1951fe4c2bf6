"""The caller, and how the services are."""

from __future__ import annotations

import asyncio

import msgspec

from adapters.health import Health, LimitStanding
from adapters.http.breaker import BreakerState
from adapters.principal import Principal
from adapters.services import Service
from resolvers.context import Info


class ServiceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A service, and what its adapter says of itself."""

    service: Service
    adapter: str
    health: Health
    message: str | None = None
    latency_ms: float | None = None
    rate_limit_remaining: int | None = None
    breaker: BreakerState | None = None
    limits: tuple[LimitStanding, ...] = ()


async def viewer(info: Info) -> Principal:
    """Give the caller."""
    return info.context.principal


async def services(info: Info) -> list[ServiceStatus]:
    """Ask every adapter how it is, all at once."""
    adapters = info.context.services.by_name()
    found = await asyncio.gather(*(adapter.health() for adapter in adapters.values()))
    return [
        ServiceStatus(service=name, **msgspec.structs.asdict(health))
        for name, health in zip(adapters, found, strict=True)
    ]
