"""What tests of several rooms share: the embedded parts, the served CloudSigma, and either as an adapter."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters.cloudlink.exchange import Exchange
from adapters.cloudlink.port import CloudLink
from adapters.cloudlink.rest import RestCloudLink
from adapters.cloudlink.upstream import POLICY as CLOUDLINK_POLICY
from adapters.cloudsigma.port import CloudSigma
from adapters.cloudsigma.rest import RestCloudSigma
from adapters.cloudsigma.upstream import CODES as CLOUDSIGMA_CODES
from adapters.cloudsigma.upstream import POLICY as CLOUDSIGMA_POLICY
from adapters.http.polling import Pace
from adapters.http.stack import open_stack
from adapters.http.upstream import Upstream
from adapters.ownership import Ownership
from adapters.principal import Principal
from adapters.sigil.port import Sigil
from adapters.sigil.rest import RestSigil
from adapters.sigil.upstream import POLICY as SIGIL_POLICY
from adapters.store.database import Database, sqlite_url
from adapters.vault import new_encryption_key
from gateway.assembly import Assembly, assemble
from gateway.configuration.settings import Settings
from tests.adapters.conftest import Loopback
from tests.aws_server import AwsServer, serve_aws, start_moto
from tests.package_registry import PackageRegistry, publish_examples
from tests.reference_clients import ReferenceClients, install_clients
from tests.running import new_principal, start_server

JWT_SECRET = "a secret of at least thirty-two characters"


@pytest.fixture(scope="session")
def engine_cache(pytestconfig: pytest.Config) -> Path:
    """Where the technique model is kept between runs of the tests."""
    cache: pytest.Cache = pytestconfig.cache
    return cache.mkdir("trigraph-engine")


@pytest.fixture(scope="session")
def reference_clients(pytestconfig: pytest.Config) -> ReferenceClients:
    """The protocols' reference clients, run by Node; tests that ask for them are skipped where it is missing."""
    cache: pytest.Cache = pytestconfig.cache
    return install_clients(cache.mkdir("trigraph-clients") / "lock")


@pytest.fixture
def principal() -> Principal:
    """A caller of its own, unlimited."""
    return new_principal()


@pytest.fixture
async def loopback() -> AsyncIterator[Loopback]:
    """Serve on a free port of 127.0.0.1 for one test."""
    served = Loopback()
    await served.start()
    yield served
    await served.stop()


@pytest.fixture(scope="session")
async def package_registry() -> AsyncIterator[PackageRegistry]:
    """A registry of npm and PyPI packages on loopback."""
    loopback = Loopback()
    await loopback.start()
    registry = PackageRegistry(loopback)
    publish_examples(registry)
    yield registry
    await loopback.stop()


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The address of a server that stands for AWS."""
    with start_moto() as address:
        yield address


@pytest.fixture(scope="session")
async def running_aws(moto: str) -> AsyncIterator[AwsServer]:
    """The proxy in front of it, which can fail what a test names: one for all tests, as the assembly is."""
    async with serve_aws(moto) as server:
        yield server


@pytest.fixture(scope="session")
async def assembly(
    tmp_path_factory: pytest.TempPathFactory,
    engine_cache: Path,
    package_registry: PackageRegistry,
    running_aws: AwsServer,
) -> AsyncIterator[Assembly]:
    """The embedded parts, running; one for all tests, as durable work runs once a process."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        cache_dir=engine_cache,
        workers=1,
        npm_registry=package_registry.npm,
        pypi_index=package_registry.pypi,
        encryption_key=SecretStr(new_encryption_key()),
        aws_endpoint_url=running_aws.url,
        cloudlink_schedule="0 0 1 1 *",
    )
    parts = assemble(settings)
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


@pytest.fixture(params=["local", "rest"])
def adapter_name(request: pytest.FixtureRequest) -> str:
    """The adapters that a suite runs over."""
    return str(request.param)


@pytest.fixture
async def cloudsigma(
    adapter_name: str, assembly: Assembly, served_cloudsigma: str, tmp_path: Path
) -> AsyncIterator[CloudSigma]:
    """CloudSigma, started: the local one, or REST to a served one with a token of its own."""
    if adapter_name == "local":
        yield assembly.services.cloudsigma
        return
    database = Database(sqlite_url(tmp_path))
    await database.migrate()
    token = f"csk_live_{secrets.token_hex(16)}"
    adapter = RestCloudSigma(
        Upstream("CloudSigma", served_cloudsigma, token, open_stack(CLOUDSIGMA_POLICY), codes=CLOUDSIGMA_CODES),
        Ownership(database, "cloudsigma"),
    )
    await adapter.start()
    yield adapter
    await adapter.close()
    await database.close()


@pytest.fixture(scope="session")
def served_sigil_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the served Sigil's data."""
    return tmp_path_factory.mktemp("served-sigil")


@pytest.fixture(scope="session")
def served_sigil(served_sigil_data: Path, package_registry: PackageRegistry) -> Iterator[str]:
    """The address of `trigraph serve sigil`, a process of its own."""
    environment = {
        "TRIGRAPH_DATA_DIR": str(served_sigil_data),
        "TRIGRAPH_WORKERS": "1",
        "TRIGRAPH_NPM_REGISTRY": package_registry.npm,
        "TRIGRAPH_PYPI_INDEX": package_registry.pypi,
    }
    with start_server("sigil", environment=environment) as server:
        yield server.address


@pytest.fixture
async def sigil(adapter_name: str, assembly: Assembly, served_sigil: str, tmp_path: Path) -> AsyncIterator[Sigil]:
    """Sigil, started: the local one, or REST to a served one with a token of its own."""
    if adapter_name == "local":
        yield assembly.services.sigil
        return
    database = Database(sqlite_url(tmp_path))
    await database.migrate()
    token = f"sk_live_{secrets.token_hex(16)}"
    upstream = Upstream("Sigil", served_sigil, token, open_stack(SIGIL_POLICY.with_limit(6000)))
    adapter = RestSigil(upstream, Ownership(database, "sigil"), Pace(busy=0.2, idle=1.0))
    await adapter.start()
    yield adapter
    await adapter.close()
    await database.close()


@pytest.fixture(scope="session")
def served_cloudlink(tmp_path_factory: pytest.TempPathFactory, running_aws: AwsServer) -> Iterator[str]:
    """The address of `trigraph serve cloudlink`, a process of its own."""
    environment = {
        "TRIGRAPH_DATA_DIR": str(tmp_path_factory.mktemp("served-cloudlink")),
        "TRIGRAPH_WORKERS": "1",
        "TRIGRAPH_ENCRYPTION_KEY": new_encryption_key(),
        "TRIGRAPH_AWS_ENDPOINT_URL": running_aws.url,
        "TRIGRAPH_CLOUDLINK_SCHEDULE": "0 0 1 1 *",
    }
    with start_server("cloudlink", environment=environment) as server:
        yield server.address


@pytest.fixture
async def cloudlink(
    adapter_name: str, assembly: Assembly, served_cloudlink: str, principal: Principal
) -> AsyncIterator[CloudLink]:
    """CloudLink, started: the local one, or REST to a served one with a token of its own, for the caller's tenant."""
    if adapter_name == "local":
        yield assembly.services.cloudlink
        return
    stack = open_stack(CLOUDLINK_POLICY)
    upstream = Upstream("CloudLink", served_cloudlink, f"cl_live_{secrets.token_hex(16)}", stack)
    adapter = RestCloudLink(Exchange(upstream, upstream, principal.tenant), Pace(busy=1.0, idle=1.0))
    await adapter.start()
    yield adapter
    await adapter.close()
