"""The port over the upstream's REST API: what goes out, and what becomes of what comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import httpx
import pytest

from adapters.cloudsigma.models import Execution, ExecutionStatus, InputType
from adapters.cloudsigma.rest import RestCloudSigma, build
from adapters.cloudsigma.validation import validated
from adapters.context import AdapterContext
from adapters.durable import DurableWork
from adapters.events.watching import Observation
from adapters.health import Health
from adapters.http import lookups as module
from adapters.paging import Window
from adapters.principal import LOCAL_PRINCIPAL as LOCAL
from adapters.store.database import Database
from adapters.workers import Workers
from tests.doubles.scripted_upstream import OUTPUT, TOKEN, ScriptedUpstream, answer_of
from tests.running import new_principal

ARN = "arn:aws:states:REGION:ACCOUNT_ID:execution:CloudSigmaPipeline:abc-123"
TEXT = validated(text="Boil the pasta.")


async def first_of(changes: AsyncIterator[Observation[Execution]]) -> Observation[Execution]:
    async with aclosing(cast("AsyncGenerator[Observation[Execution]]", changes)):
        return await anext(changes)


async def test_generate_sends_the_documented_body(upstream: ScriptedUpstream, rest: RestCloudSigma) -> None:
    """The input by its type, and the options by the wire's names."""
    request = validated(
        cve_id="CVE-2021-44228", platforms=["aws", "okta"], siems=["splunk"], include_ioc_rules=False, force=True
    )
    await rest.generate(LOCAL, request)
    (sent,) = upstream.requests
    assert (sent.method, sent.url.path) == ("POST", "/v1/generate")
    assert sent.headers["authorization"] == f"Bearer {TOKEN}"
    options = {"targetProviders": ["aws", "okta"], "targetSiems": ["splunk"], "includeIocRules": False, "force": True}
    assert json.loads(sent.content) == {"inputType": "cve", "cveId": "CVE-2021-44228", "options": options}


async def test_an_answer_with_the_arn_alone_is_a_running_execution(rest: RestCloudSigma) -> None:
    """The page promises no more than the ARN."""
    before = datetime.now(UTC)
    execution = await rest.generate(LOCAL, TEXT)
    assert (execution.arn, execution.status, execution.input_type) == ("arn:0", ExecutionStatus.RUNNING, InputType.TEXT)
    assert before <= execution.started_at <= datetime.now(UTC)


async def test_the_page_s_running_execution_is_read(upstream: ScriptedUpstream, rest: RestCloudSigma) -> None:
    """Three fields, and no output."""
    upstream.run(ARN)
    (execution,) = await rest.executions_by_arn(LOCAL, [ARN])
    assert execution is not None
    assert (execution.arn, execution.status) == (ARN, ExecutionStatus.RUNNING)
    assert execution.started_at == datetime(2026, 2, 10, 12, tzinfo=UTC)
    assert (execution.stopped_at, execution.error, execution.stage, execution.platforms_targeted) == (None,) * 4
    assert await rest.outputs_by_arn(LOCAL, [ARN]) == [None]


async def test_the_page_s_succeeded_execution_is_read(upstream: ScriptedUpstream, rest: RestCloudSigma) -> None:
    """The figures come from the output's metadata."""
    upstream.succeed(upstream.run(ARN))
    (execution,) = await rest.executions_by_arn(LOCAL, [ARN])
    (output,) = await rest.outputs_by_arn(LOCAL, [ARN])
    assert execution is not None
    assert output is not None
    assert execution.stopped_at == datetime(2026, 2, 10, 12, 0, 25, tzinfo=UTC)
    assert (execution.input_type, execution.rules_generated, execution.ttps_extracted) == (InputType.URL, 5, 8)
    assert (execution.platforms_targeted, execution.processing_time_ms) == (3, 12500)
    assert (output.rules, output.metadata.processing_time_ms) == ((), 12500)


async def test_the_page_s_failed_execution_is_read(upstream: ScriptedUpstream, rest: RestCloudSigma) -> None:
    """The error message falls into code and sentence."""
    upstream.fail(upstream.run(ARN), "TierLimitExceeded: Monthly rule generation limit reached")
    (execution,) = await rest.executions_by_arn(LOCAL, [ARN])
    assert execution is not None
    assert execution.status is ExecutionStatus.FAILED
    assert (execution.error_code, execution.error_message) == (
        "TierLimitExceeded",
        "Monthly rule generation limit reached",
    )
    assert await rest.outputs_by_arn(LOCAL, [ARN]) == [None]


async def test_a_line_of_the_history_needs_the_documented_fields_only(
    upstream: ScriptedUpstream, rest: RestCloudSigma
) -> None:
    """What the upstream does not say is unknown."""
    upstream.run(ARN)
    page = await rest.executions(LOCAL, Window(10))
    assert [execution.arn for execution in page.nodes] == [ARN]
    assert upstream.requests[0].url.query == b"limit=50"


@pytest.mark.parametrize("arn", [ARN, "a/b?c=d#e", "../usage", "a%2Fb", "\N{COLLISION SYMBOL} ", "x" * 3000])
async def test_an_arn_stays_within_its_path(upstream: ScriptedUpstream, rest: RestCloudSigma, arn: str) -> None:
    """Nothing that a caller hands in reaches another endpoint."""
    assert await rest.executions_by_arn(LOCAL, [arn]) == [None]
    (sent,) = upstream.requests
    assert not sent.url.query
    assert sent.url.raw_path.startswith(b"/v1/status/")
    assert sent.url.raw_path.count(b"/") == 3


async def test_somebody_elses_execution_is_not_even_asked_for(upstream: ScriptedUpstream, rest: RestCloudSigma) -> None:
    """The gateway's token would be let in: whose it is, is known here."""
    ann, bob = new_principal(), new_principal()
    arn = (await rest.generate(ann, TEXT)).arn
    assert await rest.executions_by_arn(bob, [arn]) == [None]
    assert await rest.outputs_by_arn(LOCAL, [arn]) == [None]
    assert upstream.calls["status"] == 0
    assert [execution and execution.arn for execution in await rest.executions_by_arn(ann, [arn])] == [arn]
    assert (await rest.executions(bob, Window(10))).nodes == []


async def test_what_many_want_to_know_at_once_is_asked_once(upstream: ScriptedUpstream, rest: RestCloudSigma) -> None:
    """And what has ended is never asked again."""
    arn = (await rest.generate(LOCAL, TEXT)).arn
    await asyncio.gather(*(rest.executions_by_arn(LOCAL, [arn, arn]) for _ in range(50)))
    assert upstream.calls["status"] == 1
    upstream.succeed(arn)
    await asyncio.gather(*(rest.outputs_by_arn(LOCAL, [arn]) for _ in range(50)))
    await rest.outputs_by_arn(LOCAL, [arn])
    assert upstream.calls["status"] == 2


async def test_few_calls_are_under_way_at_once(upstream: ScriptedUpstream, rest: RestCloudSigma) -> None:
    """A page of fifty executions does not use up the burst."""
    arns = [upstream.run(f"arn:{number}") for number in range(50)]
    at_once = most = 0

    async def before(_endpoint: str) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1

    upstream.before = before
    found = await rest.executions_by_arn(LOCAL, arns)
    assert [execution and execution.arn for execution in found] == arns
    assert most == module.AT_ONCE


async def test_an_output_is_not_answered_from_before_its_end(upstream: ScriptedUpstream, rest: RestCloudSigma) -> None:
    """Who has been told the terminal state does not join a call that was sent while it was running."""
    arn = (await rest.generate(LOCAL, TEXT)).arn
    sent, go_on = asyncio.Event(), asyncio.Event()
    stale = answer_of(dict(upstream.executions[arn]))

    async def before(endpoint: str) -> httpx.Response | None:
        if endpoint != "status" or sent.is_set():
            return None
        sent.set()
        await go_on.wait()
        return stale

    upstream.before = before
    early = asyncio.create_task(rest.executions_by_arn(LOCAL, [arn]))
    await sent.wait()
    upstream.succeed(arn)
    assert (await first_of(rest.watch(LOCAL, arn=arn))).state.finished
    late = [asyncio.create_task(rest.outputs_by_arn(LOCAL, [arn])) for _ in range(3)]
    await asyncio.sleep(0)
    go_on.set()
    await early
    assert None not in [output for (output,) in await asyncio.gather(*late)]
    assert upstream.calls["status"] == 2


async def test_memory_for_what_has_ended_is_bounded(
    upstream: ScriptedUpstream, rest: RestCloudSigma, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest is asked for again."""
    monkeypatch.setattr(module, "KEPT", 2)
    for number in range(3):
        upstream.succeed(upstream.run(f"arn:{number}"))
        await rest.outputs_by_arn(LOCAL, [f"arn:{number}"])
    assert upstream.calls == {"status": 3}
    await rest.outputs_by_arn(LOCAL, ["arn:1", "arn:2"])
    assert upstream.calls == {"status": 3}
    await rest.outputs_by_arn(LOCAL, ["arn:0"])
    assert upstream.calls == {"status": 4}


async def test_elements_of_unknown_shape_cost_a_notice_only(upstream: ScriptedUpstream, rest: RestCloudSigma) -> None:
    """The rest of the output is there."""
    upstream.succeed(upstream.run(ARN), {**OUTPUT, "rules": ["title: A rule", {"id": "r1", "sigma": "title: B"}]})
    (output,) = await rest.outputs_by_arn(LOCAL, [ARN])
    assert output is not None
    assert [rule.id for rule in output.rules] == ["r1"]
    assert output.pipeline_notices[0].code == "UnreadableElement"


async def test_usage_is_the_upstreams(rest: RestCloudSigma) -> None:
    """It counts by token, for all who share it."""
    usage = await rest.usage(new_principal())
    assert (usage.used, usage.limit, usage.tier) == (5, 20, "free")


async def test_it_is_built_from_a_url_and_a_token(store: Database, tmp_path: Path) -> None:
    """As the entry point does; nothing connects before it is asked."""
    context = AdapterContext(
        location="http://127.0.0.1:9",
        token=TOKEN,
        cache_dir=tmp_path,
        database=store,
        durable=DurableWork("sqlite://", "tests"),
        workers=Workers(1),
        nvd_url="",
        nvd_api_key=None,
        attack_bundle=None,
        fetch_allowed=frozenset(),
    )
    adapter = build(context)
    assert (await adapter.health()).health is Health.DOWN
    await adapter.close()


async def test_what_no_execution_can_be_named_is_not_asked_for(
    upstream: ScriptedUpstream, rest: RestCloudSigma
) -> None:
    """The service's token goes to no path that a caller makes up."""
    assert await rest.executions_by_arn(LOCAL, ["..", ".", "", "\ud800"]) == [None] * 4
    assert upstream.requests == []
