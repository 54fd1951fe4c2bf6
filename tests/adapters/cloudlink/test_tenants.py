"""What is another tenant's is as what does not exist, on every documented path that names something."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec
import pytest

from adapters.cloudlink.callers import Callers
from adapters.cloudlink.endpoints.endpoint import Endpoint
from adapters.cloudlink.port import CloudLink, RegressionFilter
from adapters.cloudlink.server import ENDPOINTS, create_server
from adapters.keys import digest_of
from adapters.paging import Window
from adapters.principal import Principal
from gateway.assembly import Assembly
from tests.adapters.cloudlink.conftest import ADDRESS, KEY, OTHER_KEY, bearer
from tests.aws_server import AwsServer
from tests.running import new_principal
from tests.schema.conftest import serving
from tests.schema.owning import UNKNOWN, Owned, own_everything

NAMED = re.compile(r"\{(?P<name>\w+)\}")
WHAT = {
    "action_id": "action",
    "budget_id": "budget",
    "credential_id": "credential",
    "deploy_id": "deploy",
    "regression_id": "regression",
    "service": "service",
    "webhook_id": "webhook",
}
"""Which of a tenant's things a path, a query or a body names; the user of a subscription is everybody's."""
BODIES: Mapping[str, Any] = {"PUT /budgets/{budget_id}": {"enabled": False}}
IN_PATHS = [each for each in ENDPOINTS if NAMED.search(each.path) and "{clerk_user_id}" not in each.path]
IN_QUERIES = {"GET /budgets/alerts": "budget_id", "GET /cost-snapshots": "service", "GET /deploys": "service"}
LISTS = [each for each in ENDPOINTS if each.method == "GET" and not NAMED.search(each.path)]


@dataclass(frozen=True)
class Tenants:
    """One who owns everything, and one who owns nothing."""

    principal: Principal
    cloudlink: CloudLink
    owned: Owned
    owner: httpx.AsyncClient
    stranger: httpx.AsyncClient


def name_of(endpoint: Endpoint) -> str:
    """Name an endpoint as its document does."""
    return f"{endpoint.method} {endpoint.path}"


@pytest.fixture(scope="module")
async def tenants(assembly: Assembly, running_aws: AwsServer) -> AsyncIterator[Tenants]:
    """Two tenants of one server over the local CloudLink."""
    principal = new_principal()
    cloudlink: Any = assembly.services.cloudlink
    callers = Callers({digest_of(KEY): principal, digest_of(OTHER_KEY): new_principal()})
    wire = httpx.ASGITransport(create_server(cloudlink, callers))
    async with serving(assembly) as client_for:
        owned = await own_everything(client_for(principal), running_aws)
        async with (
            httpx.AsyncClient(transport=wire, base_url=ADDRESS, headers=bearer(KEY)) as owner,
            httpx.AsyncClient(transport=wire, base_url=ADDRESS, headers=bearer(OTHER_KEY)) as stranger,
        ):
            yield Tenants(principal, cloudlink, owned, owner, stranger)


def test_every_query_and_body_that_takes_an_id_is_in_the_table() -> None:
    """A new one has to be added here, and is then held against another tenant's ids."""
    found = {
        name_of(each): field.encode_name
        for each in ENDPOINTS
        for shape in (each.query, each.body)
        if shape is not None
        for field in msgspec.structs.fields(shape)
        if field.encode_name in WHAT or field.encode_name.endswith("_id")
    }
    of_aws = {"POST /credentials": "external_id"}
    of_no_tenant = {"POST /deploys": "service", "POST /budgets": "service", "POST /cost-estimate": "service"}
    ours = {name: field for name, field in found.items() if of_aws.get(name) is None and name not in of_no_tenant}
    assert ours == IN_QUERIES


@pytest.mark.parametrize("endpoint", IN_PATHS, ids=name_of)
async def test_a_path_to_another_tenants_is_as_one_to_nothing(tenants: Tenants, endpoint: Endpoint) -> None:
    """The same status and body, and nothing changes for its owner."""
    named = NAMED.search(endpoint.path)
    assert named is not None
    own = tenants.owned.own[WHAT[named["name"]]]
    before = await everything(tenants)
    theirs, unknown = [await asked(tenants.stranger, endpoint, named["name"], key) for key in (own, UNKNOWN)]
    assert theirs == unknown
    assert theirs[0] == (200 if "{service}" in endpoint.path else 404)
    assert await everything(tenants) == before


@pytest.mark.parametrize("name", IN_QUERIES)
async def test_a_query_for_another_tenants_finds_nothing(tenants: Tenants, name: str) -> None:
    """The owner finds something."""
    query = {IN_QUERIES[name]: tenants.owned.own[WHAT[IN_QUERIES[name]]]}
    path = name.removeprefix("GET ")
    assert (await tenants.owner.get(path, params=query)).json() != []
    assert (await tenants.stranger.get(path, params=query)).json() == []


@pytest.mark.parametrize("endpoint", LISTS, ids=name_of)
async def test_the_lists_of_another_tenant_are_empty(tenants: Tenants, endpoint: Endpoint) -> None:
    """In their envelopes; the owner's are not."""
    theirs = (await tenants.stranger.get(endpoint.path)).json()
    if endpoint.path == "/stats":
        assert theirs == {"actions_by_status": {}, "resources_count": 0, "last_scan": None}
        return
    rows = next(iter(theirs.values())) if isinstance(theirs, dict) else theirs
    assert rows == []
    assert (await tenants.owner.get(endpoint.path)).json() != theirs


async def asked(client: httpx.AsyncClient, endpoint: Endpoint, name: str, key: str) -> tuple[int, str]:
    """Ask for what `key` names; gives the status, and the body without the key."""
    path = endpoint.path.replace(f"{{{name}}}", key)
    answer = await client.request(endpoint.method, path, json=BODIES.get(name_of(endpoint)))
    return answer.status_code, answer.text.replace(key, "KEY")


async def everything(tenants: Tenants) -> list[Any]:
    """Read what a stranger might have changed, past the rates of the wire."""
    cloudlink, principal = tenants.cloudlink, tenants.principal
    return [
        await cloudlink.budgets(principal),
        await cloudlink.credentials(principal),
        await cloudlink.actions(principal, None),
        [webhook.id for webhook in await cloudlink.webhooks(principal)],
        list((await cloudlink.regressions(principal, Window(100), RegressionFilter())).nodes),
    ]
