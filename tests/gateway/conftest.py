"""The gateway over the double in memory, open on loopback or with the keys of two callers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.gateway.edge import KEYS, Edge, Served, opened


@pytest.fixture(scope="module", autouse=True)
def _no_settings_of_the_outside() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("TRIGRAPH_") and "_TEST_" not in name]:
            environment.delenv(name)
        yield


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    """A gateway without keys."""
    async with opened(tmp_path) as edge:
        yield edge


@pytest.fixture
async def keyed(tmp_path: Path) -> AsyncIterator[Edge]:
    """A gateway with the keys of Alice and Bob."""
    async with opened(tmp_path, KEYS) as edge:
        yield edge


@pytest.fixture
async def served(edge: Edge) -> AsyncIterator[Served]:
    """The gateway without keys, on a socket."""
    async with edge.served() as served:
        yield served


@pytest.fixture
async def served_keyed(keyed: Edge) -> AsyncIterator[Served]:
    """The gateway with keys, on a socket."""
    async with keyed.served() as served:
        yield served
