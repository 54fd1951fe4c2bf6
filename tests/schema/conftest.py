"""Clients of one gateway over either adapter of each service, and how often they call the ports."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from adapters.cloudsigma.port import CloudSigma
from adapters.keys import digest_of
from adapters.principal import Principal
from adapters.services import Services
from adapters.sigil.port import Sigil
from gateway.app import create_app
from gateway.assembly import Assembly
from gateway.principals import Keyring
from gateway.settings import Settings
from tests.graph_client import GraphClient, listening
from tests.running import new_principal

ClientFor = Callable[[Principal], GraphClient]


class CountingAdapter:
    """Passes every call of a port on, and counts it."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(self._inner, name)


@pytest.fixture
async def cloudsigma_calls(cloudsigma: CloudSigma) -> CountingAdapter:
    return CountingAdapter(cloudsigma)


@pytest.fixture
async def sigil_calls(sigil: Sigil) -> CountingAdapter:
    return CountingAdapter(sigil)


@pytest.fixture
async def client_for(
    assembly: Assembly, cloudsigma_calls: CountingAdapter, sigil_calls: CountingAdapter
) -> AsyncIterator[ClientFor]:
    """Make clients, each with its own principal's key."""
    keys: dict[str, Principal] = {digest_of(secrets.token_hex(16)): new_principal()}
    services = Services(cloudsigma=cloudsigma_calls, sigil=sigil_calls)
    parts = Assembly(database=assembly.database, durable=assembly.durable, services=services)
    app = create_app(Settings(), parts, Keyring(keys))

    async with listening(app) as address:

        def client_of(principal: Principal) -> GraphClient:
            key = secrets.token_hex(16)
            keys[digest_of(key)] = principal
            return GraphClient(address, key)

        yield client_of


@pytest.fixture
def client(client_for: ClientFor, principal: Principal) -> GraphClient:
    return client_for(principal)
