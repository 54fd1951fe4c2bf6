"""Executions: the queries, the mutation, the subscriptions, and the edges to what they produced."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import msgspec
import strawberry
from strawberry import argument

from adapters.cloudsigma.models import (
    DetectionGap,
    Execution,
    ExecutionStatus,
    Ioc,
    Notice,
    Output,
    Platform,
    Rule,
    RuleKind,
    Siem,
    Ttp,
    Usage,
)
from adapters.events.watching import Observation
from adapters.paging import DEFAULT_PAGE_SIZE, Page
from resolvers.context import Info
from resolvers.cursor import Cursor
from resolvers.nodes import global_id
from resolvers.window import After, Before, First, Last, window_of


class RuleOfOutput(Rule, frozen=True, kw_only=True):
    """A rule that knows the output it belongs to."""

    output: Output


class TtpOfOutput(Ttp, frozen=True, kw_only=True):
    """A technique that knows the output it belongs to."""

    output: Output


class SiemQuery(msgspec.Struct, frozen=True):
    """A rule in a SIEM's own language."""

    siem: Siem
    query: str


async def execution(info: Info, arn: Annotated[str, argument(description="The execution's ARN.")]) -> Execution | None:
    """Find an execution of the caller's."""
    return await info.context.loaders.execution_by_arn.load(arn)


async def executions(
    info: Info,
    first: First = DEFAULT_PAGE_SIZE,
    after: After = None,
    last: Last = None,
    before: Before = None,
    status: Annotated[ExecutionStatus | None, argument(description="Only those of this status.")] = None,
) -> Page[Execution]:
    """List the caller's executions, newest first."""
    window = window_of(info, DEFAULT_PAGE_SIZE, first=first, after=after, last=last, before=before)
    return await info.context.services.cloudsigma.executions(info.context.principal, window, status)


async def usage(info: Info) -> Usage:
    """Say how much of the month's rules the caller has used."""
    return await info.context.services.cloudsigma.usage(info.context.principal)


async def execution_status(
    info: Info,
    arn: Annotated[str, argument(description="The execution's ARN.")],
    after: Annotated[Cursor | None, argument(description="The cursor of the last event seen.")] = None,
) -> AsyncIterator[Observation[Execution]]:
    """Push an execution's state and every change of it, up to its terminal state."""
    async for change in info.context.services.cloudsigma.watch(info.context.principal, after, arn):
        info.context.renew_loaders()
        yield change


async def execution_updates(
    info: Info,
    after: Annotated[Cursor | None, argument(description="The cursor of the last event seen.")] = None,
    status: Annotated[ExecutionStatus | None, argument(description="Only changes to this status.")] = None,
) -> AsyncIterator[Observation[Execution]]:
    """Push the states of the caller's newest executions and every change of any."""
    async for change in info.context.services.cloudsigma.watch(info.context.principal, after):
        if status in (None, change.state.status):
            info.context.renew_loaders()
            yield change


def execution_id(root: strawberry.Parent[Execution]) -> strawberry.ID:
    """Give the global id."""
    return global_id("Execution", root.arn)


async def rules_of_execution(
    root: strawberry.Parent[Execution],
    info: Info,
    platform: Annotated[Platform | None, argument(description="Only rules for this platform.")] = None,
    kind: Annotated[RuleKind | None, argument(description="Only rules of this kind.")] = None,
) -> list[RuleOfOutput]:
    """Give the rules that an execution produced."""
    output = await _output(root, info)
    wanted = (rule for rule in output.rules if platform in (None, rule.platform) and kind in (None, rule.kind))
    return [_rule_of(output, rule) for rule in wanted]


async def ttps_of_execution(root: strawberry.Parent[Execution], info: Info) -> list[TtpOfOutput]:
    """Give the techniques that an execution found."""
    output = await _output(root, info)
    return [_ttp_of(output, ttp) for ttp in output.ttps]


async def iocs_of_execution(
    root: strawberry.Parent[Execution],
    info: Info,
    type: Annotated[str | None, argument(description="Only indicators of this type, e.g. `domain`.")] = None,  # noqa: A002 - the graph's name
) -> list[Ioc]:
    """Give the indicators that an execution found."""
    return [ioc for ioc in (await _output(root, info)).iocs if type in (None, ioc.type)]


async def gaps_of_execution(root: strawberry.Parent[Execution], info: Info) -> Sequence[DetectionGap]:
    """Give the techniques that got no rule."""
    return (await _output(root, info)).detection_gaps


async def notices_of_execution(root: strawberry.Parent[Execution], info: Info) -> Sequence[Notice]:
    """Give what the pipeline wanted known."""
    return (await _output(root, info)).pipeline_notices


def technique_of_rule(root: strawberry.Parent[RuleOfOutput]) -> TtpOfOutput | None:
    """Give the technique that a rule was written for."""
    known = next((ttp for ttp in root.output.ttps if ttp.technique_id == root.technique_id), None)
    return _ttp_of(root.output, known) if known else None


def queries_of_rule(
    root: strawberry.Parent[Rule],
    siems: Annotated[list[Siem] | None, argument(description="Only these SIEMs.")] = None,
) -> list[SiemQuery]:
    """Give a rule's conversions."""
    wanted = dict.fromkeys(siems) if siems is not None else Siem
    return [SiemQuery(siem, root.queries[siem.value]) for siem in wanted if siem.value in root.queries]


def rules_of_ttp(root: strawberry.Parent[TtpOfOutput]) -> list[RuleOfOutput]:
    """Give the rules that were written for a technique."""
    return [_rule_of(root.output, rule) for rule in root.output.rules if rule.technique_id == root.technique_id]


def usage_limit(root: strawberry.Parent[Usage]) -> int | None:
    """Give the limit; none where there is none."""
    return root.limit if root.limit >= 0 else None


def previous_status(root: strawberry.Parent[Observation[Execution]]) -> ExecutionStatus | None:
    """Give the status that this stream told before."""
    return root.previous.status if root.previous else None


async def _output(root: Execution, info: Info) -> Output:
    if not root.finished:
        return Output()
    return await info.context.loaders.output_by_arn.load(root.arn) or Output()


def _rule_of(output: Output, rule: Rule) -> RuleOfOutput:
    return RuleOfOutput(**msgspec.structs.asdict(rule), output=output)


def _ttp_of(output: Output, ttp: Ttp) -> TtpOfOutput:
    return TtpOfOutput(**msgspec.structs.asdict(ttp), output=output)
