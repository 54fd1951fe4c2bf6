"""Clients of one gateway over either adapter of each service, or over doubles, and how often they call the ports."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from adapters.cloudlink.port import CloudLink
from adapters.cloudsigma.port import CloudSigma
from adapters.keys import digest_of
from adapters.principal import Principal
from adapters.sigil.port import Sigil
from gateway.access.authentication import Authentication
from gateway.access.principals import Keyring
from gateway.app import create_app
from gateway.assembly import Assembly
from gateway.configuration.settings import Settings
from tests.doubles.counting import CountingAdapter
from tests.doubles.memory_cloudlink import MemoryCloudLink
from tests.doubles.memory_cloudsigma import MemoryCloudSigma, memory_assembly
from tests.doubles.memory_sigil import MemorySigil
from tests.graph_client import GraphClient, listening
from tests.running import new_principal

ClientFor = Callable[[Principal], GraphClient]


@pytest.fixture
async def cloudsigma_calls(cloudsigma: CloudSigma) -> CountingAdapter:
    return CountingAdapter(cloudsigma)


@pytest.fixture
async def sigil_calls(sigil: Sigil) -> CountingAdapter:
    return CountingAdapter(sigil)


@asynccontextmanager
async def serving(parts: Assembly) -> AsyncIterator[ClientFor]:
    """Serve a gateway that makes a key for every principal it is asked for a client of."""
    keys: dict[str, Principal] = {digest_of(secrets.token_hex(16)): new_principal()}
    async with listening(create_app(Settings(), parts, Authentication([Keyring(keys)]))) as address:

        def client_of(principal: Principal) -> GraphClient:
            key = secrets.token_hex(16)
            keys[digest_of(key)] = principal
            return GraphClient(address, key)

        yield client_of


@pytest.fixture
async def client_for(
    assembly: Assembly, cloudsigma_calls: CountingAdapter, sigil_calls: CountingAdapter
) -> AsyncIterator[ClientFor]:
    """Make clients, each with its own principal's key."""
    services = replace(assembly.services, cloudsigma=cloudsigma_calls, sigil=sigil_calls)
    parts = Assembly(database=assembly.database, durable=assembly.durable, services=services)
    async with serving(parts) as client_of:
        yield client_of


@pytest.fixture
def client(client_for: ClientFor, principal: Principal) -> GraphClient:
    return client_for(principal)


@dataclass(frozen=True)
class CloudLinkGraph:
    """A gateway over CloudLink, and doubles of the others: `client` is `principal`'s, `_calls` count what is asked."""

    principal: Principal
    sigil: MemorySigil
    cloudlink_calls: CountingAdapter
    sigil_calls: CountingAdapter
    client_for: ClientFor

    @property
    def client(self) -> GraphClient:
        """A client of the principal's."""
        return self.client_for(self.principal)


@dataclass(frozen=True)
class DoubledGraph(CloudLinkGraph):
    """The same over a double of CloudLink, too, which a test moves by hand."""

    cloudlink: MemoryCloudLink


@asynccontextmanager
async def cloudlink_graph(principal: Principal, cloudlink: CloudLink, folder: Path) -> AsyncIterator[CloudLinkGraph]:
    """Serve a gateway over CloudLink."""
    sigil = MemorySigil()
    cloudlink_calls, sigil_calls = CountingAdapter(cloudlink), CountingAdapter(sigil)
    doubles = memory_assembly(MemoryCloudSigma(), folder)
    services = replace(doubles.services, cloudlink=cloudlink_calls, sigil=sigil_calls)
    parts = Assembly(database=doubles.database, durable=doubles.durable, services=services)
    await parts.database.migrate()
    async with serving(parts) as client_of:
        yield CloudLinkGraph(principal, sigil, cloudlink_calls, sigil_calls, client_of)
    await doubles.database.close()


@pytest.fixture
async def graph(principal: Principal, cloudlink: CloudLink, tmp_path: Path) -> AsyncIterator[CloudLinkGraph]:
    """A gateway over either adapter of CloudLink."""
    async with cloudlink_graph(principal, cloudlink, tmp_path) as served:
        yield served


@pytest.fixture
async def doubled(principal: Principal, tmp_path: Path) -> AsyncIterator[DoubledGraph]:
    """A gateway over doubles."""
    cloudlink = MemoryCloudLink()
    async with cloudlink_graph(principal, cloudlink, tmp_path) as served:
        yield DoubledGraph(**vars(served), cloudlink=cloudlink)
