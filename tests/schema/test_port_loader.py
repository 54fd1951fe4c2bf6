"""Many keys at once, of which one names what can't be read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from adapters.cloudsigma.models import Execution
from adapters.cloudsigma.rest import RestCloudSigma
from adapters.errors import InvalidPayload, Unreachable
from adapters.principal import LOCAL_PRINCIPAL as LOCAL
from adapters.store.database import Database, sqlite_url
from resolvers.cloudsigma_loaders import ExecutionByArnLoader
from tests.doubles.scripted_upstream import ScriptedUpstream, error_answer


@pytest.fixture
def upstream() -> ScriptedUpstream:
    """An upstream with two executions, and one whose status does not fit."""
    scripted = ScriptedUpstream()
    for arn in ("arn:one", "arn:two"):
        scripted.run(arn)
    scripted.run("arn:odd", status="PONDERING")
    return scripted


@pytest.fixture
async def adapter(upstream: ScriptedUpstream, tmp_path: Path) -> AsyncIterator[RestCloudSigma]:
    """The adapter over it."""
    database = Database(sqlite_url(tmp_path))
    await database.migrate()
    adapter = upstream.adapter(database)
    yield adapter
    await adapter.close()
    await database.close()


async def loaded(adapter: RestCloudSigma, *arns: str) -> list[Execution | BaseException | None]:
    """Ask for all at once, as the rows of a list do."""
    loader = ExecutionByArnLoader(adapter, LOCAL)
    return await asyncio.gather(*map(loader.load, arns), return_exceptions=True)


async def test_what_can_not_be_read_is_an_error_of_its_own(adapter: RestCloudSigma) -> None:
    """It names service, path and field; the others are there."""
    one, odd, two = await loaded(adapter, "arn:one", "arn:odd", "arn:two")
    assert isinstance(one, Execution)
    assert isinstance(two, Execution)
    assert isinstance(odd, InvalidPayload)
    assert "CloudSigma answered /v1/status/arn%3Aodd" in odd.message
    assert "$.data.status" in odd.message


async def test_one_that_is_asked_for_alone_is_asked_for_once(
    adapter: RestCloudSigma, upstream: ScriptedUpstream
) -> None:
    """There is nobody to keep from it."""
    (odd,) = await loaded(adapter, "arn:odd")
    assert isinstance(odd, InvalidPayload)
    assert upstream.calls == {"status": 1}


async def test_a_service_that_fails_is_not_asked_again(adapter: RestCloudSigma, upstream: ScriptedUpstream) -> None:
    """For it is not about a key."""

    async def fail(_endpoint: str) -> httpx.Response:
        return error_answer(500, "PipelineFailed")

    upstream.before = fail
    assert {type(error) for error in await loaded(adapter, "arn:one", "arn:two")} == {Unreachable}
    assert upstream.calls == {"status": 2}
