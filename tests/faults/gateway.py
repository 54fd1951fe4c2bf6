"""A gateway over services behind proxies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from adapters.services import Service
from gateway.access.authentication import Authentication
from gateway.app import create_app
from gateway.assembly import assemble
from gateway.configuration.settings import read_settings
from tests.faults.proxy import FaultProxy
from tests.graph_client import GraphClient, listening

OPERATION_SECONDS = 4


@dataclass(frozen=True)
class Upstreams:
    """Where the services are, the proxies before them, and the gateway's tokens."""

    addresses: dict[Service, str]
    proxies: dict[Service, FaultProxy]
    tokens: dict[Service, str]

    async def ask(self, service: Service, method: str, path: str, body: object = None) -> Any:
        """Ask a service itself, beside the proxy, with the gateway's token."""
        headers = {"Authorization": f"Bearer {self.tokens[service]}"}
        where = self.addresses[service]
        async with httpx.AsyncClient(base_url=where, headers=headers, trust_env=False, timeout=60) as client:
            answer = await client.request(method, path, json=body)
        return answer.raise_for_status().json()


@asynccontextmanager
async def gateway_over(
    upstreams: Upstreams,
    folder: Path,
    elsewhere: Mapping[Service, str] | None = None,
    operation_seconds: int = OPERATION_SECONDS,
    *,
    token_passthrough: bool = False,
) -> AsyncIterator[GraphClient]:
    """Serve a gateway over the proxies, save where a service is said to be elsewhere."""
    where = {service: proxy.address for service, proxy in upstreams.proxies.items()} | dict(elsewhere or {})
    settings = read_settings(
        data_dir=folder,
        operation_seconds=operation_seconds,
        token_passthrough=token_passthrough,
        **{service.value: address for service, address in where.items()},
        **{f"{service}_token": token for service, token in upstreams.tokens.items()},
    )
    parts = assemble(settings)
    await parts.database.migrate()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(parts.database.close)
        for adapter in parts.adapters:
            await adapter.start()
            stack.push_async_callback(adapter.close)
        yield GraphClient(await stack.enter_async_context(listening(create_app(settings, parts, Authentication([])))))
