"""What every adapter of CloudSigma does, as `adapters/cloudsigma/port.py` promises it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sigma.collection import SigmaCollection

from adapters.cloudsigma.models import Execution, ExecutionStatus, GenerateRequest, InputType, Stage
from adapters.cloudsigma.port import CloudSigma
from adapters.cloudsigma.validation import validated
from adapters.errors import InvalidInput, NotFound
from adapters.events.watching import Observation
from adapters.health import Health
from adapters.paging import Window
from adapters.principal import Principal
from tests.paging_walk import hold_while_rows_come_in
from tests.running import new_principal

SECONDS = 120
UNKNOWN = "arn:aws:states:local:000000000000:execution:CloudSigmaPipeline:none"
REPORT = """
The actor sent spearphishing emails with a malicious Word attachment. When opened, a macro ran PowerShell
(T1059.001) to download a second stage from hxxp://updates.evil-cdn[.]com/stage2.bin. The loader used rundll32.exe to
execute the DLL (T1218.011), injected into explorer.exe with VirtualAllocEx and CreateRemoteThread, and created a
scheduled task with schtasks /create for persistence (T1053.005). It dumped LSASS memory to steal credentials and
beaconed over HTTPS to 45.155.205[.]233. SHA-256 of the loader:
9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.
"""


def text_request(text: str = REPORT) -> GenerateRequest:
    return validated(text=text, platforms=["windows-sysmon", "linux-auditd"], siems=["splunk", "elasticsearch"])


async def followed(changes: AsyncIterator[Observation[Execution]]) -> list[Observation[Execution]]:
    async with asyncio.timeout(SECONDS):
        return [change async for change in changes]


async def finished(cloudsigma: CloudSigma, principal: Principal, request: GenerateRequest) -> Execution:
    started = await cloudsigma.generate(principal, request)
    return (await followed(cloudsigma.watch(principal, arn=started.arn)))[-1].state


async def test_generate_answers_at_once_with_a_running_execution(cloudsigma: CloudSigma, principal: Principal) -> None:
    """What is asked for is running, whatever becomes of it."""
    execution = await cloudsigma.generate(principal, text_request())
    assert execution.status is ExecutionStatus.RUNNING
    assert ":execution:CloudSigmaPipeline:" in execution.arn
    assert execution.input_type is InputType.TEXT
    await followed(cloudsigma.watch(principal, arn=execution.arn))


async def test_watching_one_execution_tells_its_stages_and_ends_after_the_terminal_state(
    cloudsigma: CloudSigma, principal: Principal
) -> None:
    """First the present state, then changes with rising cursors, and SUCCEEDED last."""
    started = await cloudsigma.generate(principal, text_request())
    changes = await followed(cloudsigma.watch(principal, arn=started.arn))
    assert changes[0].state.status is ExecutionStatus.RUNNING
    assert changes[0].previous is None
    assert changes[-1].state.status is ExecutionStatus.SUCCEEDED
    assert all(change.state.status is ExecutionStatus.RUNNING for change in changes[:-1])
    assert (changes[-1].previous and changes[-1].previous.status) is ExecutionStatus.RUNNING
    stages = [list(Stage).index(change.state.stage) for change in changes if change.state.stage]
    assert stages == sorted(stages)
    assert changes[-1].state.progress == 1.0
    cursors = [int(change.cursor) for change in changes]
    assert cursors == sorted(set(cursors))


async def test_a_succeeded_execution_has_rules_that_parse(cloudsigma: CloudSigma, principal: Principal) -> None:
    """The output holds techniques, indicators and Sigma rules with their conversions."""
    execution = await finished(cloudsigma, principal, text_request())
    (output,) = await cloudsigma.outputs_by_arn(principal, [execution.arn])
    assert output is not None
    assert {"T1059.001", "T1218.011", "T1053.005"} <= {ttp.technique_id for ttp in output.ttps}
    assert "45.155.205.233" in {ioc.value for ioc in output.iocs}
    assert len(output.rules) == execution.rules_generated > 0
    for rule in output.rules:
        assert not SigmaCollection.from_yaml(rule.sigma).errors
        assert set(rule.queries) <= {"splunk", "elasticsearch"}
    (told,) = await cloudsigma.executions_by_arn(principal, [execution.arn])
    assert told is not None
    assert told.ttps_extracted == len(output.ttps)
    assert told.stopped_at is not None


async def test_the_same_input_gives_the_same_rules_byte_for_byte(cloudsigma: CloudSigma, principal: Principal) -> None:
    """Ids, dates and texts come from the content alone."""
    first, second = await asyncio.gather(*(finished(cloudsigma, principal, text_request()) for _ in range(2)))
    one, other = await cloudsigma.outputs_by_arn(principal, [first.arn, second.arn])
    assert first.arn != second.arn
    assert one is not None
    assert other is not None
    assert one.rules == other.rules


async def test_an_address_that_may_not_be_fetched_ends_as_failed_with_a_code(
    cloudsigma: CloudSigma, principal: Principal
) -> None:
    """What can't be had is no error of the call: the execution says why."""
    execution = await finished(cloudsigma, principal, validated(url="http://127.0.0.1:9/report"))
    assert execution.status is ExecutionStatus.FAILED
    assert execution.error_code == "InvalidUrl"
    assert execution.error_message
    assert await cloudsigma.outputs_by_arn(principal, [execution.arn]) == [None]


async def test_text_that_is_no_threat_intelligence_succeeds_with_a_notice(
    cloudsigma: CloudSigma, principal: Principal
) -> None:
    """A recipe is no error, and no reason for rules."""
    recipe = "Whisk the eggs with the sugar until pale, fold in the flour, and bake for forty minutes. " * 5
    execution = await finished(cloudsigma, principal, text_request(recipe))
    (output,) = await cloudsigma.outputs_by_arn(principal, [execution.arn])
    assert execution.status is ExecutionStatus.SUCCEEDED
    assert output is not None
    assert output.rules == ()
    assert any(notice.code == "NotThreatIntelligence" for notice in output.pipeline_notices)


async def test_executions_are_listed_newest_first_in_pages_that_hold(
    cloudsigma: CloudSigma, principal: Principal
) -> None:
    """A page ends where the next begins, both ways, also when something new has come in between."""
    recipe = text_request("Boil the pasta in salted water.")
    arns = [(await cloudsigma.generate(principal, recipe)).arn for _ in range(3)]
    page = await cloudsigma.executions(principal, Window(2))
    assert [execution.arn for execution in page.nodes] == [arns[2], arns[1]]
    assert page.has_next_page
    assert page.total_count == 3
    await hold_while_rows_come_in(
        lambda window: cloudsigma.executions(principal, window), lambda: cloudsigma.generate(principal, recipe)
    )


async def test_executions_can_be_listed_by_status(cloudsigma: CloudSigma, principal: Principal) -> None:
    """Only what has the status is shown."""
    execution = await finished(cloudsigma, principal, text_request("Boil the pasta in salted water."))
    succeeded = await cloudsigma.executions(principal, Window(10), status=ExecutionStatus.SUCCEEDED)
    assert [listed.arn for listed in succeeded.nodes] == [execution.arn]
    assert (await cloudsigma.executions(principal, Window(10), status=ExecutionStatus.FAILED)).nodes == []


@pytest.mark.parametrize("cursor", ["", "nonsense", "W10", "💥", "x" * 500])
async def test_a_cursor_that_is_none_is_refused(cloudsigma: CloudSigma, principal: Principal, cursor: str) -> None:
    """It is not taken for the beginning of the stream."""
    with pytest.raises(InvalidInput):
        await followed(cloudsigma.watch(principal, cursor))


async def test_watching_after_a_cursor_tells_only_what_came_later(cloudsigma: CloudSigma, principal: Principal) -> None:
    """A client that comes back hands in its last cursor and misses nothing."""
    started = await cloudsigma.generate(principal, text_request())
    changes = await followed(cloudsigma.watch(principal, arn=started.arn))
    later = await followed(cloudsigma.watch(principal, changes[0].cursor, started.arn))
    assert later[-1].state.status is ExecutionStatus.SUCCEEDED
    assert await followed(cloudsigma.watch(principal, changes[-1].cursor, started.arn)) == []


async def test_watching_all_tells_what_is_there_and_what_begins(cloudsigma: CloudSigma, principal: Principal) -> None:
    """One stream covers every execution of the caller's."""
    before = await finished(cloudsigma, principal, text_request("Boil the pasta in salted water."))
    seen: dict[str, list[ExecutionStatus]] = {}
    async with asyncio.timeout(SECONDS):
        begun: Execution | None = None
        async for change in cloudsigma.watch(principal):
            seen.setdefault(change.state.arn, []).append(change.state.status)
            if begun is None:
                begun = await cloudsigma.generate(principal, text_request())
            if change.state.arn == begun.arn and change.state.finished:
                break
    assert seen[before.arn] == [ExecutionStatus.SUCCEEDED]
    assert begun is not None
    assert seen[begun.arn][-1] is ExecutionStatus.SUCCEEDED


async def test_a_slow_reader_gets_the_latest_state(cloudsigma: CloudSigma, principal: Principal) -> None:
    """What it did not read in time is replaced, and the terminal state always arrives."""
    started = await cloudsigma.generate(principal, text_request())
    slow = cloudsigma.watch(principal, arn=started.arn)
    first = await anext(slow)
    await followed(cloudsigma.watch(principal, arn=started.arn))
    rest = await followed(slow)
    assert first.state.status is ExecutionStatus.RUNNING
    assert [change.state.status for change in rest] == [ExecutionStatus.SUCCEEDED]


async def test_many_watchers_all_see_the_terminal_state(cloudsigma: CloudSigma, principal: Principal) -> None:
    """A hundred watchers of one execution end with it."""
    started = await cloudsigma.generate(principal, text_request())
    watched = await asyncio.gather(*(followed(cloudsigma.watch(principal, arn=started.arn)) for _ in range(100)))
    assert {changes[-1].state.status for changes in watched} == {ExecutionStatus.SUCCEEDED}


async def test_another_principal_sees_nothing(cloudsigma: CloudSigma, principal: Principal) -> None:
    """An execution of somebody else's is as one that does not exist."""
    execution = await finished(cloudsigma, principal, text_request("Boil the pasta in salted water."))
    stranger = new_principal()
    assert await cloudsigma.executions_by_arn(stranger, [execution.arn]) == [None]
    assert await cloudsigma.outputs_by_arn(stranger, [execution.arn]) == [None]
    assert (await cloudsigma.executions(stranger, Window(10))).nodes == []
    with pytest.raises(NotFound):
        await followed(cloudsigma.watch(stranger, arn=execution.arn))


async def test_an_unknown_execution_is_none_and_can_not_be_watched(
    cloudsigma: CloudSigma, principal: Principal
) -> None:
    """Keys keep their places where some are unknown."""
    known = await cloudsigma.generate(principal, text_request("Boil the pasta in salted water."))
    first, second = await cloudsigma.executions_by_arn(principal, [UNKNOWN, known.arn])
    assert first is None
    assert second is not None
    assert second.arn == known.arn
    with pytest.raises(NotFound):
        await followed(cloudsigma.watch(principal, arn=UNKNOWN))


async def test_usage_counts_rules(cloudsigma: CloudSigma, principal: Principal) -> None:
    """What was generated this month is counted."""
    execution = await finished(cloudsigma, principal, text_request())
    usage = await cloudsigma.usage(principal)
    assert usage.used == execution.rules_generated
    assert usage.period_start.day == 1


async def test_health_is_up(cloudsigma: CloudSigma) -> None:
    """An adapter that works says so, and what it is."""
    health = await cloudsigma.health()
    assert health.health is Health.UP
    assert health.adapter.startswith(("local", "rest http://127.0.0.1"))
