"""What becomes of every answer of the upstream's that is not the one that was wished for."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, cast

import httpx
import msgspec
import pytest

from adapters.cloudsigma.models import Execution
from adapters.cloudsigma.rest import RestCloudSigma
from adapters.cloudsigma.validation import validated
from adapters.errors import (
    AdapterError,
    Conflict,
    DeadlineExceeded,
    InvalidInput,
    InvalidPayload,
    LimitExceeded,
    NotAllowed,
    Unreachable,
)
from adapters.events.watching import Observation
from adapters.health import Health
from adapters.http.upstream import Upstream
from adapters.ownership import Ownership
from adapters.paging import Window
from adapters.principal import LOCAL_PRINCIPAL as LOCAL
from adapters.store.database import Database
from tests.doubles.scripted_upstream import TOKEN, ScriptedUpstream, answer_of, error_answer
from tests.running import new_principal

ARN = "arn:aws:states:REGION:ACCOUNT_ID:execution:CloudSigmaPipeline:abc-123"
TEXT = validated(text="Boil the pasta.")


def always(response: Callable[[], httpx.Response]) -> Callable[[str], Awaitable[httpx.Response]]:
    async def before(_endpoint: str) -> httpx.Response:
        return response()

    return before


async def first_of(changes: AsyncIterator[Observation[Execution]]) -> Observation[Execution]:
    async with aclosing(cast("AsyncGenerator[Observation[Execution]]", changes)):
        return await anext(changes)


async def test_an_execution_that_the_upstream_gives_to_two_is_a_conflict(
    upstream: ScriptedUpstream, rest: RestCloudSigma
) -> None:
    """It stays with who asked first, whom a repeated request finds again."""
    ann = new_principal()
    upstream.before = always(lambda: answer_of({"executionArn": ARN}))
    assert (await rest.generate(ann, TEXT)).arn == (await rest.generate(ann, TEXT)).arn
    with pytest.raises(Conflict):
        await rest.generate(new_principal(), TEXT)


@pytest.mark.parametrize("status", [403, 404])
async def test_an_execution_that_the_upstream_does_not_show_is_none(
    upstream: ScriptedUpstream, rest: RestCloudSigma, status: int
) -> None:
    """Forbidden and NotFound are the same to who asks here."""
    upstream.before = always(lambda: error_answer(status, "NotFound" if status == 404 else "Forbidden"))
    assert await rest.executions_by_arn(LOCAL, [ARN]) == [None]


@pytest.mark.parametrize(
    ("response", "error", "code"),
    [
        (lambda: error_answer(401, "Unauthorized"), NotAllowed, "Unauthorized"),
        (lambda: error_answer(400, "InvalidUrl"), InvalidInput, "InvalidUrl"),
        (lambda: error_answer(429, "DailyLimitExceeded", Retry_After="60"), LimitExceeded, "DailyLimitExceeded"),
        (lambda: error_answer(500, "PipelineFailed"), Unreachable, "PipelineFailed"),
        (lambda: error_answer(504, "PipelineTimeout"), DeadlineExceeded, "PipelineTimeout"),
        (lambda: httpx.Response(302, headers={"Location": "https://elsewhere.example"}), Unreachable, "PipelineFailed"),
        (lambda: httpx.Response(200, text="<html>"), InvalidPayload, "PipelineFailed"),
        (lambda: httpx.Response(200, content=b'{"success": true, "da'), InvalidPayload, "PipelineFailed"),
        (lambda: answer_of([5]), InvalidPayload, "PipelineFailed"),
    ],
    ids=["401", "400", "429", "500", "504", "302", "HTML", "truncated", "wrong types"],
)
async def test_every_method_raises_what_the_answer_stands_for(
    upstream: ScriptedUpstream,
    rest: RestCloudSigma,
    caplog: pytest.LogCaptureFixture,
    response: Callable[[], httpx.Response],
    error: type[AdapterError],
    code: str,
) -> None:
    """With the service's code, and never with the token in it."""
    caplog.set_level(logging.DEBUG)
    upstream.before = always(response)
    calls: list[Callable[[], Awaitable[Any]]] = [
        lambda: rest.generate(LOCAL, TEXT),
        lambda: rest.usage(LOCAL),
        lambda: rest.executions(LOCAL, Window(10)),
        lambda: rest.executions_by_arn(LOCAL, [ARN]),
        lambda: rest.outputs_by_arn(LOCAL, [ARN]),
        lambda: first_of(rest.watch(LOCAL)),
    ]
    for call in calls:
        with pytest.raises(error) as caught:
            await call()
        assert caught.value.code == code
        assert TOKEN not in "".join([*traceback.format_exception(caught.value), repr(rest), caplog.text])


async def test_a_refused_token_is_said_by_the_name_of_its_setting(
    upstream: ScriptedUpstream, rest: RestCloudSigma
) -> None:
    """Also where an execution is asked for: it does not look as if there were none."""
    upstream.before = always(lambda: httpx.Response(401, json={"message": "Unauthorized"}))
    with pytest.raises(NotAllowed, match="check TRIGRAPH_CLOUDSIGMA_TOKEN"):
        await rest.executions_by_arn(LOCAL, [ARN])


async def test_health_says_what_is_wrong_and_which_setting_to_check(
    upstream: ScriptedUpstream, rest: RestCloudSigma
) -> None:
    """Up, degraded by an odd answer, down without one."""
    up = await rest.health()
    assert (up.health, up.adapter, up.message) == (Health.UP, "rest https://upstream.example", None)
    upstream.before = always(lambda: httpx.Response(404))
    degraded = await rest.health()
    assert degraded.health is Health.DEGRADED
    upstream.before = always(lambda: httpx.Response(503))
    down = await rest.health()
    assert down.health is Health.DOWN
    for told in (degraded, down):
        assert told.message is not None
        assert told.message.endswith("check TRIGRAPH_CLOUDSIGMA")


async def test_the_served_cloudsigmas_refusals_come_through_whole(
    server: httpx.AsyncClient,
    store: Database,
    keep: Callable[..., Awaitable[str]],
    bearer: Callable[..., dict[str, str]],
) -> None:
    """Code, sentence and when to come back, from one end of the wire to the other."""
    user = new_principal()
    token = bearer(user.id)["Authorization"].removeprefix("Bearer ")
    rest = RestCloudSigma(
        Upstream("CloudSigma", str(server.base_url), token, server._transport), Ownership(store, "cloudsigma")
    )
    arn = await keep("somebody else")
    assert await rest.executions_by_arn(LOCAL, [arn, "arn:unknown"]) == [None, None]
    for _ in range(5):
        await keep(user.id)
    with pytest.raises(LimitExceeded, match="RateLimitExceeded: At most 5 executions a minute") as caught:
        await rest.generate(user, TEXT)
    assert caught.value.retry_after_seconds is not None
    assert 1 <= caught.value.retry_after_seconds <= 60
    too_much = msgspec.structs.replace(TEXT, text="x" * 50_001)
    with pytest.raises(InvalidInput, match="InputTooLarge"):
        await rest.generate(user, too_much)
