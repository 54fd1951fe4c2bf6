"""CloudSigma's port over its REST API."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote

import httpx
import msgspec

from adapters.cloudsigma.decoding import SERVICE, decode, decode_output
from adapters.cloudsigma.models import (
    Execution,
    ExecutionStatus,
    GenerateRequest,
    Moment,
    Output,
    Usage,
)
from adapters.cloudsigma.upstream import CODES, POLICY
from adapters.cloudsigma.wire import ExecutionList, GenerateBody, Options
from adapters.context import AdapterContext
from adapters.errors import AdapterError, NotAllowed, NotFound
from adapters.events.feed import InProcessChangeFeed
from adapters.events.watching import Observation, watch
from adapters.finishing import finished
from adapters.health import Health, ServiceHealth
from adapters.http.lookups import Lookups
from adapters.http.polling import DOCUMENTED_PACE, Pace, SharedPoll, Subject
from adapters.http.segments import is_segment
from adapters.http.stack import open_stack
from adapters.http.tokens import OWNER, PerToken, as_owner
from adapters.http.upstream import Upstream
from adapters.ownership import OneOwner, Ownership
from adapters.paging import Page, Position, Window, page_of
from adapters.principal import Principal

NULL = msgspec.Raw(b"null")


class Detail(NamedTuple):
    """What the status endpoint tells of an execution."""

    execution: Execution
    output: Output | None


class RestCloudSigma:
    """Speaks the documented wire; see `port.CloudSigma` for what each method promises."""

    def __init__(self, upstream: Upstream, ownership: Ownership | OneOwner, pace: Pace = DOCUMENTED_PACE) -> None:
        self._upstream = upstream
        self._ownership = ownership
        self._feed: InProcessChangeFeed[Execution] = InProcessChangeFeed()
        self._lookups = Lookups(SERVICE, self._ask, lambda detail: detail.execution.finished, self._has_ended)
        subject = Subject(
            service=SERVICE,
            list_all=self._list,
            get_one=self._execution,
            position_of=_position,
            is_news=_is_news,
        )
        self._poll = SharedPoll(self._feed, ownership, subject, pace)

    async def start(self) -> None:
        """Nothing to begin: the poll runs while somebody watches."""

    async def close(self) -> None:
        """Stop polling and close the connections."""
        await self._poll.close()
        await self._lookups.close()
        await self._upstream.close()

    async def health(self) -> ServiceHealth:
        """Ask the open health endpoint."""
        return self._upstream.with_standing(await self._look_at_health())

    async def _look_at_health(self) -> ServiceHealth:
        adapter = f"rest {self._upstream.base_url}"
        began = time.monotonic()
        try:
            answer = await self._upstream.send("GET", "/v1/health")
        except AdapterError as error:
            message = f"{error.message}: check TRIGRAPH_CLOUDSIGMA"
            return ServiceHealth(adapter=adapter, health=Health.DOWN, message=message)
        latency_ms = round((time.monotonic() - began) * 1000, 1)
        if answer.status != httpx.codes.OK:
            message = f"The health endpoint answered HTTP {answer.status}: check TRIGRAPH_CLOUDSIGMA"
            return ServiceHealth(adapter=adapter, health=Health.DEGRADED, message=message, latency_ms=latency_ms)
        return ServiceHealth(adapter=adapter, health=Health.UP, latency_ms=latency_ms)

    async def generate(self, principal: Principal, request: GenerateRequest) -> Execution:
        """POST /v1/generate; whose it is is recorded even if the caller goes away meanwhile."""
        return await finished(self._generate(principal, request))

    async def _generate(self, principal: Principal, request: GenerateRequest) -> Execution:
        answer = await self._upstream.send("POST", "/v1/generate", body=msgspec.json.encode(_body_of(request)))
        started = decode(answer, _Started, "/v1/generate")
        execution = Execution(
            arn=started.arn,
            status=started.status,
            started_at=started.started_at or datetime.now(UTC),
            input_type=request.input_type,
            platforms_targeted=len(request.platforms),
        )
        await self._ownership.record(execution.arn, principal.id)
        await self._poll.observe([execution])
        return execution

    async def executions(
        self, principal: Principal, window: Window, status: ExecutionStatus | None = None
    ) -> Page[Execution]:
        """GET /v1/executions: the upstream's history, of which the principal's own are shown."""
        listed = await self._list()
        owners = await self._ownership.owners(execution.arn for execution in listed)
        mine = [
            execution
            for execution in listed
            if owners[execution.arn] == principal.id and status in (None, execution.status)
        ]
        return page_of(mine, _position, window, total=len(mine))

    async def executions_by_arn(self, principal: Principal, arns: Sequence[str]) -> list[Execution | None]:
        """GET /v1/status for each, at most eight at once."""
        return [detail and detail.execution for detail in await self._details(principal, arns)]

    async def outputs_by_arn(self, principal: Principal, arns: Sequence[str]) -> list[Output | None]:
        """GET /v1/status for each, at most eight at once; what has ended is asked for once."""
        return [detail and detail.output for detail in await self._details(principal, arns)]

    async def usage(self, principal: Principal) -> Usage:  # noqa: ARG002 - the upstream counts by token
        """GET /v1/usage."""
        return decode(await self._upstream.send("GET", "/v1/usage"), Usage, "/v1/usage")

    async def watch(
        self, principal: Principal, after: str | None = None, arn: str | None = None
    ) -> AsyncIterator[Observation[Execution]]:
        """Watch what the shared poll observes."""
        async with self._poll.watching(arn):
            async for change in watch(self._poll, self._feed, principal.id, after=after, key=arn):
                yield change

    async def _list(self) -> list[Execution]:
        answer = await self._upstream.send("GET", "/v1/executions", params={"limit": "50"})
        return decode(answer, ExecutionList[Execution], "/v1/executions").executions

    async def _execution(self, arn: str) -> Execution | None:
        detail = await self._lookups.get(arn)
        return detail and detail.execution

    async def _details(self, principal: Principal, arns: Sequence[str]) -> list[Detail | None]:
        owners = await self._ownership.owners(arns)
        mine = [arn for arn in dict.fromkeys(arns) if owners[arn] == principal.id]
        found = dict(zip(mine, await asyncio.gather(*map(self._lookups.get, mine)), strict=True))
        return [found.get(arn) for arn in arns]

    def _has_ended(self, arn: str) -> bool:
        return self._poll.has_ended(arn)

    async def _ask(self, arn: str) -> Detail | None:
        if not is_segment(arn):
            return None
        path = f"/v1/status/{quote(arn, safe='')}"
        answer = await self._upstream.send("GET", path)
        try:
            return _detail_of(decode(answer, _Status, path), path)
        except (NotFound, NotAllowed):
            if answer.status == httpx.codes.UNAUTHORIZED:
                raise
            return None


class _Started(msgspec.Struct, frozen=True, kw_only=True):
    arn: str = msgspec.field(name="executionArn")
    status: ExecutionStatus = ExecutionStatus.RUNNING
    started_at: Moment | None = msgspec.field(name="startDate", default=None)


class _Status(Execution, frozen=True, kw_only=True):
    output: msgspec.Raw = NULL


def _detail_of(status: _Status, path: str) -> Detail:
    output = None if status.output == NULL else decode_output(status.output, path)
    fields = {name: getattr(status, name) for name in Execution.__struct_fields__}
    if output is not None:
        fields.update(
            input_type=output.metadata.input_type or status.input_type,
            rules_generated=output.metadata.rules_generated,
            ttps_extracted=output.metadata.ttps_extracted,
            platforms_targeted=output.metadata.platforms_targeted,
            processing_time_ms=output.metadata.processing_time_ms,
        )
    return Detail(Execution(**fields), output)


def _body_of(request: GenerateRequest) -> GenerateBody:
    return GenerateBody(
        input_type=request.input_type.value,
        url=request.url,
        cve_id=request.cve_id,
        text=request.text,
        options=Options(
            target_providers=[platform.value for platform in request.platforms],
            target_siems=[siem.value for siem in request.siems],
            include_ioc_rules=request.include_ioc_rules,
            force=request.force,
        ),
    )


def _is_news(known: Execution, execution: Execution) -> bool:
    """Say whether status, stage or progress differ; what falls behind is never news."""
    if not execution.finished and (execution.progress or 0) < (known.progress or 0):
        return False
    return (known.status, known.stage, known.progress) != (execution.status, execution.stage, execution.progress)


def _position(execution: Execution) -> Position:
    return Position(execution.started_at, execution.arn)


def build(context: AdapterContext) -> RestCloudSigma | PerToken:
    """Build the adapter from its context: the entry point `cloudsigma-rest`."""
    stack = open_stack(POLICY.with_limit(context.calls_per_minute))

    def over(token: str | None, ownership: Ownership | OneOwner, *, is_lent: bool) -> RestCloudSigma:
        upstream = Upstream(SERVICE, context.location, token, stack, codes=CODES, is_lent=is_lent)
        return RestCloudSigma(upstream, ownership)

    shared = over(context.token, Ownership(context.database, "cloudsigma"), is_lent=False)
    if not context.takes_tokens:
        return shared
    return PerToken(
        "cloudsigma", shared, lambda token: over(token, OneOwner(OWNER), is_lent=True), as_owner, context.tokens
    )
