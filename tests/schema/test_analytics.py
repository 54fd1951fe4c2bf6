"""Analytics, asked as a front end asks them."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

from adapters.cloudsigma.callers import Callers
from adapters.cloudsigma.rest import RestCloudSigma
from adapters.cloudsigma.server import create_server
from adapters.cloudsigma.upstream import CODES, POLICY
from adapters.history.analytics import Analytics
from adapters.history.recorder import Recorder
from adapters.history.recording import recorded
from adapters.http.stack import open_stack
from adapters.http.upstream import Upstream
from adapters.ownership import Ownership
from adapters.principal import Principal
from adapters.services import Service
from gateway.assembly import Assembly
from tests.doubles.memory_cloudsigma import MemoryCloudSigma, finished_output, memory_assembly
from tests.graph_client import GraphClient, listening
from tests.running import new_principal
from tests.schema.asking_cloudlink import EC2, INGEST, record, this_hour
from tests.schema.conftest import ClientFor, serving

BEGIN = """
mutation { generateRules(input: {text: "a report"}) { ... on Execution { arn } ... on Problem { message } } }
"""
COUNTS = """
query($groupBy: [ExecutionDimension!], $bucket: TimeBucket, $filter: ExecutionFilter) {
  analytics {
    executions(from: "2025-12-30", to: "2026-01-10", groupBy: $groupBy, bucket: $bucket, filter: $filter) {
      since until bucket points { bucketStart status inputType count }
    }
  }
}
"""
LISTED = "{ executions(first: 100) { nodes { arn } } }"
WINDOW = 50
REPORT = "The attackers ran PowerShell and created a scheduled task (T1053.005) to keep their malware alive."


@dataclass(frozen=True)
class Upstreamed:
    """A gateway over the REST API of a CloudSigma whose executions a test moves."""

    cloudsigma: MemoryCloudSigma
    client_for: ClientFor

    async def counts(self, client: GraphClient, **variables: Any) -> list[dict[str, Any]]:
        """Ask for the points of executions."""
        answer = await client.execute(COUNTS, **variables)
        points: list[dict[str, Any]] = answer["analytics"]["executions"]["points"]
        return points


@pytest.fixture
async def upstreamed(tmp_path: Path) -> AsyncIterator[Upstreamed]:
    """A gateway over REST, to an upstream that lists its newest fifty executions, as is documented."""
    doubles = memory_assembly(MemoryCloudSigma(), tmp_path)
    database, memory = doubles.database, MemoryCloudSigma()
    await database.migrate()
    recorder = Recorder(database, days=36_500)
    async with over_rest(memory, doubles) as rest:
        services = replace(
            doubles.services,
            cloudsigma=recorded(rest, Service.CLOUDSIGMA, recorder),
            analytics=Analytics(database, recorder),
        )
        parts = Assembly(database=database, durable=doubles.durable, services=services)
        async with serving(parts) as client_of:
            yield Upstreamed(memory, client_of)
    await database.close()


@asynccontextmanager
async def over_rest(memory: MemoryCloudSigma, doubles: Assembly) -> AsyncIterator[RestCloudSigma]:
    """Serve the double over CloudSigma's API, and speak to it over that."""
    server = create_server(cast("Any", memory), Callers(doubles.database, {}, None))
    async with listening(server) as address:
        stack = open_stack(replace(POLICY, limits=(), fresh=()))  # limits have tests of their own
        upstream = Upstream("CloudSigma", address, f"csk_live_{secrets.token_hex(16)}", stack, codes=CODES)
        adapter = RestCloudSigma(upstream, Ownership(doubles.database, "cloudsigma"))
        await adapter.start()
        yield adapter
        await adapter.close()


async def test_analytics_outlive_what_the_upstream_keeps(upstreamed: Upstreamed, principal: Principal) -> None:
    """CloudSigma lists its newest fifty executions: what the gateway saw of those before is counted all the same."""
    client = upstreamed.client_for(principal)
    arns = [(await client.execute(BEGIN))["generateRules"]["arn"] for _ in range(WINDOW + 5)]
    for arn in arns[-WINDOW:]:
        upstreamed.cloudsigma.finish(arn, finished_output())
    listed = (await client.execute(LISTED))["executions"]["nodes"]
    assert len(listed) == WINDOW
    points = await upstreamed.counts(client, groupBy=["STATUS", "INPUT_TYPE"])
    assert points == [
        {"bucketStart": "2026-01-01T00:00:00+00:00", "status": status, "inputType": "TEXT", "count": count}
        for status, count in (("RUNNING", 5), ("SUCCEEDED", WINDOW))
    ]
    stranger = upstreamed.client_for(new_principal())
    assert await upstreamed.counts(stranger) == []


async def test_a_tenants_members_see_the_same_figures(upstreamed: Upstreamed, principal: Principal) -> None:
    """Executions are their principal's, how many there are is the tenant's; of the executions nothing is told."""
    colleague = Principal(id="colleague", name="colleague", tenant=principal.tenant)
    await upstreamed.client_for(principal).execute(BEGIN)
    client = upstreamed.client_for(colleague)
    assert (await client.execute(LISTED))["executions"]["nodes"] == []
    (point,) = await upstreamed.counts(client, bucket=None)
    assert point == {"bucketStart": "2025-12-30T00:00:00+00:00", "status": None, "inputType": None, "count": 1}


@pytest.mark.parametrize(
    ("given", "field", "cure"),
    [
        ('from: "2026-02-01", to: "2026-01-01"', "from", "earlier"),
        ('from: "2025-01-01", to: "2026-01-01", bucket: HOUR', "bucket", "longer"),
        (f"filter: {{errorCode: {list('x' * 101)}}}".replace("'", '"'), "filter.errorCode", "at most 100"),
    ],
)
async def test_a_question_that_asks_too_much_is_refused(
    upstreamed: Upstreamed, principal: Principal, given: str, field: str, cure: str
) -> None:
    """The error names the argument, its value and the cure."""
    query = f"{{ analytics {{ executions({given}) {{ points {{ count }} }} }} }}"
    (error,) = (await upstreamed.client_for(principal).post(query))["errors"]
    assert error["extensions"] == {"code": "INVALID_INPUT", "field": field}
    assert cure in error["message"]


async def test_spend_is_that_of_the_costs_that_were_pushed_in(assembly: Assembly, principal: Principal) -> None:
    """By service and provider, over the embedded CloudLink, which keeps its costs itself."""
    records = [record(EC2, this_hour(), 2.5), record("Amazon RDS", this_hour(), 1.5)]
    query = """
    { analytics { spend(bucket: null, groupBy: [PROVIDER]) { points { provider service count costUsd { sum p50 } } } } }
    """
    async with serving(assembly) as client_of:
        client = client_of(principal)
        await client.execute(INGEST, records=records)
        answer = (await client.execute(query))["analytics"]["spend"]["points"]
    assert answer == [{"provider": "aws", "service": None, "count": 2, "costUsd": {"sum": 4.0, "p50": 1.5}}]


async def test_what_happens_unasked_is_counted(assembly: Assembly, principal: Principal) -> None:
    """An execution that the embedded pipeline ends while nobody looks has ended in the history, too."""
    async with serving(assembly) as client_of:
        client = client_of(principal)
        arn = (await client.execute(BEGIN.replace("a report", REPORT)))["generateRules"]["arn"]
        async for _ in assembly.services.cloudsigma.watch(principal, arn=arn):
            pass
        query = "{ analytics { executions(groupBy: [STATUS]) { points { status count } } } }"
        answer = (await client.execute(query))["analytics"]["executions"]["points"]
    assert answer == [{"status": "SUCCEEDED", "count": 1}]
