"""What tests against AWS share: its server, and an account in it in which every documented finding is to be found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from adapters.cloudlink.account import NewCredential
from adapters.cloudlink.local.aws.connection import SignedIn
from adapters.store.database import Database
from gateway.assembly import Assembly
from tests.aws_server import AwsServer
from tests.cloud_account import Region, populate
from tests.cloud_engine import CloudEngine, build_engine


@dataclass(frozen=True)
class Populated:
    """An account, the way into it, a credential for it, and what was made in its regions."""

    owner: SignedIn
    credential: NewCredential
    regions: dict[str, Region]


@pytest.fixture
def aws(running_aws: AwsServer) -> Iterator[AwsServer]:
    """The proxy, which refuses nothing unless the test says so, and has been asked nothing yet."""
    running_aws.asked.clear()
    yield running_aws
    running_aws.refuse = lambda _: None
    running_aws.asked.clear()


@pytest.fixture(scope="session")
async def populated(running_aws: AwsServer) -> Populated:
    """The account with findings; tests leave it as it is."""
    owner, credential = await running_aws.new_account()
    return Populated(owner, credential, await populate(owner))


@pytest.fixture
def engine(sqlite: Database, aws: AwsServer, assembly: Assembly) -> CloudEngine:
    """The engine with AWS; the assembly's durable work is what its steps run in."""
    return build_engine(sqlite, assembly.durable, endpoint_url=aws.url)
