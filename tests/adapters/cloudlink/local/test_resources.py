from __future__ import annotations

import pytest

from adapters.cloudlink.account import Resource
from adapters.cloudlink.local.resources import MOST_RESOURCES, Listing
from adapters.durable import DurableWork
from adapters.errors import NotFound
from adapters.principal import Principal
from adapters.store.database import Database
from tests.cloud_engine import CloudEngine, build_engine
from tests.running import new_principal


@pytest.fixture
def engine(database: Database) -> CloudEngine:
    """The records on either database."""
    return build_engine(database, DurableWork("sqlite://", "test"))


def resource(resource_id: str, region: str = "us-east-1", resource_type: str = "ebs_volume", size: int = 8) -> Resource:
    """Make up a resource."""
    payload = {"name": "größe 🦠", "size_gib": size, "issues": ["unattached"]}
    return Resource(
        resource_id=resource_id, resource_type=resource_type, provider="aws", region=region, payload=payload
    )


def volumes(region: str, *resources: Resource, unread: tuple[str, ...] = ()) -> Listing:
    """List volumes of a region."""
    return Listing(resource_type="ebs_volume", region=region, resources=resources, unread=unread)


async def test_a_listing_takes_the_place_of_the_last_one(engine: CloudEngine, principal: Principal) -> None:
    """What is gone goes, what is new comes, what has changed changes; other regions and types stay."""
    account = await engine.account(principal)
    elsewhere = resource("v-3", "eu-west-1")
    group = resource("sg-1", resource_type="security_group")
    await engine.keep(account, volumes("us-east-1", resource("v-1"), resource("v-2")))
    await engine.keep(account, volumes("eu-west-1", elsewhere))
    await engine.keep(account, Listing(resource_type="security_group", region="us-east-1", resources=(group,)))
    grown, new = resource("v-2", size=16), resource("v-4")
    await engine.keep(account, volumes("us-east-1", grown, new))
    assert await engine.seen(principal) == {"v-2": grown, "v-3": elsewhere, "v-4": new, "sg-1": group}


async def test_a_listing_of_all_regions_spares_what_could_not_be_read(
    engine: CloudEngine, principal: Principal
) -> None:
    """What is unread stays as it was; what is neither listed nor unread is gone."""
    account = await engine.account(principal)
    first = [resource(f"v-{number}", region) for number, region in enumerate(("us-east-1", "eu-west-1", "eu-west-1"))]
    await engine.keep(account, Listing(resource_type="ebs_volume", resources=tuple(first)))
    await engine.keep(account, Listing(resource_type="ebs_volume", unread=("v-1",)))
    assert await engine.seen(principal) == {"v-1": first[1]}


async def test_each_credential_has_its_own(engine: CloudEngine, principal: Principal) -> None:
    """Seen with two credentials, a resource is read as it was seen last, and goes with the last of them."""
    one, two = await engine.account(principal), await engine.account(principal)
    await engine.keep(two, volumes("us-east-1", resource("v-1", size=2)))
    await engine.keep(one, volumes("us-east-1", resource("v-1", size=1)))
    assert await engine.resources.count(principal.tenant) == 2
    assert await engine.resources.resources_by_id(principal.tenant, ["v-1"]) == [resource("v-1", size=1)]
    await engine.credentials.remove_credential(principal, one.credential_id)
    assert await engine.resources.resources_by_id(principal.tenant, ["v-1"]) == [resource("v-1", size=2)]
    await engine.credentials.remove_credential(principal, two.credential_id)
    assert await engine.resources.count(principal.tenant) == 0


async def test_nothing_is_kept_for_a_credential_that_was_removed(engine: CloudEngine, principal: Principal) -> None:
    """A scan may still run then."""
    account = await engine.account(principal)
    await engine.credentials.remove_credential(principal, account.credential_id)
    with pytest.raises(NotFound):
        await engine.keep(account, volumes("us-east-1", resource("v-1")))


async def test_lists_are_of_the_tenant_and_of_what_is_asked_for(engine: CloudEngine, principal: Principal) -> None:
    """Another tenant's are neither listed, counted, nor found by their ids."""
    account, stranger = await engine.account(principal), new_principal()
    await engine.keep(account, volumes("us-east-1", resource("v-1")))
    records = engine.resources
    assert await records.resources(principal.tenant, "aws", "ebs_volume") == [resource("v-1")]
    assert await records.resources(principal.tenant, "gcp", None) == []
    assert await records.resources(principal.tenant, None, "security_group") == []
    assert await records.resources_by_id(principal.tenant, ["none", "v-1", "v-1"]) == [None, *[resource("v-1")] * 2]
    assert await records.resources(stranger.tenant, None, None) == []
    assert await records.resources_by_id(stranger.tenant, ["v-1"]) == [None]
    assert await records.count(stranger.tenant) == 0


@pytest.mark.parametrize("text", ["", "\x00", "\ud800", "' OR 1=1 --"])
async def test_no_text_breaks_the_store(engine: CloudEngine, principal: Principal, text: str) -> None:
    """Whatever a caller hands in, it is simply not there."""
    assert await engine.resources.resources(principal.tenant, text, text) == []
    assert await engine.resources.resources_by_id(principal.tenant, [text]) == [None]


async def test_a_large_account_is_kept_and_listed_in_part(engine: CloudEngine, principal: Principal) -> None:
    """All are counted and found, and a list has its limit."""
    account = await engine.account(principal)
    ids = [f"v-{number:05}" for number in range(MOST_RESOURCES + 10)]
    await engine.keep(account, volumes("us-east-1", *(resource(volume_id) for volume_id in ids)))
    assert await engine.resources.count(principal.tenant) == len(ids)
    assert len(await engine.resources.resources(principal.tenant, None, None)) == MOST_RESOURCES
    assert None not in await engine.resources.resources_by_id(principal.tenant, ids)
    await engine.keep(account, volumes("us-east-1"))
    assert await engine.resources.count(principal.tenant) == 0
