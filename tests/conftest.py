"""What tests of several rooms share: the embedded parts, the served CloudSigma, the engine's cache."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from adapters.principal import Principal
from gateway.assembly import Assembly, assemble
from gateway.settings import Settings
from tests.running import new_principal, start_server

JWT_SECRET = "a secret of at least thirty-two characters"


@pytest.fixture(scope="session")
def engine_cache(pytestconfig: pytest.Config) -> Path:
    """Where the technique model is kept between runs of the tests."""
    cache: pytest.Cache = pytestconfig.cache  # type: ignore[assignment] # the plugin is built in
    return cache.mkdir("trigraph-engine")


@pytest.fixture
def principal() -> Principal:
    """A caller of its own, unlimited."""
    return new_principal()


@pytest.fixture(scope="session")
async def assembly(tmp_path_factory: pytest.TempPathFactory, engine_cache: Path) -> AsyncIterator[Assembly]:
    """The embedded parts, running; one for all tests, as durable work runs once a process."""
    parts = assemble(Settings(data_dir=tmp_path_factory.mktemp("data"), cache_dir=engine_cache, workers=1))
    await parts.start()
    yield parts
    await parts.close()


@pytest.fixture(scope="session")
def served_cloudsigma(tmp_path_factory: pytest.TempPathFactory, engine_cache: Path) -> Iterator[str]:
    """The address of `trigraph serve cloudsigma`, a process of its own."""
    environment = {
        "TRIGRAPH_DATA_DIR": str(tmp_path_factory.mktemp("served")),
        "TRIGRAPH_CACHE_DIR": str(engine_cache),
        "TRIGRAPH_WORKERS": "1",
        "TRIGRAPH_CLOUDSIGMA_JWT_SECRET": JWT_SECRET,
    }
    with start_server("cloudsigma", environment=environment) as server:
        yield server.address
