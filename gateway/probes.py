"""`/healthz` and `/readyz`: whether the process is there, and whether it can do its work."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.health import Health
from gateway.assembly import Assembly, StoreUnreachable, reach_store


def probe_routes(assembly: Assembly) -> list[Route]:
    """Both probes, open to all; they tell no more than an orchestrator needs."""

    async def alive(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_request: Request) -> Response:
        try:
            await reach_store(assembly.database)
            store = Health.UP
        except StoreUnreachable:
            store = Health.DOWN
        services = assembly.services.by_name()
        told = await asyncio.gather(*(adapter.health() for adapter in services.values()))
        parts = {"store": store} | {name.value: said.health for name, said in zip(services, told, strict=True)}
        is_ready = Health.DOWN not in parts.values()
        return JSONResponse({"status": "ready" if is_ready else "not ready"} | parts, 200 if is_ready else 503)

    return [Route("/healthz", alive), Route("/readyz", ready)]
