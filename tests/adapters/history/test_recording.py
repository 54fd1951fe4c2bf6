"""Ports whose answers are seen as they pass."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.cloudlink.models import CostRecord
from adapters.cloudlink.port import CloudLink, CostSpan
from adapters.cloudsigma.models import GenerateRequest, InputType
from adapters.cloudsigma.port import CloudSigma
from adapters.history.recorder import Recorder
from adapters.history.recording import SEEN, recorded
from adapters.paging import Window
from adapters.principal import OwnTokens, Principal
from adapters.services import Service
from adapters.sigil.models import Verdict
from adapters.sigil.port import ScanFilter, Sigil
from adapters.store import history
from adapters.store.database import Database
from tests.adapters.history.facts import rows_of
from tests.doubles.memory_cloudlink import MemoryCloudLink
from tests.doubles.memory_cloudsigma import MemoryCloudSigma, finished_output
from tests.doubles.memory_sigil import MemorySigil
from tests.running import new_principal

REQUEST = GenerateRequest(input_type=InputType.TEXT, text="a report")


@pytest.mark.parametrize(
    ("service", "port", "kept"),
    [
        (Service.CLOUDSIGMA, CloudSigma, {"Execution"}),
        (Service.SIGIL, Sigil, {"Scan"}),
        (Service.CLOUDLINK, CloudLink, {"Regression", "CostSnapshot", "Detection"}),
    ],
)
def test_every_method_that_shows_what_is_kept_is_recorded(service: Service, port: type, kept: set[str]) -> None:
    """A method that a port gets tomorrow is not forgotten."""
    showing = {
        name
        for name, method in inspect.getmembers(port, inspect.isfunction)
        if kept & set(str(method.__annotations__.get("return")).replace("[", " ").replace("]", " ").split())
    }
    assert showing == SEEN[service].keys()


async def statuses(database: Database, table: Any = history.executions) -> list[tuple[str, str]]:
    return [(row["tenant"], row["status"]) for row in await rows_of(database, table)]


async def test_an_execution_is_seen_wherever_it_passes(sqlite: Database) -> None:
    """As it begins, in a list, by its name, and in a stream; it belongs to the caller's tenant."""
    memory, recorder, ann = MemoryCloudSigma(), Recorder(sqlite, days=36_500), new_principal()
    port: CloudSigma = recorded(memory, Service.CLOUDSIGMA, recorder)
    began = await port.generate(ann, REQUEST)
    other = await memory.generate(ann, REQUEST)
    await recorder.settle()
    assert await statuses(sqlite) == [(ann.tenant, "RUNNING")]
    memory.finish(began.arn, finished_output())
    assert len((await port.executions(ann, Window(10))).nodes) == 2
    await recorder.settle()
    assert await statuses(sqlite) == [(ann.tenant, "SUCCEEDED"), (ann.tenant, "RUNNING")]
    memory.finish(other.arn)
    observed = [change.state.status async for change in port.watch(ann, arn=other.arn)]
    await recorder.settle()
    assert observed == ["FAILED"]
    assert await statuses(sqlite) == [(ann.tenant, "SUCCEEDED"), (ann.tenant, "FAILED")]
    assert await port.executions_by_arn(ann, ["arn:unknown"]) == [None]


async def test_scans_are_seen(sqlite: Database) -> None:
    """As they are asked for, and as they are done."""
    memory, recorder, ann = MemorySigil(), Recorder(sqlite, days=36_500), new_principal()
    port: Sigil = recorded(memory, Service.SIGIL, recorder)
    scan = await port.submit(ann, "npm:left-pad")
    await recorder.settle()
    assert await statuses(sqlite, history.scans) == [(ann.tenant, "running")]
    memory.finish(scan.id, 60, Verdict.CRITICAL_RISK)
    await port.scans(ann, Window(10), ScanFilter())
    await recorder.settle()
    assert await statuses(sqlite, history.scans) == [(ann.tenant, "completed")]


async def test_costs_are_seen_as_they_are_shown_and_pushed_in(sqlite: Database) -> None:
    """Only what is pushed in names the provider."""
    recorder, ann = Recorder(sqlite, days=36_500), new_principal()
    memory = MemoryCloudLink()
    port: CloudLink = recorded(memory, Service.CLOUDLINK, recorder)
    hour = datetime(2026, 1, 1, 6, tzinfo=UTC)
    assert await port.ingest_costs(ann, [CostRecord(provider="aws", service="EC2", cost_usd=1.5, hour=hour)]) == 1
    shown = CostRecord(provider="aws", service="EC2", cost_usd=2.5, hour=hour - timedelta(hours=1))
    await memory.ingest_costs(ann, [shown])
    await port.costs(ann, [CostSpan("EC2")])
    await recorder.settle()
    kept = await rows_of(sqlite, history.costs)
    assert [(row["tenant"], row["provider"], row["cost_usd"]) for row in kept] == [
        (ann.tenant, "", 2.5),
        (ann.tenant, "aws", 1.5),
    ]


async def test_what_is_seen_with_a_token_of_ones_own_is_not_the_tenants(sqlite: Database) -> None:
    """It is of an account that others of the tenant know nothing of; a token of another service changes nothing."""
    recorder = Recorder(sqlite, days=36_500)
    port: CloudSigma = recorded(MemoryCloudSigma(), Service.CLOUDSIGMA, recorder)
    own, other = OwnTokens({"cloudsigma": "mine"}), OwnTokens({"sigil": "mine"})
    await port.generate(Principal(id="ann", name="ann", tenant="acme", tokens=own), REQUEST)
    await recorder.settle()
    assert await statuses(sqlite) == []
    await port.generate(Principal(id="ann", name="ann", tenant="acme", tokens=other), REQUEST)
    await recorder.settle()
    assert await statuses(sqlite) == [("acme", "RUNNING")]


async def test_all_else_is_the_ports_own(sqlite: Database) -> None:
    """What holds nothing that is kept passes untouched, attributes of the adapter included."""
    memory = MemoryCloudSigma()
    port: Any = recorded(memory, Service.CLOUDSIGMA, Recorder(sqlite))
    assert port.usage == memory.usage
    assert port.calls is memory.calls
    with pytest.raises(AttributeError):
        _ = port.unknown
